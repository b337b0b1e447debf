"""Figures of one publication (``PostMetrics``) and of several together (``Totals``).

Sums are the platform's to the unit. A counter that was never read is None, "no data", and not 0. A
sum is None only if none of its parts is known. A counter counts as last read, even if it fell.
Rates use only publications for which both sides are known, so that a platform without impressions
cannot lift the engagement rate of another.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import chain
from operator import attrgetter
from statistics import median
from typing import TYPE_CHECKING, TypeVar

from bot.model import COUNTER_NAMES, ENGAGEMENTS, Counters, PostKey, Snapshot, sum_known
from bot.reports.comparing import Trial
from bot.reports.evidence import cached_per_evidence
from bot.reports.per_post import settled_engagements

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from bot.model import Publication
    from bot.reports.evidence import Evidence

DAY = timedelta(hours=24)

MEDIAN_FROM = 5
"""The least posts of an account, a thread counted as one, that have a median."""

K = TypeVar("K", bound="Hashable")


@dataclass(frozen=True, slots=True)
class PostMetrics:
    """The figures of one publication."""

    publication: Publication
    latest: Counters
    """Each counter's last known value."""
    day_ago: Counters
    """Each counter's value 24 hours ago."""
    fell: tuple[str, ...]
    """The counters that were lower at some reading than at the one before."""
    is_new: bool
    """Whether it was published within the last 24 hours, and every counter began at 0."""
    is_current: bool
    """Whether it was read within the last 24 hours. The growth of the others is not known."""
    read: datetime | None
    """When it was last read."""
    post_engagement: Trial | None = None
    """Its whole post's value in comparisons (see ``post_trials``), or None if not known."""
    rate_to_median: Decimal | None = None
    """That value as a multiple of its account's median, or None without a median."""

    def growth(self, name: str) -> int | None:
        """Return how much one counter grew since 24 hours ago; None without the readings for it."""
        now = getattr(self.latest, name) if self.is_current else None
        base = 0 if self.is_new else getattr(self.day_ago, name)
        return None if now is None or base is None else now - base


_NO_COUNTERS = Counters()
_NEVER = datetime.min.replace(tzinfo=UTC)


@cached_per_evidence
def post_metrics(evidence: Evidence, now: datetime) -> list[PostMetrics]:
    """Return the metrics of every publication, in the order of the evidence."""
    yesterday = now - DAY
    latest, day_ago = evidence.latest, evidence.known_at(yesterday)
    posts = post_trials(evidence)
    usual = account_medians(evidence.parts, posts)
    ratios = {
        delivery: _measured(post) / usual[account]
        for delivery, post in posts.items()
        if (account := evidence.parts[delivery][0].account) in usual
    }
    unread = Snapshot(0, _NEVER, _NO_COUNTERS)
    known = ((p, latest.get(p.id, unread)) for p in evidence.publications)
    return [
        PostMetrics(
            publication,
            state.counters,
            day_ago.get(publication.id, unread).counters,
            state.fell,
            publication.published > yesterday,
            state.read > yesterday,
            None if state is unread else state.read,
            posts.get(publication.delivery),
            ratios.get(publication.delivery),
        )
        for publication, state in known
    ]


@cached_per_evidence
def post_trials(evidence: Evidence) -> dict[int, Trial]:
    """Return each delivery's impressions and engagements so far, all parts of a thread together.

    Posts without impressions are left out. On a platform without impressions, settled posts count
    with 0 impressions.
    """
    parts, latest = evidence.parts, evidence.latest
    posts = sum_trials(parts, latest)
    settled = settled_engagements(parts, latest, evidence.without_impressions)
    return posts | {delivery: Trial(0, count) for delivery, count in settled.items()}


def _measured(post: Trial) -> Decimal:
    """Return a post's engagements per impression, or all engagements if it has no impressions."""
    return post.rate if post.impressions else Decimal(post.engagements)


def sum_trials(
    posts: Mapping[int, Sequence[Publication]], known: Mapping[int, Snapshot]
) -> dict[int, Trial]:
    """Return each delivery's impressions and engagements, all parts of a thread together.

    Deliveries without impressions are left out, as are parts without both figures.
    """
    row = attrgetter(*ENGAGEMENTS, "impressions")
    trials = {
        delivery: sum_engagement(row(known[part.id].counters) for part in parts if part.id in known)
        for delivery, parts in posts.items()
    }
    return {delivery: trial for delivery, trial in trials.items() if trial.impressions}


def account_medians(
    posts: Mapping[int, Sequence[Publication]], trials: Mapping[int, Trial]
) -> dict[str, Decimal]:
    """Return the median of each account that has ``MEDIAN_FROM`` posts, unless it is 0."""
    by_account: dict[str, list[Decimal]] = defaultdict(list)
    for delivery, trial in trials.items():
        by_account[posts[delivery][0].account].append(_measured(trial))
    enough = {name: own for name, own in by_account.items() if len(own) >= MEDIAN_FROM}
    return {name: middle for name, own in enough.items() if (middle := median(own))}


def sum_engagement(rows: Iterable[tuple[int | None, ...]]) -> Trial:
    """Sum engagements and impressions, the last of a row, over the rows that have both."""
    engagements = impressions = 0
    for *counters, shown in rows:
        engaged = sum_known(counters)
        if engaged is not None and shown is not None:
            engagements += engaged
            impressions += shown
    return Trial(impressions, engagements)


_POST_OF = attrgetter(*(f"publication.{name}" for name in PostKey._fields))


@dataclass(frozen=True)
class Totals:
    """The figures of some publications together."""

    metrics: tuple[PostMetrics, ...]
    spend: Decimal | None = None
    """In dollars, or None if not known."""

    @property
    def parts(self) -> int:
        """The number of publications, with each part of a thread on each account."""
        return len(self.metrics)

    @cached_property
    def posts(self) -> int:
        """The number of posts. On several accounts, or as a thread, a post is one."""
        return len(set(map(_POST_OF, self.metrics)))

    @property
    def read(self) -> datetime | None:
        """When any of them was last read."""
        return max((metrics.read for metrics in self.metrics if metrics.read), default=None)

    @property
    def rate_to_median(self) -> Decimal | None:
        """The median of its posts' multiples of their accounts' medians."""
        posts = {metrics.publication.delivery: metrics.rate_to_median for metrics in self.metrics}
        ratios = [ratio for ratio in posts.values() if ratio is not None]
        return median(ratios) if ratios else None

    @property
    def per_post(self) -> Decimal | None:
        """The median engagements of its settled posts without impressions, if of one platform."""
        counts: dict[int, int] = {}
        platforms = set()
        for metrics in self.metrics:
            post = metrics.post_engagement
            if post and not post.impressions:
                counts[metrics.publication.delivery] = post.engagements
                platforms.add(metrics.publication.platform)
        return median(map(Decimal, counts.values())) if len(platforms) == 1 else None

    @cached_property
    def _columns(self) -> Mapping[str, tuple[int | None, ...]]:
        """All counters by name, as columns are quicker to sum than rows."""
        if not self.metrics:
            return dict.fromkeys(COUNTER_NAMES, ())
        rows = (attrgetter(*COUNTER_NAMES)(metrics.latest) for metrics in self.metrics)
        return dict(zip(COUNTER_NAMES, zip(*rows, strict=True), strict=True))

    def count(self, *names: str) -> int | None:
        """Sum the named counters."""
        columns = self._columns
        return sum_known(tuple(chain.from_iterable(columns[name] for name in names)))

    def growth(self, *names: str) -> int | None:
        """Sum the known growth of the named counters since 24 hours ago."""
        return sum_known(m.growth(name) for m in self.metrics if m.is_current for name in names)

    def per_impression(self, *names: str) -> Decimal | None:
        """Return the named counters per impression, or None without impressions."""
        columns = [self._columns[name] for name in (*names, "impressions")]
        if any(None in column for column in columns):
            shown, engaged = sum_engagement(zip(*columns, strict=True))
        else:
            *sums, shown = [sum_known(column) or 0 for column in columns]
            engaged = sum(sums)
        return Decimal(engaged) / shown if shown else None

    @property
    def cost_per_hundred(self) -> Decimal | None:
        """Dollars per hundred engagements, or None if not known or nobody engaged."""
        engagements = self.count(*ENGAGEMENTS)
        return 100 * self.spend / engagements if self.spend is not None and engagements else None


def totals_by(
    evidence: Evidence,
    now: datetime,
    key: Callable[[Publication], K],
    spend: Mapping[K, Decimal] | None = None,
) -> dict[K, Totals]:
    """Sum publications by key; their cost is that in ``spend``, or else that of publishing."""
    groups: dict[K, list[PostMetrics]] = defaultdict(list)
    for metrics in post_metrics(evidence, now):
        groups[key(metrics.publication)].append(metrics)
    return {
        name: Totals(
            tuple(group),
            known_publishing_cost(evidence, group)
            if spend is None
            else spend.get(name, Decimal(0)),
        )
        for name, group in groups.items()
    }


@cached_per_evidence
def overall_totals(evidence: Evidence, now: datetime) -> Totals:
    """Sum everything; the spend is the bookings, or else the cost of publishing."""
    metrics = tuple(post_metrics(evidence, now))
    booked = booked_total(evidence)
    return Totals(metrics, known_publishing_cost(evidence, metrics) if booked is None else booked)


def known_publishing_cost(evidence: Evidence, group: Iterable[PostMetrics]) -> Decimal | None:
    """Return the cost of publishing these, or None if the price of one is not known."""
    prices = evidence.prices or {}
    costs = [prices.get(metrics.publication.id) for metrics in group]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


def booked_total(evidence: Evidence) -> Decimal | None:
    """Return the sum of the bookings, or None if the evidence has none."""
    if evidence.spending is None:
        return None
    return sum((booking.dollars for booking in evidence.spending), Decimal(0))
