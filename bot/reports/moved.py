"""Which posts and demands moved people in a period, beside the one before. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

from bot.reports.medians import Multiple, Sureness, multiples
from bot.reports.period import Gains, Period, gains

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model import Publication
    from bot.reports.evidence import Evidence

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


@dataclass(frozen=True, slots=True)
class DayGains:
    """What all posts gained on a day, or on the days of a step.

    ``whole`` is whether all of it lies in the period.
    """

    day: Period
    gained: Gains
    whole: bool


@dataclass(frozen=True, slots=True)
class PeriodReview:
    """What a report says first.

    ``best`` gained most engagements, ``worse`` are new and moved fewer people than their account's
    median, ``too_early`` are new posts of which nothing can be said yet. ``out`` and ``spent`` hold
    this period's posts and dollars, and those of the one before.
    """

    period: Period
    before: Period
    best: tuple[MovedPost, ...]
    worse: tuple[MovedPost, ...]
    too_early: tuple[MovedPost, ...]
    demands: tuple[MovedDemand, ...]
    gained: tuple[Gains, Gains]
    out: tuple[int, int]
    days: tuple[DayGains, ...]
    days_before: tuple[DayGains, ...]


def review_period(evidence: Evidence, period: Period) -> PeriodReview:
    """Compare what all posts of the evidence did in a period with the one before.

    The evidence must hold all posts of the accounts, also older ones: their medians are needed.
    """
    zone = evidence.zone
    before = period.before(zone)
    posts = _moved_posts(evidence, period)
    new = [post for post in posts if period.holds(post.first.published)]
    old_enough = [post for post in new if period.end - post.first.published >= MIN_AGE]
    moved = [post for post in posts if (post.gained.engagements or 0) > 0]
    unsure = {Sureness.TOO_EARLY, Sureness.NO_MEDIAN}
    worse = [post for post in old_enough if post.multiple.is_worse]
    # Many saw it, and few of them engaged: that is no success, however many they are.
    best = [post for post in moved if post not in worse]
    best = sorted(best, key=lambda post: -(post.gained.engagements or 0))[:MAX_BEST]
    return PeriodReview(
        period,
        before,
        tuple(best),
        tuple(sorted(worse, key=_multiple_value)[:MAX_WORSE]),
        tuple(post for post in new if post.multiple.sureness in unsure),
        _moved_demands(evidence, period, posts),
        tuple(gains(evidence, span, evidence.publications) for span in (period, before)),  # type: ignore[arg-type]
        tuple(
            sum(span.holds(post.published) for post in evidence.publications)
            for span in (period, before)
        ),  # type: ignore[arg-type]
        _by_day(evidence, period, period.step_days(zone)),
        _by_day(evidence, before, period.step_days(zone)),
    )


def _multiple_value(post: MovedPost) -> Decimal:
    return post.multiple.value or Decimal(0)


def _by_day(evidence: Evidence, period: Period, step: int) -> tuple[DayGains, ...]:
    zone, found, posts = evidence.zone, [], evidence.publications
    for day in period.days(zone, step):
        local = [edge.astimezone(zone).replace(tzinfo=None) for edge in (day.start, day.end)]
        is_whole = local[1] - local[0] == timedelta(days=step) and local[0].time() == time()
        found.append(DayGains(day, gains(evidence, day, posts, since=period.start), is_whole))
    return tuple(found)


def _moved_posts(evidence: Evidence, period: Period) -> list[MovedPost]:
    """Return all posts that were out by the end of the period, oldest first."""
    known = evidence.known_at(period.end)
    parts = {
        delivery: tuple(part for part in parts if part.published < period.end)
        for delivery, parts in evidence.parts.items()
    }
    out = {delivery: own for delivery, own in parts.items() if own}
    compared = multiples(out, known, period.end)
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
