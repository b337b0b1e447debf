"""The claims of the comparison. The full simulation is bench_comparing.py."""

from __future__ import annotations

import math
import random

import pytest
from helpers.extras import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reports.comparing import (
    MIN_IMPRESSIONS,
    MIN_POSTS,
    Trial,
    Verdict,
    chance_above,
    holm_adjusted,
    posterior,
    posterior_if_enough,
    t_cdf,
    t_quantile,
    verdicts,
)

STEADY = [Trial(1000, hits) for hits in (30, 28, 33, 31, 29, 30, 32, 27, 31, 29)]
BETTER = [Trial(1000, hits) for hits in (45, 43, 48, 46, 44, 45, 47, 42, 46, 44)]


def interval(trials: list[Trial]) -> tuple[float, float]:
    """Return the bounds between which the mean rate lies with 95 %."""
    known = posterior(trials)
    half = t_quantile(0.975, known.degrees) * math.sqrt(known.variance)
    low, high = ((1 + math.tanh((known.mean + side * half) / 2)) / 2 for side in (-1, 1))
    return low, high


def compare(*rows: list[Trial]) -> list[Verdict]:
    return list(
        verdicts([{place: posterior_if_enough(row) for place, row in enumerate(rows)}]).values()
    )


def played(chance: random.Random, rate: float, *, posts: int, shown: int) -> list[Trial]:
    """Posts whose rates differ as the sandbox's audience makes them differ, by 0.23."""
    rates = [rate * chance.uniform(0.6, 1.4) for _ in range(posts)]
    size = shown // posts
    return [Trial(size, sum(chance.random() < own for _ in range(size))) for own in rates]


def test_a_clear_difference_in_steady_posts_is_called_better() -> None:
    assert compare(STEADY, BETTER) == [Verdict.WORSE, Verdict.BETTER]


def test_equal_wordings_are_too_early_to_tell_apart() -> None:
    assert compare(STEADY, list(reversed(STEADY))) == [Verdict.TOO_EARLY, Verdict.TOO_EARLY]


def test_one_post_that_took_off_makes_no_winner() -> None:
    # With 600 of 10,000 against 300, a plain binomial would be sure, at ten standard errors.
    lucky = [*STEADY[:9], Trial(1000, 329)]
    assert compare(STEADY, lucky) == [Verdict.TOO_EARLY, Verdict.TOO_EARLY]


@pytest.mark.parametrize(
    ("posts", "impressions", "enough"),
    [
        (MIN_POSTS, MIN_IMPRESSIONS // MIN_POSTS, True),
        (MIN_POSTS - 1, MIN_IMPRESSIONS, False),
        (MIN_POSTS, MIN_IMPRESSIONS // MIN_POSTS - 1, False),
    ],
)
def test_less_than_the_minimum_is_too_early_however_clear(
    posts: int, impressions: int, *, enough: bool
) -> None:
    low = [Trial(impressions, 2)] * posts
    high = [Trial(impressions, impressions // 2)] * posts
    assert (compare(low, high) == [Verdict.WORSE, Verdict.BETTER]) is enough


def test_a_row_alone_has_nothing_to_be_compared_with() -> None:
    assert compare(STEADY) == [Verdict.NOTHING_TO_COMPARE]


def test_the_middle_of_three_is_in_between() -> None:
    best = [Trial(1000, trial.engagements * 2) for trial in BETTER]
    assert compare(STEADY, BETTER, best) == [Verdict.WORSE, Verdict.IN_BETWEEN, Verdict.BETTER]


def test_two_that_lead_alike_are_too_early_to_tell_apart_though_the_third_is_worse() -> None:
    alike = list(reversed(BETTER))
    assert compare(BETTER, STEADY, alike) == [Verdict.TOO_EARLY, Verdict.WORSE, Verdict.TOO_EARLY]


def test_a_row_with_too_little_is_never_in_between() -> None:
    best = [Trial(1000, trial.engagements * 2) for trial in BETTER]
    assert compare(STEADY, BETTER[:3], best) == [Verdict.WORSE, Verdict.TOO_EARLY, Verdict.BETTER]


def test_no_more_than_one_row_in_thirty_tables_of_equal_rows_is_called_better() -> None:
    chance = random.Random(13)  # noqa: S311 - repeats
    false = 0
    for _ in range(60):
        rows = [played(chance, 0.03, posts=6, shown=2_400) for _ in range(4)]
        false += not {Verdict.BETTER, Verdict.WORSE}.isdisjoint(compare(*rows))
    assert false <= 2


def test_what_is_probable_alone_is_too_early_among_many() -> None:
    one = [Trial(1000, hits) for hits in (29, 37, 33, 40, 30, 38, 33, 36)]
    two = [Trial(1000, hits) for hits in (27, 35, 28, 36, 25, 34, 27, 33)]
    assert compare(one, two) == [Verdict.PROBABLY_BETTER, Verdict.PROBABLY_WORSE]
    steady = posterior_if_enough(STEADY)
    others = [{f"{n}, first": steady, f"{n}, second": steady} for n in range(20)]
    many = verdicts([{"one": posterior_if_enough(one), "two": posterior_if_enough(two)}, *others])
    assert many["one"] is many["two"] is Verdict.TOO_EARLY


def test_holms_step_down_is_as_published() -> None:
    assert holm_adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm_adjusted([0.9, 0.8]) == [1.0, 1.0]
    assert holm_adjusted([]) == []


@pytest.mark.parametrize(
    ("share", "degrees", "published"),
    [
        (0.975, 3, 3.182),
        (0.975, 4, 2.776),
        (0.995, 4, 4.604),
        (0.975, 9, 2.262),
        (0.995, 9, 3.250),
        (0.975, 30, 2.042),
    ],
)
def test_students_quantiles_are_within_two_hundredths_of_the_published_ones(
    share: float, degrees: float, published: float
) -> None:
    assert t_quantile(share, degrees) == pytest.approx(published, rel=0.02)
    assert t_cdf(t_quantile(share, degrees), degrees) == pytest.approx(share)
    assert t_cdf(-published, degrees) == pytest.approx(1 - share, rel=0.06)


def test_posts_that_do_not_differ_give_the_betas_own_interval() -> None:
    chance = random.Random(3)  # noqa: S311 - repeats
    drawn = sorted(chance.betavariate(300.5, 9700.5) for _ in range(40_000))
    low, high = interval([Trial(1000, 30)] * 10)
    assert low == pytest.approx(drawn[1000], rel=0.01)
    assert high == pytest.approx(drawn[39_000], rel=0.01)


def test_posts_that_differ_give_students_interval() -> None:
    # Only the rates of posts of equal and great size count. They have mean 3 % and nine degrees.
    shares = (15, 20, 25, 30, 35, 40, 45, 30, 30, 30)
    mean = sum(shares) / 10
    error = math.sqrt(sum((share - mean) ** 2 for share in shares) / 9 / 10)
    low, high = interval([Trial(10**7, share * 10**4) for share in shares])
    assert (high - low) / 2 == pytest.approx(2.262 * error / 1000, rel=0.06)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance = random.Random(7)  # noqa: S311 - repeats
    hits = 0
    for _ in range(150):
        low, high = interval(played(chance, 0.03, posts=12, shown=6_000))
        hits += low < 0.03 < high
    assert 0.91 <= hits / 150 <= 0.99


def test_noise_makes_no_winner_and_a_real_lift_is_found() -> None:
    chance = random.Random(11)  # noqa: S311 - repeats
    false = found = 0
    for _ in range(150):
        first, second, lifted = (
            played(chance, rate, posts=50, shown=20_000) for rate in (0.03, 0.03, 0.039)
        )
        false += compare(first, second)[0] in {Verdict.BETTER, Verdict.WORSE}
        found += compare(first, lifted)[1] is Verdict.BETTER
    # Within three standard errors of 4 % and 92 %, which the benchmark shows over 2,000 campaigns.
    assert false / 150 <= 0.09
    assert found / 150 >= 0.86


trials = st.lists(
    st.tuples(st.integers(1, 10**7), st.integers(0, 10**7)).map(lambda two: Trial(*two)),
    min_size=2,
    max_size=12,
)


@settings(max_examples=examples(60))
@given(trials, trials)
def test_whatever_was_counted_gives_a_chance_and_an_interval(
    one: list[Trial], other: list[Trial]
) -> None:
    first, second = posterior(one), posterior(other)
    low, high = interval(one)
    assert 0 <= low <= high <= 1
    assert chance_above(first, second) + chance_above(second, first) == pytest.approx(1)
    better, worse = (
        {Verdict.BETTER, Verdict.PROBABLY_BETTER},
        {Verdict.WORSE, Verdict.PROBABLY_WORSE},
    )
    both = compare(one, other)
    assert (both[0] in better) == (both[1] in worse)
