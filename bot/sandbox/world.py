"""The simulated platform's state, what changes it, and how its audience reacts to a post.

Nothing here is measured on a real audience. Impressions come fast in the first hours and level
off over days, slower at night (New York time); media, threads, polls and posts that name a moment
do a little better. The other counters are shares of the impressions, so none ever falls. Those who
vote in a poll are a share as well, until it ends; who they are is nobody's business.

Every change goes through one lock, ``World.lock``. The time is what ``now`` returns, so that a test
can set it and the demo can let it run fast.
"""

from __future__ import annotations

import hashlib
import math
import random
import re
import threading
from collections import Counter
from dataclasses import astuple, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot import xtext
from bot.sandbox.faults import Faults
from bot.sandbox.state import SimAccount, SimPoll, SimPost, SimUpload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bot.sandbox.platform import PlatformApi


_TIMELY = re.compile(r"\b(today|tonight|tomorrow|now|live|join|summit|this week)\b", re.IGNORECASE)
_HOUR = 3600.0
_DAY_FREQUENCY = 2 * math.pi / (24 * _HOUR)
_PHASE = 10 * _HOUR  # Puts the quietest hour at 8:00 UTC, 4 in the morning in New York.
_SWING = 0.75 / _DAY_FREQUENCY  # Below 1/_TURN the warped time always runs forward.
_FAST, _SLOW = 3 * _HOUR, 40 * _HOUR
_FAST_SHARE = 0.68

# Lowest and highest share of the impressions, per counter.
_RATES = {
    "likes": (0.004, 0.016),
    "reposts": (0.0012, 0.006),
    "quotes": (0.0001, 0.0008),
    "replies": (0.0003, 0.0018),
    "bookmarks": (0.0004, 0.0022),
    "link_clicks": (0.002, 0.009),
    "profile_clicks": (0.0004, 0.002),
}
_VOTE_RATE = (0.004, 0.02)  # Lowest and highest share of the impressions, per option of a poll.


@dataclass(frozen=True, slots=True)
class SimCounters:
    """Lifetime totals of a post."""

    impressions: int = 0
    likes: int = 0
    reposts: int = 0
    quotes: int = 0
    replies: int = 0
    bookmarks: int = 0
    link_clicks: int = 0
    profile_clicks: int = 0

    @property
    def engagements(self) -> int:
        """All counters but the impressions, together."""
        return int(sum(astuple(self))) - self.impressions


def simulate_counters(seed: object, post: SimPost, age: timedelta) -> SimCounters:
    """Return the counters of a post at an age; none falls as the age grows."""
    rng = _random_for(seed, post)
    gains = (
        (bool(post.media), 1.35),
        (post.has_replies and post.depth == 0, 1.2),
        (post.poll is not None, 1.15),
        (bool(_TIMELY.search(post.raw)), 1.25),
        ("#" in post.raw, 1.1),
    )
    appeal = math.prod(gain for holds, gain in gains if holds) * math.pow(0.6, post.depth)
    reach = post.author.followers * rng.lognormvariate(-0.7, 0.55) * appeal
    rates = {name: rng.uniform(*span) for name, span in _RATES.items()}
    if not post.has_link:
        rates["link_clicks"] = 0.0
    impressions = int(reach * _audience_share(post.created, max(0.0, age.total_seconds())))
    return SimCounters(
        impressions, **{name: int(impressions * rate) for name, rate in rates.items()}
    )


def simulate_votes(seed: object, post: SimPost, age: timedelta) -> tuple[int, ...]:
    """Return the votes of each option of its poll at an age; none falls, and none changes later."""
    if post.poll is None:
        return ()
    # A reply may come once the poll has ended: it brings no vote.
    alone = replace(post, has_replies=False)
    until = min(age, post.poll.ends - post.created)
    impressions = simulate_counters(seed, alone, until).impressions
    rng = _random_for(seed, post, "votes")
    return tuple(int(impressions * rng.uniform(*_VOTE_RATE)) for _ in post.poll.options)


def _random_for(seed: object, post: SimPost, *purpose: str) -> random.Random:
    """Return the chance that decides how the audience reacts to a post.

    Neither id nor clock is in it, so that the same posts have the same audience in another world.
    """
    key = f"{post.author.handle}/{post.repeat_number}/{post.raw}/{len(post.media)}"
    digest = hashlib.sha256(repr((seed, key, *purpose)).encode()).digest()
    return random.Random(digest)  # noqa: S311 - a repeatable simulation, no secret


def _audience_share(born: datetime, age: float) -> float:
    """Return the share of the final audience that has seen it: from 0 towards 1."""
    start = born.timestamp() + _PHASE
    swing = math.cos(_DAY_FREQUENCY * start) - math.cos(_DAY_FREQUENCY * (start + age))
    warped = age + _SWING * swing
    fast, slow = 1 - math.exp(-warped / _FAST), 1 - math.exp(-warped / _SLOW)
    return _FAST_SHARE * fast + (1 - _FAST_SHARE) * slow


def sum_counters(counters: list[SimCounters]) -> SimCounters:
    """Return the sum of each counter."""
    return SimCounters(*(sum(column) for column in zip(*map(astuple, counters), strict=True)))


class World:
    """A platform with its accounts, posts, API and faults.

    ``api`` makes its API, which knows what is its platform's own. ``now`` returns the world's time,
    in UTC. ``seed`` decides how the audience reacts. A post appears in timelines only after
    ``timeline_lag`` [U: no platform says whether there is any].
    """

    def __init__(
        self, api: Callable[[Any], PlatformApi], *, now: Callable[[], datetime], seed: int = 1
    ) -> None:
        self.lock = threading.RLock()
        self.now = now
        self.seed = seed
        self.timeline_lag = timedelta(0)
        self.accounts: dict[str, SimAccount] = {}
        self.posts: dict[str, SimPost] = {}
        self.uploads: dict[str, SimUpload] = {}
        self.api = api(self)
        self.faults = Faults(self.api.PROBLEMS)
        self._last_id = 0
        self._times_posted: Counter[tuple[str, str]] = Counter()

    @property
    def platform(self) -> str:
        """The platform's name, as a config has it."""
        return self.api.TRAITS.name.lower()

    def new_id(self) -> str:
        """Return the next id: later ones are greater, and begin with their millisecond."""
        milliseconds = int(self.now().timestamp() * 1000) - self.api.TRAITS.id_epoch_ms
        self._last_id = max(self._last_id + 1, milliseconds << self.api.TRAITS.id_shift)
        return str(self._last_id)

    # --- Accounts ---------------------------------------------------------------------------------

    def add_account(
        self,
        handle: str,
        name: str,
        *,
        description: str = "An automated account in a sandbox.",
        followers: int = 12_000,
        automated: bool = True,
    ) -> SimAccount:
        """Add an account and return it: its secrets are the same for the same handle and seed.

        ``automated`` shows the badge on the page. Raise ValueError if the handle is taken.
        """

        def secret(what: str) -> str:
            return hashlib.sha256(repr((self.seed, handle, what)).encode()).hexdigest()

        with self.lock:
            if self.by_handle(handle):
                raise ValueError(f"@{handle} exists already")
            id_ = self.new_account_id(secret)
            secrets = self.api.new_secrets(id_, secret)
            more = (description, followers, automated)
            account = SimAccount(id_, handle, name, self.now(), secrets, *more)
            self.accounts[id_] = account
            return account

    def new_account_id(self, secret: Callable[[str], str]) -> str:
        """Return a new account's id; ``secret`` gives 64 hex digits for each purpose."""
        return str(1_000_000_000 + int(secret("id")[:12], 16))

    def by_handle(self, handle: str) -> SimAccount | None:
        """Return the account of a handle, in whatever case."""
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
        """Store a post that has passed every rule; ``raw`` is already normalized.

        ``id_`` is its id where its author chooses that; it takes the place of one deleted before.
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
        self.posts.pop(id_, None)
        self.posts[id_] = post
        return post

    def delete_post(self, post: SimPost) -> None:
        """Delete a post."""
        with self.lock:
            post.deleted = self.now()

    # --- The audience -----------------------------------------------------------------------------

    def counters(self, post: SimPost, at: datetime | None = None) -> SimCounters:
        """Return the counters of a post at an instant, by default now."""
        return simulate_counters(self._audience, post, self._age(post, at))

    def votes(self, post: SimPost, at: datetime | None = None) -> tuple[int, ...]:
        """Return the votes of each option of its poll at an instant, by default now."""
        return simulate_votes(self._audience, post, self._age(post, at))

    @property
    def _audience(self) -> tuple[int, str]:
        """What decides how people react: on another platform they are others."""
        return self.seed, self.platform

    def _age(self, post: SimPost, at: datetime | None) -> timedelta:
        at = at or self.now()
        return min(at, post.deleted or at) - post.created

    def read_counters(self, post: SimPost) -> SimCounters:
        """Return the counters of a post now, and remember them as read."""
        counters = self.counters(post)
        post.last_read = (self.now(), counters)
        return counters
