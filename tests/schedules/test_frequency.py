"""How often a schedule comes. An approval is bound to that, beside the words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from helpers.schedules import at, event_relative

from bot.model import Event, Schedule
from bot.schedules import NextSlot, every

RULES = {
    "day": "7 times a week",
    "weekday": "5 times a week",
    "mon": "once a week",
    "sun": "once a week",
    "FREQ=MONTHLY;BYMONTHDAY=1": "once a month",
    "FREQ=MONTHLY;BYDAY=1TU": "once a month",
    "FREQ=MONTHLY;BYDAY=-1FR": "once a month",
    "FREQ=MONTHLY;BYDAY=TU": "once a week",
    "FREQ=MONTHLY;BYMONTHDAY=31": "7 times a year",
    "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=19": "once a year",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29": "7 times in 28 years",
    "FREQ=DAILY;BYMONTH=11": "30 times a year",
}
NEW_YEAR = date(2026, 1, 1)


def frequency(days: str, *clocks: str, start: date | None = None, until: date | None = None) -> str:
    return every(days, clocks or ("09:00",), timezone="UTC", start=start, until=until).frequency


def event(name: str) -> Event:
    starts = datetime(2026, 12, 1, 9, tzinfo=UTC)
    return Event(name, name, "New York", "UTC", starts, starts)


@pytest.mark.parametrize("days", RULES)
def test_recurrence_says_how_often_it_comes(days: str) -> None:
    assert frequency(days) == RULES[days]


def test_each_time_of_day_counts() -> None:
    assert frequency("day", *(f"{hour:02}:00" for hour in range(24))) == "168 times a week"
    assert every("FREQ=HOURLY", timezone="UTC").frequency == "168 times a week"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (frequency("mon"), frequency("thu")),
        (frequency("day", "09:00"), frequency("day", "23:30")),
        (frequency("mon", start=date(2026, 1, 5)), frequency("mon", start=date(2026, 3, 4))),
        (frequency("FREQ=MONTHLY;BYDAY=1MO"), frequency("FREQ=MONTHLY;BYDAY=2FR")),
        *(
            (frequency(rule, start=NEW_YEAR), frequency(rule, start=date(2026, 1, 7)))
            for rule in ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "FREQ=DAILY;INTERVAL=3")
        ),
    ],
)
def test_moved_it_comes_as_often(one: str, other: str) -> None:
    assert one == other


def test_what_ends_is_counted() -> None:
    ten = frequency("day", start=NEW_YEAR, until=date(2026, 1, 10))
    assert ten == "10 times in all"
    assert frequency("day", start=date(2026, 2, 1), until=date(2026, 2, 10)) == ten
    assert frequency("FREQ=DAILY;COUNT=10", start=NEW_YEAR) == ten
    assert frequency("day", start=NEW_YEAR, until=NEW_YEAR) == "once in all"
    assert frequency("day", start=NEW_YEAR, until=date(2026, 3, 31)) == "90 times in all"


def test_what_has_no_first_day_names_its_last() -> None:
    assert frequency("day", until=date(2026, 1, 10)) == "7 times a week until 2026-01-10"
    forever = frequency("day", start=NEW_YEAR, until=date(2999, 1, 1))
    assert forever == "7 times a week until 2999-01-01"


SINGLE: dict[str, Schedule] = {
    "once": at("2026-12-01 09:00", "UTC"),
    "once, by the event summit": event_relative(event("summit"), "-1d"),
    "once, in a queue slot": NextSlot(),
}


@pytest.mark.parametrize("words", SINGLE)
def test_what_comes_once_says_by_what(words: str) -> None:
    assert SINGLE[words].frequency == words
