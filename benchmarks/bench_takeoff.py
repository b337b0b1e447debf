"""How often an alert calls an ordinary post a take-off, and how often it finds one, simulated.

A played account has so many earlier posts, and ordinary new ones of the same kind. A post's
impressions in the end are the account's median times a log-normal factor; its sigma is the
"spread". They come by a stretched exponential (power 0.6) with a half-life of 80 minutes at the
median (Pfeffer, Matter and Sargsyan, The Half-Life of a Tweet, ICWSM 2023), which differs between
posts by a factor of its own (log-normal, with an assumed sigma of 0.5). Earlier posts were read
when the reading plan says, up to ten minutes early, as reads are put together. New ones are judged
at every reading of the plan, as the loop does, until the first alert.

A realistic spread is an assumption too, as no source was found that has it for the posts of one
account. The sandbox's audience has 0.55. A Gini of 0.965 of the impressions of posts on X, with
12 to 19 % of their variance within accounts (Attention Inequality on X/Twitter, jaigp.org/paper/28,
2026), would be 1.0 to 1.3 if all were log-normal and the variance is that of logarithms; replies
are among those posts. So 0.5 to 1.3 is played.

Per 100 ordinary posts, "3 x" is how many would be alerted at three times the median alone, "rule"
how many the rule alerts, with a bar of about 2. "5 x" and "10 x" are posts with exactly so many
times the account's median in the end, and the share of them that is alerted within six hours.
"Rare", beside each, is how many of 100 ordinary posts get as far, as a number that is common in an
account cannot be alerted without false alarms. The last lines play other tails. With "hits", that
share of all posts has eight times as many, and is among the ordinary ones. With "skew", the
logarithm has an exponential of that mean added, so that the upper tail is a power law. With
"engagements", the account's platform gives no impressions, its median is that number, and each post
has a Poisson count of them.

    python benchmarks/bench_takeoff.py [accounts, 100 if not given]
"""

from __future__ import annotations

import math
import random
import sys
import time
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from bot.alerts.takeoff import (
    MAX_AGE,
    MIN_AGE,
    MIN_MULTIPLE,
    baseline,
    is_takeoff,
)
from bot.engagement.reading import READ_TOGETHER, next_read
from bot.model import Counters, Publication, Snapshot
from bot.platforms import load_platform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from bot.alerts.takeoff import Yardstick

    Growth: TypeAlias = Callable[[timedelta], int]
    Thresholds: TypeAlias = Sequence[tuple[timedelta, float]]

SEED = 20221113
NEW = 20
"""New posts of each kind that an account has."""

SOON = timedelta(hours=6)
HALF_LIFE, HALF_LIFE_SPREAD, POWER = timedelta(minutes=80), 0.5, 0.6
MEDIAN, HIT, DRAWN = 5_000, 8.0, 20_001
BORN = datetime(2026, 3, 2, 14, tzinfo=UTC)


class Design(NamedTuple):
    """How accounts are played."""

    spread: float
    posts: int
    """The earlier posts of an account."""
    median: int = MEDIAN
    """The impressions of a post in the end."""
    hits: float = 0.0
    """The share of posts that have eight times as many."""
    skew: float = 0.0
    """The mean of an exponential that the logarithm has added, for a tail by a power law."""
    impressions: bool = True
    """Whether all these are impressions, or else engagements."""

    @property
    def by(self) -> Yardstick:
        """What take-offs go by."""
        return "impressions" if self.impressions else "engagements"


DESIGNS = (
    *(Design(spread, posts) for spread in (0.5, 0.8, 1.1, 1.3) for posts in (10, 30, 60)),
    Design(0.8, 15),
    Design(0.8, 30, median=150),
    Design(0.8, 30, hits=0.05),
    Design(0.5, 30, skew=0.5),
    Design(0.5, 30, skew=0.8),
    *(Design(0.8, 30, median=median, impressions=False) for median in (3, 10, 40, 200)),
    *(Design(spread, 30, median=10, impressions=False) for spread in (0.5, 1.1)),
    Design(0.8, 12, median=10, impressions=False),
)


def _plan() -> tuple[timedelta, ...]:
    """Return the ages at which the plan reads a post until it is too old for an alert."""
    found, now = [timedelta(0)], BORN
    while found[-1] <= MAX_AGE and (now := next_read(load_platform("x"), BORN, [], now) or now):
        found.append(now - BORN)
    return tuple(found[1:])


AGES = _plan()
JUDGED = tuple(age for age in AGES if MIN_AGE <= age <= MAX_AGE)


def poisson(chance: random.Random, mean: float) -> int:
    """Draw a Poisson count, as the number of waits of mean 1 that fit."""
    count, left = 0, mean - chance.expovariate(1.0)
    while left > 0:
        count, left = count + 1, left - chance.expovariate(1.0)
    return count


class Audience:
    """Draws posts of an account; ``drawn`` is what many of them have in the end, least first."""

    def __init__(self, design: Design, chance: random.Random) -> None:
        self.design = design
        self.chance = chance
        self.drawn = sorted(self.reach() for _ in range(DRAWN))

    def reach(self) -> float:
        """Draw an ordinary post's impressions in the end."""
        power = self.chance.gauss(0.0, self.design.spread)
        if self.design.skew:
            power += self.chance.expovariate(1 / self.design.skew)
        factor = HIT if self.chance.random() < self.design.hits else 1.0
        return self.design.median * factor * math.exp(power)

    def times(self, many: int) -> float:
        """Return so many times the median."""
        return many * self.drawn[DRAWN // 2]

    def rare(self, many: int) -> float:
        """Return which share of ordinary posts gets as far."""
        return 1 - bisect_left(self.drawn, self.times(many)) / DRAWN

    def growth(self, reach: float) -> Growth:
        """Draw how fast they come; return the impressions by age."""
        half = HALF_LIFE * self.chance.lognormvariate(0.0, HALF_LIFE_SPREAD)
        if self.design.impressions:
            return lambda age: int(reach * (1 - 2.0 ** -((age / half) ** POWER)))
        # A Poisson count in the end, each at an age of its own by the same curve.
        number = poisson(self.chance, reach)
        ages = [half * (-math.log2(1 - self.chance.random())) ** (1 / POWER) for _ in range(number)]
        ages.sort()
        return lambda age: bisect_right(ages, age)

    def earlier(self, number: int) -> tuple[Publication, list[Snapshot]]:
        """Draw an earlier post with its readings."""
        seen = self.growth(self.reach())
        early = [age - self.chance.random() * READ_TOGETHER for age in AGES]
        name = "impressions" if self.design.impressions else "likes"
        read = [Snapshot(number, BORN + age, Counters(**{name: seen(age)})) for age in early]
        return _post(number), read


def _post(number: int) -> Publication:
    text = ("played", str(number), None, None, "account", "x", str(number), "", "")
    return Publication(number, number, 0, *text, due=BORN, published=BORN)


def alerted(seen: Growth, thresholds: Thresholds, by: Yardstick) -> timedelta | None:
    """Return the age at which a post is alerted, or None if it never is."""
    return next((age for age, least in thresholds if is_takeoff(seen(age), age, least, by)), None)


@dataclass(slots=True)
class Tally:
    """How many were alerted, out of ``posts`` of each kind."""

    posts: int = 0
    multiple: int = 0
    false: int = 0
    five: int = 0
    ten: int = 0

    def play(self, audience: Audience, multiples: Thresholds, thresholds: Thresholds) -> None:
        """Let an ordinary post and two that take off go out; ``multiples`` are of the median."""
        ordinary, by = audience.growth(audience.reach()), audience.design.by
        self.posts += 1
        self.multiple += alerted(ordinary, multiples, by) is not None
        self.false += alerted(ordinary, thresholds, by) is not None
        self.five += _soon(alerted(audience.growth(audience.times(5)), thresholds, by))
        self.ten += _soon(alerted(audience.growth(audience.times(10)), thresholds, by))


def _soon(age: timedelta | None) -> bool:
    return age is not None and age <= SOON


def played(audience: Audience, accounts: int) -> Tally:
    """Play so many accounts."""
    tally = Tally()
    for _ in range(accounts):
        others = [audience.earlier(number) for number in range(audience.design.posts)]
        known = [(age, baseline(others, age, audience.design.by)) for age in JUDGED]
        multiples = [(age, MIN_MULTIPLE * normal[0]) for age, normal in known if normal]
        thresholds = [(age, normal[1]) for age, normal in known if normal]
        for _ in range(NEW):
            tally.play(audience, multiples, thresholds)
    return tally


def line(design: Design, accounts: int) -> str:
    """Play a design; return its line."""
    audience = Audience(design, random.Random(SEED))  # noqa: S311 - a simulation that repeats
    tally = played(audience, accounts)
    shares = [count / tally.posts for count in (tally.multiple, tally.false, tally.five, tally.ten)]
    multiple, false, five, ten = shares
    unit = "" if design.impressions else " engagements"
    special = (f"median {design.median}{unit}", f"hits {design.hits:.0%}", f"skew {design.skew}")
    usual_ones = (design.median == MEDIAN, not design.hits, not design.skew)
    notes = [note for note, left in zip(special, usual_ones, strict=True) if not left]
    return (
        f"{design.spread:>6}{design.posts:>6}{multiple * 100:>8.1f}{false * 100:>8.1f}"
        f"{five:>9.0%}{audience.rare(5) * 100:>8.1f}{ten:>9.0%}{audience.rare(10) * 100:>8.1f}"
        f"  {', '.join(notes)}"
    ).rstrip()


def main(accounts: int) -> None:
    """Print a line for each design."""
    start = time.perf_counter()
    print(f"{accounts} accounts, {accounts * NEW:,} new posts of each kind; seed {SEED}")
    print("           alerts of 100   alerts in              alerts in")
    print("              ordinary          6 h   of 100           6 h   of 100")
    print("spread posts     3 x    rule      5 x    rare     10 x    rare")
    for design in DESIGNS:
        print(line(design, accounts), flush=True)
    wall, used = time.perf_counter() - start, time.process_time()
    print(f"{wall:.0f} s ({used:.0f} s of processor)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
