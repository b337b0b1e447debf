"""Mastodon's client API: whose token it is, how often, and how its endpoints answer.

It keeps to what is documented (mastodon/documentation as of July 2026, for 4.5), and where that is
silent, to what servers are known to answer. What could not be verified is marked [U]:

- the wording of most 422s, and the order in which rules are checked;
- which links a server finds beyond those with a scheme and a known top-level domain;
- whether other servers have an account that a text mentions: here they have any, but for those
  under ``.invalid``.

A server of another kind is played with ``MastodonApi.minimal``: it ignores idempotency keys and
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
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from bot.sandbox.mastodon import accounts, instance, media, oauth, problems, statuses
from bot.sandbox.mastodon.content import display_url, split
from bot.sandbox.mastodon.params import Call, Grant, read_params
from bot.sandbox.mastodon.problems import PROBLEMS, refusal
from bot.sandbox.mastodon.routing import Answer
from bot.sandbox.mastodon.views import PROCESSING, StatusDetails
from bot.sandbox.platform import ApiError, Traits, json_response, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from starlette.requests import Request

    from bot.sandbox.control import Control
    from bot.sandbox.faults import Effect
    from bot.sandbox.mastodon.params import SimApp
    from bot.sandbox.mastodon.routing import Endpoint
    from bot.sandbox.mastodon.world import MastodonWorld
    from bot.sandbox.platform import Form
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

_TRAITS = Traits(
    name="Mastodon",
    handle=re.compile(r"[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*(?<!.{31})"),
    handle_rule="Mastodon allows 1 to 30 letters, digits and underscores, with dots or hyphens"
    " between them.",
    counters=("likes", "reposts", "quotes", "replies"),
    public_counters=("replies", "reposts", "quotes", "likes"),
    id_epoch_ms=0,
    id_shift=16,
    account_pages=("/@{handle}", "/users/{handle}"),
    post_pages=("/@{handle}/{post}", "/users/{handle}/statuses/{post}"),
)


class MastodonApi:
    """A world's API as a Mastodon server has it, and what only Mastodon keeps of a world.

    ``domain`` is the server's name in addresses like ``@name@domain``. ``minimal`` plays a server
    at the minimal end. ``max_characters`` and ``limits`` are the server's; a test may change them.
    ``picture_processing`` is how long pictures are processed: usually, only what moves is.
    ``disabled`` holds the ids of accounts whose login the server has stopped, and ``moved`` where
    accounts have moved to, as ``name@domain``, by their ids.
    """

    TRAITS = _TRAITS
    ENDPOINTS: Mapping[str, Endpoint] = (
        statuses.ENDPOINTS
        | accounts.ENDPOINTS
        | media.ENDPOINTS
        | instance.ENDPOINTS
        | oauth.ENDPOINTS
    )
    PROBLEMS: Collection[str] = PROBLEMS
    spent = Decimal(0)

    def __init__(self, world: MastodonWorld) -> None:
        self.world = world
        self.CONTROLS: Mapping[str, Control] = {
            "POST /sandbox/accounts/{handle}/state": lambda _, path, body: accounts.set_state(
                world, path["handle"], body
            ),
        }
        self.domain = "sandbox.example"
        self.minimal = False
        self.max_characters = statuses.MAX_CHARACTERS
        self.picture_processing = timedelta(0)
        self.disabled: set[str] = set()
        self.moved: dict[str, str] = {}
        self.limits = dict(RATE_LIMITS)
        self.details_by_post: dict[str, StatusDetails] = {}
        self.focus: dict[str, tuple[float, float]] = {}
        self.attached: set[str] = set()
        self.keys: dict[tuple[str, str], tuple[datetime, str]] = {}
        self.apps: dict[str, SimApp] = {}
        self.codes: dict[str, Grant] = {}
        self.grants: dict[str, Grant] = {}
        self.revoked: set[str] = set()
        self._used: dict[tuple[str, str, datetime], int] = {}

    @property
    def longest_processing(self) -> timedelta:
        """How long any file is processed at most."""
        return max(PROCESSING, self.picture_processing)

    def new_secrets(self, _: str, secret: Callable[[str], str]) -> dict[str, str]:
        """Return a token of the form that Mastodon's have: 43 characters."""
        return {"access_token": "sandbox-" + secret("token")[:35]}

    def details_of(self, post: SimPost) -> StatusDetails:
        """Return what only Mastodon keeps of a post; one that a test added has the defaults."""
        return self.details_by_post.get(post.id, StatusDetails())

    def details(self, post: SimPost) -> dict[str, Any]:
        """Return the same for ``/sandbox/posts``, with the focal points of its files."""
        return asdict(self.details_of(post)) | {
            "focus": [self.focus.get(upload.id) for upload in post.media]
        }

    def text(self, post: SimPost) -> str:
        """Return a post's text as it was sent: the API's HTML holds addresses of this server."""
        return post.raw

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

    def handle(self, request: Request, endpoint: str, body: bytes, form: Form | None) -> Response:
        """Answer as Mastodon would, one request at a time."""
        headers: dict[str, str] = {}
        with self.world.lock:
            try:
                grant, problem = self._find_grant(request)
                who = grant.account.id if grant and grant.account else ""
                if request.url.path.startswith("/api/"):
                    allowed, headers = self._count_request(endpoint, who)
                    if not allowed:
                        raise refusal(429)
                answer = self._respond(request, endpoint, grant, problem, body, form)
            except ApiError as error:
                return self._json(error.body, error.status, headers)
        if isinstance(answer, Response):
            return answer
        if not isinstance(answer, Answer):
            answer = Answer(answer)
        return self._json(answer.body, answer.status, headers | answer.headers)

    def _respond(
        self,
        request: Request,
        endpoint: str,
        grant: Grant | None,
        problem: ApiError | None,
        body: bytes,
        form: Form | None,
    ) -> Any:
        """Return what an endpoint answers to a token. Raise ApiError."""
        wanted = self.ENDPOINTS[endpoint]
        if problem and request.url.path.startswith("/api/"):
            raise problem
        if grant is None and not wanted.public:
            raise refusal(401)
        if grant and wanted.scope and not grant.allows(wanted.scope):
            raise PROBLEMS["scope"]
        if grant and grant.account and grant.account.id in self.disabled:
            raise PROBLEMS["disabled"]
        base = str(request.base_url).rstrip("/")
        params = read_params(request, body, form)
        account = grant.account if grant else None
        call = Call(account, grant, base, request.path_params, params, request)
        return wanted.respond(self.world, call)

    def _find_grant(self, request: Request) -> tuple[Grant | None, ApiError | None]:
        """Return what the request's token allows, or the refusal for one that is not valid."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None, None
        token = token.strip()
        if token in self.revoked:
            return None, refusal(401, problems.TOKEN_REVOKED)
        grant = self.grants.get(token)
        for account in self.world.accounts.values():
            if account.secrets["access_token"] == token:
                grant = Grant(account, None, ("read", "write"), account.created)
        return grant, None if grant else refusal(401)

    def _count_request(self, endpoint: str, who: str) -> tuple[bool, dict[str, str]]:
        """Count a request; return whether it is allowed, and the headers of the tightest limit."""
        now, found = self.world.now(), []
        for family in ("api", *_FAMILIES.get(endpoint, ())):
            limit, length = self.limits[family]
            past = timedelta(seconds=now.timestamp() % length.total_seconds())
            window = family, who, now - past
            used = self._used.get(window, 0)
            self._used[window] = used + 1
            found.append((limit - used - 1, limit, now - past + length))
        left, limit, ends = min(found)
        return left >= 0, self._limit_headers(limit, max(0, left), ends)

    @staticmethod
    def _limit_headers(limit: int, left: int, ends: datetime) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }

    def refuse(self, status: int, headers: dict[str, str] | None = None) -> Response:
        """Return the usual refusal with this status."""
        return self._json(refusal(status).body, status, headers)

    def fail(self, _: Request, effect: Effect) -> Response:
        """Return the answer of a fault that stores nothing: a refusal, redirect or mere errors."""
        if effect.type == "errors_only":
            return self._json(refusal(404).body)
        body, status, headers = effect.refusal(PROBLEMS, refusal)
        if effect.reset is not None:
            ends = self.world.now() + timedelta(seconds=effect.reset)
            headers |= self._limit_headers(300, 0, ends)
        return self._json(body, status, headers)

    def _json(
        self, body: Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        """Return an answer of JSON, with the world's date."""
        return json_response(to_json(body), status, headers, self.world.now())
