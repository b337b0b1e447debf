"""Durations, read from files and phrases by one parser, and written in words."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.schedules.local_time import (
    MAX_DURATION,
    ScheduleError,
    format_duration,
    parse_duration,
    parse_positive_duration,
    parse_spoken_duration,
)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("-1d", timedelta(days=-1)),
        ("+2h", timedelta(hours=2)),
        ("-30m", timedelta(minutes=-30)),
        ("0d", timedelta(0)),
        ("+2h30m", timedelta(hours=2, minutes=30)),
        ("-1w2d", timedelta(days=-9)),
        ("1d 12h", timedelta(days=1, hours=12)),
    ],
)
def test_durations_are_read(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    [
        *("", "+", "-", "1", "1 day", "1h2d", "d", "1.5h", "--1d", "9999999999d", "99999d"),
        *("1d\n1h", "\u0661d"),
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0d", "-1d", "0h0m"])
def test_a_lifetime_is_more_than_nothing(text: str) -> None:
    with pytest.raises(ScheduleError, match="longer than 0"):
        parse_positive_duration(text)


def test_a_lifetime_is_read() -> None:
    assert parse_positive_duration("3d") == timedelta(days=3)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30s", timedelta(seconds=30)),
        ("1m30s", timedelta(seconds=90)),
        ("1w 1d 1h 1m 1s", timedelta(days=8, seconds=3661)),
    ],
)
def test_seconds_are_read_only_where_they_may_occur(text: str, length: timedelta) -> None:
    assert parse_duration(text, "wdhms") == length
    with pytest.raises(ScheduleError, match="Write weeks, days, hours and minutes"):
        parse_duration(text)


def test_durations_end_at_ten_years() -> None:
    assert parse_duration("3660d") == MAX_DURATION
    with pytest.raises(ScheduleError, match="longer than ten years"):
        parse_duration("3660d1m")


@given(st.text(max_size=40) | st.text(alphabet="0123456789wdhms+- an", max_size=20))
def test_any_text_is_a_duration_or_refused_and_never_fails_otherwise(text: str) -> None:
    with suppress(ScheduleError):
        assert abs(parse_duration(text)) <= MAX_DURATION
    assert parse_spoken_duration(text) is None or text.strip()


@pytest.mark.parametrize(
    ("words", "days", "rest"),
    [
        ("2 hours", timedelta(0), timedelta(hours=2)),
        ("an hour", timedelta(0), timedelta(hours=1)),
        ("a week, 2 days and 30 mins", timedelta(days=9), timedelta(minutes=30)),
        ("10m", timedelta(0), timedelta(minutes=10)),
        ("2 hrs", timedelta(0), timedelta(hours=2)),
        ("five minutes", timedelta(0), timedelta(minutes=5)),
        ("half an hour", timedelta(0), timedelta(minutes=30)),
        ("a quarter of an hour", timedelta(0), timedelta(minutes=15)),
        ("three quarters of an hour", timedelta(0), timedelta(minutes=45)),
        ("an hour and a half", timedelta(0), timedelta(minutes=90)),
        ("two and a half hours", timedelta(0), timedelta(minutes=150)),
        ("1.5 hours", timedelta(0), timedelta(minutes=90)),
        ("one day and 2 hours", timedelta(days=1), timedelta(hours=2)),
    ],
)
def test_spoken_durations_keep_calendar_days_apart(
    words: str, days: timedelta, rest: timedelta
) -> None:
    assert parse_spoken_duration(words) == (days, rest)


@pytest.mark.parametrize("words", ["", "2", "hours", "2 hours ago", "-2 hours", "half a dozen"])
def test_what_is_no_spoken_duration_is_not_read(words: str) -> None:
    assert parse_spoken_duration(words) is None


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=12), "12 s"),
        (timedelta(minutes=1, seconds=59), "1 min"),
        (timedelta(hours=1, minutes=5), "1 h 5 min"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=1, minutes=1), "1 d 1 min"),
    ],
)
def test_durations_are_written_in_words(length: timedelta, words: str) -> None:
    assert format_duration(length) == words
