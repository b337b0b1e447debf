"""Mastodon's client API: whose token it is, how often, and how its endpoints answer.

It keeps to what is documented (mastodon/documentation as of July 2026, for 4.5), and where that is
silent, to what servers are known to answer. What could not be verified is marked [U]:

- the wording of most 422s, and the order in which rules are checked;
- which links a server finds beyond those with a scheme and a known top-level domain;
- whether other servers have an account that a text mentions: here they have any, but for those
  under ``.invalid``.

A server of another kind is played with ``MastodonWorld.minimal``: it ignores idempotency keys and
lengths, and has neither ``/api/v2/instance`` nor reads of several statuses, as snac does.

The order is Mastodon's: too often (429), whose token (401), what it allows (403), then the endpoint
itself: ``params`` says what a call is, ``statuses``, ``media``, ``accounts``, ``instance`` and
``oauth`` answer, ``content`` and ``views`` are the shapes of answers, ``problems`` the refusals.
Scheduled posts, quotes, boosts, followers and streams are not simulated.
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

    from bot.sandbox.answers import ApiError, Control, Form
    from bot.sandbox.mastodon.params import Endpoint
    from bot.sandbox.state import SimPost

RATE_LIMITS = {
    "api": (300, timedelta(minutes=5)),
    "media": (30, timedelta(minutes=30)),
    "deletions": (30, timedelta(minutes=30)),
    "statuses": (300, timedelta(hours=3)),
}
"""Requests allowed per account in a span of time (rate-limits.md; ``statuses``: the server's own).

Who has no token counts as one account. Spans begin at whole multiples of their length.
"""

_FAMILIES = {
    "POST /api/v1/media": ("media",),
    "POST /api/v2/media": ("media",),
    "DELETE /api/v1/statuses/:id": ("deletions",),
    "POST /api/v1/statuses": ("statuses",),
}
"""The limits of an endpoint beside that of all together."""


class MastodonWorld(MastodonState):
    """A simulated Mastodon server: its limits, and its answers to requests."""

    NAME = "Mastodon"
    HANDLE = re.compile(r"[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*(?<!.{31})")
    HANDLE_RULE = (
        "Mastodon allows 1 to 30 letters, digits and underscores, with dots or hyphens between "
        "them."
    )
    COUNTERS = ("likes", "reposts", "quotes", "replies")
    PUBLIC_COUNTERS = ("replies", "reposts", "quotes", "likes")
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
    CONTROLS: Mapping[str, Control] = {"POST /sandbox/accounts/{handle}/state": accounts.set_state}
    PROBLEMS = PROBLEMS
    refusal = staticmethod(refusal)

    def __init__(self, *, now: Callable[[], datetime], seed: int = 1) -> None:
        super().__init__(now=now, seed=seed)
        self.limits = dict(RATE_LIMITS)
        """A test may change them."""
        self._used: dict[tuple[str, str, datetime], int] = {}

    def new_secrets(self, _: str, secret: Callable[[str], str]) -> dict[str, str]:
        """Return a token of the form that Mastodon's have: 43 characters."""
        return {"access_token": "sandbox-" + secret("token")[:35]}

    def details(self, post: SimPost) -> dict[str, Any]:
        """Return the details of a post and the focal points of its files."""
        return asdict(self.details_of(post)) | {
            "focus": [self.focus.get(upload.id) for upload in post.media]
        }

    def pieces(self, post: SimPost) -> Iterator[tuple[str, str, str]]:
        """Yield a post's text in pieces, as the page shows it, each with its kind and address."""
        for kind, text in split(post.raw):
            link = kind == "link"
            yield (display_url(text), kind, text) if link else (text, kind, "")

    def warning(self, post: SimPost) -> str:
        """Return the content warning that a post is folded under."""
        return self.details_of(post).spoiler

    def notes(self, post: SimPost) -> list[str]:
        """Return who sees a post and how its pictures are shown, where it is not the usual."""
        details = self.details_of(post)
        notes = [] if details.visibility == "public" else [f"Visibility: {details.visibility}"]
        notes += ["Marked as sensitive"] if details.sensitive else []
        return notes + ([f"Language: {details.language}"] if details.language != "en" else [])

    def about(self) -> list[tuple[str, str]]:
        """Return which server it plays."""
        minimal = "minimal: ignores idempotency keys, has no batches and no v2 instance"
        usual = "Mastodon 4.5, by its documentation of July 2026"
        return [("server", minimal if self.minimal else usual), ("domain", self.domain)]

    # --- Requests ---------------------------------------------------------------------------------

    def respond(
        self,
        request: Request,
        endpoint: str,
        body: bytes,
        form: Form | None,
        headers: dict[str, str],
    ) -> Any:
        """Return what Mastodon would answer. Raise ApiError."""
        wanted, is_api = self.ENDPOINTS[endpoint], request.url.path.startswith("/api/")
        grant, problem = self._find_grant(request)
        account = grant.account if grant else None
        if is_api:
            self._count_request(endpoint, account.id if account else "", headers)
        if problem and is_api:
            raise problem
        if grant is None and not wanted.public:
            raise refusal(401)
        if grant and wanted.scope and not grant.allows(wanted.scope):
            raise PROBLEMS["scope"]
        if account and account.id in self.disabled:
            raise PROBLEMS["disabled"]
        base = str(request.base_url).rstrip("/")
        params = read_params(request, body, form)
        call = Call(account, grant, base, request.path_params, params, request)
        return wanted.respond(self, call)

    def _find_grant(self, request: Request) -> tuple[Grant | None, ApiError | None]:
        """Return what the request's token allows, or the refusal for one that is not valid."""
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

    def _count_request(self, endpoint: str, who: str, headers: dict[str, str]) -> None:
        """Count a request, and add its tightest limit to ``headers``. Raise ApiError if used up."""
        now, found = self.now(), []
        for family in ("api", *_FAMILIES.get(endpoint, ())):
            limit, length = self.limits[family]
            past = timedelta(seconds=now.timestamp() % length.total_seconds())
            window = family, who, now - past
            used = self._used.get(window, 0)
            self._used[window] = used + 1
            found.append((limit - used - 1, limit, now - past + length))
        left, limit, ends = min(found)
        headers |= self._limit_headers(limit, max(0, left), ends)
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
        """Return the headers of a limit that is used up until then."""
        return self._limit_headers(300, 0, ends)

    def mere_errors(self, _: Request) -> dict[str, Any]:
        """Return that there is no such record."""
        return refusal(404).body
