"""Posts of accounts without impressions, which are compared by engagements per post. Pure.

Without impressions nobody knows how many saw a post, and its engagements count for themselves. Two
guards follow, both measured on simulated posts (``benchmarks/bench_per_post.py``).

Only ``SETTLED`` posts are compared: a young one has few engagements for that alone. Its readings
must reach that age, so that what was read early and never again does not count as little.

How much the posts of an account differ is estimated from them, on the scale of logarithms, as such
counts spread by factors (half an engagement is added to each, so that 0 has one too). A rate has
the number of impressions to say how precise it is. A count of engagements is known exactly, and
yet one ordinary post has three times as many as another.
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
"""A post of this age has most of the engagements that it will have."""

_PRIOR = 0.5
"""Engagements that are added to each post: every count has a logarithm."""

_COMPARED = (
    f"engagements per post, of posts that were read {SETTLED // timedelta(hours=1)} hours after "
    "they went out or later. Their logarithms are compared, {}."
)
ALSO_PER_POST = (
    "Where a platform gives no impressions, the words are followed by “per post”: compared by "
    + _COMPARED.format(f"by the same test of Welch, from {MIN_POSTS} posts on")
)
"""What is added to ``comparing.METHOD`` where some rows are compared by engagements per post."""

METHOD_PER_POST = method(
    f"Compared by {_COMPARED.format('by the test of Welch (1947)')}", f"{MIN_POSTS} posts"
)
"""What stands in its place where all are."""


def settled_engagements(
    posts: Mapping[int, Sequence[Publication]],
    known: Mapping[int, Snapshot],
    accounts: Collection[str],
) -> dict[int, int]:
    """Return how many engaged with each settled post of these accounts, by delivery.

    A thread is one post, and all its parts must have been read late enough.
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
    """Return the logarithm on which counts are compared."""
    return math.log(count + _PRIOR)


def spreads_without(counts: Sequence[int], usual: float) -> list[float]:
    """Return for each count by how much the others differ, as a standard deviation of logarithms.

    It is that of a further post's distance from them. It is never less than by chance alone, of
    counts around ``usual``. There must be three counts at least.
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
    """Return what is known of how many engage with such posts; None below the minimum of posts."""
    if len(counts) < MIN_POSTS:
        return None
    logs = [*map(log_count, counts)]
    mean = fmean(logs)
    between = math.fsum((value - mean) ** 2 for value in logs) / (len(logs) - 1)
    by_chance = math.exp(-mean)  # the variance of a Poisson count's logarithm
    degrees = len(logs) - 1 if between > by_chance else NEARLY_NORMAL
    return Posterior(mean, max(between, by_chance) / len(logs), degrees)


def posterior_of(trials: Sequence[Trial]) -> Posterior | None:
    """Return what is known of posts of one account, per impression or, without any, per post."""
    if any(trial.impressions for trial in trials):
        return posterior_if_enough(trials)
    return posterior_per_post([trial.engagements for trial in trials])


def typical_count(log: float) -> float:
    """Return the engagements that a post with this logarithm has."""
    return max(0.0, math.exp(log) - _PRIOR)


def distance_limit(share: float, posts: int) -> float:
    """Return within how many of ``spreads_without`` a share of ordinary posts lies."""
    return t_quantile((1 + share) / 2, posts - 2)
