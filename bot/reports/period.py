"""A time that a report looks at, and the gains of posts in it.

A gain is the difference between the last reading before the time begins and the last before it
ends. Two equally long times can be compared by gains, while the totals of old and young posts
cannot. A post that was not read within the time has no data for it. One that was published within
it began at 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.model import ENGAGEMENTS, Counters, PostKey, sum_known
from bot.reports.table import DAYS, join_platforms
from bot.reports.totals import sum_engagement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, tzinfo
    from decimal import Decimal

    from bot.model import Publication
    from bot.reports.evidence import Evidence


MAX_STEPS = 31
"""Most days that are shown singly. A longer time is shown by weeks, or by longer steps."""

DEFAULT_DAYS = 7
"""A report looks at the past week, unless it is asked for another time."""


def step_of(days: int) -> int:
    """Return how many days make a step, if at most ``MAX_STEPS`` steps of these days are shown."""
    return next((step for step in (1, 7, 28) if days <= step * MAX_STEPS), -(-days // MAX_STEPS))


def name_step(step: int) -> str:
    """Return a step of so many days in words, such as ``week`` or ``28 days``."""
    return {1: "day", 7: "week"}.get(step, f"{step} days")


def name_day(first: date, step: int) -> str:
    """Return the name of a step that begins on this day, such as ``Mon 05``."""
    return f"{DAYS[first.weekday()][:3]} {first:%d}" if step == 1 else first.isoformat()


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` up to ``end``, both in UTC."""

    start: datetime
    end: datetime

    @classmethod
    def last_days(cls, days: int, end: datetime, zone: tzinfo) -> Period:
        """Return the period of this many days up to an instant, by the zone's clock."""
        return cls((end.astimezone(zone) - timedelta(days=days)).astimezone(UTC), end)

    def before(self, zone: tzinfo) -> Period:
        """Return the equally long period before, by the zone's clock if it is of whole days."""
        local = [moment.astimezone(zone).replace(tzinfo=None) for moment in (self.start, self.end)]
        span = local[1] - local[0]
        if not span % timedelta(days=1):
            return Period.last_days(span.days, self.start, zone)
        return Period(self.start - (self.end - self.start), self.start)

    def holds(self, moment: datetime) -> bool:
        """Return whether an instant lies within this period."""
        return self.start <= moment < self.end

    def step_days(self, zone: tzinfo) -> int:
        """Return how many days make a step, if at most ``MAX_STEPS`` steps are shown."""
        first, last = (at.astimezone(zone).date() for at in (self.start, self.end))
        return step_of((last - first).days + 1)

    def days(self, zone: tzinfo, step: int) -> list[Period]:
        """Split this period into steps of whole days; the first and last may be shorter."""
        first = self.start.astimezone(zone).date()
        count = (self.end.astimezone(zone).date() - first).days
        starts = (first + timedelta(days=day) for day in range(step, count + 1, step))
        midnights = (datetime.combine(day, time(), zone).astimezone(UTC) for day in starts)
        bounds = [self.start, *(at for at in midnights if self.start < at < self.end), self.end]
        return [Period(*pair) for pair in pairwise(bounds)]


def moments(period: Period, zone: tzinfo) -> set[datetime]:
    """Return the instants at which ``review_period`` needs all counters."""
    before, step = period.before(zone), period.step_days(zone)
    days = (*period.days(zone, step), *before.days(zone, step))
    return {before.start, *(day.end for day in days)}


class FutureDaysError(ValueError):
    """Somebody asked for a report of days that are yet to come."""


@dataclass(frozen=True, slots=True)
class DayRange:
    """The days of a report."""

    first: date | None = None
    """The first day, included; None if there is no bound."""
    last: date | None = None
    """The last day, included; None if there is no bound."""
    days: int | None = None
    """Instead of ``first``, a number of days up to now, or up to the end of the last day."""

    def instants(self, zone: tzinfo, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return the instants at which these days begin and end, in UTC."""
        bounds = (self.first, self.last and self.last + timedelta(days=1))
        start, end = (
            datetime.combine(day, time(), zone).astimezone(UTC) if day else None for day in bounds
        )
        if self.days:
            start = Period.last_days(self.days, min(end or now, now), zone).start
        return start, end

    def period(self, zone: tzinfo, now: datetime) -> Period:
        """Return the period of these days, by default the past week. Raise FutureDaysError."""
        start, end = self.instants(zone, now)
        end = min(end or now, now)
        period = Period(start, end) if start else Period.last_days(DEFAULT_DAYS, end, zone)
        if period.start >= period.end:
            raise FutureDaysError("these days are yet to come")
        return period


ALL_DAYS = DayRange()


# --- Gains ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gains:
    """The gains of some posts together, on all of their networks; None is no data."""

    impressions: int | None
    engagements: int | None
    passed_on: int | None
    """Reposts and quotes."""
    answered: int | None
    """Replies."""
    rate: Decimal | None
    """Engagements per impression, of those publications that have both."""
    posts: int
    """How many posts were still read within the period, or should have been."""
    unread: int
    """How many of these posts have no data, on one account at least."""
    unread_on: tuple[str, ...]
    """The platforms without these data, or () if all the posts are on one platform."""
    shown: int
    """How many of the posts have known impressions."""
    is_known: bool
    """Whether at least half of the publications have data."""

    @property
    def missing(self) -> str:
        """The number of posts without data, and their networks, in words; "" if all have data."""
        if not self.unread:
            return ""
        posts = "post" if self.posts == 1 else "posts"
        have = "has" if self.unread == 1 else "have"
        on = f" on {join_platforms(self.unread_on)}" if self.unread_on else ""
        return f"{self.unread} of {self.posts} {posts} {have} no new figures{on}"


_COUNTED = (("impressions",), ENGAGEMENTS, ("reposts", "quotes"), ("replies",))
_UNKNOWN = Counters()
_NO_GAINS = Gains(
    None, None, None, None, None, posts=0, unread=0, unread_on=(), shown=0, is_known=True
)
"""The gains of most posts, which are old and not read any more."""


def gains(
    evidence: Evidence,
    period: Period,
    publications: Iterable[Publication],
    since: datetime | None = None,
) -> Gains:
    """Return the gains within the period of the publications that were out by its end.

    Publications since an instant, by default the period's start, began at 0 and stay there until
    they are read. Gains before the first reading count for its day. Publications that are not read
    any more are left out.
    """
    start, end = evidence.known_at(period.start), evidence.known_at(period.end)
    counted: list[Publication] = []
    rows: list[list[int | None]] = []
    for published in publications:
        known = end.get(published.id)
        if published.published >= period.end:
            continue
        if known and known.read > period.start:
            before = start[published.id].counters if published.id in start else _UNKNOWN
            is_new = published.published >= (since or period.start)
            rows.append(
                [_grown(before, known.counters, names, is_new=is_new) for names in _COUNTED]
            )
        elif published.next_read:
            rows.append([None] * len(_COUNTED))
        else:
            continue
        counted.append(published)
    return _sum_gains(counted, rows) if counted else _NO_GAINS


def _sum_gains(counted: Sequence[Publication], rows: Sequence[Sequence[int | None]]) -> Gains:
    """Sum the gains of each publication, a row in the order of ``_COUNTED``."""
    impressions, engagements, passed_on, answered = map(sum_known, zip(*rows, strict=True))
    rated = sum_engagement((engaged, shown) for shown, engaged, *_ in rows)
    both = [*zip(counted, rows, strict=True)]
    unread = [of for of, row in both if row[0] is None and row[1] is None]
    several = len({of.platform for of in counted}) > 1
    return Gains(
        impressions,
        engagements,
        passed_on,
        answered,
        rated.rate if rated.impressions > 0 else None,
        posts=len(set(map(PostKey.of, counted))),
        unread=len(set(map(PostKey.of, unread))),
        unread_on=tuple(sorted({of.platform for of in unread})) if several else (),
        shown=len({PostKey.of(of) for of, row in both if row[0] is not None}),
        is_known=2 * len(unread) <= len(counted),
    )


def _grown(before: Counters, now: Counters, names: Sequence[str], *, is_new: bool) -> int | None:
    """Return the growth of the named counters together, from 0 if the post is new."""
    grown = []
    for name in names:
        first, last = getattr(before, name), getattr(now, name)
        first = 0 if first is None and is_new else first
        grown.append(None if first is None or last is None else last - first)
    return sum_known(grown)
