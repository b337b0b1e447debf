"""The days on which clocks change, and what they do."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.schedules.clock_changes import clock_changes

YEAR = date(2026, 1, 1), date(2026, 12, 31)


@pytest.mark.parametrize(
    ("timezone", "days"),
    [
        ("Europe/Berlin", ["2026-03-29 02:00 03:00", "2026-10-25 03:00 02:00"]),
        ("America/New_York", ["2026-03-08 02:00 03:00", "2026-11-01 02:00 01:00"]),
        ("Australia/Lord_Howe", ["2026-04-05 02:00 01:30", "2026-10-04 02:00 02:30"]),
        ("America/Havana", ["2026-03-08 00:00 01:00", "2026-11-01 01:00 00:00"]),
        # At midnight, clocks go back into the day before.
        ("Asia/Beirut", ["2026-03-29 00:00 01:00", "2026-10-24 00:00 23:00"]),
        ("UTC", []),
        ("Asia/Kolkata", []),
    ],
)
def test_changes_of_a_year_are_found_on_their_local_days(timezone: str, days: list[str]) -> None:
    found = clock_changes(timezone, *YEAR)
    assert [f"{of.day} {of.before:%H:%M} {of.after:%H:%M}" for of in found] == days


def test_only_changes_of_the_days_asked_for_are_returned() -> None:
    day = date(2026, 3, 29)
    assert [of.day for of in clock_changes("Europe/Berlin", day, day)] == [day]
    before, after = date(2026, 3, 28), date(2026, 3, 30)
    assert clock_changes("Europe/Berlin", before, before) == []
    assert clock_changes("Europe/Berlin", after, after) == []


def test_a_day_that_a_zone_skipped_is_named() -> None:
    [change] = clock_changes("Pacific/Apia", date(2011, 12, 25), date(2012, 1, 3))
    assert change.day == date(2011, 12, 30)
    assert change.after == datetime(2011, 12, 31)  # noqa: DTZ001 - a local time
    assert "Fri 00:00 → Sat 00:00" in str(change)


def test_what_happens_is_said_in_words() -> None:
    forward, back = clock_changes("Europe/Berlin", *YEAR)
    assert str(forward).startswith("clocks go forward 02:00 → 03:00: ")
    assert "do not exist" in str(forward)
    assert str(back).startswith("clocks go back 03:00 → 02:00: ")
    assert "the first time" in str(back)
