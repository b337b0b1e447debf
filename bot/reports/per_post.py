"""Comparing posts of accounts without impressions, by engagements per post.

Two guards apply, both measured on simulated posts (``benchmarks/bench_per_post.py``).

Only ``SETTLED`` posts are compared, as a young one has few engagements because of its age. Its
readings must reach that age too, or a post that was read early and never again would count as weak.

The number of impressions tells how precise a rate is. A count of engagements is exact, and yet one
ordinary post has three times as many as another. So the spread between an account's posts is
estimated from them, on the scale of logarithms, as counts differ by factors. Half an engagement is
added to each, because 0 has no logarithm.
"""

from __future__ import annotations

import math
from datetime import timedelta
from statistics import fmean
from typing import TYPE_CHECKING

from bot.reports.comparing import (
    MIN_POSTS,
    NEARLY_NORMAL,
    Posterior,
    Trial,
    method,
    posterior_if_enough,
    t_quantile,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.model import Publication, Snapshot

SETTLED = timedelta(hours=48)
"""The age at which a post has most of its engagements."""

_PRIOR = 0.5
"""Engagements that are added to each post, so that every count has a logarithm."""

_COMPARED = (
    f"engagements per post, of posts that were read {SETTLED // timedelta(hours=1)} hours after "
    "they went out or later. Their logarithms are compared, {}."
)
ALSO_PER_POST = (
    "On a platform without impressions, “per post” follows the words, and posts are compared by "
    + _COMPARED.format(f"by the same test of Welch, from {MIN_POSTS} posts on")
)
"""Follows ``comparing.METHOD`` if some rows are compared by engagements per post."""

METHOD_PER_POST = method(
    f"Compared by {_COMPARED.format('by the test of Welch (1947)')}", f"{MIN_POSTS} posts"
)
"""Replaces it if all rows are."""


def settled_engagements(
    posts: Mapping[int, Sequence[Publication]],
    known: Mapping[int, Snapshot],
    accounts: Collection[str],
) -> dict[int, int]:
    """Return the engagements of each settled delivery of these accounts.

    All parts of a thread are summed, and all must have been read late enough.
    """
    found = {}
    for delivery, parts in posts.items():
        if parts[0].account not in accounts:
            continue
        late = (part.id in known and known[part.id].read - part.published for part in parts)
        counts = [known[part.id].counters.engagements for part in parts if part.id in known]
        if all(age and age >= SETTLED for age in late) and None not in counts:
            found[delivery] = sum(filter(None, counts))
    return found


def log_count(count: float) -> float:
    """Return the logarithm by which a count is compared."""
    return math.log(count + _PRIOR)


def spreads_without(counts: Sequence[int], usual: float) -> list[float]:
    """Return for each count the spread of the others, as a standard deviation of logarithms.

    This is the spread of one more post's distance from the others, and at least that which chance
    gives counts around ``usual``. Three counts are needed.
    """
    logs, others = [*map(log_count, counts)], len(counts) - 1
    total, squares = math.fsum(logs), math.fsum(value**2 for value in logs)
    spreads = []
    for value in logs:
        mean = (total - value) / others
        variance = (squares - value**2 - others * mean**2) / (others - 1)
        spreads.append(math.sqrt(max(variance, 1 / (usual + _PRIOR)) * (1 + 1 / others)))
    return spreads


def posterior_per_post(counts: Sequence[int]) -> Posterior | None:
    """Return the estimate of the mean logarithm, or None below the minimum of posts."""
    if len(counts) < MIN_POSTS:
        return None
    logs = [*map(log_count, counts)]
    mean = fmean(logs)
    between = math.fsum((value - mean) ** 2 for value in logs) / (len(logs) - 1)
    by_chance = math.exp(-mean)  # the variance of a Poisson count's logarithm
    degrees = len(logs) - 1 if between > by_chance else NEARLY_NORMAL
    return Posterior(mean, max(between, by_chance) / len(logs), degrees)


def posterior_of(trials: Sequence[Trial]) -> Posterior | None:
    """Return the estimate for posts of one account, per impression or, without any, per post."""
    if any(trial.impressions for trial in trials):
        return posterior_if_enough(trials)
    return posterior_per_post([trial.engagements for trial in trials])


def typical_count(log: float) -> float:
    """Return the engagements that a post with this logarithm has."""
    return max(0.0, math.exp(log) - _PRIOR)


def distance_limit(share: float, posts: int) -> float:
    """Return the distance within which a share of ordinary posts lies, in ``spreads_without``."""
    return t_quantile((1 + share) / 2, posts - 2)
