"""Dates and times of day as people write them, such as ``25 nov``, ``12/7/2026``, ``9 pm``. Pure.

``bot.schedules.phrases`` reads them at an instant. Messages about campaign files and spreadsheets
use them to show how a date must be written instead.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from bot.schedules.local_time import VALID_YEARS

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""The names of the months in English, from January."""

NOON, MIDNIGHT = timedelta(hours=12), timedelta(hours=24)

_MONTH_NUMBERS = {
    short: month
    for month, name in enumerate(map(str.lower, MONTHS), 1)
    for short in (name, name[:3])
} | {"sept": 9}

NUMBER = r"\d{1,2}(?:st|nd|rd|th)?"
MONTH = "|".join(_MONTH_NUMBERS)
TIME = r"(?P<time> noon | midnight | \d{1,2} (?: :\d\d (?:\ ?[ap]\.?m\.?)? | \ ?[ap]\.?m\.?) )"
"""A time of day, as a verbose pattern."""

CALENDAR = re.compile(rf"(?:on )?(?:({NUMBER}) ({MONTH})|({MONTH}) ({NUMBER}))(?:,? (\d{{4}}))?")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))? ?(?:([ap])\.?m\.?)?")
_NUMERIC_DATE = re.compile(
    r"(?<![\d/.\-])(\d{1,4})(?P<mark>[/.\-])(\d{1,2})(?P=mark)(\d{1,4})(?![\d/.\-])"
)
_SHORT_DATE = re.compile(r"(?<![\d/.:\-])(\d{1,2})[/.](\d{1,2})\.?(?![\d/:\-])")
ANY_TIME = re.compile(rf"(?<![\d:.]){TIME}(?![\d:\w])", re.VERBOSE)
_ANY_DAY = re.compile(rf"{CALENDAR.pattern}|{_NUMERIC_DATE.pattern}")


def numeric_dates(text: str) -> tuple[date, ...]:
    """Return the days that a date in digits such as ``12/7/2026`` can mean, in order.

    Empty if the text has no such date, or if the calendar does not have that day.
    """
    match = _NUMERIC_DATE.search(text)
    if not match:
        return ()
    first, second, last = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == len("2026"):
        orders = [(first, second, last)]
    else:
        year = last + (2000 if len(match[4]) == len("26") else 0)
        orders = [(year, first, second), (year, second, first)]
    days = {calendar_day(*order) for order in orders}
    return tuple(sorted(day for day in days if day and day.year in VALID_YEARS))


def short_dates(text: str, today: date) -> tuple[date, ...]:
    """Return the days from ``today`` on that a date such as ``12/1`` or ``1.12.`` can mean.

    Empty if the text has no such date, or if the calendar does not have that day.
    """
    match = _SHORT_DATE.search(text)
    if not match:
        return ()
    first, second = int(match[1]), int(match[2])
    days = set()
    for month, number in ((first, second), (second, first)):
        years = (calendar_day(today.year + more, month, number) for more in (0, 1))
        days |= {next((day for day in years if day and day >= today), None)}
    return tuple(sorted(day for day in days if day))


def campaign_file_forms(text: str) -> tuple[str, ...]:
    """Return each reading of a date, a time of day or both, written as in campaign files.

    ``31.12.2026 9am`` becomes ``2026-12-31 09:00``. Empty if the text has anything else in it.
    """
    words = " ".join(text.lower().split())
    day, clock = _ANY_DAY.search(words), ANY_TIME.search(words)
    rest = words.replace(day[0], "", 1) if day else words
    rest = rest.replace(clock[0], "", 1) if clock else rest
    if not (day or clock) or not re.fullmatch(r"[\s,]*(?:at|on|t)?[\s,]*", rest):
        return ()
    offsets = times_of_day(clock["time"]) if clock else ()
    dates: tuple[date, ...] = ()
    if day and (named := CALENDAR.fullmatch(day[0])):
        number, month, year = calendar_parts(named)
        found = calendar_day(year or 0, month, number)
        dates = (found,) if found and found.year in VALID_YEARS else ()
    elif day:
        dates = numeric_dates(day[0])
    midnights = [datetime.combine(date_, time()) for date_ in dates]
    if not day:
        return tuple(f"{datetime.combine(date.min, time()) + at:%H:%M}" for at in offsets[:1])
    if not clock:
        return tuple(f"{midnight:%Y-%m-%d}" for midnight in midnights)
    return tuple(f"{midnight + at:%Y-%m-%d %H:%M}" for midnight in midnights for at in offsets)


def calendar_parts(match: re.Match[str]) -> tuple[int, int, int | None]:
    """Return the day, the month and the year of ``25 nov`` or ``Nov 25th, 2026``."""
    number = int(re.sub(r"\D", "", match[1] or match[4]))
    return number, _MONTH_NUMBERS[match[2] or match[3]], int(match[5]) if match[5] else None


def calendar_day(year: int, month: int, day: int) -> date | None:
    """Return that day, or None if the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def times_of_day(words: str) -> tuple[timedelta, ...]:
    """Return how long after midnight the time can be; empty for 24:00 or 13 pm."""
    if words in ("noon", "midnight"):
        return (NOON,) if words == "noon" else (timedelta(0), MIDNIGHT)
    match = _CLOCK.fullmatch(words)
    assert match
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if minute > 59 or not (1 <= hour <= 12 if half else hour <= 23):  # noqa: PLR2004 - a clock's
        return ()
    if half and hour == 12 and not minute:  # noqa: PLR2004 - 12 am and pm mean noon to some people
        return (timedelta(0) if half == "a" else NOON, MIDNIGHT)
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return (timedelta(hours=hour, minutes=minute),)
