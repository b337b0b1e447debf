"""Figures of one publication (``PostMetrics``) and of several together (``Totals``).

Sums are to the unit those of the platform. A counter that was never read is None, "no data", and
is not 0: a sum is None only if none of its parts is known. A counter counts as last read, even
where it fell. Rates use only publications for which both sides are known, so that a platform
without impressions cannot lift the engagement rate of another.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from bot.model import COUNTER_NAMES, Counters, LatestCounters
from bot.reports.evidence import cached_per_evidence, sum_known

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from bot.model import Publication
    from bot.reports.evidence import Evidence

ENGAGEMENTS = ("likes", "reposts", "quotes", "replies", "bookmarks")
"""What counts as an engagement: each is one act of one person that the platform reports."""

DAY = timedelta(hours=24)

COLUMNWISE_FROM = 10
"""From this many publications on, it is faster to sum their counters column by column."""

MEDIAN_FROM = 5
"""An account needs this many posts, a thread counted as one, for a median engagement rate."""

K = TypeVar("K", bound="Hashable")

CounterRow = tuple[int | None, ...]

_counter_row: Callable[[Counters], CounterRow] = attrgetter(*COUNTER_NAMES)
_COUNTER_INDEX = {name: place for place, name in enumerate(COUNTER_NAMES)}
_IMPRESSIONS = _COUNTER_INDEX["impressions"]
_ENGAGEMENTS = tuple(_COUNTER_INDEX[name] for name in ENGAGEMENTS)


class PostEngagement(NamedTuple):
    """How often people engaged, and of how many impressions."""

    engagements: int
    impressions: int


@dataclass(frozen=True, slots=True)
class PostMetrics:
    """What is known of one publication.

    ``latest`` holds each counter's last known value, ``day_ago`` its value 24 hours ago. ``fell``
    names the counters that were lower at some reading than at the one before. ``is_new``: it was
    published within the last 24 hours, so that every counter began at 0. ``is_current``: it was
    read within them; how much the others grew is not known. ``post_engagement`` holds the
    engagements and impressions of its whole post, all parts of a thread together, None where they
    are not both known; ``rate_to_median`` their rate as a multiple of its account's median, None
    where the account has too few posts.
    """

    publication: Publication
    latest: Counters
    day_ago: Counters
    fell: tuple[str, ...]
    is_new: bool
    is_current: bool
    read: datetime | None
    post_engagement: PostEngagement | None = None
    rate_to_median: Decimal | None = None

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
    latest, day_ago = evidence.latest, evidence.counters_at(yesterday)
    posts = _engagement_by_delivery(evidence)
    ratios = _rates_to_median(evidence, posts)
    unread = LatestCounters(0, _NEVER, _NO_COUNTERS)
    known = ((p, latest.get(p.id, unread)) for p in evidence.publications)
    return [
        PostMetrics(
            publication,
            state.counters,
            day_ago.get(publication.id, _NO_COUNTERS),
            state.fell,
            publication.published > yesterday,
            state.read > yesterday,
            None if state is unread else state.read,
            posts.get(publication.delivery),
            ratios.get(publication.delivery),
        )
        for publication, state in known
    ]


def _engagement_by_delivery(evidence: Evidence) -> dict[int, PostEngagement]:
    """Return each post's engagement, by delivery, where it has impressions."""
    latest = evidence.latest
    posts = {
        delivery: _sum_engagement(
            (_counter_row(latest[part.id].counters) for part in parts if part.id in latest),
            _ENGAGEMENTS,
        )
        for delivery, parts in evidence.parts.items()
    }
    return {delivery: post for delivery, post in posts.items() if post.impressions}


def _rates_to_median(evidence: Evidence, posts: Mapping[int, PostEngagement]) -> dict[int, Decimal]:
    """Return each post's engagement rate as a multiple of its account's median, by delivery.

    Only for accounts that have at least ``MEDIAN_FROM`` posts.
    """
    by_account: dict[str, dict[int, Decimal]] = defaultdict(dict)
    for delivery, post in posts.items():
        account = evidence.parts[delivery][0].account
        by_account[account][delivery] = Decimal(post.engagements) / post.impressions
    ratios: dict[int, Decimal] = {}
    for rates in by_account.values():
        middle = median(rates.values())
        if len(rates) >= MEDIAN_FROM and middle:
            ratios |= {delivery: rate / middle for delivery, rate in rates.items()}
    return ratios


def _sum_engagement(rows: Iterable[CounterRow], indexes: Sequence[int]) -> PostEngagement:
    """Sum some counters and the impressions, over the rows that hold both."""
    engagements = impressions = 0
    for row in rows:
        engaged = sum_known([row[index] for index in indexes])
        if engaged is not None and (shown := row[_IMPRESSIONS]) is not None:
            engagements += engaged
            impressions += shown
    return PostEngagement(engagements, impressions)


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of some publications together; ``spend`` in dollars, None if not known."""

    metrics: tuple[PostMetrics, ...]
    spend: Decimal | None = None
    _columns: list[CounterRow] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def posts(self) -> int:
        """How many posts are out, each part of a thread counted, deleted ones too."""
        return len(self.metrics)

    @property
    def delivery_count(self) -> int:
        """How many posts they are, each thread counted as one."""
        return len({metrics.publication.delivery for metrics in self.metrics})

    @property
    def gone(self) -> int:
        """How many of them were found deleted on the platform."""
        return sum(metrics.publication.gone is not None for metrics in self.metrics)

    @property
    def unread(self) -> int:
        """How many were never read."""
        return sum(metrics.read is None for metrics in self.metrics)

    @property
    def fell(self) -> int:
        """How many have a counter that fell."""
        return sum(bool(metrics.fell) for metrics in self.metrics)

    @property
    def read(self) -> datetime | None:
        """When any of them was last read."""
        return max((metrics.read for metrics in self.metrics if metrics.read), default=None)

    @property
    def oldest_read(self) -> datetime | None:
        """When the one read longest ago was last read; deleted ones do not count."""
        reads = [metrics.read for metrics in self.metrics if not metrics.publication.gone]
        return min((read for read in reads if read), default=None)

    @property
    def rate_to_median(self) -> Decimal | None:
        """The median of its posts' engagement rates, each as a multiple of its account's median."""
        posts = {metrics.publication.delivery: metrics.rate_to_median for metrics in self.metrics}
        ratios = [ratio for ratio in posts.values() if ratio is not None]
        return median(ratios) if ratios else None

    def count(self, *names: str) -> int | None:
        """Sum the named counters."""
        if len(self.metrics) < COLUMNWISE_FROM:
            return sum_known(
                getattr(metrics.latest, name) for metrics in self.metrics for name in names
            )
        return sum_known(sum_known(self._column(_COUNTER_INDEX[name])) for name in names)

    def growth(self, *names: str) -> int | None:
        """Sum their growth since 24 hours ago, over the publications where it is known."""
        return sum_known(m.growth(name) for m in self.metrics if m.is_current for name in names)

    def per_impression(self, *names: str) -> Decimal | None:
        """Return the named counters per impression; None without impressions."""
        engaged, shown = self._engagement([_COUNTER_INDEX[name] for name in names])
        return Decimal(engaged) / shown if shown else None

    def _column(self, index: int) -> CounterRow:
        """Return one counter of all of them; the table is transposed once, for all counters."""
        if not self._columns:
            rows = (_counter_row(metrics.latest) for metrics in self.metrics)
            self._columns.extend(zip(*rows, strict=True))
        return self._columns[index] if self._columns else ()

    def _engagement(self, indexes: Sequence[int]) -> PostEngagement:
        if len(self.metrics) < COLUMNWISE_FROM:
            return _sum_engagement((_counter_row(m.latest) for m in self.metrics), indexes)
        columns = [self._column(index) for index in (*indexes, _IMPRESSIONS)]
        if any(None in column for column in columns):
            return _sum_engagement(zip(*self._columns, strict=True), indexes)
        *engaged, shown = [sum_known(column) or 0 for column in columns]
        return PostEngagement(sum(engaged), shown)

    @property
    def cost_per_engagement(self) -> Decimal | None:
        """Dollars per engagement; None where the spend is not known or nobody engaged."""
        engagements = self.count(*ENGAGEMENTS)
        return self.spend / engagements if self.spend is not None and engagements else None


def totals_by(
    evidence: Evidence,
    now: datetime,
    key: Callable[[Publication], K],
    spend: Mapping[K, Decimal] | None = None,
) -> dict[K, Totals]:
    """Sum publications by key; ``spend`` by key, or else what publishing them cost."""
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
    """Sum everything; the spend is what was booked, or else what publishing cost."""
    metrics = tuple(post_metrics(evidence, now))
    booked = booked_total(evidence)
    return Totals(metrics, known_publishing_cost(evidence, metrics) if booked is None else booked)


def known_publishing_cost(evidence: Evidence, group: Iterable[PostMetrics]) -> Decimal | None:
    """Return what publishing these cost; None if the price of any is not known."""
    prices = evidence.prices or {}
    costs = [prices.get(metrics.publication.id) for metrics in group]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


def booked_total(evidence: Evidence) -> Decimal | None:
    """Return all that was booked; None where nobody asked for spending."""
    if evidence.spending is None:
        return None
    return sum((booking.dollars for booking in evidence.spending), Decimal(0))
