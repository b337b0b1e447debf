"""What the comparison of wordings claims, in played campaigns of which the truth is known.

A played campaign is two wordings, each out in so many posts. The impressions of a post are
lognormal (sigma 0.55, as with the sandbox's audience), then scaled so that each wording has the
stated impressions in all. The engagement rate of a post is its wording's rate times a uniform
factor of mean 1, whose standard deviation is the "spread". Its engagements are binomial. The
sandbox's audience varies each counter's rate by a factor of four, which is a spread of 0.35. All
engagements together vary by 0.23.

"False" is how often one of two equal wordings is called better, and should be 5 % at most. "Found"
is how often the one with a lift of 30 % is, and should be 90 % at least. "Likely" is how often it
is called better or probably better.

    python benchmarks/bench_comparing.py [campaigns of the first line, 2000 if not given]
"""

from __future__ import annotations

import math
import random
import sys
import time
from typing import NamedTuple

from bot.reports.comparing import Posterior, Trial, Verdict, posterior_if_enough, verdicts

SEED = 20221113
LIFT = 1.3
SIGMA = 0.55
_CLAIMS = {Verdict.BETTER, Verdict.WORSE}


class Design(NamedTuple):
    """How a campaign is played; ``posts`` and ``impressions`` are each wording's."""

    posts: int
    impressions: int
    rate: float
    spread: float


HEADLINE = Design(posts=50, impressions=20_000, rate=0.03, spread=0.23)
"""The line that the bars hold for. The others show when they cannot be met."""

OTHERS = 5
"""How many times less often the other lines are played."""

DESIGNS = (
    HEADLINE,
    *(Design(posts, 20_000, 0.03, 0.23) for posts in (5, 10, 20, 100)),
    *(Design(50, 20_000, 0.03, spread) for spread in (0.0, 0.35, 0.57)),
    *(Design(posts, 20_000, 0.0164, 0.23) for posts in (20, 50)),
    Design(50, 60_000, 0.0164, 0.23),
    Design(5, 2_000, 0.0164, 0.23),
    Design(5, 200_000, 0.03, 0.57),
)


def binomial(chance: random.Random, tries: int, share: float) -> int:
    """Draw the number of successes, by the waits between them, which are geometric."""
    hits, place, log = 0, 0, math.log1p(-share)
    while True:
        place += 1 + int(math.log(1.0 - chance.random()) / log)
        if place > tries:
            return hits
        hits += 1


def wording(chance: random.Random, design: Design, rate: float) -> list[Trial]:
    """Play one wording's posts."""
    sizes = [chance.lognormvariate(0.0, SIGMA) for _ in range(design.posts)]
    scale = design.impressions / math.fsum(sizes)
    half = design.spread * math.sqrt(3)
    seen = [max(1, round(size * scale)) for size in sizes]
    shares = [rate * chance.uniform(1 - half, 1 + half) for _ in seen]
    return [Trial(n, binomial(chance, n, share)) for n, share in zip(seen, shares, strict=True)]


def posterior(chance: random.Random, design: Design, lift: float = 1.0) -> Posterior | None:
    """Play one wording's posts; return what its posts tell."""
    return posterior_if_enough(wording(chance, design, design.rate * lift))


def claimed(design: Design, lift: float, campaigns: int) -> list[Verdict]:
    """Play campaigns; return the verdicts on the second wording, the one with the lift."""
    chance = random.Random(SEED)  # noqa: S311 - a simulation that repeats
    pairs = (
        {"first": posterior(chance, design), "second": posterior(chance, design, lift)}
        for _ in range(campaigns)
    )
    return [verdicts([pair])["second"] for pair in pairs]


def among_many(wordings: int, design: Design, campaigns: int) -> float:
    """Play campaigns of equal wordings, all compared; return how often any is called better."""
    chance = random.Random(SEED)  # noqa: S311 - a simulation that repeats
    false = 0
    for _ in range(campaigns):
        made = {n: posterior(chance, design) for n in range(wordings)}
        false += not _CLAIMS.isdisjoint(verdicts([made]).values())
    return false / campaigns


def on_two_accounts(campaigns: int) -> tuple[float, float]:
    """Play two equal wordings, each out four times as often on an account of its own.

    The people of one account engage three times as much. Return how often one is called better if
    all posts are put together, and if each account is compared by itself, as reports do.
    """
    chance = random.Random(SEED)  # noqa: S311 - a simulation that repeats
    together = apart = 0
    often, seldom = Design(24, 12_000, 0.0, 0.23), Design(6, 3_000, 0.0, 0.23)
    for _ in range(campaigns):
        calm = (wording(chance, often, 0.01), wording(chance, seldom, 0.01))
        eager = (wording(chance, seldom, 0.03), wording(chance, often, 0.03))
        pooled = {n: posterior_if_enough([*calm[n], *eager[n]]) for n in (0, 1)}
        by_account = [
            {(n, place): posterior_if_enough(wordings[n]) for n in (0, 1)}
            for place, wordings in ((0, calm), (1, eager))
        ]
        together += not _CLAIMS.isdisjoint(verdicts([pooled]).values())
        apart += not _CLAIMS.isdisjoint(verdicts(by_account).values())
    return together / campaigns, apart / campaigns


def share(found: list[Verdict], *wanted: Verdict) -> float:
    """Return the share of the verdicts that are among those wanted."""
    return sum(verdict in wanted for verdict in found) / len(found)


def main(campaigns: int) -> None:
    """Print a line for each design."""
    print(f"{campaigns:,} campaigns, {campaigns // OTHERS:,} from the second line on; seed {SEED}")
    print(f"{'posts':>6}{'shown':>9}{'rate':>7}{'spread':>8}{'false':>8}{'found':>8}{'likely':>8}")
    for design in DESIGNS:
        start = time.perf_counter()
        times = campaigns if design is HEADLINE else campaigns // OTHERS
        equal, lifted = claimed(design, 1.0, times), claimed(design, LIFT, times)
        false = share(equal, *_CLAIMS)
        found = share(lifted, Verdict.BETTER)
        likely = share(lifted, Verdict.BETTER, Verdict.PROBABLY_BETTER)
        print(
            f"{design.posts:>6}{design.impressions:>9,}{design.rate:>7.2%}{design.spread:>8.2f}"
            f"{false:>8.1%}{found:>8.1%}{likely:>8.1%}  {time.perf_counter() - start:.1f} s"
        )
    for wordings in (3, 8):
        design = Design(posts=12, impressions=6_000, rate=0.03, spread=0.23)
        false = among_many(wordings, design, campaigns // OTHERS)
        print(f"{wordings} equal wordings, 12 posts and 6,000 shown each: false {false:.1%}")
    together, apart = on_two_accounts(campaigns // OTHERS)
    print(f"2 equal wordings, each mostly on an account of its own: false {apart:.1%} as reported,")
    print(f"  account by account; {together:.1%} if all their posts were put together")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
