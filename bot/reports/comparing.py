"""Which of several rows is better, claimed only if the counts bear it.

``METHOD`` puts the method in one paragraph for readers. Posts of one wording differ among
themselves, so impressions are not independent tries, and a plain binomial would call noise a
winner. A post of n impressions therefore weighs as n / (1 + (n - 1) rho) independent ones, with the
intra-class correlation rho estimated by moments (Kleinman 1973). The mean rate is a ratio estimate
from these weights (Cochran 1977). Its variance follows from the distance of each post from the
mean, corrected by the post's leverage, and is never less than the binomial one. On the scale of
log-odds the mean is taken as Student's t. Its degrees of freedom are one less than the effective
number of posts, 1 over the sum of the squared weights. If posts differ no more than by chance, the
mean is taken as normal. Each wording has its own variance, so that a steady one lends no false
certainty to a wild one, and two are compared with Welch's degrees of freedom (1947).

Two rows are compared by the chance that the mean of one is above that of the other. Twice the
smaller side is the error. Each group has only two claims, that its best row is above all others and
that its worst is below all. The error of a claim is the largest of its comparisons, because each of
them must hold (the intersection-union test of Berger 1982). Holm's step-down (1979) over the claims
of all groups keeps the chance of any false claim in the table at ``MAX_ERROR``. Without it, a team
that looks through fifty posts for a better wording finds two or three in noise. Shrinkage is not
used, because the two or three rows of a group do not show how much rows differ. A row below the
minimum is not compared and does not count, which depends on its size and not on its success.

Rows are compared only on the same account (``verdict_texts``). The people of two accounts differ,
and a wording that only the best account posts would get the account's credit. Posts of an account
are taken as if they had been assigned at random, so a wording that went out at the best hours gets
the credit for them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from operator import mul
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence

    K = TypeVar("K", bound=Hashable)
else:
    K = TypeVar("K")

MIN_POSTS = 5
"""The least posts that show how much posts of one kind differ."""

MIN_IMPRESSIONS = 2_000
"""The least impressions that, at rates of 1 to 4 %, bring enough engagements to compare."""

MAX_ERROR = 0.038
"""The highest computed chance of any false "better" in a table.

The promise is 5 %, but the mean of a few posts is only nearly Student's t. With this bound, 3.2 %
of 2,000 simulated campaigns had a false claim, and up to 5.5 % of 400 in other designs.
"""

MAX_ERROR_PROBABLY = 0.2
"""The same for "probably better"."""

_CLAIMS_HOLD = (
    "“Better” and “worse” are against every other row of the campaign, or of the post. The chance "
    "that any such word in this table is false is held below 5 %, or at 20 % with “probably” (Holm "
    "1979, over all groups)."
)
_SAME_ACCOUNT = (
    "Posts are compared only with posts of the same account, so two rows without an account in "
    "common are not compared. The comparison ignores the hours at which posts went out."
)


def method(how: str, least: str) -> str:
    """Return the paragraph on how rows are compared, with the least that it takes."""
    return f"{how} {_CLAIMS_HOLD} Below {least} it is too early to say. {_SAME_ACCOUNT}"


METHOD = method(
    "Compared by engagements per impression. Posts differ among themselves, so the spread between "
    "posts is estimated from them, by a ratio estimate (Cochran 1977), with the t distribution for "
    "how little a few posts show, and the test of Welch (1947) between two rows.",
    f"{MIN_POSTS} posts or {MIN_IMPRESSIONS:,} impressions",
)
"""The paragraph under each table whose rows are compared."""

_PRIOR = 0.5
"""Engagements, and half of the impressions, that are added so that no rate is 0 or 1."""

NEARLY_NORMAL = 1e6
"""Degrees of freedom that make Student's t the normal distribution."""

_NORMAL = NormalDist()


class Trial(NamedTuple):
    """The figures by which a post is compared."""

    impressions: int
    """0 if the platform gives none."""
    engagements: int

    @property
    def rate(self) -> Decimal:
        """Engagements per impression. Raise ZeroDivisionError."""
        return Decimal(self.engagements) / self.impressions


class Verdict(StrEnum):
    """The claim on a row against the others of its group."""

    BETTER = "better"
    PROBABLY_BETTER = "probably better"
    TOO_EARLY = "too early to say"
    IN_BETWEEN = "in between"
    PROBABLY_WORSE = "probably worse"
    WORSE = "worse"
    NOTHING_TO_COMPARE = "nothing to compare with"
    NO_SHARED_ACCOUNT = "never on the same account"


@dataclass(frozen=True, slots=True)
class Posterior:
    """The estimate of a mean, taken as Student's t."""

    mean: float
    """Log-odds of a rate, or the logarithm of a count."""
    variance: float
    degrees: float
    """Degrees of freedom."""


def posterior_if_enough(trials: Sequence[Trial]) -> Posterior | None:
    """Return the estimate of the mean rate, or None below the minimum of posts or impressions."""
    impressions = sum(trial.impressions for trial in trials)
    enough = len(trials) >= MIN_POSTS and impressions >= MIN_IMPRESSIONS
    return posterior(trials) if enough else None


def posterior(trials: Sequence[Trial]) -> Posterior:
    """Return the estimate of the mean rate of two posts or more.

    One person can like and reply. More engagements than impressions count as all impressions.
    """
    trials = [Trial(trial.impressions, min(trial)) for trial in trials]
    rho = _intraclass_correlation(trials)
    sizes = [shown / (1 + (shown - 1) * rho) for shown, _ in trials]
    weights = [size / math.fsum(sizes) for size in sizes]
    rates = [engaged / shown for shown, engaged in trials]
    impressions = sum(trial.impressions for trial in trials)
    mean = math.fsum(map(mul, weights, rates)) * impressions
    mean = (mean + _PRIOR) / (impressions + 2 * _PRIOR)
    spread = mean * (1 - mean)
    squares = [weight**2 for weight in weights]
    residuals = [(rate - mean) ** 2 / (1 - w) for rate, w in zip(rates, weights, strict=True)]
    binomial = spread * math.fsum(w / shown for w, (shown, _) in zip(squares, trials, strict=True))
    between = math.fsum(map(mul, squares, residuals))
    # The binomial variance is known. Only the excess over it is estimated, from a few posts.
    degrees = max(1.0, 1 / math.fsum(squares) - 1) if between > binomial else NEARLY_NORMAL
    variance = max(between, binomial) / spread**2
    return Posterior(math.log(mean / (1 - mean)), variance, degrees)


def _intraclass_correlation(trials: Sequence[Trial]) -> float:
    """Return rho by moments, from the excess of Pearson's statistic over its degrees of freedom."""
    total = sum(trial.impressions for trial in trials)
    mean = sum(trial.engagements for trial in trials) / total
    expected = sum((n - 1) * (1 - n / total) for n, _ in trials)
    if not (0 < mean < 1 and expected):
        return 0.0
    pearson = math.fsum((k - n * mean) ** 2 / n for n, k in trials) / (mean * (1 - mean))
    return min(1.0, max(0.0, (pearson - (len(trials) - 1)) / expected))


def chance_above(first: Posterior, second: Posterior) -> float:
    """Return the chance that the first's mean rate is above the second's."""
    a, b = first.variance, second.variance
    degrees = (a + b) ** 2 / (a**2 / first.degrees + b**2 / second.degrees)
    distance = (first.mean - second.mean) / math.sqrt(a + b)
    return t_cdf(distance, degrees)


def t_cdf(value: float, degrees: float) -> float:
    """Return the chance that Student's t is at most this, by Wallace's approximation (1959)."""
    stretch = (8 * degrees + 1) / (8 * degrees + 3)
    z = stretch * math.sqrt(degrees * math.log1p(value**2 / degrees))
    return _NORMAL.cdf(math.copysign(z, value))


def t_quantile(share: float, degrees: float) -> float:
    """Return the value below which Student's t is with this chance, which is 1/2 or more."""
    z = _NORMAL.inv_cdf(share) * (8 * degrees + 3) / (8 * degrees + 1)
    return math.sqrt(degrees * math.expm1(z**2 / degrees))


def verdicts(groups: Iterable[Mapping[K, Posterior | None]]) -> dict[K, Verdict]:
    """Return the verdict on each row in its group. All groups of a table are judged together.

    A row with too little data is None (``posterior_if_enough``).
    """
    groups = list(groups)
    verdict = {
        key: Verdict.TOO_EARLY if len(group) > 1 else Verdict.NOTHING_TO_COMPARE
        for group in groups
        for key in group
    }
    claims = [claim for group in groups for claim in _claims(group)]
    errors = holm_adjusted([error for error, _ in claims])
    for error, (_, claim) in zip(errors, claims, strict=True):
        if error <= MAX_ERROR_PROBABLY:
            verdict |= {row: _VERDICTS[better, error <= MAX_ERROR] for row, better in claim.items()}
    for group in groups:
        present = {verdict[key] for key in group}
        has_best = present & {Verdict.BETTER, Verdict.PROBABLY_BETTER}
        has_worst = present & {Verdict.WORSE, Verdict.PROBABLY_WORSE}
        for key, known in group.items() if has_best and has_worst else ():
            if known and verdict[key] is Verdict.TOO_EARLY:
                verdict[key] = Verdict.IN_BETWEEN
    return verdict


def _claims(group: Mapping[K, Posterior | None]) -> list[tuple[float, dict[K, bool]]]:
    """Return the claims on a group, each with its error and the rows that are better (or worse)."""
    known = {key: posterior for key, posterior in group.items() if posterior}
    if len(known) < 2:  # noqa: PLR2004 - it takes two
        return []
    order = sorted(known, key=lambda key: -known[key].mean)
    best, worst = order[0], order[-1]
    top = min(chance_above(known[best], known[key]) for key in order[1:])
    bottom = min(chance_above(known[key], known[worst]) for key in order[:-1])
    top_error, bottom_error = min(1.0, 2 * (1 - top)), min(1.0, 2 * (1 - bottom))
    if len(order) == 2:  # noqa: PLR2004 - of two rows, both claims are one
        return [(top_error, {best: True, worst: False})]
    return [(top_error, {best: True}), (bottom_error, {worst: False})]


_VERDICTS = {
    (True, True): Verdict.BETTER,
    (True, False): Verdict.PROBABLY_BETTER,
    (False, True): Verdict.WORSE,
    (False, False): Verdict.PROBABLY_WORSE,
}
"""The verdicts, by whether a row is better (or worse) and surely so (or probably)."""

_CLAIMED = {*_VERDICTS.values(), Verdict.IN_BETWEEN}


def holm_adjusted(errors: Sequence[float]) -> list[float]:
    """Return the errors of several claims, corrected for their number (Holm 1979)."""
    order = sorted(range(len(errors)), key=errors.__getitem__)
    corrected, largest = [0.0] * len(errors), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(errors) - rank) * errors[index]))
        corrected[index] = largest
    return corrected


# --- The rows of a table --------------------------------------------------------------------------


def verdict_texts(
    rows: Mapping[K, Mapping[str, Posterior | None]],
    family_of: Callable[[K], Hashable | None],
    account_name: Callable[[str], str],
    per_post: Collection[str],
) -> dict[K, str]:
    """Return in words the verdict on each row against the others of its family.

    ``rows`` holds each row's estimates by account. Rows whose family is None are left out. Each
    account is compared by itself, and named if the rows of a family have several. All comparisons
    of the table are judged together. The words on accounts in ``per_post`` say that these are
    compared by engagements per post.
    """
    families: dict[Hashable, dict[K, Mapping[str, Posterior | None]]] = defaultdict(dict)
    for key, by_account in rows.items():
        if (name := family_of(key)) is not None:
            families[name][key] = by_account
    accounts = {name: sorted({*chain(*family.values())}) for name, family in families.items()}
    compared = verdicts(
        {
            (key, account): by_account[account]
            for key, by_account in family.items()
            if account in by_account
        }
        for name, family in families.items()
        for account in (accounts[name] if len(family) > 1 else ())
    )
    texts: dict[K, str] = dict.fromkeys(chain(*families.values()), Verdict.NOTHING_TO_COMPARE)
    for name, family in families.items():
        for key, by_account in family.items() if len(family) > 1 else ():
            found = {own: compared[key, own] for own in by_account}
            said = {
                own: f"{verdict} per post" if own in per_post and verdict in _CLAIMED else verdict
                for own, verdict in found.items()
            }
            texts[key] = _verdict_text(said, account_name, several=len(accounts[name]) > 1)
    return texts


def _verdict_text(
    by_account: Mapping[str, str], account_name: Callable[[str], str], *, several: bool
) -> str:
    """Return a row's verdicts in words, each with its account if there are several."""
    if not several:
        return next(iter(by_account.values()), Verdict.TOO_EARLY)
    none = (Verdict.TOO_EARLY, Verdict.NOTHING_TO_COMPARE)
    known = {name: verdict for name, verdict in by_account.items() if verdict not in none}
    if known:
        return ", ".join(f"{known[name]} on {account_name(name)}" for name in sorted(known))
    too_early = Verdict.TOO_EARLY in by_account.values()
    return Verdict.TOO_EARLY if too_early else Verdict.NO_SHARED_ACCOUNT
