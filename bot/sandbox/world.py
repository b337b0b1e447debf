"""The simulated platform with its accounts and posts, and the answers common to all platforms.

Every change goes through one lock, ``World.lock``. ``now`` returns the time, which a test can set
and the demo lets run fast.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from bot import xtext
from bot.sandbox.answers import ApiError, json_response, to_json
from bot.sandbox.audience import simulate_counters, simulate_votes
from bot.sandbox.faults import Faults
from bot.sandbox.state import SimAccount, SimPoll, SimPost, SimUpload

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from starlette.requests import Request

    from bot.sandbox.answers import Control, Exchange
    from bot.sandbox.faults import Effect
    from bot.sandbox.state import SimCounters


class World:
    """A platform with its accounts, posts, API and faults. Each platform is a subclass."""

    NAME: str

    HANDLE: re.Pattern[str]
    """The form of a handle that an account here may have."""

    HANDLE_RULE: str
    """The same in words."""

    COUNTERS: tuple[str, ...]
    """The fields of ``SimCounters`` that the platform counts."""

    PUBLIC_COUNTERS: tuple[str, ...]
    """Those that everybody sees on a post, in the order of the page."""

    ID_EPOCH_MS, ID_SHIFT = 0, 0
    """Ids count milliseconds from the first, and have so many bits below them."""

    ACCOUNT_PAGES: tuple[str, ...]
    """Paths of an account's page, with ``{handle}``. Links use the first."""

    POST_PAGES: tuple[str, ...]
    """The same for a post's page, with ``{post}`` as well."""

    RATE_LIMITS: Mapping[str, Any]
    """How often it may be asked. Only the platform reads the values."""

    ENDPOINTS: Mapping[str, Any]
    """Its endpoints, by keys such as ``GET /2/tweets/:id``. Only the platform reads the values."""

    CONTROLS: Mapping[str, Control] = {}
    """Controls under /sandbox that only this platform has."""

    PROBLEMS: Mapping[str, ApiError]
    """Documented refusals, by names for faults."""

    def __init__(self, *, now: Callable[[], datetime], seed: int = 1) -> None:
        self.lock = threading.RLock()
        self.now = now
        """Returns the world's time, in UTC."""
        self.seed = seed
        """Decides how the audience reacts."""
        self.timeline_lag = timedelta(0)
        """A timeline shows a post after this time, of which no platform says anything [U]."""
        self.accounts: dict[str, SimAccount] = {}
        self.posts: dict[str, SimPost] = {}
        self.uploads: dict[str, SimUpload] = {}
        self.faults = Faults(self.PROBLEMS)
        self.limits = dict(self.RATE_LIMITS)
        """A test may change them."""
        self._windows: dict[tuple[str, str], tuple[datetime, int]] = {}
        """By limit, and by who is limited, the end of the span and the use so far."""
        self._last_id = 0
        self._times_posted: Counter[tuple[str, str]] = Counter()

    @property
    def platform(self) -> str:
        """The platform's name, as a config has it."""
        return self.NAME.lower()

    @property
    def spent(self) -> Decimal:
        """The cost of all requests so far, in dollars."""
        return Decimal(0)

    def new_id(self) -> str:
        """Return the next id. Ids rise, and begin with their millisecond."""
        milliseconds = int(self.now().timestamp() * 1000) - self.ID_EPOCH_MS
        self._last_id = max(self._last_id + 1, milliseconds << self.ID_SHIFT)
        return str(self._last_id)

    # --- Accounts ---------------------------------------------------------------------------------

    def add_account(
        self,
        handle: str,
        name: str,
        *,
        description: str = "An automated account. It is simulated.",
        automated: bool = True,
    ) -> SimAccount:
        """Add an account and return it. Raise ValueError if the handle is taken.

        The same handle and seed have the same secrets. ``automated`` shows the badge on the page.
        """

        def secret(what: str) -> str:
            return hashlib.sha256(repr((self.seed, handle, what)).encode()).hexdigest()

        with self.lock:
            if self.by_handle(handle):
                raise ValueError(f"@{handle} exists already")
            id_ = self.new_account_id(secret)
            secrets = self.new_secrets(id_, secret)
            account = SimAccount(id_, handle, name, self.now(), secrets, description)
            account.automated = automated
            self.accounts[id_] = account
            return account

    def new_account_id(self, secret: Callable[[str], str]) -> str:
        """Return a new account's id. ``secret`` returns 64 hex digits for each purpose."""
        return str(1_000_000_000 + int(secret("id")[:12], 16))

    def by_handle(self, handle: str) -> SimAccount | None:
        """Return the account of a handle, whatever its case."""
        lower = handle.lower()
        return next((a for a in self.accounts.values() if a.handle.lower() == lower), None)

    # --- Posts ------------------------------------------------------------------------------------

    def post(self, id_: str) -> SimPost | None:
        """Return a post that is not deleted."""
        post = self.posts.get(id_)
        return post if post and not post.deleted else None

    def visible(self) -> list[SimPost]:
        """Return the posts that are not deleted, oldest first."""
        with self.lock:
            return [post for post in self.posts.values() if not post.deleted]

    def timeline(self, account: SimAccount) -> Iterator[SimPost]:
        """Yield an account's posts that timelines show now, newest first."""
        latest = self.now() - self.timeline_lag
        for post in reversed(self.posts.values()):
            if post.author is account and not post.deleted and post.created <= latest:
                yield post

    def add_post(
        self,
        author: SimAccount,
        raw: str,
        *,
        media: tuple[SimUpload, ...] = (),
        poll: SimPoll | None = None,
        parent: SimPost | None = None,
        id_: str = "",
    ) -> SimPost:
        """Store a post that has passed every rule. ``raw`` is already normalized.

        If its author chooses ``id_``, it takes the place of one deleted before.
        """
        id_ = id_ or self.new_id()
        has_link = any(kind == "link" for kind, _ in xtext.entities(raw))
        post = SimPost(id_, author, raw, self.now(), media, poll, has_link)
        post.repeat_number = self._times_posted[author.id, raw]
        self._times_posted[author.id, raw] += 1
        post.conversation = id_
        if parent:
            post.parent, post.conversation = parent.id, parent.conversation
            post.depth = parent.depth + 1
            parent.has_replies = True
            parent.replies.append(post)
        self.posts.pop(id_, None)
        self.posts[id_] = post
        return post

    def delete_post(self, post: SimPost) -> None:
        """Delete a post."""
        with self.lock:
            post.deleted = self.now()

    # --- The audience -----------------------------------------------------------------------------

    def counters(self, post: SimPost, at: datetime | None = None) -> SimCounters:
        """Return the counters of a post at an instant, by default now.

        Each reply in the world counts until it is deleted. Replies by the author count too, as X,
        Mastodon and Bluesky count the parts of a thread.
        """
        found = simulate_counters(self._audience, post, self._age(post, at))
        then = at or self.now()
        then = min(then, post.deleted or then)
        standing = sum(
            reply.created <= then and not (reply.deleted and reply.deleted <= then)
            for reply in post.replies
        )
        return replace(found, replies=found.replies + standing)

    def votes(self, post: SimPost, at: datetime | None = None) -> tuple[int, ...]:
        """Return the votes of each option of a post's poll at an instant, by default now."""
        return simulate_votes(self._audience, post, self._age(post, at))

    @property
    def _audience(self) -> tuple[int, str]:
        """The seed of the audience, which is another one on each platform."""
        return self.seed, self.platform

    def _age(self, post: SimPost, at: datetime | None) -> timedelta:
        at = at or self.now()
        return min(at, post.deleted or at) - post.created

    def read_counters(self, post: SimPost) -> SimCounters:
        """Return the counters of a post now, and remember them as read."""
        counters = self.counters(post)
        post.last_read = (self.now(), counters)
        return counters

    # --- Answers ----------------------------------------------------------------------------------

    def handle(self, exchange: Exchange) -> Response:
        """Answer as the platform would, one request at a time."""
        with self.lock:
            try:
                answer = self.respond(exchange)
            except ApiError as problem:
                answer = self.json(problem.body, problem.status)
            response = answer if isinstance(answer, Response) else self.json(answer)
        response.headers.update(exchange.headers)
        return response

    def refuse(self, status: int, headers: dict[str, str] | None = None) -> Response:
        """Return the platform's refusal with this status."""
        return self.json(self.refusal(status).body, status, headers)

    def fail(self, request: Request, effect: Effect) -> Response:
        """Return the answer of a fault that stores nothing."""
        if effect.type == "errors_only":
            return self.json(self.mere_errors(request))
        status, headers = effect.status or 503, {}
        if effect.type == "redirect":
            status, headers = effect.status or 307, {"location": effect.location}
        problem = self.PROBLEMS.get(effect.problem or "") or self.usual_refusal(status)
        body = problem.body if effect.body is None else effect.body
        if effect.reset is not None:
            headers = headers | self.closed_window(self.now() + timedelta(seconds=effect.reset))
        return self.json(body, effect.status or problem.status, headers)

    def json(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """Return an answer of JSON, with the world's date."""
        return json_response(to_json(body), status, headers, self.now())

    # --- What each platform has of its own --------------------------------------------------------

    def new_secrets(self, id_: str, secret: Callable[[str], str]) -> dict[str, str]:
        """Return a new account's secrets. ``secret`` returns 64 hex digits for each purpose."""
        raise NotImplementedError

    def respond(self, exchange: Exchange) -> Any:
        """Return a body for JSON, or a whole response. Raise ApiError."""
        raise NotImplementedError

    def refusal(self, status: int) -> ApiError:
        """Return the refusal that says no more than its status."""
        raise NotImplementedError

    def usual_refusal(self, status: int) -> ApiError:
        """Return the refusal that most often has a status, for faults."""
        return self.refusal(status)

    def mere_errors(self, request: Request) -> Any:
        """Return a body that has only errors."""
        raise NotImplementedError

    def closed_window(self, ends: datetime) -> dict[str, str]:
        """Return the headers of a rate limit that is used up until ``ends``."""
        raise NotImplementedError

    def details(self, post: SimPost) -> dict[str, Any]:
        """Return the details of a post that only this platform has, for ``/sandbox/posts``."""
        raise NotImplementedError

    def pieces(self, post: SimPost) -> Iterable[tuple[str, str, str]]:
        """Yield a post's text in pieces for the page, each with its kind and address.

        A kind is "" for plain text, or ``link``, ``hashtag``, ``mention`` or ``cashtag``.
        """
        raise NotImplementedError

    def warning(self, post: SimPost) -> str:
        """Return the warning that covers a post, or ""."""
        del post
        return ""

    def notes(self, post: SimPost) -> list[str]:
        """Return the sentences below a post on the page, such as who may reply."""
        raise NotImplementedError

    def about(self) -> list[tuple[str, str]]:
        """Return the platform's settings to show at the start, as labels and texts."""
        raise NotImplementedError
