"""How often posts without impressions are called better or worse, in simulated accounts.

A post's engagements in the end are Poisson, around the account's median times a log-normal factor
whose sigma is the "spread". The spreads are 0.5 to 1.1, as in ``bench_takeoff.py``, which says why.
Engagements come by a stretched exponential (power 0.6) with a half-life that differs between posts
(log-normal, sigma 0.5).

The first table compares each ordinary post of an account with the account's median. It shows how
many of 100 are said to differ "surely", with a bar of 1, and "surely" or "likely", with a bar of
10. "By chance alone" takes only the Poisson error of a count, as with rates. "5 x" is the share of
posts with five times the median that are found.

The second table compares two equal wordings with as many posts each, all around 40 engagements. One
wording settled long ago. The other is read at an age of 1 to 24, 24 to 48, or 48 to 96 hours, and
only the last is compared in reports. The figures are how many of 100 comparisons call either
better, with a bar of 5. "Found" is how often a wording with twice the engagements is called better.

    python benchmarks/bench_per_post.py [comparisons of a line, 400 if not given]
"""

from __future__ import annotations

import math
import random
import sys
import time
from decimal import Decimal
from statistics import median

from bot.reports.comparing import Verdict, verdicts
from bot.reports.medians import Multiple, Sureness, compare, compare_per_post
from bot.reports.per_post import posterior_per_post

SEED = 20221113
POWER, HALF_LIFE_SPREAD = 0.6, 0.5
MEDIANS, SPREADS, SIZES = (40, 200), (0.5, 0.8, 1.1), (5, 10, 30, 100)
POSTS = 2_000
AGES = ((1, 24), (24, 48), (48, 96))
OLD = (480, 1440)
_MANY = 60

CLAIMS = {Verdict.BETTER, Verdict.WORSE}


def poisson(chance: random.Random, mean: float) -> int:
    """Draw a Poisson count, of a large mean by the normal distribution."""
    if mean > _MANY:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    count, rest = 0, chance.random()
    while rest > math.exp(-mean):
        count, rest = count + 1, rest * chance.random()
    return count


def post(
    chance: random.Random,
    mean: float,
    spread: float,
    hours: tuple[float, float] | None = None,
    half_life: float = 1.0,
) -> int:
    """Draw an ordinary post's engagements at an age between these hours, or in the end."""
    reach = mean * math.exp(chance.gauss(0.0, spread))
    if hours:
        half = half_life * chance.lognormvariate(0.0, HALF_LIFE_SPREAD)
        reach *= 1 - 2.0 ** -((chance.uniform(*hours) / half) ** POWER)
    return poisson(chance, reach)


def _per_hundred(found: list[Multiple], *wanted: Sureness) -> float:
    return 100 * sum(multiple.sureness in wanted for multiple in found) / len(found)


def multiples_line(mean: int, spread: float, size: int) -> str:
    """Hold the posts of accounts of that size against their medians."""
    chance = random.Random(SEED)  # noqa: S311 - a simulation that repeats
    by_chance: list[Multiple] = []
    reported: list[Multiple] = []
    five: list[Multiple] = []
    for _ in range(max(20, POSTS // size)):
        counts = {n: post(chance, mean, spread) for n in range(size)}
        usual = median(counts.values())
        by_chance += [compare(count, Decimal(usual), 1) for count in counts.values()]
        reported += compare_per_post(counts).values()
        five.append(compare_per_post({**counts, 0: round(5 * usual)})[0])
    sure, both = Sureness.SURE, (Sureness.SURE, Sureness.LIKELY)
    return (
        f"{mean:>7}{spread:>8}{size:>7}{_per_hundred(by_chance, sure):>9.1f}"
        f"{_per_hundred(by_chance, *both):>8.1f}{_per_hundred(reported, sure):>9.1f}"
        f"{_per_hundred(reported, *both):>8.1f}{_per_hundred(five, *both):>8.0f}"
    )


def wordings_line(half_life: float, spread: float, size: int, times: int) -> str:
    """Compare two equal wordings, one of them younger."""
    chance = random.Random(SEED)  # noqa: S311 - a simulation that repeats

    def verdict(hours: tuple[float, float], lift: float = 1.0) -> Verdict:
        old = [post(chance, 40, spread, OLD, half_life) for _ in range(size)]
        new = [post(chance, 40 * lift, spread, hours, half_life) for _ in range(size)]
        rows = {"old": posterior_per_post(old), "new": posterior_per_post(new)}
        return verdicts([rows])["new"]

    false = [100 * sum(verdict(ages) in CLAIMS for _ in range(times)) / times for ages in AGES]
    found = sum(verdict(OLD, 2.0) is Verdict.BETTER for _ in range(times)) / times
    shares = "".join(f"{share:>9.1f}" for share in false)
    return f"{half_life:>7.1f} h{spread:>8}{size:>7}{shares}{found:>8.0%}"


def main(times: int) -> None:
    """Print both tables."""
    start = time.perf_counter()
    print(f"Against the median, {POSTS:,} posts a line or more; seed {SEED}")
    print("                        by chance alone     as reported")
    print(" median  spread  posts   surely  likely   surely  likely     5 x")
    for mean in MEDIANS:
        for spread in SPREADS:
            for size in SIZES:
                print(multiples_line(mean, spread, size))
    print(f"\nTwo equal wordings, {times} comparisons a line: false of 100, by the age of one")
    print("half-life  spread  posts   1-24 h  24-48 h  48-96 h   found")
    for half_life in (4 / 3, 6.0, 12.0):
        for spread in (0.5, 0.8):
            for size in (10, 30, 50):
                print(wordings_line(half_life, spread, size, times), flush=True)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
