"""How a request to X's endpoints is answered: faults, signature, rate limits, credit, endpoint.

The order is X's as far as it shows: who is it (401), too often (429), enough credit (402), then
the endpoint itself. Faults come before and after all of it, as outages do.

OAuth 1.0a is verified by oauthlib's own server side: signature, timestamp and nonce. The timestamp
is compared with real time, however fast the world's clock runs: a client signs with the machine's
clock. X allows five minutes.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from oauthlib.oauth1 import RequestValidator, ResourceEndpoint
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from bot.sandbox import bodies, problems, spec, views
from bot.sandbox.api import ENDPOINTS, Call
from bot.sandbox.problems import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from bot.sandbox.bodies import Form
    from bot.sandbox.faults import Effect
    from bot.sandbox.state import SimAccount
    from bot.sandbox.world import World


class Disconnect(Response):
    """No answer, or half of one, and then the connection is closed."""

    def __init__(self, partial: Response | None = None) -> None:
        super().__init__()
        self.partial = partial

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half of the answer, if any, and close."""
        transport = scope["sandbox.transport"]
        if self.partial is not None:
            start = {"type": "http.response.start", "status": self.partial.status_code}
            await send({**start, "headers": self.partial.raw_headers})
            half = bytes(self.partial.body)[: len(self.partial.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            transport.close()
        else:
            transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


@dataclass(frozen=True, slots=True)
class EndpointHandler:
    """Answers the requests to one endpoint's path."""

    world: World
    authenticator: Authenticator
    closing: asyncio.Event

    async def answer(self, request: Request, endpoint: str) -> Response:
        """Answer a request, or apply a fault to it."""
        try:
            body = await bodies.read_body(request)
            form = await bodies.read_form(request, body)
        except bodies.TooLargeError:
            return self.json(problems.generic(413).body, 413, {"connection": "close"})
        except ClientDisconnect:
            return Response()  # Nobody will read it.
        except ValueError:
            return self.json(problems.invalid("Request body is not a valid form.").body, 400)
        with self.world.lock:
            effect = self.world.faults.next_effect(request.method, request.url.path)
        if effect is None:
            return self.handle(request, endpoint, body, form)
        return await self.apply_fault(effect, request, endpoint, body, form)

    async def apply_fault(
        self,
        effect: Effect,
        request: Request,
        endpoint: str,
        body: bytes,
        form: Form,
    ) -> Response:
        """Answer a request that a fault hits."""
        if effect.type == "drop_before":
            return Disconnect()
        if effect.type in {"status", "redirect"}:
            return self.fault_response(effect)
        if effect.type == "errors_only":
            user = request.path_params.get("id", "0")
            return self.json({"errors": [problems.missing_error("user", user, "id")]})
        if effect.type == "stall" and effect.commit != "first":
            await self.stall(effect.seconds)
            if effect.commit == "never":
                return self.json(problems.generic(504).body, 504)
        response = self.handle(request, endpoint, body, form)
        return await self.apply_to_response(effect, response)

    async def apply_to_response(self, effect: Effect, response: Response) -> Response:
        """Apply a fault to an answer whose request is stored."""
        if effect.type == "commit_then_503":
            return self.json(problems.generic(503).body, 503)
        if effect.type == "commit_then_drop":
            return Disconnect()
        if effect.type == "truncate":
            return Disconnect(response)
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

    def fault_response(self, effect: Effect) -> Response:
        """Return the answer of a ``status`` or ``redirect`` fault."""
        status = effect.status or (307 if effect.type == "redirect" else 503)
        problem = (
            problems.PROBLEMS[effect.problem]() if effect.problem else problems.by_status(status)
        )
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
        """Answer as X would, one request at a time."""
        headers: dict[str, str] = {}
        with self.world.lock:
            try:
                account = self.authenticator.authenticate(
                    request.method, str(request.url), request.headers, ""
                )
                headers = self.check_limits(account, endpoint)
                query = request.query_params
                requested = spec.parse_query(self.world.spelling, endpoint, query)
                call = Call(account, request.path_params, query, body, form, requested)
                reply = ENDPOINTS[endpoint](self.world, call)
            except ApiError as problem:
                return self.json(problem.body, problem.status, headers | problem.headers)
            return self.json(reply.body, reply.status, headers)

    def check_limits(self, account: SimAccount, endpoint: str) -> dict[str, str]:
        """Count the request and check the balance. Raise ApiError 429 or 402."""
        allowed, headers = self.world.windows.count_request(
            endpoint, account.id, account.app, self.world.now()
        )
        if not allowed:
            raise problems.too_many_requests(headers)
        if self.world.ledger.empty:
            refusal = problems.credits_depleted(account.id)
            raise ApiError(refusal.status, refusal.body, headers)
        return headers

    def json(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """Return an answer in the world's spelling, with the world's date."""
        spelling = self.world.spelling
        text = json.dumps(
            views.to_spelling(body, spelling), ensure_ascii=False, separators=(",", ":")
        )
        if spelling == "tweet":
            text = text.replace(problems.TYPE_BASE, "https://api.twitter.com/2/problems/")
        date = {"date": format_datetime(self.world.now(), usegmt=True)}
        kind = problems.content_type(body)
        return Response(text.encode(), status, date | (headers or {}), kind)


# --- Who signed a request -------------------------------------------------------------------------

_DUMMY = "0" * 25


class _Validator(RequestValidator):
    """Gives oauthlib the secrets of an account, by access token."""

    allowed_signature_methods = ("HMAC-SHA1",)
    enforce_ssl = False
    timestamp_lifetime = 300
    nonce_length = (1, 64)
    client_key_length = (1, 128)
    access_token_length = (1, 128)
    safe_characters = set(  # noqa: RUF012 - oauthlib reads it as a class attribute
        "-_.~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/=",
    )
    dummy_client = _DUMMY
    dummy_access_token = _DUMMY

    def __init__(self, find: Callable[[str], SimAccount | None]) -> None:
        super().__init__()
        self._find = find
        self._nonces: dict[tuple[str, str, str, str], int] = {}

    def validate_timestamp_and_nonce(
        self,
        client_key: str,
        timestamp: str,
        nonce: str,
        request: Any,  # noqa: ARG002 - the signature is oauthlib's
        request_token: str | None = None,  # noqa: ARG002 - the signature is oauthlib's
        access_token: str | None = None,
    ) -> bool:
        """Accept a nonce once; forget those whose timestamp would be refused anyway."""
        moment = int(timestamp)
        key = (client_key, access_token or "", timestamp, nonce)
        if key in self._nonces:
            return False
        self._nonces[key] = moment
        oldest = moment - 2 * self.timestamp_lifetime
        while next(iter(self._nonces.values())) < oldest:
            del self._nonces[next(iter(self._nonces))]
        return True

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        """Return whether the app is the one that the token belongs to."""
        account = self._find(request.resource_owner_key)
        return account is not None and account.credentials.consumer_key == client_key

    def validate_access_token(self, client_key: str, token: str, request: Any) -> bool:  # noqa: ARG002 - oauthlib's
        """Return whether the token is known."""
        return self._find(token) is not None

    def get_client_secret(self, client_key: str, request: Any) -> str:  # noqa: ARG002 - oauthlib's
        """Return the app's secret."""
        account = self._find(request.resource_owner_key)
        return account.credentials.consumer_secret if account else _DUMMY

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:  # noqa: ARG002 - oauthlib's
        """Return the token's secret."""
        account = self._find(token)
        return account.credentials.access_token_secret if account else _DUMMY

    def validate_realms(self, *_: Any, **__: Any) -> bool:
        """Accept all: X has no realms."""
        return True


class Authenticator:
    """Finds the account that signed a request."""

    def __init__(self, find: Callable[[str], SimAccount | None]) -> None:
        self._find = find
        self._endpoint = ResourceEndpoint(_Validator(find))

    def authenticate(
        self, method: str, url: str, headers: Mapping[str, str], form: str
    ) -> SimAccount:
        """Return the account that signed this request; ``form`` is a form-encoded body, if any.

        Raise ApiError 401.
        """
        try:
            valid, request = self._endpoint.validate_protected_resource_request(
                url,
                http_method=method,
                body=form,
                headers=dict(headers),
            )
        except ValueError:  # oauthlib's, for a header of another kind
            raise problems.unauthorized() from None
        account = self._find(request.resource_owner_key) if valid and request else None
        if account is None:
            raise problems.unauthorized()
        return account
