"""Which of several is better, said only where the counts bear it. Pure, and without chance.

The method, in one paragraph (``METHOD`` says it to readers). Posts of one wording differ among
themselves, so impressions are not independent tries, and a plain binomial would call noise a
winner. Each post's engagements are therefore beta-binomial (Skellam 1948): its own rate varies
around the wording's mean with an intra-class correlation rho, and a post of n impressions weighs
as n / (1 + (n - 1) rho) independent ones. Given rho, the mean has a Beta posterior on these
weighted counts (Jeffreys' prior, 1/2 and 1/2). Rho is not taken as known: Pearson's statistic, as
a function of rho, is set equal to each of some quantiles (``STRATA``) of chi-square with one degree
of freedom less than there are posts (the Q-profile of Viechtbauer 2007, in whose middle lies the
estimate of Paule and Mandel 1982), and the posterior is the mixture of the Betas that follow. With
few posts its tails are as heavy as Student's t. Each wording has its own rho, so that a steady one
lends no false certainty to a wild one (the problem of Behrens and Fisher).

Two are compared by the posterior chance that one's mean is above the other's; twice the smaller
side is the error. Of each group only two claims are made, that its best row is above all the others
and its worst below all; the error of such a claim is the largest of its comparisons (an
intersection-union test, Berger 1982: to hold, every part must). Holm's step-down (1979) over the
claims of all groups keeps the chance of any false one in the whole table at ``SURE``: a team that
looks through fifty posts for a better wording otherwise finds two or three in noise. Holm and not
shrinkage, since a group often has two or three rows, too few to learn from how much rows differ.
Whoever has less than the minimum is not compared and does not count; that depends on size, not on
success.

Rows are compared only on one and the same account (``bot.reports.compared``): people of one account
differ from those of another, and what only the best account posts would get its credit. What it
does not do: the posts of an account are taken as if they had been dealt out by lot. A wording that
went out at the best hours gets their credit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from operator import mul
from statistics import NormalDist
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    K = TypeVar("K", bound=Hashable)
else:
    K = TypeVar("K")

LEAST_POSTS = 5
"""Fewer posts do not tell how much posts of one kind differ."""

LEAST_IMPRESSIONS = 2_000
"""Fewer impressions, at rates of 1 to 4 %, bring too few engagements to compare."""

SURE = 0.04
"""The most that the chance of any false "better" in a table may be, as reckoned.

What is promised is 5 %: played campaigns showed up to 5.3 % (of 2,000) with 0.05 here, as Pearson's
statistic is only nearly chi-square where a post has few engagements.
"""

LIKELY = 0.2
"""The same for "probably better"."""

COVERED = 0.95
"""The posterior chance that the mean lies within the interval."""

STRATA = ((50, 32), (200, 16), (math.inf, 8))
"""(Below so many posts, so many quantiles stand for what rho may be): many posts tell it well."""

METHOD = (
    "Compared by engagements per impression. Posts differ among themselves, so each counts by a "
    "beta-binomial model (Skellam 1948) whose spread between posts is estimated from these posts, "
    "and that estimate's own doubt is carried along (Q-profile, Viechtbauer 2007). The interval "
    "holds the mean rate of such posts with 95 % probability. “Better” and “worse” are against "
    "every other row of the campaign, or of the post: the chance that any such word in this table "
    "is false is held below 5 %, at 20 % with “probably” (Holm 1979, over all groups). Below "
    f"{LEAST_POSTS} posts or {LEAST_IMPRESSIONS:,} impressions it is too early to say. Posts are "
    "compared only with posts of the same account, so rows that no account has both of cannot be; "
    "when they went out is not corrected for."
)
"""The paragraph under each table that compares."""

_GRID = (0.0, *(10 ** (power / 3) for power in range(-18, 1)))
_PRIOR = 0.5
_NORMAL = NormalDist()
_ENOUGH = 10.0
_HALVINGS = 40


class Trial(NamedTuple):
    """One post that was seen: people engaged so many times, of so many impressions (over 0)."""

    impressions: int
    engagements: int


class Verdict(StrEnum):
    """What may be said of a row against the others of its group."""

    BETTER = "better"
    PROBABLY = "probably better"
    EARLY = "too early to say"
    BETWEEN = "in between"
    PROBABLY_WORSE = "probably worse"
    WORSE = "worse"
    ALONE = "nothing to compare with"
    APART = "never on the same account"


class Layer(NamedTuple):
    """One Beta of the mixture, on the scale of log-odds: its mean and variance."""

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is known of a mean rate: equally likely Betas, one for each stratum of rho."""

    layers: tuple[Layer, ...]

    def below(self, odds: float) -> float:
        """Give the chance that the rate's log-odds are at most this."""
        return math.fsum(_below(odds, layer) for layer in self.layers) / len(self.layers)

    def quantile(self, share: float) -> float:
        """Give the rate that it lies below with this chance."""
        low, high = -40.0, 40.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.below(middle) < share else (low, middle)
        return 1 / (1 + math.exp(-low))

    @property
    def middle(self) -> float:
        """The middle of its log-odds, which puts rows in their order."""
        return math.fsum(layer.mean for layer in self.layers) / len(self.layers)

    @property
    def interval(self) -> tuple[float, float]:
        """The credible interval of the mean rate, with equal chances outside on both sides."""
        outside = (1 - COVERED) / 2
        return self.quantile(outside), self.quantile(1 - outside)


def weighed(trials: Sequence[Trial]) -> Posterior | None:
    """Give what is known of the mean rate, None below the minimum of posts or impressions."""
    seen = sum(each.impressions for each in trials)
    enough = len(trials) >= LEAST_POSTS and seen >= LEAST_IMPRESSIONS
    return posterior(trials) if enough else None


def posterior(trials: Sequence[Trial]) -> Posterior:
    """Give what is known of the mean rate; at least two trials. Raises ValueError.

    More engagements than impressions (one person can like and reply) count as all of them.
    """
    if len(trials) < 2:  # noqa: PLR2004 - a spread needs two
        raise ValueError("one post tells nothing about how posts differ")
    capped = [Trial(each.impressions, min(each)) for each in trials]
    return Posterior(tuple(_layer(capped, rho) for rho in _rhos(capped)))


def above(one: Posterior, other: Posterior) -> float:
    """Give the chance that the one's mean rate is above the other's."""
    chances = (
        _normal((a.mean - b.mean) / math.sqrt(a.variance + b.variance))
        for a in one.layers
        for b in other.layers
    )
    return math.fsum(chances) / (len(one.layers) * len(other.layers))


def verdicts(groups: Iterable[Mapping[K, Posterior | None]]) -> dict[K, Verdict]:
    """Say of every row where it stands in its group, all groups of a table taken together.

    None is a row that ``weighed`` found to have too little.
    """
    listed = list(groups)
    claims = [claim for group in listed for claim in _claims(group)]
    said = {
        key: Verdict.EARLY if len(group) > 1 else Verdict.ALONE for group in listed for key in group
    }
    for claim, error in zip(claims, holm([each.error for each in claims]), strict=True):
        for row, better in ((claim.row, claim.best), (claim.rival, not claim.best)):
            if row is not None and error <= LIKELY:
                said[row] = _WORDS[better, error <= SURE]
    return said | {key: Verdict.BETWEEN for group in listed for key in _between(group, said)}


class _Claim(NamedTuple, Generic[K]):
    """That a row is above all others of its group (``best``), or below them.

    Where the group has two rows, the other one is the ``rival``, of whom the opposite holds.
    """

    row: K
    best: bool
    error: float
    rival: K | None = None


def _claims(group: Mapping[K, Posterior | None]) -> list[_Claim[K]]:
    known = {key: found for key, found in group.items() if found}
    if len(known) < 2:  # noqa: PLR2004 - it takes two
        return []
    order = sorted(known, key=lambda key: -known[key].middle)
    best, worst = order[0], order[-1]
    tops = [above(known[best], known[key]) for key in order[1:]]
    if len(order) == 2:  # noqa: PLR2004 - the best of two is better than the worst: one claim
        return [_Claim(best, True, _error(tops), worst)]
    bottoms = [above(known[key], known[worst]) for key in order[:-1]]
    return [_Claim(best, True, _error(tops)), _Claim(worst, False, _error(bottoms))]


def _error(chances: Sequence[float]) -> float:
    return min(1.0, 2 * (1 - min(chances)))


_WORDS = {
    (True, True): Verdict.BETTER,
    (True, False): Verdict.PROBABLY,
    (False, True): Verdict.WORSE,
    (False, False): Verdict.PROBABLY_WORSE,
}
"""What is said of a row that is better (or else worse), surely (or else probably)."""


def _between(group: Mapping[K, Posterior | None], said: Mapping[K, Verdict]) -> list[K]:
    """Give the rows that are known to be neither best nor worst, as others are."""
    words = {said[key] for key in group}
    if not (words & {Verdict.BETTER, Verdict.PROBABLY}) or not (
        words & {Verdict.WORSE, Verdict.PROBABLY_WORSE}
    ):
        return []
    return [key for key, found in group.items() if found and said[key] is Verdict.EARLY]


def holm(errors: Sequence[float]) -> list[float]:
    """Correct errors of several claims, so that the chance of any false one holds (Holm 1979)."""
    order = sorted(range(len(errors)), key=errors.__getitem__)
    corrected, worst = [0.0] * len(errors), 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(errors) - rank) * errors[place]))
        corrected[place] = worst
    return corrected


# --- The spread between posts --------------------------------------------------------------------


def _rhos(trials: Sequence[Trial]) -> list[float]:
    """Give what rho may be, one for each stratum: where Pearson's statistic meets a quantile."""
    quantiles = _chi_squares(len(trials) - 1)
    known: list[tuple[float, float]] = []
    for rho in _GRID:
        known.append((rho, _pearson(trials, rho)))
        if known[-1][1] <= quantiles[0]:
            break
    return [_crossing(known, quantile) for quantile in quantiles]


def _pearson(trials: Sequence[Trial], rho: float) -> float:
    weights = [1 / (1 + (impressions - 1) * rho) for impressions, _ in trials]
    seen, engaged = zip(*trials, strict=True)
    mean = math.fsum(map(mul, weights, engaged)) / math.fsum(map(mul, weights, seen))
    spread = mean * (1 - mean)
    if spread <= 0:
        return 0.0
    squares = [(hits - tries * mean) ** 2 / tries for tries, hits in trials]
    return math.fsum(map(mul, weights, squares)) / spread


def _crossing(known: Sequence[tuple[float, float]], quantile: float) -> float:
    """Find rho between the grid's points: one over the statistic is all but linear in it."""
    if known[0][1] <= quantile:
        return 0.0
    for (low, over), (high, under) in pairwise(known):
        if under <= quantile:
            share = (1 / quantile - 1 / over) / (1 / under - 1 / over)
            return low + share * (high - low)
    return known[-1][0]


@cache
def _chi_squares(degrees: int) -> tuple[float, ...]:
    """Give the middle of each stratum of chi-square, by Wilson and Hilferty's cube (1931).

    At few degrees its low quantiles are somewhat too low: rho comes out larger, claims fewer.
    """
    spread = 2 / (9 * degrees)
    strata = next(strata for below, strata in STRATA if degrees < below)
    shares = [(stratum + 0.5) / strata for stratum in range(strata)]
    cubes = (1 - spread + _NORMAL.inv_cdf(share) * math.sqrt(spread) for share in shares)
    return tuple(degrees * max(cube, 0.01) ** 3 for cube in cubes)


# --- Betas on the scale of log-odds --------------------------------------------------------------


def _layer(trials: Sequence[Trial], rho: float) -> Layer:
    weights = [1 / (1 + (impressions - 1) * rho) for impressions, _ in trials]
    seen, engaged = zip(*trials, strict=True)
    hits, tries = math.fsum(map(mul, weights, engaged)), math.fsum(map(mul, weights, seen))
    (m, v), (n, w) = _log_gamma(hits + _PRIOR), _log_gamma(tries - hits + _PRIOR)
    return Layer(m - n, v + w)


def _log_gamma(shape: float) -> tuple[float, float]:
    """Give mean and variance of the logarithm of a Gamma variable: digamma and trigamma.

    By recurrence up to ``_ENOUGH``, then the asymptotic series (Abramowitz and Stegun, 6.3.18 and
    6.4.12); right to nine digits.
    """
    mean = variance = 0.0
    while shape < _ENOUGH:
        mean -= 1 / shape
        variance += 1 / shape**2
        shape += 1
    inverse = 1 / shape**2
    mean += math.log(shape) - 1 / (2 * shape)
    mean -= inverse * (1 / 12 - inverse * (1 / 120 - inverse / 252))
    variance += 1 / shape + inverse / 2
    variance += inverse / shape * (1 / 6 - inverse * (1 / 30 - inverse / 42))
    return mean, variance


def _normal(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2))


def _below(odds: float, layer: Layer) -> float:
    return _normal((odds - layer.mean) / math.sqrt(layer.variance))
