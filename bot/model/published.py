"""Where posts are out, what that cost, and what their platform counted.

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
"""Counters are first read at this age of a post. At once there is nothing to count, the platform's
servers may not all know the post yet, and call it gone, and others due at that minute are sent:
most people's posts are due at full five minutes, which these and later reads then miss."""


@dataclass(frozen=True, slots=True)
class RemotePost:
    """A visible post: the platform's id and the address a person can open.

    ``reply`` is what a reply to it needs; only its platform's client writes and reads it: on
    Bluesky the root and the parent, each with its hash. By default it is the id.
    """

    remote_id: str
    url: str
    at: datetime
    reply: str = ""

    def __post_init__(self) -> None:
        """Use the id for ``reply`` where there is nothing else."""
        object.__setattr__(self, "reply", self.reply or self.remote_id)


@dataclass(frozen=True, slots=True)
class Publication:
    """A published part, by the platform's own id; ``gone`` is when it was found deleted.

    ``wording`` names the wording used; it is empty where the post has only one. ``label`` is the
    schedule's name for its moment: with campaign and post it says of which post it is, on whatever
    account. ``poll`` is the poll that it asks.
    """

    id: int
    delivery: int
    part: int
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
    next_read: datetime | None = None
    wording: str = ""
    label: str = ""
    poll: Poll | None = None


@dataclass(frozen=True, slots=True)
class Spending:
    """What a call cost, in US dollars; ``item`` is named as in ``bot.platforms``."""

    at: datetime
    account: str
    campaign: str | None
    item: str
    quantity: int
    dollars: Decimal


def sum_known(values: Iterable[int | None]) -> int | None:
    """Return the sum of what is known; None if nothing is."""
    if isinstance(values, tuple) and values and None not in values:
        return sum(values)  # a column of a large report, at the speed of C
    known = [value for value in values if value is not None]
    return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class Counters:
    """What a platform counts; None means "no data", which is not 0.

    So is what a platform never gives, as Mastodon and Bluesky give no impressions and no clicks.
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
        """How many of ``ENGAGEMENTS`` are known together; None where none is."""
        return sum_known((self.likes, self.reposts, self.quotes, self.replies, self.bookmarks))

    def without_own_replies(self, count: int) -> Counters:
        """Return the counters of what others did: less so many replies of the account itself.

        Platforms count the next part of a thread among the replies to the part before it.
        """
        if self.replies is None or not count:
            return self
        return replace(self, replies=max(0, self.replies - count))


COUNTER_NAMES = tuple(counter.name for counter in fields(Counters))

PUBLIC_COUNTERS = COUNTER_NAMES[:6]
"""What anyone can see on the platform, for as long as the post is there."""

ENGAGEMENTS = ("likes", "reposts", "quotes", "replies", "bookmarks")
"""What counts as an engagement: each is one act of one person that the platform reports."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The counters of one publication at one instant: as read then, or all that was known.

    Of all that was known, ``counters`` holds the last value of each, ``read`` is when any was last
    read, and ``fell`` names those that were lower at some reading than at the one before.
    """

    publication: int
    read: datetime
    counters: Counters
    fell: tuple[str, ...] = ()

    @classmethod
    def summed(cls, history: Iterable[Snapshot]) -> Snapshot | None:
        """Return what is known after these readings, oldest first; None where there are none."""
        known: Snapshot | None = None
        for snapshot in history:
            known = snapshot.after(known) if known else snapshot
        return known

    def after(self, known: Snapshot) -> Snapshot:
        """Return what is known after this reading, no older than the last, and before it."""
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
    """How many people chose each option of a poll, in its order; never who.

    ``closed`` is whether nobody could vote any more when it was read: then they are the result.
    """

    counts: tuple[int | None, ...]
    read: datetime
    closed: bool


WARN_AT, STOP_AT = 80, 100
"""Percent of a budget at which a warning is logged; at the second, counters are no longer read."""


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """An account's budget in the month from ``since`` to ``until``, in US dollars.

    ``planned`` is what the posts that are queued for the rest of the month will cost.
    """

    account: str
    since: datetime
    until: datetime
    budget: Decimal
    spent: Decimal
    planned: Decimal = Decimal(0)

    @property
    def threshold(self) -> int:
        """The threshold that is reached: 0, ``WARN_AT`` or ``STOP_AT`` percent."""
        reached = (at for at in (STOP_AT, WARN_AT) if self.spent * 100 >= self.budget * at)
        return next(reached, 0)

    @property
    def left_for_reads(self) -> Decimal:
        """What may be spent on reading: what is left, except for what the planned posts need."""
        return max(Decimal(0), self.budget - self.spent - self.planned)

    @property
    def why_not_read(self) -> str:
        """Why nothing is read, where ``left_for_reads`` does not pay for it."""
        if self.threshold == STOP_AT:
            return f"the budget is spent ({self})"
        if not self.planned:
            return f"the budget is nearly spent ({self}), and the rest is too small for one read"
        return (
            f"the budget is nearly spent ({self}), and the rest is kept for posts still to go out"
        )

    def __str__(self) -> str:
        """Return what was spent of how much in which month."""
        return f"${self.spent.normalize():f} of ${self.budget:f} for {self.since:%Y-%m}"
