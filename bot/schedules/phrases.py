"""Times as people type them on a command line: ``tomorrow 9:00``, ``25 nov 1pm``, ``in 2 hours``.

A phrase has one reading or several. What two people would read differently is refused, with every
reading in a form that can be typed instead; so is a phrase that leaves the day or the time of day
open. Every reading lies ahead.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.schedules.local_time import (
    MAX_DURATION,
    VALID_YEARS,
    ScheduleError,
    parse_date,
    parse_spoken_duration,
    to_utc,
    zone,
)
from bot.schedules.recurrence import WEEKDAY_NAMES
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterable

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""The names of the months in English, from January."""

_NOON, _MIDNIGHT = timedelta(hours=12), timedelta(hours=24)

_STILL_UP_HOUR = 4
"""Until this hour, *tomorrow* may mean today, to somebody who has not gone to bed."""

_LONG_PAST = timedelta(days=183)
"""A date of this year that is longer past is no mistake: next year's is meant."""

_RELATIVE_DAYS = {"today": 0, "tomorrow": 1, "day after tomorrow": 2, "the day after tomorrow": 2}
_WEEKDAYS = {short: day for day, name in enumerate(WEEKDAY_NAMES) for short in (name, name[:3])}
_WEEKDAYS |= {"tues": 1, "thur": 3, "thurs": 3}
_MONTHS = {
    short: month
    for month, name in enumerate(map(str.lower, MONTHS), 1)
    for short in (name, name[:3])
} | {"sept": 9}

_NUMBER = r"\d{1,2}(?:st|nd|rd|th)?"
_MONTH = "|".join(_MONTHS)
_DATE = rf"(?P<day> {'|'.join(map(re.escape, _RELATIVE_DAYS))} | \d{{4}}-\d\d-\d\d"
_DATE += rf" | (?:(?:on|this|next)\ )? (?:{'|'.join(_WEEKDAYS)})"
_DATE += rf" | (?:on\ )? (?:{_NUMBER}\ (?:{_MONTH}) | (?:{_MONTH})\ {_NUMBER}) (?:,?\ \d{{4}})? )"
_TIME = r"(?P<time> noon | midnight | \d{1,2} (?: :\d\d (?:\ ?[ap]\.?m\.?)? | \ ?[ap]\.?m\.?) )"
_FORMS = tuple(
    re.compile(form, re.VERBOSE)
    for form in (
        rf"{_DATE} (?:,?\ | ,?\ at\ | (?<=\d)t(?=\d)) {_TIME}",
        rf"(?:at\ )? {_TIME} ,?\  {_DATE}",
        _DATE,
        rf"(?:at\ )? {_TIME}",
    )
)
_CALENDAR = re.compile(
    rf"(?:on )?(?:({_NUMBER}) ({_MONTH})|({_MONTH}) ({_NUMBER}))(?:,? (\d{{4}}))?"
)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))? ?(?:([ap])\.?m\.?)?")
_NUMERIC_DATE = re.compile(
    r"(?<![\d/.\-])(\d{1,4})(?P<mark>[/.\-])(\d{1,2})(?P=mark)(\d{1,4})(?![\d/.\-])"
)
_ANY_TIME = re.compile(rf"(?<![\d:.]){_TIME}(?![\d:\w])", re.VERBOSE)
_ANY_DAY = re.compile(rf"{_CALENDAR.pattern}|{_NUMERIC_DATE.pattern}")

_HINT = 'Write a day and a time of day, like "tomorrow 9:00", "monday 10:00" or '
_HINT += '"YYYY-MM-DD HH:MM", or "in 2 hours".'


def parse_phrase(text: str, timezone: str, now: datetime) -> datetime:
    """Return the naive wall-clock time in ``timezone``, after ``now``, that the text means.

    Raises ScheduleError where it means none, several, or one that has passed.
    """
    words = " ".join(text.lower().split())
    here = now.astimezone(zone(timezone)).replace(tzinfo=None)
    if words == "now":
        return _from_now(text, timedelta(0), timedelta(0), timezone, now)
    if words.startswith("in ") and (ahead := parse_spoken_duration(words.removeprefix("in "))):
        if sum(ahead, timedelta(0)) > MAX_DURATION:
            raise ScheduleError(f"{quote_value(text)} is longer than ten years.", "Write a date.")
        return _from_now(text, *ahead, timezone, now)
    day, clock = _day_and_clock(text, words, timezone)
    offsets = _times_of_day(clock)
    if not offsets:
        raise ScheduleError(f"{quote_value(text)} names no time of day that there is.", _HINT)
    days = _possible_days(text, day, here, offsets[0])
    readings = {datetime.combine(day, time()) + at for day in days for at in offsets}
    reading = _single_reading(text, readings, here, timezone)
    if reading.replace(tzinfo=zone(timezone)) <= now:
        hint = f"Write one that is ahead; it is {here:%a %Y-%m-%d %H:%M} in {timezone}."
        raise ScheduleError(f"{quote_value(text)} has passed: {reading:%Y-%m-%d %H:%M}.", hint)
    return reading


def numeric_dates(text: str) -> tuple[date, ...]:
    """Return the days that a date in digits such as ``12/7/2026`` can mean, in order.

    Empty where the text has none, or where it names no day of the calendar.
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
    days = {_calendar_day(*order) for order in orders}
    return tuple(sorted(day for day in days if day and day.year in VALID_YEARS))


def campaign_file_forms(text: str) -> tuple[str, ...]:
    """Return each reading of a date, a time of day or both, written as in campaign files.

    ``31.12.2026 9am`` becomes ``2026-12-31 09:00``. Empty where the text has anything else in it.
    """
    words = " ".join(text.lower().split())
    day, clock = _ANY_DAY.search(words), _ANY_TIME.search(words)
    rest = words.replace(day[0], "", 1) if day else words
    rest = rest.replace(clock[0], "", 1) if clock else rest
    if not (day or clock) or not re.fullmatch(r"[\s,]*(?:at|on|t)?[\s,]*", rest):
        return ()
    offsets = _times_of_day(clock["time"]) if clock else ()
    dates: tuple[date, ...] = ()
    if day and (named := _CALENDAR.fullmatch(day[0])):
        number, month, year = _calendar_parts(named)
        found = _calendar_day(year or 0, month, number)
        dates = (found,) if found and found.year in VALID_YEARS else ()
    elif day:
        dates = numeric_dates(day[0])
    midnights = [datetime.combine(date_, time()) for date_ in dates]
    if not day:
        return tuple(f"{datetime.combine(date.min, time()) + at:%H:%M}" for at in offsets[:1])
    if not clock:
        return tuple(f"{midnight:%Y-%m-%d}" for midnight in midnights)
    return tuple(f"{midnight + at:%Y-%m-%d %H:%M}" for midnight in midnights for at in offsets)


def _calendar_parts(match: re.Match[str]) -> tuple[int, int, int | None]:
    """Return the day, the month and the year of ``25 nov`` or ``Nov 25th, 2026``."""
    number = int(re.sub(r"\D", "", match[1] or match[4]))
    return number, _MONTHS[match[2] or match[3]], int(match[5]) if match[5] else None


def _calendar_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _single_reading(
    text: str, readings: Iterable[datetime], here: datetime, timezone: str
) -> datetime:
    """Return the only reading. Raises ScheduleError with all of them where there are several."""
    ordered = sorted(readings)
    if len(ordered) == 1:
        return ordered[0]
    listed = " or ".join(
        f"{reading:%a %Y-%m-%d %H:%M}{' (passed)' * (reading <= here)}" for reading in ordered
    )
    ahead = " or ".join(f'"{reading:%Y-%m-%d %H:%M}"' for reading in ordered if reading > here)
    hint = f"Write {ahead or 'one that is ahead'}; it is {here:%a %Y-%m-%d %H:%M} in {timezone}."
    raise ScheduleError(f"{quote_value(text)} can mean {listed}.", hint)


# --- A day and a time of day ----------------------------------------------------------------------


def _day_and_clock(text: str, words: str, timezone: str) -> tuple[str, str]:
    match = next(filter(None, (form.fullmatch(words) for form in _FORMS)), None)
    named = match.groupdict() if match else {}
    if "day" in named and "time" in named:
        return named["day"], named["time"]
    hint = f"{_HINT} Times are those of {timezone}."
    if named:
        missing = "day" if "time" in named else "time of day"
        raise ScheduleError(f"{quote_value(text)} names no {missing}.", hint)
    if days := [day.isoformat() for day in numeric_dates(words)]:
        does = f"can mean {' or '.join(days)}" if len(days) > 1 else "has its date in another form"
        raise ScheduleError(
            f"{quote_value(text)} {does}.", f"Write {' or '.join(days)} and a time of day."
        )
    raise ScheduleError(f"{quote_value(text)} names no time that is certain.", hint)


def _times_of_day(words: str) -> tuple[timedelta, ...]:
    """Return how long after midnight the time can be; empty for 24:00 or 13 pm."""
    if words in ("noon", "midnight"):
        return (_NOON,) if words == "noon" else (timedelta(0), _MIDNIGHT)
    match = _CLOCK.fullmatch(words)
    assert match
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if minute > 59 or not (1 <= hour <= 12 if half else hour <= 23):  # noqa: PLR2004 - a clock's
        return ()
    if half and hour == 12 and not minute:  # noqa: PLR2004 - people differ on what 12 am and pm are
        return (timedelta(0) if half == "a" else _NOON, _MIDNIGHT)
    hour = hour % 12 + 12 * (half == "p") if half else hour
    return (timedelta(hours=hour, minutes=minute),)


def _possible_days(text: str, words: str, here: datetime, clock: timedelta) -> set[date]:
    """Return the days that the words can mean."""
    today = here.date()
    if words in _RELATIVE_DAYS:
        ahead = _RELATIVE_DAYS[words]
        still_up = bool(ahead) and here.hour < _STILL_UP_HOUR
        return {today + timedelta(days=days) for days in range(ahead - still_up, ahead + 1)}
    *which, name = words.split()
    if name in _WEEKDAYS:
        ahead = (_WEEKDAYS[name] - today.weekday()) % 7
        offsets = {ahead} if ahead or which == ["this"] else {0, 7}
        if which == ["next"]:
            # The nearest one, or that of the week after this one; weeks begin on Monday or Sunday.
            to_monday, to_sunday = 7 - today.weekday(), (6 - today.weekday()) % 7 or 7
            weeks = (start + (ahead - start) % 7 for start in (to_monday, to_sunday))
            offsets = {ahead or 7, *weeks}
        return {today + timedelta(days=days) for days in offsets}
    if match := _CALENDAR.fullmatch(words):
        return _calendar_days(text, match, here, clock)
    return {parse_date(words)}


def _calendar_days(text: str, match: re.Match[str], here: datetime, clock: timedelta) -> set[date]:
    """Return the day of ``25 nov``: this year's, next year's, or both where it just passed."""
    number, month, year = _calendar_parts(match)
    if year is not None:
        return {parse_date(f"{year:04}-{month:02}-{number:02}")}
    this, following = (_calendar_day(here.year + more, month, number) for more in (0, 1))
    if this is None:
        message = f"{quote_value(text)}: there is no {number} {MONTHS[month - 1]} in {here.year}."
        raise ScheduleError(message, "Write the date with its year, as YYYY-MM-DD.")
    past = here - datetime.combine(this, time()) - clock
    if past < timedelta(0) or following is None:
        return {this}
    return {following} if past > _LONG_PAST else {this, following}


# --- From now on ----------------------------------------------------------------------------------


def _from_now(
    text: str, days: timedelta, rest: timedelta, timezone: str, now: datetime
) -> datetime:
    """Return the full minute that is so long from now, or the next one after that."""
    home = zone(timezone)
    here = now.astimezone(home).replace(tzinfo=None)
    same_clock = to_utc(here + days, timezone, one_off=False) if days else now
    due = set()
    for start in (now + days, same_clock):
        minute = (start + rest).replace(second=0, microsecond=0)
        if minute < start + rest or minute <= now:
            minute += timedelta(minutes=1)
        due.add(minute.astimezone(home))
    local = _single_reading(text, {moment.replace(tzinfo=None) for moment in due}, here, timezone)
    if any(moment.fold for moment in due):
        hint = "A campaign file means the first; name a time before or after it."
        message = (
            f"{quote_value(text)} is {local:%Y-%m-%d %H:%M}, which comes twice; it is the second."
        )
        raise ScheduleError(message, hint)
    return local
