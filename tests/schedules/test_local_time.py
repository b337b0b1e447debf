from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.schedules.local_time import (
    ScheduleError,
    parse_clock,
    parse_date,
    parse_local,
    to_utc,
    zone,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("text", "clock"),
    [("09:00", time(9)), ("9:05", time(9, 5)), ("00:00", time(0)), ("23:59", time(23, 59))],
)
def test_clocks_are_read(text: str, clock: time) -> None:
    assert parse_clock(text) == clock


@pytest.mark.parametrize("text", ["24:00", "9", "9am", "09:60", "09:00:00", "-1:00", "", "750"])
def test_what_is_no_clock_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_clock(text)
    assert "09:00" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-07-12 09:00", datetime(2022, 7, 12, 9)),  # noqa: DTZ001 - wall-clock label
        ("2022-07-12T9:00", datetime(2022, 7, 12, 9)),  # noqa: DTZ001 - wall-clock label
        ("2022-07-12 09:00:30", datetime(2022, 7, 12, 9, 0, 30)),  # noqa: DTZ001 - wall-clock label
        ("2022-07-12 09:00Z", datetime(2022, 7, 12, 9, tzinfo=UTC)),
        ("2022-07-12 09:00 +02:00", datetime(2022, 7, 12, 7, tzinfo=UTC)),
        ("2022-07-12T09:00-0430", datetime(2022, 7, 12, 13, 30, tzinfo=UTC)),
    ],
)
def test_local_times_are_naive_and_times_with_an_offset_are_utc(
    text: str, moment: datetime
) -> None:
    assert parse_local(text) == moment
    assert parse_local(text).tzinfo is moment.tzinfo


@pytest.mark.parametrize(
    "text",
    [
        *("2022-07-12", "09:00", "2022-02-30 09:00", "2022-13-01 09:00", "2022-07-12 24:00"),
        *("2022-07-12 09:00:61", "2022-07-12 09:00+99:00", "2022-W28-2 09:00", "20220712 09:00"),
        *("202-07-12 09:00", "20222-07-12 09:00", "1999-07-12 09:00", "2202-07-12 09:00"),
        *("tomorrow 9:00", "2022-07-12 09:00 EST", "", "2022-07-12 09:00\x00"),
    ],
)
def test_what_is_no_date_and_time_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        parse_local(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_never_fails_otherwise(text: str) -> None:
    for parse in (parse_local, parse_clock, parse_date, zone):
        with suppress(ScheduleError):
            assert parse(text) is not None


def test_dates_are_read() -> None:
    assert parse_date("2026-11-25") == date(2026, 11, 25)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Europe/Berln", "Europe/Berlin"),
        ("europe/berlin ", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("America/NewYork", "America/New_York"),
    ],
)
def test_an_unknown_zone_names_the_nearest(name: str, meant: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        zone(name)
    assert meant in caught.value.hint


@pytest.mark.parametrize(
    "name", ["", "PST", "America", "../etc/passwd", "/etc/localtime", "right/Europe/Berlin", "a\0b"]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ScheduleError, match="There is no timezone"):
        zone(name)


def test_a_skipped_time_is_refused_naming_both_instants() -> None:
    local = parse_local("2026-03-08 02:30")
    with pytest.raises(ScheduleError) as caught:
        to_utc(local, "America/New_York", one_off=True)
    assert "2026-03-08 02:30 does not exist in America/New_York" in caught.value.message
    assert "2026-03-08 01:30 (2026-03-08 06:30 UTC)" in caught.value.hint
    assert "2026-03-08 03:30 (2026-03-08 07:30 UTC)" in caught.value.hint


@pytest.mark.parametrize("read", [parse_local, parse_date])
def test_hint_shows_the_form_and_no_date_that_would_pass(read: Callable[[str], object]) -> None:
    with pytest.raises(ScheduleError) as caught:
        read("soon")
    assert caught.value.hint.startswith("Write it as YYYY-MM-DD")
