"""Walking a rule from near must give what dateutil gives by walking it from its first day."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.schedules import ScheduleError, every
from bot.schedules.rules import DAYS, walk

NUMBERS = st.lists(st.integers(1, 31), min_size=1, max_size=4, unique=True)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": frequency}
    optional = {
        "INTERVAL": st.integers(1, 7).map(str),
        "COUNT": st.integers(1, 40).map(str),
        "BYMONTH": st.lists(st.integers(1, 12), min_size=1, unique=True).map(_joined),
        "BYMONTHDAY": NUMBERS.map(_joined),
        "BYDAY": _weekdays(frequency),
        "WKST": st.sampled_from(DAYS),
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
    days = st.sampled_from(DAYS)
    if frequency in ("MONTHLY", "YEARLY"):
        days = st.one_of(days, st.builds("{}{}".format, st.sampled_from([1, 2, -1]), days))
    return st.lists(days, min_size=1, max_size=4, unique=True).map(",".join)


def _plainly(rule: str, start: date, first: date, last: date) -> list[date]:
    from dateutil.rrule import rrulestr

    made = rrulestr(rule, dtstart=datetime.combine(start, time()))
    span = datetime.combine(first, time()), datetime.combine(last, time())
    return [found.date() for found in made.between(*span, inc=True)]


@settings(deadline=None, max_examples=300)
@given(
    rules(),
    st.dates(date(2015, 1, 1), date(2026, 1, 1)),
    st.integers(0, 4000),
    st.integers(0, 120),
)
def test_a_rule_names_the_same_days_from_near_as_from_its_first_day(
    text: str,
    start: date,
    later: int,
    days: int,
) -> None:
    try:
        schedule = every(text, "09:00", timezone="UTC", start=start)
    except ScheduleError:
        assume(False)
    # dateutil takes the first week from its first day on, RFC 5545 as a whole: positions differ.
    assume("BYSETPOS" not in text or later > 7 * 7 or "FREQ=WEEKLY" not in text)
    assume(not ("BYSETPOS" in text and "COUNT" in text))
    first = start + timedelta(days=later)
    last = first + timedelta(days=days)
    near = list(walk(schedule.rule, start, first, last))
    assert near == _plainly(text, start, first, last)


@settings(deadline=None, max_examples=200)
@given(rules(), st.dates(date(2026, 1, 1), date(2027, 1, 1)))
def test_without_a_first_day_a_rule_is_refused_or_names_the_same_days_from_anywhere(
    text: str,
    first: date,
) -> None:
    try:
        schedule = every(text, "09:00", timezone="UTC")
    except ScheduleError:
        return
    last = first + timedelta(days=400)
    whole = list(walk(schedule.rule, None, first, last))
    middle = first + timedelta(days=200)
    assert [day for day in whole if day >= middle] == list(walk(schedule.rule, None, middle, last))


@settings(deadline=None, max_examples=300)
@given(st.text("FREQ=DAILYWKMONTH;BYCU,-+0123456789:\n ", max_size=60))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    with suppress(ScheduleError):
        assert every(f"FREQ={text}", "09:00", timezone="UTC").rule
