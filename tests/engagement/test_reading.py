"""Reads are dense first, go by growth later, and never past 90 days or the budget. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from helpers.store import NOW
from hypothesis import given
from hypothesis import strategies as st

from bot.engagement import reading
from bot.engagement.reading import (
    DENSE_PLAN,
    LAST_READ_AGE,
    MAX_INTERVAL,
    MIN_INTERVAL,
    READ_TOGETHER,
    YOUNG_AGE,
    PastRead,
    ReadBudget,
    growth_count,
    last_clicks_age,
)
from bot.model import Counters
from bot.platforms import load_platform
from bot.sandbox.audience import simulate_counters
from bot.sandbox.state import SimAccount, SimPost

X = load_platform("x")
next_read = partial(reading.next_read, X)
LAST_CLICKS = last_clicks_age(X)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DENSEST = DENSE_PLAN[0][1]
RENEWED = datetime(2026, 12, 1, tzinfo=UTC)

ages = st.timedeltas(timedelta(0), LAST_READ_AGE * 2)
counts = st.lists(st.integers(0, 10**7), max_size=8)
means = st.builds(
    ReadBudget, days=st.integers(0, 5000), posts=st.integers(1, 5000), renews_at=st.just(RENEWED)
)


def ago(days: float, count: int) -> PastRead:
    return PastRead(NOW - days * DAY, count)


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (timedelta(0), timedelta(minutes=20)),
        (timedelta(seconds=-5), timedelta(minutes=20)),  # the platform's clock is ahead of ours
        (3 * HOUR - timedelta(seconds=1), timedelta(minutes=20)),
        (3 * HOUR, HOUR),
        (12 * HOUR, 3 * HOUR),
        (DAY, 8 * HOUR),
        (3 * DAY, DAY),
        (LAST_READ_AGE, None),
        (10 * LAST_READ_AGE, None),
    ],
)
def test_dense_first_then_sparser_then_never(age: timedelta, wait: timedelta | None) -> None:
    found = next_read(NOW - age, [], NOW)
    assert found == (None if wait is None else NOW + wait)


@pytest.mark.parametrize(
    ("before", "now", "days"),
    [(1000, 1500, 1), (1000, 1020, 1), (1000, 1010, 2), (1000, 1004, 5), (1000, 1000, 7)],
)
def test_the_slower_it_grew_in_a_day_the_later_it_is_read(before: int, now: int, days: int) -> None:
    reads = [ago(1, before), ago(0, now)]
    assert next_read(NOW - 6 * DAY, reads, NOW) == NOW + days * DAY


def test_a_count_that_falls_is_looked_at_again_soon() -> None:
    assert next_read(NOW - 6 * DAY, [ago(1, 1000), ago(0, 700)], NOW) == NOW + DAY


def test_a_flat_post_is_read_once_more_before_clicks_end() -> None:
    flat = [ago(6, 5000), ago(0, 5010)]
    assert next_read(NOW - 14 * DAY, flat, NOW) == NOW - 14 * DAY + LAST_CLICKS
    assert next_read(NOW - LAST_CLICKS, flat, NOW) is None


@pytest.mark.parametrize("last", [LAST_CLICKS, LAST_READ_AGE])
@pytest.mark.parametrize("early", [timedelta(0), timedelta(seconds=1), READ_TOGETHER])
def test_a_last_read_that_is_made_with_others_a_little_early_is_the_last_one(
    last: timedelta, early: timedelta
) -> None:
    """Were it due again within that time, the poller would ask for it again and again."""
    flat = [ago(6, 5000), ago(0, 5010)]
    assert next_read(NOW - last + early, flat, NOW) is None
    growing = [ago(1, 5000), ago(0, 9000)]
    found = next_read(NOW - last + early, growing, NOW)
    assert found == (None if last == LAST_READ_AGE else NOW + DAY)


def test_a_post_that_wakes_up_is_read_on() -> None:
    woken = [ago(14, 5000), ago(0, 9000)]
    assert next_read(NOW - LAST_CLICKS, woken, NOW) == NOW + DAY


def test_a_few_more_of_few_are_no_growth() -> None:
    reads = [ago(1, 3), ago(0, 4)]
    assert next_read(NOW - 6 * DAY, reads, NOW) == NOW + 2 * DAY


def test_growth_goes_by_impressions_or_the_known_counters() -> None:
    assert growth_count(Counters(impressions=5, likes=2)) == 5
    assert growth_count(Counters(likes=2, replies=1)) == 3
    assert growth_count(Counters()) is None


def test_a_read_on_a_day_that_is_paid_needs_no_means() -> None:
    morning = datetime(2026, 11, 24, 3, tzinfo=UTC)
    none = ReadBudget(0, 1, RENEWED)
    paid = [PastRead(morning, 10)]
    assert next_read(morning, paid, morning, none) == morning + DENSEST
    assert next_read(morning, [], morning, none) == RENEWED + 3 * HOUR


@dataclass(frozen=True)
class Elsewhere:
    """A platform that bills by a day of its own, and gives no clicks."""

    CLICKS_LAST: timedelta | None = None
    hours: int = 5

    def billed_on(self, at: datetime) -> date:
        return (at - self.hours * HOUR).date()


def test_what_a_platform_tells_for_how_long_is_its_own() -> None:
    flat = [ago(6, 1000), ago(0, 1001)]
    published, none, twelve = NOW - 8 * DAY, Elsewhere(), Elsewhere(CLICKS_LAST=12 * DAY)
    read_next: Any = reading.next_read  # any that has these two will do
    assert read_next(none, published, flat, NOW) is None
    assert read_next(twelve, published, flat, NOW) == published + last_clicks_age(twelve)  # type: ignore[arg-type]
    assert read_next(none, published, [ago(1, 1), ago(0, 9000)], NOW) == NOW + DAY


@pytest.mark.parametrize("name", ["mastodon", "bluesky"])
def test_without_clicks_and_prices_a_post_is_read_while_it_grows_and_no_longer(name: str) -> None:
    platform = load_platform(name)
    assert last_clicks_age(platform) == timedelta(0)
    published = NOW - 8 * DAY
    flat = [PastRead(NOW - days * DAY, 40) for days in (6, 1, 0)]
    assert reading.next_read(platform, published, flat, NOW) is None
    grown = [PastRead(NOW - days * DAY, count) for days, count in ((6, 10), (1, 35), (0, 40))]
    assert reading.next_read(platform, published, grown, NOW) == NOW + DAY
    assert reading.next_read(platform, NOW, [], NOW) == NOW + DENSEST


def test_which_day_is_paid_is_the_platforms_to_say() -> None:
    read, spent = datetime(2026, 11, 23, 23, tzinfo=UTC), ReadBudget(0, 1, RENEWED)
    read_next: Any = reading.next_read
    for platform, paid in ((Elsewhere(hours=8), True), (X, False)):
        found = read_next(platform, read - 2 * DAY, [PastRead(read, 10)], read, spent)
        assert (found == read + 8 * HOUR) is paid


def test_what_is_left_is_spread_until_the_budget_is_renewed() -> None:
    now = datetime(2026, 11, 21, 0, tzinfo=UTC)
    old, growing = now - 10 * DAY, [PastRead(now - DAY, 100), PastRead(now, 900)]
    for days, apart in ((10, 1), (5, 2), (2, 5)):
        found = next_read(old, growing, now, ReadBudget(days, 1, RENEWED))
        assert found == now + apart * DAY
    assert next_read(now - DAY, growing, now, ReadBudget(2, 1000, RENEWED)) == now + 8 * HOUR


# --- Whatever happens -----------------------------------------------------------------------------


def reads_of(age: timedelta, values: list[int]) -> list[PastRead]:
    """Return reads spread evenly over the post's life, the last one now."""
    steps = max(1, len(values) - 1)
    return [PastRead(NOW - age * (1 - i / steps), value) for i, value in enumerate(values)]


@given(ages, counts, st.none() | means)
def test_never_past_the_end_and_never_a_storm(
    age: timedelta, values: list[int], left: ReadBudget | None
) -> None:
    published = NOW - age
    found = next_read(published, reads_of(age, values), NOW, left)
    if age >= LAST_READ_AGE:
        assert found is None
    if found is not None:
        assert found <= published + LAST_READ_AGE
        last = [end - NOW for end in (published + LAST_READ_AGE, published + LAST_CLICKS)]
        assert found - NOW >= min(
            [DENSEST, *(instant for instant in last if instant > READ_TOGETHER)]
        )


@given(ages, counts, means)
def test_less_money_never_means_sooner(age: timedelta, values: list[int], left: ReadBudget) -> None:
    published, reads = NOW - age, reads_of(age, values)
    rich, poor = next_read(published, reads, NOW), next_read(published, reads, NOW, left)
    if rich is None:
        assert poor is None
    elif poor is not None:
        assert poor >= rich
    poorer = next_read(published, reads, NOW, ReadBudget(left.days // 2, left.posts, RENEWED))
    assert poor is None or poorer is None or poorer >= poor


@given(
    st.timedeltas(YOUNG_AGE, timedelta(days=20)),
    st.integers(0, 10**6),
    *[st.integers(0, 10**6)] * 2,
)
def test_less_growth_never_means_sooner(age: timedelta, base: int, one: int, two: int) -> None:
    slow, fast = sorted((one, two))
    reads = [[ago(1, base), ago(0, base + more)] for more in (slow, fast)]
    later, sooner = (next_read(NOW - age, read, NOW) for read in reads)
    assert later is not None
    assert sooner is not None
    assert MIN_INTERVAL <= sooner - NOW <= later - NOW <= MAX_INTERVAL


@given(st.timedeltas(timedelta(0), YOUNG_AGE), st.timedeltas(timedelta(0), YOUNG_AGE))
def test_of_two_young_posts_the_older_waits_no_less(one: timedelta, two: timedelta) -> None:
    young, old = sorted((one, two))
    sooner, later = next_read(NOW - young, [], NOW), next_read(NOW - old, [], NOW)
    assert sooner is not None
    assert later is not None
    assert sooner <= later


# --- Over a life ----------------------------------------------------------------------------------


def life(number: int, start: datetime) -> list[datetime]:
    """Return all reads of a post with a simulated audience."""
    who = SimAccount("", str(number), "Us", start, followers=20_000)
    post = SimPost("1", who, "Take HART off AWS", start)
    reads: list[PastRead] = []
    at: datetime | None = start
    while at is not None:
        seen = simulate_counters(3, post, at - start).impressions
        reads = [*reads, PastRead(at, seen)]
        at = next_read(start, reads, at)
    return [read.at for read in reads]


@pytest.mark.parametrize("number", range(5))
def test_a_life_is_read_some_forty_times_and_paid_a_dozen(number: int) -> None:
    start = NOW + number * 5 * HOUR
    read = life(number, start)
    assert 30 <= len(read) <= 45
    assert 8 <= len({at.date() for at in read}) <= 13
    assert read[-1] - start <= LAST_READ_AGE
    assert start + LAST_CLICKS in read
    waits = [later - one for one, later in pairwise(read)]
    assert min(waits) >= DENSEST


@given(st.integers(1, 120), st.integers(1, 12), st.integers(0, 2**32))
def test_a_month_of_posts_never_costs_more_than_there_is(
    budget: int, posts: int, seed: int
) -> None:
    """Play it hour by hour. Each paid day is taken from the budget when it begins."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    reads: dict[int, list[PastRead]] = {number: [] for number in range(posts)}
    births = {number: start + (seed >> number) % 600 * HOUR for number in range(posts)}
    due: dict[int, datetime | None] = dict(births)
    paid: Counter[str] = Counter()
    while waiting := {number: at for number, at in due.items() if at and at < RENEWED}:
        number = min(waiting, key=waiting.__getitem__)
        now = waiting[number]
        key = f"{number} {now.date()}"
        if not paid[key] and paid.total() >= budget:
            due[number] = None  # the poller does not read it
            continue
        paid[key] = 1
        reads[number].append(PastRead(now, len(reads[number]) ** 2 * (seed % 100)))
        left = ReadBudget(budget - paid.total(), posts, RENEWED)
        due[number] = next_read(births[number], reads[number], now, left)
    assert paid.total() <= budget
    first = min(births, key=births.__getitem__)
    assert reads[first]  # the first of all is read, whatever comes
