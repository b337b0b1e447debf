"""When counters are read next: dense first, sparse later, never after 90 days. Pure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_support import NOW

from bot.engagement.ladder import RUNGS, next_read

LAST = RUNGS[-1][0]


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (timedelta(0), timedelta(minutes=20)),
        (timedelta(seconds=-5), timedelta(minutes=20)),  # the platform's clock is ahead of ours
        (timedelta(hours=3, seconds=-1), timedelta(minutes=20)),
        (timedelta(hours=3), timedelta(hours=1)),
        (timedelta(hours=23), timedelta(hours=1)),
        (timedelta(days=1), timedelta(hours=6)),
        (timedelta(days=7), timedelta(days=1)),
        (timedelta(days=30), timedelta(days=7)),
        (timedelta(days=90), None),
        (timedelta(days=900), None),
    ],
)
def test_the_older_the_rarer(age: timedelta, wait: timedelta | None) -> None:
    found = next_read(NOW - age, NOW)
    assert found == (None if wait is None else NOW + wait)


@given(st.timedeltas(timedelta(0), LAST * 2))
def test_the_next_read_is_later_and_the_ladder_ends(age: timedelta) -> None:
    found = next_read(NOW - age, NOW)
    assert (found is None) is (age >= LAST)
    if found is not None:
        assert timedelta(minutes=20) <= found - NOW <= timedelta(days=7)


def test_a_post_costs_few_reads_in_all() -> None:
    reads, now = 0, NOW
    while found := next_read(NOW, now):
        reads, now = reads + 1, found
    assert reads < 100
