"""A time that a report looks at, what posts gained in it, and which moved people. Pure.

Gains are what the readings add, from the last one before a time begins to the last one before it
ends: two equal times compare, where the totals of old and young posts do not. A post that was not
read within a time has no data for it; one that was published within it began at 0.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from bot.model import ENGAGEMENTS, Counters, sum_known
from bot.reports.medians import Multiple, Sureness, multiples
from bot.reports.totals import sum_engagement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo
    from decimal import Decimal

    from bot.model import Publication
    from bot.reports.evidence import Evidence


MAX_STEPS = 31
"""A longer time than so many days is shown by weeks, or by longer steps."""


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` up to ``end``, both in UTC."""

    start: datetime
    end: datetime

    @classmethod
    def last_days(cls, days: int, end: datetime, zone: tzinfo) -> Period:
        """Return the period of so many days up to an instant, by the clock of a place."""
        return cls((end.astimezone(zone) - timedelta(days=days)).astimezone(UTC), end)

    def before(self, zone: tzinfo) -> Period:
        """Return the equally long period before; by the clock of a place, if it is whole days."""
        local = [moment.astimezone(zone).replace(tzinfo=None) for moment in (self.start, self.end)]
        span = local[1] - local[0]
        if not span % timedelta(days=1):
            return Period.last_days(span.days, self.start, zone)
        return Period(self.start - (self.end - self.start), self.start)

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


def moments(period: Period, zone: tzinfo) -> set[datetime]:
    """Return the instants at which what was counted must be known, for ``review_period``."""
    before, step = period.before(zone), period.step_days(zone)
    days = (*period.days(zone, step), *before.days(zone, step))
    return {before.start, *(day.end for day in days)}


# --- What posts gained ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gains:
    """What some posts gained together; None is no data.

    ``rate`` is engagements per impression, of those posts that have both. ``posts`` is how many
    were still read within the period or should have been, ``unread`` how many of these have no
    data, and ``shown`` of how many impressions are known.
    """

    impressions: int | None
    engagements: int | None
    passed_on: int | None
    answered: int | None
    rate: Decimal | None
    posts: int
    unread: int
    shown: int = 0

    @property
    def missing(self) -> str:
        """How many of the posts have no data, in words; "" where none lacks it."""
        posts = f"post{'s' * (self.posts != 1)} {'have' if self.unread != 1 else 'has'}"
        return f"{self.unread} of {self.posts} {posts} no new figures" if self.unread else ""


_COUNTED = (("impressions",), ENGAGEMENTS, ("reposts", "quotes"), ("replies",))
_UNKNOWN = Counters()


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
    rows: list[list[int | None]] = []
    for post in posts:
        known = end.get(post.id)
        if post.published >= period.end:
            continue
        if known and known.read > period.start:
            before = start[post.id].counters if post.id in start else _UNKNOWN
            is_new = post.published >= (since or period.start)
            rows.append(
                [_grown(before, known.counters, names, is_new=is_new) for names in _COUNTED]
            )
        elif post.next_read:
            rows.append([None] * len(_COUNTED))
    columns = [*zip(*rows, strict=True)] or [()] * len(_COUNTED)
    impressions, engagements, passed_on, answered = map(sum_known, columns)
    rated = sum_engagement((engaged, shown) for shown, engaged, *_ in rows)
    return Gains(
        impressions,
        engagements,
        passed_on,
        answered,
        rated.rate if rated.impressions > 0 else None,
        len(rows),
        sum(row[0] is None and row[1] is None for row in rows),
        sum(row[0] is not None for row in rows),
    )


def _grown(before: Counters, now: Counters, names: Sequence[str], *, is_new: bool) -> int | None:
    """Return how much the named counters grew together, those of a new post from 0."""
    grown = []
    for name in names:
        first, last = getattr(before, name), getattr(now, name)
        first = 0 if first is None and is_new else first
        grown.append(None if first is None or last is None else last - first)
    return sum_known(grown)


# --- Which posts moved people ---------------------------------------------------------------------

MIN_AGE = timedelta(hours=24)
"""Younger posts are not called worse than usual."""

MAX_BEST, MAX_WORSE = 5, 3


@dataclass(frozen=True, slots=True)
class MovedPost:
    """A post, all parts of a thread together: what it gained, and how it compares."""

    parts: tuple[Publication, ...]
    gained: Gains
    multiple: Multiple

    @property
    def first(self) -> Publication:
        """Its first part."""
        return self.parts[0]


@dataclass(frozen=True, slots=True)
class MovedDemand:
    """A demand: what its posts gained, how many of them are new.

    ``multiple`` is the median of the multiples of those that gained anything.
    """

    campaign: str
    demand: str
    gained: Gains
    new: int
    multiple: Decimal | None

    @property
    def is_ranked(self) -> bool:
        """Whether so much is known of it that its place among the others means something."""
        return self.gained.engagements is not None and 2 * self.gained.unread <= self.gained.posts


@dataclass(frozen=True, slots=True)
class PeriodReview:
    """What a report says first.

    ``best`` gained most engagements, ``worse`` are new and moved fewer people than their account's
    median, ``too_early`` are new posts of which nothing can be said yet. ``gained`` is what all
    posts gained and ``out`` how many went out, in this period and in the one before.
    """

    period: Period
    before: Period
    best: tuple[MovedPost, ...]
    worse: tuple[MovedPost, ...]
    too_early: tuple[MovedPost, ...]
    demands: tuple[MovedDemand, ...]
    gained: tuple[Gains, Gains]
    out: tuple[int, int]
    days: Mapping[Period, Gains]
    days_before: Mapping[Period, Gains]


def review_period(evidence: Evidence, period: Period) -> PeriodReview:
    """Compare what all posts of the evidence did in a period with the one before.

    The evidence must hold all posts of the accounts, also older ones: their medians are needed.
    """
    zone = evidence.zone
    before, published = period.before(zone), evidence.publications
    times = [publication.published for publication in published]
    posts = _moved_posts(evidence, period)
    new = [post for post in posts if period.holds(post.first.published)]
    old_enough = [post for post in new if period.end - post.first.published >= MIN_AGE]
    moved = [post for post in posts if (post.gained.engagements or 0) > 0]
    unsure = {Sureness.TOO_EARLY, Sureness.NO_MEDIAN}
    worse = [post for post in old_enough if post.multiple.direction == "less"]
    # Many saw it, and few of them engaged: that is no success, however many they are.
    best = [post for post in moved if post not in worse]
    best = sorted(best, key=lambda post: -(post.gained.engagements or 0))[:MAX_BEST]
    return PeriodReview(
        period,
        before,
        tuple(best),
        tuple(sorted(worse, key=lambda post: post.multiple.value or 0)[:MAX_WORSE]),
        tuple(post for post in new if post.multiple.sureness in unsure),
        _moved_demands(evidence, period, posts),
        (gains(evidence, period, published), gains(evidence, before, published)),
        (sum(map(period.holds, times)), sum(map(before.holds, times))),
        _by_day(evidence, period, period.step_days(zone)),
        _by_day(evidence, before, period.step_days(zone)),
    )


def _by_day(evidence: Evidence, period: Period, step: int) -> dict[Period, Gains]:
    days, posts = period.days(evidence.zone, step), evidence.publications
    return {day: gains(evidence, day, posts, since=period.start) for day in days}


def _moved_posts(evidence: Evidence, period: Period) -> list[MovedPost]:
    """Return all posts that were out by the end of the period, oldest first."""
    known = evidence.known_at(period.end)
    parts = {
        delivery: tuple(part for part in parts if part.published < period.end)
        for delivery, parts in evidence.parts.items()
    }
    out = {delivery: own for delivery, own in parts.items() if own}
    compared = multiples(out, known, evidence.without_impressions)
    return [
        MovedPost(own, gains(evidence, period, own), compared[delivery])
        for delivery, own in sorted(out.items(), key=lambda item: (item[1][0].published, item[0]))
    ]


def _moved_demands(
    evidence: Evidence, period: Period, posts: Iterable[MovedPost]
) -> tuple[MovedDemand, ...]:
    """Return the demands whose posts gained anything or went out, those that gained most first."""
    by_demand: dict[tuple[str, str], list[MovedPost]] = defaultdict(list)
    for post in posts:
        by_demand[post.first.campaign, post.first.demand or ""].append(post)
    found = []
    for (campaign, demand), own in by_demand.items():
        gained = gains(evidence, period, (part for post in own for part in post.parts))
        new = sum(period.holds(post.first.published) for post in own)
        moved = [post for post in own if post.gained.engagements]
        values = [post.multiple.value for post in moved if post.multiple.value is not None]
        if demand and (new or gained.engagements):
            multiple = median(values) if values else None
            found.append(MovedDemand(campaign, demand, gained, new, multiple))
    return tuple(sorted(found, key=lambda demand: -(demand.gained.engagements or 0)))
