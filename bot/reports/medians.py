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
from statistics import NormalDist
from typing import TYPE_CHECKING

from bot.reports.evidence import sum_known
from bot.reports.table import format_count, format_factor
from bot.reports.totals import ENGAGEMENTS, MEDIAN_FROM, median_rates, medians, sum_trials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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

    It goes by engagements per impression, over so many ``impressions``, or, where these are None,
    by engagements.
    """

    sureness: Sureness
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    impressions: int | None = None

    @property
    def direction(self) -> str:
        """Whether the post surely or likely moved "more" or "less" people; "" where it may not."""
        if self.sureness not in {Sureness.SURE, Sureness.LIKELY} or self.value is None:
            return ""
        return "more" if self.value > 1 else "less"


def describe_multiple(multiple: Multiple) -> str:
    """Say how a post compares with its account's median, by how many people, and how sure it is."""
    if multiple.sureness is Sureness.NO_MEDIAN:
        return f"no median yet (it takes {MEDIAN_FROM} posts)"
    if multiple.sureness is Sureness.TOO_EARLY or multiple.value is None:
        return Sureness.TOO_EARLY.value
    seen = multiple.impressions
    basis = f"{format_count(seen)} impressions" if seen else "by engagements"
    sureness = f"{multiple.sureness} {multiple.direction}".rstrip()
    return f"{format_factor(multiple.value)} your median, {sureness} ({basis})"


def compare(engagements: int, usual: Decimal | None, impressions: int | None = None) -> Multiple:
    """Hold so many engagements against the account's median, per impression or without any."""
    if usual is None:
        return Multiple(Sureness.NO_MEDIAN, impressions=impressions)
    expected = usual * impressions if impressions else usual
    low, high, *surely = (
        poisson_limit(engagements, side * deviations) / float(expected)
        for deviations in (_LIKELY, _SURE)
        for side in (-1, 1)
    )
    if engagements < MIN_ENGAGEMENTS and expected < MIN_ENGAGEMENTS:
        sureness = Sureness.TOO_EARLY
    elif low <= 1 <= high:
        sureness = Sureness.USUAL
    else:
        sureness = Sureness.LIKELY if surely[0] <= 1 <= surely[1] else Sureness.SURE
    bounds = Decimal(f"{low:.6f}"), Decimal(f"{high:.6f}")
    return Multiple(sureness, engagements / expected, *bounds, impressions)


def poisson_limit(count: int, deviations: float) -> float:
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
    trials = sum_trials(posts, known)
    rates = median_rates(posts, trials)
    engaged: dict[int, int] = {}
    by_account: dict[str, list[Decimal]] = defaultdict(list)
    for delivery, parts in posts.items():
        read = [known[part.id].counters for part in parts if part.id in known]
        if end - parts[0].published < SETTLED or any(c.impressions is not None for c in read):
            continue
        count = sum_known(getattr(counters, name) for counters in read for name in ENGAGEMENTS)
        if count is not None:
            engaged[delivery] = count
            by_account[parts[0].account].append(Decimal(count))
    usual = medians(by_account)
    found = {}
    for delivery, (first, *_) in posts.items():
        trial = trials[delivery]
        if trial.impressions:
            rate = rates.get(first.account)
            found[delivery] = compare(trial.engagements, rate, trial.impressions)
        elif delivery in engaged:
            found[delivery] = compare(engaged[delivery], usual.get(first.account))
        else:
            found[delivery] = Multiple(Sureness.TOO_EARLY)
    return found
