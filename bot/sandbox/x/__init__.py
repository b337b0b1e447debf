"""X's API v2, with its signatures, limits, prices and endpoints.

Status codes, bodies, limits and prices are those of X's documentation (xdevplatform/docs of
2026-08-22, openapi.json v2.166 and v2.167), or of answers that others reported. [U] marks what
could not be verified:

- which version live X follows (``XState.spelling``: ``tweet`` for v2.166, ``post`` for v2.167);
- whether posts that are included as expansions are billed, too;
- 400 for a text that is too long (reports show 403 as well), and the wording of most 400s;
- how long a text counts as duplicate, and whether a timeline lags behind (both can be set);
- that replies to one's own posts need no summons, and the price of such a part of a thread;
- the answer to a reply whose parent is gone, the price of a deletion and of an upload;
- whether X trims and normalises texts as done here, and the first index of its entities;
- when a rate-limit window opens, which is here with its first request.

A request passes the same checks as on X: the signature (401), the limits (429), the credit (402),
and then the endpoint's own. ``oauth`` checks signatures and ``spec`` parameters, ``posts`` and
``uploads`` have the endpoints, ``views`` the shapes of answers and ``problems`` the refusals. OAuth
2.0, and parameters and fields that no client here uses, are not simulated. They are refused.
"""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.answers import json_response, to_json
from bot.sandbox.state import SimCounters
from bot.sandbox.x import oauth, posts, problems, uploads, views
from bot.sandbox.x.spec import VERSIONS, Call, parse_query
from bot.sandbox.x.state import XState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.sandbox.answers import Control, Exchange
    from bot.sandbox.state import SimAccount, SimPost


RATE_LIMITS: dict[str, tuple[int, int | None]] = {
    "POST /2/tweets": (100, 10_000),
    "DELETE /2/tweets/:id": (50, None),
    "GET /2/tweets": (5_000, None),
    "GET /2/users/:id/tweets": (900, None),
    "GET /2/users/me": (75, None),
    "POST /2/media/upload": (500, 50_000),
    "POST /2/media/upload/initialize": (1_875, 180_000),
    "POST /2/media/upload/:id/append": (1_875, 180_000),
    "POST /2/media/upload/:id/finalize": (1_875, 180_000),
    "GET /2/media/upload": (1_000, 100_000),
    "POST /2/media/metadata": (500, 50_000),
}
"""Requests allowed per user in 15 minutes, and per app in 24 hours, which None does not limit.

X counts requests with a user's token per user, and those with an app's token per app. The 24-hour
limits of the writing endpoints count per app in both cases. Source:
https://docs.x.com/x-api/fundamentals/rate-limits.
"""


class XWorld(XState):
    """A simulated X with its limits, and its answers to requests."""

    NAME = "X"
    HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
    HANDLE_RULE = "X allows 1 to 15 letters, digits and underscores."
    COUNTERS = tuple(field.name for field in fields(SimCounters))
    PUBLIC_COUNTERS = ("replies", "reposts", "quotes", "likes", "bookmarks", "impressions")
    RATE_LIMITS = RATE_LIMITS
    ID_EPOCH_MS, ID_SHIFT = 1_288_834_974_657, 22
    ACCOUNT_PAGES = ("/{handle}",)
    POST_PAGES = (
        "/{handle}/status/{post}",
        "/{handle}/status/{post}/photo/{number}",
        "/{handle}/status/{post}/video/{number}",
    )
    _CALLS = posts.ENDPOINTS | uploads.ENDPOINTS
    ENDPOINTS = _CALLS | oauth.ENDPOINTS
    PROBLEMS = problems.PROBLEMS
    CONTROLS: Mapping[str, Control] = {
        "POST /sandbox/credits": lambda world, _, body: world.set_credit(body),
        "GET /sandbox/ledger": lambda world, *_: world.show_ledger(),
    }
    refusal = staticmethod(problems.generic)
    usual_refusal = staticmethod(problems.usual)
    pieces = staticmethod(views.pieces)

    def __init__(self, *, now: Callable[[], datetime], seed: int = 1) -> None:
        super().__init__(now=now, seed=seed)
        self._oauth = oauth.OAuth(self)

    def details(self, post: SimPost) -> dict[str, Any]:
        """Return who may reply to a post."""
        return {"reply_settings": post.reply_settings}

    def notes(self, post: SimPost) -> list[str]:
        """Return who may reply to a post, unless everyone may."""
        everyone = post.reply_settings == "everyone"
        return [] if everyone else [f"Who may reply: {post.reply_settings}"]

    def about(self) -> list[tuple[str, str]]:
        """Return the spelling of its field names."""
        version = f"version {VERSIONS[self.spelling]} of X's specification"
        return [("field names", f"{self.spelling} ({version})")]

    def new_secrets(self, id_: str, secret: Callable[[str], str]) -> dict[str, str]:
        """Return the secrets of OAuth 1.0a."""
        return {
            "consumer_key": "sandbox" + secret("key")[:18],
            "consumer_secret": "sandbox-secret-" + secret("secret")[:35],
            "access_token": f"{id_}-sandbox{secret('token')[:24]}",
            "access_token_secret": "sandbox-token-" + secret("token secret")[:31],
        }

    def respond(self, exchange: Exchange) -> Any:
        """Return X's answer. Raise ApiError."""
        request, endpoint, form = exchange.request, exchange.endpoint, exchange.form
        if endpoint in oauth.ENDPOINTS:
            return oauth.ENDPOINTS[endpoint](self._oauth, request, exchange.body)
        account, _ = self._oauth.find_signer(request)
        self._count_request(exchange, account)
        if self.balance <= 0:
            raise problems.credits_depleted(account.id)
        if form is None:
            raise problems.invalid("Request body is not a valid form.")
        names = parse_query(self.spelling, endpoint, request.query_params)
        path, query = request.path_params, request.query_params
        call = Call(account, path, query, exchange.body, dict(form), names)
        answer = self._CALLS[endpoint](self, call)
        return self.json(answer, 201 if endpoint == "POST /2/tweets" else 200)

    def mere_errors(self, request: Request) -> dict[str, Any]:
        """Return that the user of the path cannot be found."""
        user = request.path_params.get("id", "0")
        return {"errors": [problems.missing_error("user", user, "id")]}

    def closed_window(self, ends: datetime) -> dict[str, str]:
        """Return the headers of a window that is used up until ``ends``."""
        given = {"limit": "100", "remaining": "0", "reset": str(int(ends.timestamp()))}
        return {f"x-rate-limit-{name}": value for name, value in given.items()}

    def json(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """Return an answer in the world's spelling, and with its date."""
        text = to_json(views.to_spelling(body, self.spelling))
        if self.spelling == "tweet":
            text = text.replace(problems.TYPE_BASE, "https://api.twitter.com/2/problems/")
        is_problem = isinstance(body, dict) and body.keys() >= {"type", "title", "detail"}
        kind = "application/problem+json" if is_problem else "application/json; charset=utf-8"
        return json_response(text, status, headers, self.now(), kind)

    def _count_request(self, exchange: Exchange, account: SimAccount) -> None:
        """Count a request, and add its limits to its headers. Raise ApiError if it is too many."""
        endpoint, headers = exchange.endpoint, exchange.headers
        now, (per_user, per_app) = self.now(), self.limits[endpoint]
        windows = [(f"user {account.id}", per_user, timedelta(minutes=15), "x-rate-limit")]
        if per_app is not None:
            windows.append((f"app {account.app}", per_app, timedelta(days=1), "x-app-limit-24hour"))
        for who, _, length, _ in windows:
            if now >= self._windows.get((endpoint, who), (now, 0))[0]:
                self._windows[endpoint, who] = now + length, 0
        allowed = all(self._windows[endpoint, who][1] < limit for who, limit, _, _ in windows)
        for who, limit, _, prefix in windows:
            ends, used = self._windows[endpoint, who]
            used += allowed
            self._windows[endpoint, who] = ends, used
            headers[f"{prefix}-limit"] = str(limit)
            headers[f"{prefix}-remaining"] = str(max(0, limit - used))
            headers[f"{prefix}-reset"] = str(int(ends.timestamp()))
        if not allowed:
            raise problems.generic(429)
