"""Bluesky's API: an account's own server (a PDS) and the public index (the AppView) at one address.

Requests and records are held to the lexicons of November 2026. Answers have the order and the words
of ``@atproto/pds`` 0.4.217, as ``tests/sandbox/bluesky/test_same_as_server.py`` checks. If a
lexicon and that server differ, the lexicon holds. Pictures may have up to 2,000,000 bytes, and the
refusal of a wrong parameter is a 400. [U] marks what could not be verified:

- how long a file that no post shows is kept (``BlueskyState.blob_life``), and how late the AppView
  sees a post (``World.timeline_lag``);
- whether somebody has a mentioned handle, as all have here but those under ``.test`` and
  ``.invalid``;
- the AppView's words for posts and accounts that it does not know.

A request passes the same checks as on the server: parameters, token, body, limits, and then the
method's own. ``lexicons`` and ``validation`` have the rules, ``sessions``, ``records`` and
``views`` the methods, and ``problems`` the refusals. ``calls`` reads requests, and ``data`` makes
CIDs and keys.

OAuth, e-mail and two factors, creating accounts, ending sessions, several servers, signatures and
the tree of a repository, videos, quotes, likes, feeds, moderation and edits on the AppView are not
simulated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from bot.sandbox.bluesky import problems, records, sessions, views
from bot.sandbox.bluesky.calls import Call, media_type, parse_body, parse_query
from bot.sandbox.bluesky.lexicons import POST
from bot.sandbox.bluesky.state import BlueskyState
from bot.sandbox.bluesky.tokens import ACCESS, REFRESH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from bot.sandbox.answers import Exchange
    from bot.sandbox.state import SimPost


_EVERYTHING = "requests"
RATE_LIMITS = {
    "logins": (30, timedelta(minutes=5)),
    "logins in a day": (300, timedelta(days=1)),
    "writes in an hour": (5_000, timedelta(hours=1)),
    "writes in a day": (35_000, timedelta(days=1)),
    "uploads in a day": (1_000, timedelta(days=1)),
    _EVERYTHING: (3_000, timedelta(minutes=5)),
}
"""The points allowed in a span of time, which opens with its first request. A refused call counts.

Logins count per name, writes per account, and the others per address of a client, which is one
here. A new record costs 3 points, a put 2, and a deletion 1. Source:
https://docs.bsky.app/docs/advanced-guides/rate-limits.
"""
_PER_ACCOUNT = frozenset(RATE_LIMITS) - {"uploads in a day", _EVERYTHING}


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the API."""

    answer: Callable[[BlueskyWorld, Call], dict[str, Any] | Response]
    token: str = ""
    """The type of token that it takes, if any."""

    limits: tuple[tuple[str, int], ...] = ()
    """Names of ``RATE_LIMITS``, and the points of each that a call uses."""


def _writes(points: int) -> tuple[tuple[str, int], ...]:
    return ("writes in an hour", points), ("writes in a day", points)


_METHODS = {
    "POST com.atproto.server.createSession": Method(
        sessions.create_session, "", (("logins in a day", 1), ("logins", 1))
    ),
    "POST com.atproto.server.refreshSession": Method(sessions.refresh_session, REFRESH),
    "GET com.atproto.server.getSession": Method(sessions.get_session, ACCESS),
    "POST com.atproto.repo.createRecord": Method(records.create_record, ACCESS, _writes(3)),
    "POST com.atproto.repo.putRecord": Method(records.put_record, ACCESS, _writes(2)),
    "POST com.atproto.repo.deleteRecord": Method(records.delete_record, ACCESS, _writes(1)),
    "POST com.atproto.repo.uploadBlob": Method(
        records.upload_blob, ACCESS, (("uploads in a day", 1),)
    ),
    "GET com.atproto.repo.getRecord": Method(records.get_record),
    "GET com.atproto.repo.listRecords": Method(records.list_records),
    "GET com.atproto.identity.resolveHandle": Method(records.resolve_handle),
    "GET app.bsky.actor.getProfile": Method(views.get_profile),
    "GET app.bsky.feed.getPosts": Method(views.get_posts),
}


class BlueskyWorld(BlueskyState):
    """A simulated Bluesky with its limits, and its answers to requests."""

    NAME = "Bluesky"
    HANDLE = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*")
    HANDLE_RULE = "Bluesky's handles are domains in small letters, such as name.bsky.social."
    COUNTERS = ("likes", "reposts", "quotes", "replies", "bookmarks")
    PUBLIC_COUNTERS = ("replies", "reposts", "quotes", "likes", "bookmarks")
    RATE_LIMITS = RATE_LIMITS
    ACCOUNT_PAGES = ("/profile/{handle}",)
    POST_PAGES = ("/profile/{handle}/post/{post}",)
    ENDPOINTS: Mapping[str, Method] = {
        key.replace(" ", " /xrpc/"): method for key, method in _METHODS.items()
    }
    PROBLEMS = problems.PROBLEMS
    refusal = staticmethod(problems.generic)

    # --- Answers ----------------------------------------------------------------------------------

    def respond(self, exchange: Exchange) -> Any:
        """Return the server's answer. Raise ApiError."""
        request, method = exchange.request, self.ENDPOINTS[exchange.endpoint]
        nsid = exchange.endpoint.rpartition("/")[2]
        data = parse_query(nsid, request.query_params)
        account, token_id = None, ""
        if method.token:
            header = request.headers.get("authorization")
            claims = self.tokens.verify(header, method.token, self.now())
            account, token_id = self.accounts[claims["sub"]], claims.get("jti", "")
        data |= parse_body(request, nsid, exchange.body)
        who = str(data.get("identifier", "")) or (account.id if account else "")
        self._count_request(method.limits, who, exchange.headers)
        mime, base = media_type(request), str(request.base_url).rstrip("/")
        return method.answer(self, Call(data, exchange.body, mime, account, token_id, base))

    def _count_request(
        self, points: tuple[tuple[str, int], ...], who: str, headers: dict[str, str]
    ) -> None:
        """Count a request, and add a limit to ``headers``. Raise ApiError if one is used up.

        As in ``@atproto/xrpc-server``, that is the limit that refuses it, or else the tightest one.
        """
        now, counted = self.now(), []
        for name, cost in (*points, (_EVERYTHING, 1)):
            most, length = self.limits[name]
            window = name, who if name in _PER_ACCOUNT else ""
            ends, used = self._windows.get(window, (now, 0))
            if now >= ends:
                ends, used = now + length, 0
            self._windows[window] = ends, used + cost
            counted.append((most - used - cost, most, length, ends))
        tightest = min(counted, key=itemgetter(0))
        left, most, length, ends = next((limit for limit in counted if limit[0] < 0), tightest)
        headers |= {
            "ratelimit-limit": str(most),
            "ratelimit-remaining": str(max(0, left)),
            "ratelimit-reset": str(int(ends.timestamp())),
            "ratelimit-policy": f"{most};w={int(length.total_seconds())}",
        }
        if left < 0:
            raise problems.generic(429)

    def mere_errors(self, _: Request) -> dict[str, Any]:
        """Return the usual error."""
        return problems.generic(500).body

    def closed_window(self, ends: datetime) -> dict[str, str]:
        """Return the headers of a limit that is used up until ``ends``."""
        reset = {"ratelimit-reset": str(int(ends.timestamp())), "ratelimit-policy": "5000;w=3600"}
        return {"ratelimit-limit": "5000", "ratelimit-remaining": "0", **reset}

    # --- For the page and the controls ------------------------------------------------------------

    def new_secrets(self, _: str, secret: Callable[[str], str]) -> dict[str, str]:
        """Return the app password."""
        digits = bytes.fromhex(secret("app password"))
        letters = "".join("abcdefghijklmnopqrstuvwxyz234567"[byte % 32] for byte in digits[:16])
        groups = (letters[place : place + 4] for place in range(0, 16, 4))
        return {"app_password": "-".join(groups)}

    def details(self, post: SimPost) -> dict[str, Any]:
        """Return a post's record and its address."""
        record = self.record_of(post)
        uri = self.repo(post.author).uri(POST, post.id.rpartition(":")[2])
        return {"uri": uri, "cid": record.cid, "record": record.value} if record else {}

    def pieces(self, post: SimPost) -> Iterable[tuple[str, str, str]]:
        """Yield a post's text in pieces, by the facets of its record."""
        return views.pieces(self.record_of(post), post.raw)

    def warning(self, post: SimPost) -> str:
        """Return the labels that a post puts on itself."""
        return ", ".join(records.label_values(self.record_of(post)))

    def notes(self, post: SimPost) -> list[str]:
        """Return a post's link card and languages."""
        return views.notes(self.record_of(post))

    def about(self) -> list[tuple[str, str]]:
        """Return the address of the AppView."""
        return [("appview", "the same address")]
