"""Following a rule from near a day yields the same days as dateutil from its first day."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from time import process_time

import pytest
from helpers.extras import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.schedules import every
from bot.schedules.local_time import ScheduleError
from bot.schedules.recurrence import WEEKDAYS, days_between

NUMBERS = st.lists(st.integers(1, 31), min_size=1, max_size=4, unique=True)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": frequency, "INTERVAL": str(draw(st.sampled_from([1, 1, 2, 3, 5])))}
    optional = {
        "COUNT": st.integers(1, 40).map(str),
        "BYMONTH": st.lists(st.integers(1, 12), min_size=1, unique=True).map(_joined),
        "BYMONTHDAY": NUMBERS.map(_joined),
        "BYDAY": _weekdays(frequency),
        "WKST": st.sampled_from(WEEKDAYS),
        "BYSETPOS": st.sampled_from(["1", "-1", "2"]),
    }
    if frequency == "YEARLY":
        optional["BYWEEKNO"] = st.integers(1, 53).map(str)
        optional["BYYEARDAY"] = st.integers(1, 366).map(str)
    for name in draw(st.lists(st.sampled_from(sorted(optional)), max_size=3, unique=True)):
        parts[name] = draw(optional[name])
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _joined(numbers: list[int]) -> str:
    return ",".join(map(str, numbers))


def _weekdays(frequency: str) -> st.SearchStrategy[str]:
    days = st.sampled_from(WEEKDAYS)
    if frequency in ("MONTHLY", "YEARLY"):
        days = st.one_of(days, st.builds("{}{}".format, st.sampled_from([1, 2, -1]), days))
    return st.lists(days, min_size=1, max_size=4, unique=True).map(",".join)


def _plainly(rule: str, start: date, first: date, last: date) -> list[date]:
    from dateutil.rrule import rrulestr

    made = rrulestr(rule, dtstart=datetime.combine(start, time()))
    span = datetime.combine(first, time()), datetime.combine(last, time())
    return [found.date() for found in made.between(*span, inc=True)]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        # RFC 5545's own example of what WKST changes, moved to 2025.
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO", ["08-19", "08-24", "09-02", "09-07"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", ["08-17", "08-19", "08-31", "09-02"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", ["08-19", "08-24", "09-02", "09-07"]),
        ("FREQ=DAILY;INTERVAL=10", ["08-15", "08-25", "09-04", "09-14"]),
        ("FREQ=MONTHLY;INTERVAL=3", ["11-05"]),
        ("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1", ["08-31", "10-31", "12-31"]),
    ],
)
def test_steps_are_counted_from_the_first_day(rule: str, days: list[str]) -> None:
    start = date(2025, 8, 5)
    schedule = every(rule, "09:00", timezone="UTC", start=start)
    found = list(days_between(schedule.rule, start, date(2025, 8, 11), date(2025, 12, 31)))
    assert [f"{day:%m-%d}" for day in found[: len(days)]] == days


@pytest.mark.parametrize(("first_weekday", "tuesday"), [("SU", "08-26"), ("MO", "09-02")])
def test_a_first_day_on_sunday_belongs_to_the_week_that_wkst_says(
    first_weekday: str, tuesday: str
) -> None:
    start, rule = date(2025, 8, 10), f"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST={first_weekday}"
    schedule = every(rule, "09:00", timezone="UTC", start=start)
    found = days_between(schedule.rule, start, date(2025, 8, 20), date(2025, 9, 30))
    assert f"{next(found):%m-%d}" == tuesday


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_years_are_counted_from_the_first_day(year: int) -> None:
    start = date(2022, 7, 12)
    schedule = every("FREQ=YEARLY;INTERVAL=3", "09:00", timezone="UTC", start=start)
    found = list(days_between(schedule.rule, start, date(year, 1, 1), date(year, 12, 31)))
    assert found == ([date(2028, 7, 12)] if year == 2028 else [])


@pytest.mark.parametrize(
    "rule",
    ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYSETPOS=3", "FREQ=WEEKLY;BYSETPOS=9"],
)
def test_a_rule_that_never_comes_true_is_refused_soon(rule: str) -> None:
    begun = process_time()
    with pytest.raises(ScheduleError, match="never comes true"):
        every(rule, "09:00", timezone="UTC", start=date(2026, 1, 1))
    assert process_time() - begun < 1, "seconds of this process, on any machine"


@settings(deadline=None, max_examples=examples(300))
@given(
    rules(),
    st.dates(date(2015, 1, 1), date(2026, 1, 1)),
    st.integers(0, 4000),
    st.integers(0, 1500),
)
def test_a_rule_names_the_same_days_from_near_as_from_its_first_day(
    text: str, start: date, later: int, days: int
) -> None:
    try:
        schedule = every(text, "09:00", timezone="UTC", start=start)
    except ScheduleError:
        assume(False)
    # dateutil takes the first week from its first day on, RFC 5545 the whole week.
    assume("BYSETPOS" not in text or later > 7 * 7 or "FREQ=WEEKLY" not in text)
    assume(not ("BYSETPOS" in text and "COUNT" in text))
    first = start + timedelta(days=later)
    last = first + timedelta(days=days)
    near = list(days_between(schedule.rule, start, first, last))
    assert near == _plainly(text, start, first, last)


@settings(deadline=None, max_examples=examples(200))
@given(rules(), st.dates(date(2026, 1, 1), date(2027, 1, 1)))
def test_without_a_first_day_a_rule_is_refused_or_names_the_same_days_from_anywhere(
    text: str, first: date
) -> None:
    try:
        schedule = every(text, "09:00", timezone="UTC")
    except ScheduleError:
        return
    last = first + timedelta(days=400)
    whole = list(days_between(schedule.rule, None, first, last))
    middle = first + timedelta(days=200)
    assert [day for day in whole if day >= middle] == list(
        days_between(schedule.rule, None, middle, last)
    )


@settings(deadline=None, max_examples=examples(300))
@given(st.text("FREQ=DAILYWKMONTH;BYCU,-+0123456789:\n ", max_size=60))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    with suppress(ScheduleError):
        assert every(f"FREQ={text}", "09:00", timezone="UTC").rule
