"""When sessions and login links end, whatever the clock does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from helpers.clock import NOW

from bot.planning.sessions import link_is_over, session_is_over

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("open_for", "idle_for", "over"),
    [
        (timedelta(0), timedelta(0), False),
        (DAY - SECOND, DAY - SECOND, False),
        (DAY, DAY, True),
        (13 * DAY, HOUR, False),
        (14 * DAY - SECOND, timedelta(0), False),
        (14 * DAY, timedelta(0), True),
        (400 * DAY, 400 * DAY, True),
    ],
)
def test_a_session_ends_idle_after_a_day_and_in_any_case_after_two_weeks(
    open_for: timedelta, idle_for: timedelta, *, over: bool
) -> None:
    assert session_is_over(NOW - open_for, NOW - idle_for, NOW) == over


@pytest.mark.parametrize(
    ("ahead", "over"), [(timedelta(minutes=1), False), (timedelta(minutes=3), True), (DAY, True)]
)
def test_a_session_that_was_used_later_than_now_is_over(ahead: timedelta, *, over: bool) -> None:
    """Two machines may differ by a minute; a clock that was set back would prolong it."""
    assert session_is_over(NOW - HOUR, NOW + ahead, NOW) == over
    assert session_is_over(NOW + ahead, NOW + ahead, NOW) == over


@pytest.mark.parametrize(
    ("age", "over"),
    [
        (timedelta(0), False),
        (timedelta(minutes=10) - SECOND, False),
        (timedelta(minutes=10), True),
        (-timedelta(minutes=1), False),
        (-timedelta(minutes=3), True),
    ],
)
def test_a_link_ends_after_ten_minutes(age: timedelta, *, over: bool) -> None:
    assert link_is_over(NOW - age, NOW) == over
