"""Mastodon's client API, with its tokens, limits and endpoints.

Answers are those of Mastodon's documentation (mastodon/documentation of July 2026, for 4.5), or of
known servers. [U] marks what could not be verified:

- the wording of most 422s, and the order in which rules are checked;
- which links a server finds beyond those with a scheme and a known top-level domain;
- whether other servers have a mentioned account. Here they have all but those under ``.invalid``.

``MastodonState.minimal`` plays a server of another kind, which ignores idempotency keys and
lengths, and has neither ``/api/v2/instance`` nor reads of several statuses, as snac does.

A request passes the same checks as on Mastodon: the limits (429), the token (401), its scopes
(403), and then the endpoint's own. ``params`` reads calls. ``statuses``, ``media``, ``accounts``,
``instance`` and ``oauth`` have the endpoints, ``content`` and ``views`` the shapes of answers, and
``problems`` the refusals. Scheduled posts, quotes, boosts, followers, streams and other people's
accounts are not simulated, nor are endpoints and filters that no client here uses.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.sandbox.mastodon import accounts, instance, media, oauth, problems, statuses
from bot.sandbox.mastodon.content import display_url, split
from bot.sandbox.mastodon.params import Call, Grant, read_params
from bot.sandbox.mastodon.problems import PROBLEMS, refusal
from bot.sandbox.mastodon.state import MastodonState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from starlette.requests import Request

    from bot.sandbox.answers import ApiError, Exchange
    from bot.sandbox.mastodon.params import Endpoint
    from bot.sandbox.state import SimPost

RATE_LIMITS = {
    "api": (300, timedelta(minutes=5)),
    "media": (30, timedelta(minutes=30)),
    "deletions": (30, timedelta(minutes=30)),
    "statuses": (300, timedelta(hours=3)),
}
"""Requests allowed per account in a span of time, which begins at a whole multiple of its length.

Requests without a token count as one account. Source of all but ``statuses``:
https://docs.joinmastodon.org/api/rate-limits/.
"""

_FAMILIES = {
    "POST /api/v1/media": ("media",),
    "POST /api/v2/media": ("media",),
    "DELETE /api/v1/statuses/:id": ("deletions",),
    "POST /api/v1/statuses": ("statuses",),
}
"""The limits of an endpoint, beside the limit of all together."""


class MastodonWorld(MastodonState):
    """A simulated Mastodon server with its limits, and its answers to requests."""

    NAME = "Mastodon"
    HANDLE = re.compile(r"[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*(?<!.{31})")
    HANDLE_RULE = (
        "Mastodon allows 1 to 30 letters, digits and underscores, with dots or hyphens between "
        "them."
    )
    COUNTERS = ("likes", "reposts", "quotes", "replies")
    PUBLIC_COUNTERS = ("replies", "reposts", "quotes", "likes")
    RATE_LIMITS = RATE_LIMITS
    ID_SHIFT = 16
    ACCOUNT_PAGES = ("/@{handle}", "/users/{handle}")
    POST_PAGES = ("/@{handle}/{post}", "/users/{handle}/statuses/{post}")
    ENDPOINTS: Mapping[str, Endpoint] = (
        statuses.ENDPOINTS
        | accounts.ENDPOINTS
        | media.ENDPOINTS
        | instance.ENDPOINTS
        | oauth.ENDPOINTS
    )
    PROBLEMS = PROBLEMS
    refusal = staticmethod(refusal)

    def new_secrets(self, _: str, secret: Callable[[str], str]) -> dict[str, str]:
        """Return a token of 43 characters, as Mastodon's have."""
        return {"access_token": "sandbox-" + secret("token")[:35]}

    def details(self, post: SimPost) -> dict[str, Any]:
        """Return the details of a post and the focal points of its files."""
        return asdict(self.details_of(post)) | {
            "focus": [self.focus.get(upload.id) for upload in post.media]
        }

    def pieces(self, post: SimPost) -> Iterator[tuple[str, str, str]]:
        """Yield a post's text in pieces for the page, each with its kind and address."""
        for kind, text in split(post.raw):
            link = kind == "link"
            yield (display_url(text), kind, text) if link else (text, kind, "")

    def warning(self, post: SimPost) -> str:
        """Return the content warning that covers a post."""
        return self.details_of(post).spoiler

    def notes(self, post: SimPost) -> list[str]:
        """Return a post's visibility, mark and language, unless they are the usual ones."""
        details = self.details_of(post)
        notes = [] if details.visibility == "public" else [f"Visibility: {details.visibility}"]
        notes += ["Marked as sensitive"] if details.sensitive else []
        return notes + ([f"Language: {details.language}"] if details.language != "en" else [])

    def about(self) -> list[tuple[str, str]]:
        """Return the kind of server, and its domain."""
        minimal = "minimal: ignores idempotency keys, has no batches and no v2 instance"
        usual = "Mastodon 4.5, by its documentation of July 2026"
        return [("server", minimal if self.minimal else usual), ("domain", self.domain)]

    # --- Requests ---------------------------------------------------------------------------------

    def respond(self, exchange: Exchange) -> Any:
        """Return Mastodon's answer. Raise ApiError."""
        request, wanted = exchange.request, self.ENDPOINTS[exchange.endpoint]
        is_api = request.url.path.startswith("/api/")
        grant, problem = self._find_grant(request)
        account = grant.account if grant else None
        if is_api:
            self._count_request(exchange, account.id if account else "")
        if problem and is_api:
            raise problem
        if grant is None and not wanted.public:
            raise refusal(401)
        if grant and wanted.scope and not grant.allows(wanted.scope):
            raise PROBLEMS["scope"]
        base = str(request.base_url).rstrip("/")
        params = read_params(exchange)
        call = Call(account, grant, base, request.path_params, params, request)
        return wanted.respond(self, call)

    def _find_grant(self, request: Request) -> tuple[Grant | None, ApiError | None]:
        """Return the grant of the request's token, or the refusal of one that is not valid."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None, None
        token = token.strip()
        if token in self.revoked:
            return None, refusal(401, problems.TOKEN_REVOKED)
        grant = self.grants.get(token)
        for account in self.accounts.values():
            if account.secrets["access_token"] == token:
                grant = Grant(account, None, ("read", "write"), account.created)
        return grant, None if grant else refusal(401)

    def _count_request(self, exchange: Exchange, who: str) -> None:
        """Count a request, and add its tightest limit to its headers. Raise ApiError beyond it."""
        now, found = self.now(), []
        for family in ("api", *_FAMILIES.get(exchange.endpoint, ())):
            limit, length = self.limits[family]
            ends, used = self._windows.get((family, who), (now, 0))
            if now >= ends:
                past = timedelta(seconds=now.timestamp() % length.total_seconds())
                ends, used = now - past + length, 0
            self._windows[family, who] = ends, used + 1
            found.append((limit - used - 1, limit, ends))
        left, limit, ends = min(found)
        exchange.headers.update(self._limit_headers(limit, max(0, left), ends))
        if left < 0:
            raise refusal(429)

    @staticmethod
    def _limit_headers(limit: int, left: int, ends: datetime) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }

    def closed_window(self, ends: datetime) -> dict[str, str]:
        """Return the headers of a limit that is used up until ``ends``."""
        return self._limit_headers(300, 0, ends)

    def mere_errors(self, _: Request) -> dict[str, Any]:
        """Return the error for a record that does not exist."""
        return refusal(404).body
