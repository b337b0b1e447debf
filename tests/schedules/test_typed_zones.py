"""Timezones that a person can name are places, and none whose clocks silently stay."""

from __future__ import annotations

import pytest

from bot.schedules.local_time import ScheduleError, parse_zone


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("EST", "America/New_York"),
        ("est", "America/New_York"),
        ("EDT", "America/New_York"),
        ("Eastern Time", "America/New_York"),
        ("MST", "America/Denver"),
        ("HST", "Pacific/Honolulu"),
        ("PST", "America/Los_Angeles"),
        ("Pacific Time", "America/Los_Angeles"),
        ("BST", "Europe/London"),
        ("IST", "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem"),
        ("Etc/GMT+5", "region and city"),
        ("GMT+1", "region and city"),
        ("UTC-5", "region and city"),
        ("Amerika/New_York", "America/New_York"),
        ("new york", "America/New_York"),
    ],
)
def test_name_without_a_place_is_refused_with_the_place_that_is_meant(
    typed: str, written: str
) -> None:
    with pytest.raises(ScheduleError) as refused:
        parse_zone(typed)
    assert written in refused.value.hint


@pytest.mark.parametrize(
    "name", ["America/New_York", "UTC", "Etc/UTC", "Europe/Berlin", "US/Eastern", "Asia/Kolkata"]
)
def test_place_and_utc_are_taken(name: str) -> None:
    assert parse_zone(f" {name} ").key == name
