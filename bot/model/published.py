"""Publications, their costs, and the counters of their platforms.

Plain frozen values. Every ``datetime`` is aware and in UTC. None means "no data", which is not 0.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.model.content import Poll

FIRST_READ_AGE = timedelta(minutes=7)
"""Counters are first read at this age of a post.

Earlier there is little to count, and a server of the platform that does not know the post yet may
call it gone. Seven minutes keep this read and later ones away from the full five minutes, at which
most posts are due."""


@dataclass(frozen=True, slots=True)
class RemotePost:
    """A visible post on a platform."""

    remote_id: str
    """The platform's id."""
    url: str
    """The address that a person can open."""
    at: datetime
    """When it was published."""
    reply: str = ""
    """A reference for replies to it, by default its id. Only the platform's client writes and
    reads it. On Bluesky, it has the root and the parent, each with its hash."""

    def __post_init__(self) -> None:
        """Use the id for ``reply`` if there is nothing else."""
        object.__setattr__(self, "reply", self.reply or self.remote_id)


@dataclass(frozen=True, slots=True)
class Publication:
    """A published part of a delivery."""

    id: int
    delivery: int
    """The delivery's number."""
    part: int
    """The index of the part."""
    campaign: str
    post: str
    demand: str | None
    event: str | None
    account: str
    platform: str
    remote_id: str
    url: str
    text: str
    due: datetime
    published: datetime
    gone: datetime | None = None
    """When it was found deleted."""
    next_read: datetime | None = None
    """When its counters are read next."""
    wording: str = ""
    """The name of its wording; empty if the post has only one."""
    label: str = ""
    """The schedule's name for its moment; see ``PostKey``."""
    poll: Poll | None = None


@dataclass(frozen=True, slots=True)
class Spending:
    """The cost of a call."""

    at: datetime
    account: str
    campaign: str | None
    item: str
    """The priced item, as ``bot.platforms`` names it."""
    quantity: int
    dollars: Decimal
    """US dollars for all of them."""


def sum_known(values: Iterable[int | None]) -> int | None:
    """Return the sum of the values that are known, or None if none is."""
    if isinstance(values, tuple) and values and None not in values:
        return sum(values)  # a column of a large report, at the speed of C
    known = [value for value in values if value is not None]
    return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters of a post. None means "no data", which is not 0.

    A counter that the platform does not have is None, too. Mastodon and Bluesky have no impressions
    and no clicks.
    """

    impressions: int | None = None
    likes: int | None = None
    reposts: int | None = None
    quotes: int | None = None
    replies: int | None = None
    bookmarks: int | None = None
    link_clicks: int | None = None
    profile_clicks: int | None = None

    @property
    def engagements(self) -> int | None:
        """The sum of the known counters among ``ENGAGEMENTS``, or None."""
        return sum_known((self.likes, self.reposts, self.quotes, self.replies, self.bookmarks))

    def without_own_replies(self, count: int) -> Counters:
        """Return the counters without ``count`` replies of the account itself.

        Platforms count the next part of a thread among the replies to the part before it.
        """
        if self.replies is None or not count:
            return self
        return replace(self, replies=max(0, self.replies - count))


COUNTER_NAMES = tuple(counter.name for counter in fields(Counters))

PUBLIC_COUNTERS = COUNTER_NAMES[:6]
"""The counters that anyone can see on the platform, for as long as the post is there."""

ENGAGEMENTS = ("likes", "reposts", "quotes", "replies", "bookmarks")
"""The counters that are engagements. Each counts single acts of people."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The counters of one publication, as read at one instant or as known then."""

    publication: int
    """The publication's number."""
    read: datetime
    """When any of them was last read."""
    counters: Counters
    """The last known value of each."""
    fell: tuple[str, ...] = ()
    """The counters that were lower at some reading than at the one before."""

    @classmethod
    def summed(cls, history: Iterable[Snapshot]) -> Snapshot | None:
        """Return the last known counters after these readings, oldest first, or None."""
        known: Snapshot | None = None
        for snapshot in history:
            known = snapshot.after(known) if known else snapshot
        return known

    def after(self, known: Snapshot) -> Snapshot:
        """Return the last known counters after this reading, given those before it."""
        values: list[int | None] = []
        fell = []
        for name in COUNTER_NAMES:
            before, now = getattr(known.counters, name), getattr(self.counters, name)
            values.append(before if now is None else now)
            fell_now = now is not None and before is not None and now < before
            if fell_now or name in known.fell:
                fell.append(name)
        return Snapshot(self.publication, self.read, Counters(*values), tuple(fell))


@dataclass(frozen=True, slots=True)
class PollVotes:
    """The votes of a poll. Nobody's vote is known, only their number."""

    counts: tuple[int | None, ...]
    """How many people chose each option, in the poll's order."""
    read: datetime
    closed: bool
    """Whether voting had ended when it was read. The counts are the result then."""


WARN_AT, STOP_AT = 80, 100
"""Percent of a budget. A warning is logged at both, and counters are not read from the second."""


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """An account's budget in a month, in US dollars."""

    account: str
    since: datetime
    """The beginning of the month."""
    until: datetime
    """The end of the month."""
    budget: Decimal
    spent: Decimal
    planned: Decimal = Decimal(0)
    """The cost of the posts that are queued for the rest of the month."""

    @property
    def threshold(self) -> int:
        """The threshold that is reached: 0, ``WARN_AT`` or ``STOP_AT`` percent."""
        reached = (at for at in (STOP_AT, WARN_AT) if self.spent * 100 >= self.budget * at)
        return next(reached, 0)

    @property
    def left_for_reads(self) -> Decimal:
        """The money for reading counters, which the planned posts leave of the budget."""
        return max(Decimal(0), self.budget - self.spent - self.planned)

    @property
    def why_not_read(self) -> str:
        """Why no counters are read if ``left_for_reads`` does not pay for it."""
        if self.threshold == STOP_AT:
            return f"the budget is spent ({self})"
        if not self.planned:
            return f"the budget is nearly spent ({self}), and the rest is too small for one read"
        return (
            f"the budget is nearly spent ({self}), and the rest is kept for posts still to go out"
        )

    def __str__(self) -> str:
        """Return the spent money, the budget and the month on one line."""
        return f"${self.spent.normalize():f} of ${self.budget:f} for {self.since:%Y-%m}"
