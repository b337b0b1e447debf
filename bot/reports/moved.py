"""Which posts and demands moved people in a period, each post with all of its accounts. Pure.

A post is counted and ranked once, by what it gained on all of its accounts together. What it is
compared with stays within an account: on each, its own multiple of that account's median.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Literal

from bot.model import PostKey
from bot.reports.medians import Multiple, Sureness, multiples
from bot.reports.period import gains

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from bot.model import Publication
    from bot.reports.evidence import Evidence
    from bot.reports.period import Gains, Period

MIN_AGE = timedelta(hours=24)
"""Younger posts are not called worse than usual."""

MAX_BEST, MAX_WORSE = 5, 3

Outcome = Literal["more", "less", "mixed", "usual", "unknown"]

_UNSURE = {Sureness.TOO_EARLY, Sureness.NO_MEDIAN}


@dataclass(frozen=True, slots=True)
class MovedOn:
    """A post on one account, all parts of a thread together."""

    parts: tuple[Publication, ...]
    gained: Gains
    multiple: Multiple
    """How it compares with the account's other posts, in all that it has reached so far."""

    @property
    def first(self) -> Publication:
        """Its first part."""
        return self.parts[0]


@dataclass(frozen=True, slots=True)
class MovedPost:
    """A post: what it gained on all of its accounts together, and on each."""

    key: PostKey
    on: tuple[MovedOn, ...]
    """By network and account."""
    gained: Gains
    published: datetime
    """When the first of its accounts published it."""

    @property
    def first(self) -> Publication:
        """Its first part on the first of its accounts."""
        return self.on[0].first

    @property
    def multiples(self) -> list[Decimal]:
        """The multiples of its accounts' medians, of those accounts of which something is known."""
        known = [on.multiple for on in self.on if on.multiple.sureness not in _UNSURE]
        return [multiple.value for multiple in known if multiple.value is not None]

    @property
    def outcome(self) -> Outcome:
        """Whether it moved more or fewer people than usual.

        It did if that is said of one account, and no other account speaks against it: of several
        accounts, one is soon called different by chance. Else it is mixed.
        """
        directions = {on.multiple.direction for on in self.on} - {""}
        if not directions:
            return "usual" if self.multiples else "unknown"
        if directions == {"more"} and min(self.multiples) >= 1:
            return "more"
        return "less" if directions == {"less"} and max(self.multiples) <= 1 else "mixed"

    @property
    def seems_below(self) -> bool:
        """Whether it is below the median on each account, by no more than chance may bring."""
        return self.outcome == "usual" and max(self.multiples) < 1


@dataclass(frozen=True, slots=True)
class MovedDemand:
    """A demand, with the posts that are for it."""

    campaign: str
    demand: str
    gained: Gains
    new: int
    """How many of the posts are new."""
    multiple: Decimal | None
    """The median of the multiples of those that gained anything, on each of their accounts."""

    @property
    def is_ranked(self) -> bool:
        """Whether so much is known of it that its place among the others means something."""
        return self.gained.engagements is not None and self.gained.is_known


@dataclass(frozen=True, slots=True)
class PeriodReview:
    """What a report says first."""

    period: Period
    before: Period
    best: tuple[MovedPost, ...]
    """Those that gained most engagements and are not below usual. If there are none, those that
    seem below it."""
    worse: tuple[MovedPost, ...]
    """Those that moved fewer people than usual: new ones, and any that would be among the best."""
    too_early: tuple[MovedPost, ...]
    """New posts of which nothing can be said yet."""
    new: tuple[MovedPost, ...]
    """All posts that went out in the period, oldest first."""
    demands: tuple[MovedDemand, ...]
    gained: tuple[Gains, Gains]
    """What all posts gained in this period, and in the one before."""
    networks: Mapping[str, tuple[Gains, Gains]]
    """The same by platform."""
    out: tuple[int, int]
    """How many posts went out in this period, and in the one before."""
    days: Mapping[Period, Gains]
    days_before: Mapping[Period, Gains]


def review_period(evidence: Evidence, period: Period) -> PeriodReview:
    """Compare what all posts of the evidence did in a period with the one before.

    The evidence must hold all posts of the accounts, also older ones: their medians are needed.
    """
    zone = evidence.zone
    before = period.before(zone)
    spans = (period, before)
    publications, platforms = evidence.publications, sorted(evidence.platforms())
    gained = _both(evidence, spans, publications)
    posts = _moved_posts(evidence, period)
    new = [post for post in posts if period.holds(post.published)]
    best, worse, too_early = _sorted_out(posts, new, period.end)
    return PeriodReview(
        period,
        before,
        best,
        worse,
        too_early,
        tuple(new),
        _moved_demands(evidence, period, posts),
        gained,
        {
            platform: _both(evidence, spans, [of for of in publications if of.platform == platform])
            if len(platforms) > 1
            else gained
            for platform in platforms
        },
        (len(new), sum(before.holds(post.published) for post in posts)),
        _by_day(evidence, period, period.step_days(zone)),
        _by_day(evidence, before, period.step_days(zone)),
    )


def _both(
    evidence: Evidence, spans: tuple[Period, Period], publications: Sequence[Publication]
) -> tuple[Gains, Gains]:
    now, before = (gains(evidence, span, publications) for span in spans)
    return now, before


def _by_day(evidence: Evidence, period: Period, step: int) -> dict[Period, Gains]:
    days, publications = period.days(evidence.zone, step), evidence.publications
    return {day: gains(evidence, day, publications, since=period.start) for day in days}


def _sorted_out(
    posts: Sequence[MovedPost], new: Sequence[MovedPost], end: datetime
) -> tuple[tuple[MovedPost, ...], ...]:
    """Return the best posts, those that did worse than usual, and those too young to be judged.

    Many saw the second, and few of them engaged: that is no success, however many they are.
    """

    def most(post: MovedPost) -> int:
        return post.gained.engagements or 0

    ranked = sorted((post for post in posts if most(post) > 0), key=most, reverse=True)
    below = [post for post in ranked if post.seems_below]
    others = [post for post in ranked if post.outcome != "less" and not post.seems_below]
    best = (others or below)[:MAX_BEST]
    less = [post for post in posts if post.outcome == "less"]
    least = most(best[-1]) if len(best) == MAX_BEST else 1
    young = [post for post in new if end - post.published < MIN_AGE]
    worse = [post for post in less if post not in young and (post in new or most(post) >= least)]
    unknown = [
        post for post in new if post.outcome == "unknown" or (post in young and post in less)
    ]
    return tuple(best), tuple(sorted(worse, key=_lowest_multiple)[:MAX_WORSE]), tuple(unknown)


def _lowest_multiple(post: MovedPost) -> Decimal:
    return min(on.multiple.value for on in post.on if on.multiple.value is not None)


def _moved_posts(evidence: Evidence, period: Period) -> list[MovedPost]:
    """Return all posts that were out by the end of the period, oldest first."""
    parts = {
        delivery: tuple(part for part in parts if part.published < period.end)
        for delivery, parts in evidence.parts.items()
    }
    out = {delivery: own for delivery, own in parts.items() if own}
    compared = multiples(out, evidence.known_at(period.end), evidence.without_impressions)
    by_post: dict[PostKey, list[MovedOn]] = defaultdict(list)
    for delivery, own in out.items():
        moved = MovedOn(own, gains(evidence, period, own), compared[delivery])
        by_post[PostKey.of(own[0])].append(moved)
    posts = []
    for key, on in by_post.items():
        on.sort(key=lambda moved: (moved.first.platform, moved.first.account))
        together = on[0].gained
        if len(on) > 1:
            together = gains(evidence, period, (part for moved in on for part in moved.parts))
        published = min(moved.first.published for moved in on)
        posts.append(MovedPost(key, tuple(on), together, published))
    return sorted(posts, key=lambda post: (post.published, post.first.delivery))


def _moved_demands(
    evidence: Evidence, period: Period, posts: Iterable[MovedPost]
) -> tuple[MovedDemand, ...]:
    """Return the demands whose posts gained anything or went out, those that gained most first."""
    by_demand: dict[tuple[str, str], list[MovedPost]] = defaultdict(list)
    for post in posts:
        by_demand[post.first.campaign, post.first.demand or ""].append(post)
    found = []
    for (campaign, demand), own in by_demand.items():
        every = [on for post in own for on in post.on]
        gained = gains(evidence, period, (part for on in every for part in on.parts))
        new = sum(period.holds(post.published) for post in own)
        moved = [on.multiple for on in every if on.gained.engagements]
        values = [multiple.value for multiple in moved if multiple.value is not None]
        if demand and (new or gained.engagements):
            multiple = median(values) if values else None
            found.append(MovedDemand(campaign, demand, gained, new, multiple))
    return tuple(sorted(found, key=lambda demand: -(demand.gained.engagements or 0)))
