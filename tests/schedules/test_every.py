from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from helpers.schedules import utc

from bot.schedules import Every, every
from bot.schedules.local_time import ScheduleError

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def walked(schedule: Every, start: str, end: str) -> list[tuple[str, str]]:
    span = utc(start), utc(end)
    return [(m.label, f"{m.due:%Y-%m-%d %H:%M}") for m in schedule.occurrences(*span)]


def labels(schedule: Every, start: str, end: str) -> list[str]:
    return [label for label, _ in walked(schedule, f"{start} 00:00", f"{end} 00:00")]


def test_an_ambiguous_time_fires_once_the_first() -> None:
    daily = every("day", "02:30", timezone=BERLIN)
    assert walked(daily, "2026-10-24 12:00", "2026-10-26 12:00") == [
        ("2026-10-25T02:30", "2026-10-25 00:30"),
        ("2026-10-26T02:30", "2026-10-26 01:30"),
    ]


def test_a_skipped_time_moves_forward_by_the_gap() -> None:
    daily = every("day", "02:30", timezone=NEW_YORK)
    assert walked(daily, "2026-03-08 00:00", "2026-03-10 00:00") == [
        ("2026-03-08T02:30", "2026-03-08 07:30"),
        ("2026-03-09T02:30", "2026-03-09 06:30"),
    ]


def test_a_skipped_time_that_meets_another_gives_way_to_it() -> None:
    daily = every("day", ["02:30", "03:30"], timezone=NEW_YORK)
    assert walked(daily, "2026-03-08 00:00", "2026-03-09 00:00") == [
        ("2026-03-08T03:30", "2026-03-08 07:30")
    ]


def test_moments_come_in_the_order_of_their_instants() -> None:
    daily = every("day", ["02:30", "03:00"], timezone=NEW_YORK)
    assert walked(daily, "2026-03-08 00:00", "2026-03-09 00:00") == [
        ("2026-03-08T03:00", "2026-03-08 07:00"),
        ("2026-03-08T02:30", "2026-03-08 07:30"),
    ]


def test_half_an_hour_of_daylight_saving_moves_by_half_an_hour() -> None:
    daily = every("day", "02:15", timezone="Australia/Lord_Howe")
    # Clocks go from 02:00 (+10:30) to 02:30 (+11:00) on 4 October, back on 5 April.
    assert walked(daily, "2026-10-03 12:00", "2026-10-04 12:00") == [
        ("2026-10-04T02:15", "2026-10-03 15:45")
    ]
    back = every("day", "01:45", timezone="Australia/Lord_Howe")
    assert walked(back, "2026-04-04 12:00", "2026-04-05 12:00") == [
        ("2026-04-05T01:45", "2026-04-04 14:45")
    ]


def test_a_skipped_day_comes_a_day_later_where_nothing_else_does() -> None:
    friday = every("fri", "09:00", timezone="Pacific/Apia")
    assert walked(friday, "2011-12-28 00:00", "2012-01-03 00:00") == [
        ("2011-12-30T09:00", "2011-12-30 19:00")
    ]


def test_a_moved_time_is_found_in_the_span_that_it_moved_into() -> None:
    friday = every("fri", "09:00", timezone="Pacific/Apia")
    # By local time this span begins on Saturday the 31st.
    assert walked(friday, "2011-12-30 15:00", "2011-12-30 20:00") == [
        ("2011-12-30T09:00", "2011-12-30 19:00")
    ]


def test_a_skipped_day_does_not_double_the_next() -> None:
    daily = every("day", "09:00", timezone="Pacific/Apia")
    assert walked(daily, "2011-12-29 00:00", "2012-01-01 00:00") == [
        ("2011-12-29T09:00", "2011-12-29 19:00"),
        ("2011-12-31T09:00", "2011-12-30 19:00"),
        ("2012-01-01T09:00", "2011-12-31 19:00"),
    ]


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        ("day", [2, 3, 4, 5, 6, 7, 8]),
        ("weekday", [2, 3, 4, 5, 6]),
        ("weekend", [7, 8]),
        ("mon", [2]),
        ("Thursday", [5]),
        ("mon, thu", [2, 5]),
        (["thu", "MON"], [2, 5]),
        (["weekend", "wed"], [4, 7, 8]),
        ("FREQ=WEEKLY;BYDAY=TU", [3]),
        ("RRULE:freq=monthly;byday=1fr", [6]),
        ("FREQ=MONTHLY;BYMONTHDAY=-24", [7]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2", [3]),
    ],
)
def test_days_by_name_and_by_rule(days: str | list[str], wanted: list[int]) -> None:
    schedule = every(days, "12:00", timezone="UTC")  # 2 November 2026 is a Monday
    expected = [f"2026-11-{day:02}T12:00" for day in wanted]
    assert labels(schedule, "2026-11-02", "2026-11-09") == expected


def test_several_times_a_day_are_in_order_and_each_once() -> None:
    schedule = every("day", ["17:30", "9:00", "09:00"], timezone="UTC")
    assert labels(schedule, "2026-11-02", "2026-11-03") == ["2026-11-02T09:00", "2026-11-02T17:30"]


def test_first_and_last_day_are_included_as_local_days() -> None:
    days = {"start": date(2026, 11, 3), "until": date(2026, 11, 5)}
    schedule = every("day", "23:30", timezone=NEW_YORK, **days)
    assert labels(schedule, "2026-10-01", "2026-12-01") == [
        f"2026-11-0{day}T23:30" for day in (3, 4, 5)
    ]


def test_every_second_week_keeps_its_step_from_the_first_day() -> None:
    rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE"
    schedule = every(rule, "09:00", timezone="UTC", start=date(2026, 11, 4))
    assert labels(schedule, "2026-12-01", "2027-01-10") == [
        *("2026-12-02T09:00", "2026-12-16T09:00", "2026-12-30T09:00")
    ]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("FREQ=WEEKLY", ["2027-03-03T09:00", "2027-03-10T09:00"]),
        ("FREQ=MONTHLY", ["2027-03-31T09:00"]),
        ("FREQ=YEARLY;BYMONTH=3", ["2027-03-31T09:00"]),
    ],
)
def test_a_rule_takes_its_day_from_the_first_day(rule: str, wanted: list[str]) -> None:
    start = date(2026, 11, 4) if rule == "FREQ=WEEKLY" else date(2026, 10, 31)
    schedule = every(rule, "09:00", timezone="UTC", start=start)
    assert labels(schedule, "2027-03-01", "2027-04-01")[: len(wanted)] == wanted


def test_count_is_counted_from_the_first_day_whatever_span_is_asked_for() -> None:
    start = date(2026, 11, 1)
    schedule = every("FREQ=DAILY;COUNT=5", "09:00", timezone="UTC", start=start)
    assert labels(schedule, "2026-11-04", "2027-11-01") == ["2026-11-04T09:00", "2026-11-05T09:00"]


@pytest.mark.parametrize(
    ("rule", "hours"),
    [
        ("FREQ=HOURLY;INTERVAL=8", [0, 8, 16]),
        ("FREQ=HOURLY;INTERVAL=4;BYHOUR=8,9,12", [8, 12]),
        ("FREQ=DAILY;BYHOUR=17,9", [9, 17]),
    ],
)
def test_a_rule_may_name_its_hours(rule: str, hours: list[int]) -> None:
    schedule = every(rule, timezone="UTC")
    expected = [f"2026-11-02T{hour:02}:00" for hour in hours]
    assert labels(schedule, "2026-11-02", "2026-11-03") == expected


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        *(("FREQ=MINUTELY", "not possible"), ("FREQ=SECONDLY", "not possible")),
        *(("BYDAY=MO", "no FREQ"), ("FREQ=DAILY;FREQ=DAILY", "twice"), ("FREQ=", "not possible")),
        *(("FREQ=DAILY;COUNT=100000", "COUNT"), ("FREQ=DAILY;INTERVAL=0", "INTERVAL")),
        *(("FREQ=DAILY;INTERVAL=2", "first day"), ("FREQ=DAILY;COUNT=2", "first day")),
        *(("FREQ=WEEKLY", "which day"), ("FREQ=MONTHLY", "which day"), ("FREQ=YEARLY", "which")),
        ("FREQ=DAILY;UNTIL=20261125T000000Z", "in a rule here"),
        ("FREQ=DAILY;DTSTART=20261125", "in a rule here"),
        ("DTSTART;TZID=Europe/Berlin:20261125T090000\nRRULE:FREQ=DAILY", "in a rule here"),
        ("FREQ=DAILY\nEXDATE=20261125", "not possible"),
        *(("FREQ=DAILY;BYMINUTE=1", "in a rule here"), ("FREQ=DAILY;BYSECOND=1", "in a rule here")),
        *(("FREQ=YEARLY;BYEASTER=0", "in a rule here"), ("FREQ=DAILY;X=1", "in a rule here")),
        *(("FREQ=WEEKLY;BYDAY=1MO", "within"), ("FREQ=MONTHLY;BYDAY=6MO", "not a weekday")),
        *(("FREQ=MONTHLY;BYDAY=0MO", "not a weekday"), ("FREQ=WEEKLY;BYDAY=XX", "not a weekday")),
        *(("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"), ("FREQ=YEARLY;BYMONTH=0", "BYMONTH")),
        *(("FREQ=DAILY;BYHOUR=24", "BYHOUR"), ("FREQ=HOURLY;INTERVAL=5", "another time")),
        *(("FREQ=HOURLY;INTERVAL=8;BYHOUR=1", "never"), ("FREQ=HOURLY;COUNT=4", "hours")),
        *(("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never"), ("FREQ=WEEKLY;WKST=1", "WKST")),
        ("FREQ=YEARLY;BYWEEKNO=1;BYMONTH=6", "never"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(rule: str, message: str) -> None:
    with pytest.raises(ScheduleError, match=message) as caught:
        every(rule, "09:00", timezone="UTC")
    assert caught.value.hint


@pytest.mark.parametrize("days", ["fortnight", "", "mon,,tue", [], ["day", "x"], "m", "mo"])
def test_unknown_names_of_days_are_refused(days: str | list[str]) -> None:
    with pytest.raises(ScheduleError, match=r"not a day|[Nn]o day"):
        every(days, "09:00", timezone="UTC")


NOV_1, NOV_2 = date(2026, 11, 1), date(2026, 11, 2)
REFUSED: dict[str, tuple[str, str | list[str], dict[str, Any]]] = {
    "at what time": ("day", [], {}),
    "names its hours": ("FREQ=DAILY;BYHOUR=9", "09:00", {}),
    "too often": ("day", [f"09:{minute:02}" for minute in range(25)], {}),
    "before it begins": ("day", "9:00", {"start": NOV_2, "until": NOV_1}),
    "no timezone": ("day", "9:00", {"timezone": "Mars/Olympus"}),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_followed_is_refused_at_once(words: str) -> None:
    days, at, more = REFUSED[words]
    with pytest.raises(ScheduleError, match=words):
        every(days, at, **{"timezone": "UTC", **more})


def test_a_recurrence_from_long_ago_is_walked_from_near() -> None:
    rule = "FREQ=DAILY;INTERVAL=3"
    schedule = every(rule, "09:00", timezone="UTC", start=date(2000, 1, 1))
    start = datetime(2090, 1, 1, tzinfo=UTC)
    (moment,) = schedule.occurrences(start, start + timedelta(days=3))
    assert (moment.due.date() - date(2000, 1, 1)).days % 3 == 0
