"""A post as a multiple of its account's median, and how sure that is.

The engagements per impression of a post are divided by the median of the account's posts. The
number of engagements is taken as a Poisson count with Byar's limits (Rothman and Boice 1979), which
says how precisely the post's own rate is known.

On a platform without impressions, the engagements of settled posts are compared
(``bot.reports.per_post``). A count has no number of tries that makes it precise, so a multiple is
as sure as the other posts of the account are alike.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from statistics import NormalDist, median
from typing import TYPE_CHECKING

from bot.reports.per_post import distance_limit, log_count, settled_engagements, spreads_without
from bot.reports.table import format_count, format_factor
from bot.reports.totals import MEDIAN_FROM, account_medians, sum_trials

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.model import Publication, Snapshot

MIN_ENGAGEMENTS = 20
"""The least engagements that say much about a post, as they are precise to about a quarter."""

_SURE_SHARE, _LIKELY_SHARE = 0.99, 0.9
_SURE, _LIKELY = (NormalDist().inv_cdf((1 + share) / 2) for share in (_SURE_SHARE, _LIKELY_SHARE))
"""The distances of the 99 % and 90 % limits from the mean, in standard deviations."""


class Sureness(StrEnum):
    """How sure it is that a post differs from its account's median."""

    SURE = "surely"
    LIKELY = "likely"
    USUAL = "about usual"
    TOO_EARLY = "too early to say"
    NO_MEDIAN = "no median yet"


@dataclass(frozen=True, slots=True)
class Multiple:
    """A post's figure as a multiple of its account's median."""

    sureness: Sureness
    value: Decimal | None = None
    impressions: int | None = None
    """The impressions behind a rate, or None if it is a multiple of engagements per post."""

    @property
    def direction(self) -> str:
        """The side of the median on which it surely or likely is, "more" or "less", or ""."""
        if self.sureness not in {Sureness.SURE, Sureness.LIKELY} or self.value is None:
            return ""
        return "more" if self.value > 1 else "less"


def describe_multiple(multiple: Multiple) -> str:
    """Return in words how a post compares with its account's median, and how sure that is."""
    if multiple.sureness is Sureness.NO_MEDIAN:
        return f"no median yet (it takes {MEDIAN_FROM} posts)"
    if multiple.sureness is Sureness.TOO_EARLY or multiple.value is None:
        return Sureness.TOO_EARLY.value
    seen = (
        f" ({format_count(multiple.impressions)} impressions in all)"
        if multiple.impressions
        else ""
    )
    sureness = f"{multiple.sureness} {multiple.direction}".rstrip()
    return f"{format_factor(multiple.value)} your median, {sureness}{seen}"


def compare(engagements: int, usual: Decimal | None, impressions: int) -> Multiple:
    """Compare a post's engagements per impression with its account's usual rate."""
    if usual is None:
        return Multiple(Sureness.NO_MEDIAN, impressions=impressions)
    expected = usual * impressions
    limits = [
        poisson_limit(engagements, side * deviations) / float(expected)
        for deviations in (_LIKELY, _SURE)
        for side in (-1, 1)
    ]
    return _multiple(engagements, expected, limits, impressions)


def compare_per_post(counts: Mapping[int, int]) -> dict[int, Multiple]:
    """Compare the engagements of each settled post of an account with the median of all."""
    usual = median(counts.values()) if len(counts) >= MEDIAN_FROM else 0
    if not usual:
        return dict.fromkeys(counts, Multiple(Sureness.NO_MEDIAN))
    likely, sure = (distance_limit(share, len(counts)) for share in (_LIKELY_SHARE, _SURE_SHARE))
    found = {}
    spreads = spreads_without([*counts.values()], usual)
    for (post, count), spread in zip(counts.items(), spreads, strict=True):
        distance = log_count(count) - log_count(usual)
        limits = [
            math.exp(distance + side * limit * spread)
            for limit in (likely, sure)
            for side in (-1, 1)
        ]
        found[post] = _multiple(count, Decimal(usual), limits)
    return found


def _multiple(
    engagements: int, usual: Decimal, limits: Sequence[float], impressions: int | None = None
) -> Multiple:
    """Return a multiple of the usual number; ``limits`` are its lower and upper of 90 and 99 %."""
    low, high, surely_low, surely_high = limits
    sureness = Sureness.SURE
    if engagements < MIN_ENGAGEMENTS and usual < MIN_ENGAGEMENTS:
        sureness = Sureness.TOO_EARLY
    elif low <= 1 <= high:
        sureness = Sureness.USUAL
    elif surely_low <= 1 <= surely_high:
        sureness = Sureness.LIKELY
    return Multiple(sureness, engagements / usual, impressions)


def poisson_limit(count: int, deviations: float) -> float:
    """Return Byar's limit of the Poisson mean behind a count."""
    cases = count + (deviations > 0)
    if not cases:
        return 0.0
    return float(cases * (1 - 1 / (9 * cases) + deviations / (3 * math.sqrt(cases))) ** 3)


def multiples(
    posts: Mapping[int, Sequence[Publication]],
    known: Mapping[int, Snapshot],
    without_impressions: Collection[str],
) -> dict[int, Multiple]:
    """Compare each delivery, all its parts together, with its account's median.

    ``known`` holds the counters of the parts. The accounts ``without_impressions`` are compared by
    engagements per post.
    """
    trials = sum_trials(posts, known)
    rates = account_medians(posts, trials)
    by_account: dict[str, dict[int, int]] = defaultdict(dict)
    for delivery, count in settled_engagements(posts, known, without_impressions).items():
        by_account[posts[delivery][0].account][delivery] = count
    found = {delivery: Multiple(Sureness.TOO_EARLY) for delivery in posts}
    for delivery, trial in trials.items():
        rate = rates.get(posts[delivery][0].account)
        found[delivery] = compare(trial.engagements, rate, trial.impressions)
    for counts in by_account.values():
        found |= compare_per_post(counts)
    return found
