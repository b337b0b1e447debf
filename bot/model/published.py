"""What is out: a published part, its cost and the budget, and what its platform counted.

Plain frozen values. Every ``datetime`` is aware and in UTC. None means "no data", which is not 0.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


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

    ``wording`` names the wording used; it is empty where the post has only one.
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


@dataclass(frozen=True, slots=True)
class Spending:
    """What a call cost, in US dollars; ``item`` is named as in ``bot.platforms``."""

    at: datetime
    account: str
    campaign: str | None
    item: str
    quantity: int
    dollars: Decimal


@dataclass(frozen=True, slots=True)
class Counters:
    """What a platform counts; None means "no data", which is not 0."""

    impressions: int | None = None
    likes: int | None = None
    reposts: int | None = None
    quotes: int | None = None
    replies: int | None = None
    bookmarks: int | None = None
    link_clicks: int | None = None
    profile_clicks: int | None = None

    def after(self, earlier: Counters) -> Counters:
        """Return these, with the earlier value of each that has no data now."""
        pairs = zip(_values(self), _values(earlier), strict=True)
        return Counters(*(before if now is None else now for now, before in pairs))

    @property
    def public_only(self) -> Counters:
        """Those that anyone can see, without the others."""
        return Counters(*_values(self)[: len(PUBLIC_COUNTERS)])

    def decreased_since(self, earlier: Counters) -> tuple[str, ...]:
        """Return the names of those that are lower than they were."""
        pairs = zip(COUNTER_NAMES, _values(self), _values(earlier), strict=True)
        return tuple(
            name
            for name, now, before in pairs
            if now is not None and before is not None and now < before
        )


COUNTER_NAMES = tuple(counter.name for counter in fields(Counters))

PUBLIC_COUNTERS = COUNTER_NAMES[:6]
"""What anyone can see on the platform, for as long as the post is there."""


def _values(counters: Counters) -> tuple[int | None, ...]:
    return tuple(getattr(counters, name) for name in COUNTER_NAMES)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The counters of one publication at one instant; append-only."""

    publication: int
    read: datetime
    counters: Counters


@dataclass(frozen=True, slots=True)
class LatestCounters:
    """All that is known of a publication's counters now.

    ``counters`` holds the last known value of each, ``read`` is when any was last read, ``fell``
    names those that were lower at some reading than at the one before.
    """

    publication: int
    read: datetime
    counters: Counters
    fell: tuple[str, ...] = ()

    def after(self, snapshot: Snapshot) -> LatestCounters:
        """Return what is known after one more reading, no older than the last."""
        fell = {*self.fell, *snapshot.counters.decreased_since(self.counters)}
        return LatestCounters(
            self.publication,
            snapshot.read,
            snapshot.counters.after(self.counters),
            tuple(name for name in COUNTER_NAMES if name in fell),
        )

    @classmethod
    def from_snapshots(cls, history: Iterable[Snapshot]) -> LatestCounters | None:
        """Sum up a publication's readings, oldest first; None where there are none."""
        latest: LatestCounters | None = None
        for snapshot in history:
            latest = (
                latest.after(snapshot)
                if latest
                else cls(snapshot.publication, snapshot.read, snapshot.counters)
            )
        return latest


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
            return f"what is left of the budget ({self}) is too small for one read"
        return f"what is left of the budget ({self}) is kept for the posts planned this month"

    def __str__(self) -> str:
        """Return what was spent of how much in which month."""
        return f"${self.spent.normalize():f} of ${self.budget:f} for {self.since:%Y-%m}"
