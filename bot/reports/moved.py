"""Which posts and demands moved people in a period.

A post is counted and ranked once, by its gains on all of its accounts together. On each account it
is compared with that account's median.
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
"""The least age of a post that is called worse than usual."""

MAX_BEST, MAX_WORSE = 5, 3

Outcome = Literal["more", "less", "mixed", "usual", "unknown"]

_UNSURE = {Sureness.TOO_EARLY, Sureness.NO_MEDIAN}


@dataclass(frozen=True, slots=True)
class MovedOn:
    """A post on one account, all parts of a thread together."""

    parts: tuple[Publication, ...]
    gained: Gains
    multiple: Multiple
    """All that it has reached so far, against the account's other posts."""

    @property
    def first(self) -> Publication:
        """Its first part."""
        return self.parts[0]


@dataclass(frozen=True, slots=True)
class MovedPost:
    """A post, with its gains on all of its accounts together and on each."""

    key: PostKey
    on: tuple[MovedOn, ...]
    """In the order of networks and accounts."""
    gained: Gains
    """On all of its accounts together."""
    published: datetime
    """When the first of its accounts published it."""

    @property
    def first(self) -> Publication:
        """Its first part on the first of its accounts."""
        return self.on[0].first

    @property
    def multiples(self) -> list[Decimal]:
        """Its known multiples of its accounts' medians."""
        known = [on.multiple for on in self.on if on.multiple.sureness not in _UNSURE]
        return [multiple.value for multiple in known if multiple.value is not None]

    @property
    def outcome(self) -> Outcome:
        """Whether it moved more or fewer people than usual.

        It did if it is likely or sure on one account and the post is not on the other side of the
        median on another. Otherwise it is mixed, as chance soon makes one of several accounts
        differ.
        """
        directions = {on.multiple.direction for on in self.on} - {""}
        if not directions:
            return "usual" if self.multiples else "unknown"
        if directions == {"more"} and min(self.multiples) >= 1:
            return "more"
        return "less" if directions == {"less"} and max(self.multiples) <= 1 else "mixed"

    @property
    def seems_below(self) -> bool:
        """Whether it is below the median on every account, by no more than chance may bring."""
        return self.outcome == "usual" and max(self.multiples) < 1


@dataclass(frozen=True, slots=True)
class MovedDemand:
    """A demand, with the gains of its posts."""

    campaign: str
    demand: str
    gained: Gains
    new: int
    """How many of its posts are new."""
    multiple: Decimal | None
    """The median multiple of those of its posts that gained anything, on each of their accounts."""

    @property
    def is_ranked(self) -> bool:
        """Whether enough is known of it for a place among the others."""
        return self.gained.engagements is not None and self.gained.is_known


@dataclass(frozen=True, slots=True)
class PeriodReview:
    """Everything that the first screen says of posts."""

    period: Period
    before: Period
    """The equally long time before."""
    best: tuple[MovedPost, ...]
    """The posts that gained most engagements and are not below usual. If there are none, those
    that seem below it."""
    worse: tuple[MovedPost, ...]
    """The new posts that moved fewer people than usual, and older ones with as many engagements as
    the best."""
    too_early: tuple[MovedPost, ...]
    """The new posts that cannot be judged yet."""
    new: tuple[MovedPost, ...]
    """All posts that went out in the period, oldest first."""
    demands: tuple[MovedDemand, ...]
    """Those that gained most first."""
    gained: tuple[Gains, Gains]
    """The gains of all posts in this period, and in the one before."""
    networks: Mapping[str, tuple[Gains, Gains]]
    """The same by platform."""
    out: tuple[int, int]
    """How many posts went out in this period, and in the one before."""
    days: Mapping[Period, Gains]
    """The gains of all posts by day, or by a longer step."""
    days_before: Mapping[Period, Gains]
    """The same of the period before."""


def review_period(evidence: Evidence, period: Period) -> PeriodReview:
    """Compare the posts of the evidence in a period with those in the period before.

    The evidence must hold all posts of the accounts, as their medians need the older ones.
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
    """Return the best posts, those that did worse than usual, and those that cannot be judged.

    A post that few of its many viewers engaged with is not a success, however many these few are.
    """

    def count(post: MovedPost) -> int:
        return post.gained.engagements or 0

    ranked = sorted((post for post in posts if count(post) > 0), key=count, reverse=True)
    below = [post for post in ranked if post.seems_below]
    others = [post for post in ranked if post.outcome != "less" and not post.seems_below]
    best = (others or below)[:MAX_BEST]
    less = [post for post in posts if post.outcome == "less"]
    least = count(best[-1]) if len(best) == MAX_BEST else 1
    young = [post for post in new if end - post.published < MIN_AGE]
    worse = [post for post in less if post not in young and (post in new or count(post) >= least)]
    unknown = [
        post for post in new if post.outcome == "unknown" or (post in young and post in less)
    ]
    return tuple(best), tuple(sorted(worse, key=_lowest_multiple)[:MAX_WORSE]), tuple(unknown)


def _lowest_multiple(post: MovedPost) -> Decimal:
    return min(on.multiple.value for on in post.on if on.multiple.value is not None)


def _moved_posts(evidence: Evidence, period: Period) -> list[MovedPost]:
    """Return the posts that were out by the end of the period, oldest first."""
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
    """Return the demands with new posts or with gains, those that gained most first."""
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
