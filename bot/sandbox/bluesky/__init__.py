"""Bluesky's API: an account's own server (a PDS) and the public index (the AppView) at one address.

It keeps to what is published: the lexicons of November 2026 say what may be asked and written, and
``@atproto/pds`` 0.4.217, which ``tests/sandbox`` asks the same, in which order and words a server
answers. Where a lexicon and that server differ, the lexicon holds: its pictures have up to
2,000,000 bytes, and its refusal of a wrong parameter is a 400. What could not be verified is [U]:

- how long a file that no post shows is kept (``BlueskyApi.blob_life``), and how late the AppView
  sees a post (``World.timeline_lag``);
- whether others have the handle that a text mentions: here they do, but for those under ``.test``
  and ``.invalid``;
- the AppView's words for what it does not know.

The order is the server's: parameters, who is it, the body, too often, then the method itself.
``lexicons`` and ``validation`` say what is valid, ``sessions``, ``records`` and ``views`` answer,
``calls`` reads requests, ``data`` makes CIDs and keys, ``limits`` counts requests, ``problems`` are
the refusals.

Not simulated: OAuth, e-mail and two factors, creating accounts, several servers, signatures and
the tree of a repository, videos, quotes, likes, feeds, moderation, editing on the AppView.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from bot.sandbox.bluesky import problems, records, sessions, views
from bot.sandbox.bluesky.calls import Call, media_type, parse_body, parse_query
from bot.sandbox.bluesky.data import tid
from bot.sandbox.bluesky.lexicons import POST
from bot.sandbox.bluesky.limits import Limits
from bot.sandbox.bluesky.problems import PROBLEMS
from bot.sandbox.bluesky.records import Record, Repo
from bot.sandbox.bluesky.sessions import ACCESS, REFRESH, Sessions
from bot.sandbox.platform import ApiError, Traits, json_response, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from starlette.requests import Request

    from bot.sandbox.bluesky.world import BlueskyWorld
    from bot.sandbox.control import Control
    from bot.sandbox.faults import Effect
    from bot.sandbox.platform import Form
    from bot.sandbox.state import SimAccount, SimPost

_TRAITS = Traits(
    name="Bluesky",
    handle=re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*"),
    handle_rule="Bluesky's handles are domains in small letters, such as name.bsky.social.",
    counters=("likes", "reposts", "quotes", "replies", "bookmarks"),
    public_counters=("replies", "reposts", "quotes", "likes", "bookmarks"),
    id_epoch_ms=0,  # ``BlueskyWorld`` makes ids of another kind
    id_shift=0,
    account_pages=("/profile/{handle}",),
    post_pages=("/profile/{handle}/post/{post}",),
)


@dataclass(frozen=True, slots=True)
class Method:
    """A method: the function that answers, the type of token that it takes, and its limits.

    ``limits`` are names of ``limits.LIMITS``, and how many points of each a call uses.
    """

    answer: Callable[[BlueskyApi, Call], dict[str, Any] | None]
    token: str = ""
    limits: tuple[tuple[str, int], ...] = ()


def _writes(points: int) -> tuple[tuple[str, int], ...]:
    return ("writes in an hour", points), ("writes in a day", points)


_METHODS = {
    "POST com.atproto.server.createSession": Method(
        sessions.create_session, "", (("logins in a day", 1), ("logins", 1))
    ),
    "POST com.atproto.server.refreshSession": Method(sessions.refresh_session, REFRESH),
    "GET com.atproto.server.getSession": Method(sessions.get_session, ACCESS),
    "POST com.atproto.server.deleteSession": Method(sessions.delete_session, REFRESH),
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


class BlueskyApi:
    """A world's API as Bluesky has it: repositories, sessions, limits, and answers to requests.

    A file that no post shows is forgotten after ``blob_life``.
    """

    TRAITS = _TRAITS
    ENDPOINTS: Mapping[str, Method] = {
        key.replace(" ", " /xrpc/"): method for key, method in _METHODS.items()
    }
    CONTROLS: Mapping[str, Control] = {}
    PROBLEMS: Collection[str] = PROBLEMS
    spent = Decimal(0)

    def __init__(self, world: BlueskyWorld) -> None:
        self.world = world
        self.blob_life = timedelta(hours=1)
        self.sessions = Sessions(world.seed)
        self.limits = Limits()
        self._repos: dict[str, Repo] = {}
        self._last_tid = ""

    # --- What it keeps ----------------------------------------------------------------------------

    def repo(self, account: SimAccount) -> Repo:
        """Return an account's repository."""
        return self._repos.setdefault(account.id, Repo(account.id))

    def find_account(self, identifier: str) -> SimAccount | None:
        """Return the account of a DID or a handle."""
        return self.world.accounts.get(identifier) or self.world.by_handle(identifier)

    def record_at(self, uri: str) -> Record | None:
        """Return the record at an address whose account is given by its DID."""
        did, _, path = uri.removeprefix("at://").partition("/")
        collection, _, key = path.partition("/")
        return self._repos[did].find(collection, key) if did in self._repos else None

    def post_at(self, uri: str) -> SimPost | None:
        """Return the post at an address, even if it was deleted."""
        did, _, path = uri.removeprefix("at://").partition("/")
        key, account = path.removeprefix(f"{POST}/"), self.world.accounts.get(did)
        ids = (key, f"{account.handle}:{key}") if account else ()
        posts = (self.world.posts.get(id_) for id_ in ids)
        return next((post for post in posts if post and post.author is account), None)

    def record_of(self, post: SimPost) -> Record | None:
        """Return the record of a post that people see."""
        return self.repo(post.author).find(POST, post.id.rpartition(":")[2])

    def next_tid(self) -> str:
        """Return a TID of now, later than any before."""
        moment = self.world.now()
        while (latest := tid(moment)) <= self._last_tid:
            moment += timedelta(microseconds=1)
        self._last_tid = latest
        return latest

    # --- Answers ----------------------------------------------------------------------------------

    def handle(self, request: Request, endpoint: str, body: bytes, _: Form | None) -> Response:
        """Answer as a server would, one request at a time."""
        headers: dict[str, str] = {}
        nsid, method = endpoint.rpartition("/")[2], self.ENDPOINTS[endpoint]
        with self.world.lock:
            try:
                data = parse_query(nsid, request.query_params)
                account, token_id = self._find_signer(request, method, nsid)
                data |= parse_body(request, nsid, body)
                who = str(data.get("identifier", "")) or (account.id if account else "")
                allowed, headers = self.limits.count(self.world.now(), method.limits, who)
                if not allowed:
                    raise problems.generic(429)
                mime, base = media_type(request), str(request.base_url).rstrip("/")
                answer = method.answer(self, Call(data, body, mime, account, token_id, base))
            except ApiError as problem:
                return self._json(problem.body, problem.status, headers)
            return self._json(answer, 200, headers)

    def _find_signer(
        self, request: Request, method: Method, nsid: str
    ) -> tuple[SimAccount | None, str]:
        """Return who sent a token, and the id of that. Raise ApiError where it needs another."""
        if not method.token:
            return None, ""
        claims = self.sessions.verify(
            request.headers.get("authorization"),
            method.token,
            self.world.now(),
            may_be_expired=nsid.endswith(".deleteSession"),
        )
        return self.world.accounts[claims["sub"]], claims.get("jti", "")

    def refuse(self, status: int, headers: dict[str, str] | None = None) -> Response:
        """Return the usual refusal with this status."""
        return self._json(problems.generic(status).body, status, headers)

    def fail(self, _: Request, effect: Effect) -> Response:
        """Return the answer of a fault that stores nothing: a refusal, redirect or mere errors."""
        if effect.type == "errors_only":
            return self._json(problems.generic(500).body)
        body, status, headers = effect.refusal(PROBLEMS, problems.generic)
        if effect.reset is not None:
            ends = int(self.world.now().timestamp()) + effect.reset
            headers |= {"ratelimit-limit": "5000", "ratelimit-remaining": "0"}
            headers |= {"ratelimit-reset": str(ends), "ratelimit-policy": "5000;w=3600"}
        return self._json(body, status, headers)

    def _json(
        self, body: Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        """Return an answer with the world's date; one of None is empty."""
        if body is None:
            date = {"date": format_datetime(self.world.now(), usegmt=True)}
            return Response(b"", status, date | (headers or {}))
        return json_response(to_json(body), status, headers, self.world.now())

    # --- For the page and the controls ------------------------------------------------------------

    def new_secrets(self, _: str, secret: Callable[[str], str]) -> dict[str, str]:
        """Return the app password to log in with."""
        digits = bytes.fromhex(secret("app password"))
        letters = "".join("abcdefghijklmnopqrstuvwxyz234567"[byte % 32] for byte in digits[:16])
        groups = (letters[place : place + 4] for place in range(0, 16, 4))
        return {"app_password": "-".join(groups)}

    def text(self, post: SimPost) -> str:
        """Return a post's text, which Bluesky does not change."""
        return post.raw

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
        return ", ".join(views.label_values(self.record_of(post)))

    def notes(self, post: SimPost) -> list[str]:
        """Return a post's link card and languages."""
        return views.notes(self.record_of(post))

    def about(self) -> list[tuple[str, str]]:
        """Return which address serves what."""
        return [("appview", "the same address")]
