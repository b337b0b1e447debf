"""A post against the median of its account, and how sure that is. Pure.

Its engagements per impression so far are held against the median of the account's posts. Where a
platform gives no impressions, its engagements are, and only once a post is ``SETTLED``: a young one
has few for that alone. How sure a multiple is follows from how many people engaged, as a Poisson
count, whose limits are Byar's (Rothman and Boice 1979). That says how precisely the post's own rate
is known, not why it is so.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from statistics import NormalDist, median
from typing import TYPE_CHECKING

from bot.reports.evidence import sum_known
from bot.reports.table import format_factor
from bot.reports.totals import ENGAGEMENTS, MEDIAN_FROM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.model import Publication, Snapshot

MIN_ENGAGEMENTS = 20
"""This many engagements are precise to within about a quarter; fewer say little about a post."""

SETTLED = timedelta(hours=48)
"""A post of this age has most of the engagements that it will have."""

_SURE, _LIKELY = (NormalDist().inv_cdf((1 + share) / 2) for share in (0.99, 0.9))
"""How many standard deviations the limits lie apart that hold with 99 % and 90 %."""


class Sureness(StrEnum):
    """Whether a post really differs from its account's median, or its few figures may be chance."""

    SURE = "surely"
    LIKELY = "likely"
    USUAL = "about usual"
    TOO_EARLY = "too early to say"
    NO_MEDIAN = "no median yet"


@dataclass(frozen=True, slots=True)
class Multiple:
    """A post's figure as a multiple of its account's median, with its 90 % limits.

    ``per_impression`` is whether it goes by engagements per impression, or by engagements.
    """

    sureness: Sureness
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    per_impression: bool = True

    @property
    def is_worse(self) -> bool:
        """Whether the post surely or likely moved fewer people than usual."""
        differs = self.sureness in {Sureness.SURE, Sureness.LIKELY}
        return differs and self.value is not None and self.value < 1


def describe_multiple(multiple: Multiple) -> str:
    """Say how a post compares with its account's median, and how sure that is."""
    if multiple.sureness is Sureness.NO_MEDIAN:
        return f"no median yet (it takes {MEDIAN_FROM} posts)"
    if multiple.sureness is Sureness.TOO_EARLY or multiple.value is None:
        return Sureness.TOO_EARLY.value
    over = "" if multiple.per_impression else " by engagements"
    sureness = multiple.sureness.value
    if multiple.sureness is not Sureness.USUAL:
        sureness += " more" if multiple.value > 1 else " less"
    return f"{format_factor(multiple.value)} your median{over}, {sureness}"


def compare(engagements: int, expected: Decimal, *, per_impression: bool) -> Multiple:
    """Hold so many engagements against those that the median leads to expect."""
    low, high = (_limit(engagements, side * _LIKELY) / float(expected) for side in (-1, 1))
    surely = [_limit(engagements, side * _SURE) / float(expected) for side in (-1, 1)]
    if engagements < MIN_ENGAGEMENTS and expected < MIN_ENGAGEMENTS:
        sureness = Sureness.TOO_EARLY
    elif low <= 1 <= high:
        sureness = Sureness.USUAL
    else:
        sureness = Sureness.LIKELY if surely[0] <= 1 <= surely[1] else Sureness.SURE
    from_, to = (Decimal(f"{bound:.6f}") for bound in (low, high))
    return Multiple(sureness, engagements / expected, from_, to, per_impression=per_impression)


def _limit(count: int, deviations: float) -> float:
    """Return Byar's limit of a Poisson mean, of which so many were counted."""
    cases = count + (deviations > 0)
    if not cases:
        return 0.0
    return float(cases * (1 - 1 / (9 * cases) + deviations / (3 * math.sqrt(cases))) ** 3)


def multiples(
    posts: Mapping[int, Sequence[Publication]],
    known: Mapping[int, Snapshot],
    end: datetime,
) -> dict[int, Multiple]:
    """Hold each post, all its parts together, against its account's median; by delivery.

    ``known`` is what was known of the parts at ``end``.
    """
    counted = {delivery: _counted(parts, known) for delivery, parts in posts.items()}
    usual = _medians(posts, counted, end)
    return {
        delivery: _multiple(counted[delivery], usual.get(first.account), end - first.published)
        for delivery, (first, *_) in posts.items()
    }


@dataclass(frozen=True, slots=True)
class _Counted:
    """A post's engagements so far, None if never read, and its impressions, None without them."""

    engagements: int | None
    impressions: int | None


def _counted(parts: Iterable[Publication], known: Mapping[int, Snapshot]) -> _Counted:
    """Sum the parts; with impressions, only those parts that have both."""
    read = [known[part.id].counters for part in parts if part.id in known]
    pairs = [
        (sum_known([getattr(counters, name) for name in ENGAGEMENTS]), counters.impressions)
        for counters in read
    ]
    both = [pair for pair in pairs if None not in pair]
    if both:
        return _Counted(sum_known(pair[0] for pair in both), sum_known(pair[1] for pair in both))
    return _Counted(sum_known(engaged for engaged, _ in pairs), None)


@dataclass(frozen=True, slots=True)
class _Median:
    """An account's median: engagements per impression, or engagements of its settled posts."""

    rate: Decimal | None
    engagements: Decimal | None


def _medians(
    out: Mapping[int, Sequence[Publication]], counted: Mapping[int, _Counted], end: datetime
) -> dict[str, _Median]:
    rates: dict[str, list[Decimal]] = defaultdict(list)
    totals: dict[str, list[Decimal]] = defaultdict(list)
    for delivery, parts in out.items():
        account, post = parts[0].account, counted[delivery]
        if post.engagements is None:
            continue
        if post.impressions:
            rates[account].append(Decimal(post.engagements) / post.impressions)
        elif post.impressions is None and end - parts[0].published >= SETTLED:
            totals[account].append(Decimal(post.engagements))

    def middle(values: list[Decimal]) -> Decimal | None:
        return median(values) or None if len(values) >= MEDIAN_FROM else None

    return {name: _Median(middle(rates[name]), middle(totals[name])) for name in {*rates, *totals}}


def _multiple(post: _Counted, usual: _Median | None, age: timedelta) -> Multiple:
    per_impression = post.impressions is not None
    if post.engagements is None or (per_impression and not post.impressions):
        return Multiple(Sureness.TOO_EARLY, per_impression=per_impression)
    middle = None if usual is None else usual.rate if per_impression else usual.engagements
    if middle is None:
        return Multiple(Sureness.NO_MEDIAN, per_impression=per_impression)
    if not per_impression and age < SETTLED:
        return Multiple(Sureness.TOO_EARLY, per_impression=False)
    expected = middle * post.impressions if post.impressions else middle
    return compare(post.engagements, expected, per_impression=per_impression)
