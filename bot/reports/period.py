"""A time that a report looks at, the equally long one before, and what posts gained in it. Pure.

Gains are what the readings add, from the last one before a time begins to the last one before it
ends: two equal times compare, where the totals of old and young posts do not. A post that was not
read within a time has no data for it; one that was published within it began at 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.reports.evidence import sum_known
from bot.reports.totals import ENGAGEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from bot.model import Publication, Snapshot
    from bot.reports.evidence import Evidence

MAX_STEPS = 31
"""A longer time than so many days is shown by weeks, or by longer steps."""


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` up to ``end``, both in UTC."""

    start: datetime
    end: datetime

    @classmethod
    def last_days(cls, days: int, now: datetime, zone: tzinfo) -> Period:
        """Return the period of so many days up to now, by the clock of a place."""
        return cls(_days_earlier(now, days, zone), now)

    def before(self, zone: tzinfo) -> Period:
        """Return the equally long period before; by the clock of a place, if it is whole days."""
        local = [moment.astimezone(zone).replace(tzinfo=None) for moment in (self.start, self.end)]
        span = local[1] - local[0]
        whole = not span % timedelta(days=1)
        start = _days_earlier(self.start, span.days, zone) if whole else None
        return Period(start or self.start - (self.end - self.start), self.start)

    def holds(self, moment: datetime) -> bool:
        """Return whether an instant lies within it."""
        return self.start <= moment < self.end

    def step_days(self, zone: tzinfo) -> int:
        """Return how many days are shown as one: enough that at most ``MAX_STEPS`` are."""
        span = (self.end.astimezone(zone).date() - self.start.astimezone(zone).date()).days + 1
        return next(
            (days for days in (1, 7, 28) if span <= days * MAX_STEPS), -(-span // MAX_STEPS)
        )

    def days(self, zone: tzinfo, step: int) -> list[Period]:
        """Return its days by the clock of a place, so many as one; the outer ones may be parts."""
        first = self.start.astimezone(zone).date()
        count = (self.end.astimezone(zone).date() - first).days
        dates = (first + timedelta(days=day) for day in range(step, count + 1, step))
        midnights = (datetime.combine(date, time(), zone).astimezone(UTC) for date in dates)
        bounds = [self.start, *(at for at in midnights if self.start < at < self.end), self.end]
        return [Period(*pair) for pair in pairwise(bounds)]


def _days_earlier(moment: datetime, days: int, zone: tzinfo) -> datetime:
    local = moment.astimezone(zone)
    return (local - timedelta(days=days)).astimezone(UTC)


def moments(period: Period, zone: tzinfo) -> set[datetime]:
    """Return the instants at which what was counted must be known, for ``review_period``."""
    before, step = period.before(zone), period.step_days(zone)
    days = (*period.days(zone, step), *before.days(zone, step))
    return {before.start, *(day.end for day in days)}


# --- What posts gained ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gains:
    """What some posts gained together; None is no data.

    ``rated`` are the engagements and the impressions of those posts that have both. ``posts`` is
    how many were still read within the period or should have been, ``unread`` how many of these
    have no data.
    """

    impressions: int | None
    engagements: int | None
    passed_on: int | None
    answered: int | None
    rated: tuple[int, int]
    posts: int
    unread: int

    @property
    def missing(self) -> str:
        """How many of the posts have no data, in words; "" where none lacks it."""
        return f"{self.unread} of {self.posts} not read" if self.unread else ""

    @property
    def rate(self) -> Decimal | None:
        """Engagements per impression, of posts for which both are known."""
        engagements, impressions = self.rated
        return Decimal(engagements) / impressions if impressions > 0 else None


_COUNTED = (("impressions",), ENGAGEMENTS, ("reposts", "quotes"), ("replies",))


def gains(
    evidence: Evidence,
    period: Period,
    posts: Iterable[Publication],
    since: datetime | None = None,
) -> Gains:
    """Return what these posts gained within the period, of those that were out by its end.

    A post that was published since an instant, by default since the period's start, began at 0, and
    stands at 0 until it is read: what it gained before counts for the day of its first reading.
    A post whose counters are not read any more has gained nothing that anybody knows, and is left
    out.
    """
    start, end = evidence.known_at(period.start), evidence.known_at(period.end)
    new = since or period.start
    each = [
        [
            _gain(period, start.get(post.id), end.get(post.id), names, is_new=post.published >= new)
            for names in _COUNTED
        ]
        for post in posts
        if post.published < period.end and (post.next_read or _was_read(end.get(post.id), period))
    ]
    columns = [*zip(*each, strict=True)] or [()] * len(_COUNTED)
    impressions, engagements, passed_on, answered = map(sum_known, columns)
    rated = [(engaged, shown) for shown, engaged, *_ in each if None not in (shown, engaged)]
    return Gains(
        impressions,
        engagements,
        passed_on,
        answered,
        (sum(engaged for engaged, _ in rated), sum(shown for _, shown in rated)),  # type: ignore[misc]
        len(each),
        sum(row[0] is None and row[1] is None for row in each),
    )


def _was_read(end: Snapshot | None, period: Period) -> bool:
    return end is not None and end.read > period.start


def _gain(
    period: Period,
    start: Snapshot | None,
    end: Snapshot | None,
    names: Sequence[str],
    *,
    is_new: bool,
) -> int | None:
    if end is None or not _was_read(end, period):
        return None

    def grown(name: str) -> int | None:
        now: int | None = getattr(end.counters, name)
        then: int | None = getattr(start.counters, name) if start else None
        if is_new and then is None:
            then = 0
        return None if now is None or then is None else now - then

    return sum_known([grown(name) for name in names])
