"""From Starlette's requests to calls, and from replies to bytes: the gate, the limits, the faults.

The order is X's as far as it shows: who is it (401), too often (429), enough credit (402), then
the endpoint itself. Faults come before and after all of it, as outages do.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from bot.sandbox import incoming, problems, spec, views
from bot.sandbox.api import ENDPOINTS, Call
from bot.sandbox.problems import ApiError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from bot.sandbox.faults import Effect
    from bot.sandbox.incoming import Form
    from bot.sandbox.oauth import Gate
    from bot.sandbox.state import Account
    from bot.sandbox.world import World


class Cut(Response):
    """No answer, or half of one: then the connection is closed."""

    def __init__(self, begun: Response | None = None) -> None:
        super().__init__()
        self.begun = begun

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half of the answer, if any, and close."""
        transport = scope["sandbox.transport"]
        if self.begun is not None:
            start = {"type": "http.response.start", "status": self.begun.status_code}
            await send({**start, "headers": self.begun.raw_headers})
            half = bytes(self.begun.body)[: len(self.begun.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            transport.close()
        else:
            transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


@dataclass(frozen=True, slots=True)
class Wire:
    """Answers the requests to one endpoint's path."""

    world: World
    gate: Gate
    closing: asyncio.Event

    async def answer(self, request: Request, endpoint: str) -> Response:
        """Answer a request, or do to it what a fault says."""
        try:
            body = await incoming.body(request)
            form = await incoming.form(request, body)
        except incoming.TooLargeError:
            return self.json(problems.plain(413).body, 413, {"connection": "close"})
        except ClientDisconnect:
            return Response()  # Nobody is there to read it.
        except ValueError:
            return self.json(problems.invalid("Request body is not a valid form.").body, 400)
        with self.world.lock:
            effect = self.world.faults.take(request.method, request.url.path)
        if effect is None:
            return self.handle(request, endpoint, body, form)
        return await self.hit(effect, request, endpoint, body, form)

    async def hit(
        self,
        effect: Effect,
        request: Request,
        endpoint: str,
        body: bytes,
        form: Form,
    ) -> Response:
        """Do what a fault says."""
        if effect.type == "drop_before":
            return Cut()
        if effect.type in {"status", "redirect"}:
            return self.refuse(effect)
        if effect.type == "errors_only":
            user = request.path_params.get("id", "0")
            return self.json({"errors": [problems.missing("user", user, "id")]})
        if effect.type == "stall" and effect.commit != "first":
            await self.stall(effect.seconds)
            if effect.commit == "never":
                return self.json(problems.plain(504).body, 504)
        response = self.handle(request, endpoint, body, form)
        return await self.spoil(effect, response)

    async def spoil(self, effect: Effect, response: Response) -> Response:
        """Do what a fault says to an answer whose request is stored."""
        if effect.type == "commit_then_503":
            return self.json(problems.plain(503).body, 503)
        if effect.type == "commit_then_drop":
            return Cut()
        if effect.type == "truncate":
            return Cut(response)
        if effect.type == "garbage":
            return Response("<html>Something went wrong", response.status_code)
        if effect.commit == "first":
            await self.stall(effect.seconds)
        return response

    async def stall(self, seconds: float) -> None:
        """Wait real seconds, or until the server stops."""
        try:
            await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return

    def refuse(self, effect: Effect) -> Response:
        """Give the answer of a ``status`` or ``redirect`` fault."""
        status = effect.status or (307 if effect.type == "redirect" else 503)
        problem = problems.NAMED[effect.problem]() if effect.problem else problems.by_status(status)
        headers = dict(effect.headers)
        if effect.type == "redirect":
            headers["location"] = effect.location
        if effect.reset is not None:
            ends = int(self.world.now().timestamp()) + effect.reset
            headers |= {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0"}
            headers["x-rate-limit-reset"] = str(ends)
        body = effect.body if effect.body is not None else problem.body
        status = effect.status or (problem.status if effect.problem else status)
        return self.json(body, status, headers)

    def handle(self, request: Request, endpoint: str, body: bytes, form: Form) -> Response:
        """Answer as X would; one request at a time."""
        headers: dict[str, str] = {}
        with self.world.lock:
            try:
                account = self.gate.who(request.method, str(request.url), request.headers, "")
                headers = self.admit(account, endpoint)
                query = request.query_params
                asked = spec.asked(self.world.spelling, endpoint, query)
                call = Call(account, request.path_params, query, body, form, asked)
                reply = ENDPOINTS[endpoint](self.world, call)
            except ApiError as problem:
                return self.json(problem.body, problem.status, headers | problem.headers)
            return self.json(reply.body, reply.status, headers)

    def admit(self, account: Account, endpoint: str) -> dict[str, str]:
        """Count the request and look at the balance. Raises ApiError 429 or 402."""
        passes, headers = self.world.windows.take(
            endpoint,
            account.id,
            account.app,
            self.world.now(),
        )
        if not passes:
            raise problems.too_many(headers)
        if self.world.ledger.empty:
            refusal = problems.credits_depleted(account.id)
            raise ApiError(refusal.status, refusal.body, headers)
        return headers

    def json(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """Write an answer in the world's spelling, with the world's date."""
        spelling = self.world.spelling
        text = json.dumps(views.spell(body, spelling), ensure_ascii=False, separators=(",", ":"))
        if spelling == "tweet":
            text = text.replace(problems.TYPES, "https://api.twitter.com/2/problems/")
        date = {"date": format_datetime(self.world.now(), usegmt=True)}
        kind = problems.content_type(body)
        return Response(text.encode(), status, date | (headers or {}), kind)
