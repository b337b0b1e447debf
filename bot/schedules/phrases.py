"""Times as people type them on a command line: ``tomorrow 9:00``, ``25 nov 1pm``, ``in 2 hours``.

A phrase has one reading or several. What two people would read differently is refused, with every
reading in a form that can be typed instead; so is what leaves the day or the time of day to be
guessed. Whatever is read lies ahead.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.schedules.rules import NAMES
from bot.schedules.wall import LONGEST, YEARS, ScheduleError, parse_date, place, quoted, zone

if TYPE_CHECKING:
    from collections.abc import Iterable

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""The names of the months in English, from January."""

_DAY = timedelta(days=1)
_NOON, _MIDNIGHT = timedelta(hours=12), timedelta(hours=24)

_STILL_UP = 4
"""Until this hour, *tomorrow* may be meant by somebody for whom the day has not ended."""

_LONG_PAST = timedelta(days=183)
"""A date of this year that is longer past is nobody's slip: next year's is meant."""

_RELATIVE = {"today": 0, "tomorrow": 1, "day after tomorrow": 2, "the day after tomorrow": 2}
_WEEKDAYS = {short: day for day, name in enumerate(NAMES) for short in (name, name[:3])}
_WEEKDAYS |= {"tues": 1, "thur": 3, "thurs": 3}
_MONTHS = {
    short: month
    for month, name in enumerate(map(str.lower, MONTHS), 1)
    for short in (name, name[:3])
} | {"sept": 9}

_NUMBER = r"\d{1,2}(?:st|nd|rd|th)?"
_MONTH = "|".join(_MONTHS)
_DATE = rf"(?P<day> {'|'.join(map(re.escape, _RELATIVE))} | \d{{4}}-\d\d-\d\d"
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
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = r"(?:\d{1,4} ?|an? )(?:minutes?|mins?|m|hours?|h|days?|d|weeks?|w)\b"
_SPANS = re.compile(rf"in {_SPAN}(?:(?:, and |, | and | ){_SPAN})*")
_IN_DIGITS = re.compile(
    r"(?<![\d/.\-])(\d{1,4})(?P<mark>[/.\-])(\d{1,2})(?P=mark)(\d{1,4})(?![\d/.\-])"
)
_A_TIME = re.compile(rf"(?<![\d:.]){_TIME}(?![\d:\w])", re.VERBOSE)
_A_DAY = re.compile(rf"{_CALENDAR.pattern}|{_IN_DIGITS.pattern}")

_WRITE = 'Write a day and a time of day, like "tomorrow 9:00", "monday 10:00" or '
_WRITE += '"YYYY-MM-DD HH:MM", or "in 2 hours".'


def read_phrase(text: str, timezone: str, now: datetime) -> datetime:
    """Return the naive wall-clock time of ``timezone``, after ``now``, that the words mean.

    Raises ScheduleError where they mean none, several, or one that has passed.
    """
    words = " ".join(text.lower().split())
    here = now.astimezone(zone(timezone)).replace(tzinfo=None)
    if words == "now" or _SPANS.fullmatch(words):
        return _from_now(text, words, timezone, now)
    day, clock = _day_and_clock(text, words, timezone)
    offsets = _times_of_day(clock)
    if not offsets:
        raise ScheduleError(f"{quoted(text)} names no time of day that there is.", _WRITE)
    days = _days(text, day, here, offsets[0])
    readings = {datetime.combine(day, time()) + at for day in days for at in offsets}
    found = _only(text, readings, here, timezone)
    if found.replace(tzinfo=zone(timezone)) <= now:
        hint = f"Write one that is ahead; it is {here:%a %Y-%m-%d %H:%M} in {timezone}."
        raise ScheduleError(f"{quoted(text)} has passed: {found:%Y-%m-%d %H:%M}.", hint)
    return found


def numeric_dates(text: str) -> tuple[date, ...]:
    """Return the days that a date in digits such as ``12/7/2026`` can mean, in order.

    Nothing where there is none in the text, or where it names no day of the calendar.
    """
    found = _IN_DIGITS.search(text)
    if not found:
        return ()
    first, second, last = int(found[1]), int(found[3]), int(found[4])
    if len(found[1]) == len("2026"):
        orders = [(first, second, last)]
    else:
        year = last + (2000 if len(found[4]) == len("26") else 0)
        orders = [(year, first, second), (year, second, first)]
    days = {_calendar_day(*order) for order in orders}
    return tuple(sorted(day for day in days if day and day.year in YEARS))


def rewritten(text: str) -> tuple[str, ...]:
    """Return a date, a time of day or both as campaign files have them: each reading of a text.

    ``31.12.2026 9am`` becomes ``2026-12-31 09:00``. Nothing where the text says anything else.
    """
    words = " ".join(text.lower().split())
    day, clock = _A_DAY.search(words), _A_TIME.search(words)
    rest = words.replace(day[0], "", 1) if day else words
    rest = rest.replace(clock[0], "", 1) if clock else rest
    if not (day or clock) or not re.fullmatch(r"[\s,]*(?:at|on|t)?[\s,]*", rest):
        return ()
    offsets = _times_of_day(clock["time"]) if clock else ()
    nights = [datetime.combine(one, time()) for one in (_dates(day[0]) if day else ())]
    if not day:
        return tuple(f"{datetime.combine(date.min, time()) + at:%H:%M}" for at in offsets[:1])
    if not clock:
        return tuple(f"{night:%Y-%m-%d}" for night in nights)
    return tuple(f"{night + at:%Y-%m-%d %H:%M}" for night in nights for at in offsets)


def _dates(words: str) -> tuple[date, ...]:
    found = _CALENDAR.fullmatch(words)
    if not found:
        return numeric_dates(words)
    number = int(re.sub(r"\D", "", found[1] or found[4]))
    day = _calendar_day(int(found[5] or 0), _MONTHS[found[2] or found[3]], number)
    return (day,) if day and day.year in YEARS else ()


def _calendar_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _only(text: str, readings: Iterable[datetime], here: datetime, timezone: str) -> datetime:
    """Return the only reading, where it is the only one. Raises ScheduleError with all of them."""
    found = sorted(readings)
    if len(found) == 1:
        return found[0]
    listed = " or ".join(
        f"{reading:%a %Y-%m-%d %H:%M}{' (passed)' * (reading <= here)}" for reading in found
    )
    ahead = " or ".join(f'"{reading:%Y-%m-%d %H:%M}"' for reading in found if reading > here)
    hint = f"Write {ahead or 'one that is ahead'}; it is {here:%a %Y-%m-%d %H:%M} in {timezone}."
    raise ScheduleError(f"{quoted(text)} can mean {listed}.", hint)


# --- A day and a time of day ----------------------------------------------------------------------


def _day_and_clock(text: str, words: str, timezone: str) -> tuple[str, str]:
    found = next(filter(None, (form.fullmatch(words) for form in _FORMS)), None)
    named = found.groupdict() if found else {}
    if "day" in named and "time" in named:
        return named["day"], named["time"]
    hint = f"{_WRITE} Times are those of {timezone}."
    if named:
        missing = "day" if "time" in named else "time of day"
        raise ScheduleError(f"{quoted(text)} names no {missing}.", hint)
    if days := [day.isoformat() for day in numeric_dates(words)]:
        does = f"can mean {' or '.join(days)}" if len(days) > 1 else "has its date in another form"
        raise ScheduleError(
            f"{quoted(text)} {does}.", f"Write {' or '.join(days)} and a time of day."
        )
    raise ScheduleError(f"{quoted(text)} names no time that is certain.", hint)


def _times_of_day(words: str) -> tuple[timedelta, ...]:
    """Return how long after a day's beginning the time can be; nothing for 24:00 or 13 pm."""
    if words in ("noon", "midnight"):
        return (_NOON,) if words == "noon" else (timedelta(0), _MIDNIGHT)
    found = _CLOCK.fullmatch(words)
    assert found
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if minute > 59 or not (1 <= hour <= 12 if half else hour <= 23):  # noqa: PLR2004 - a clock's
        return ()
    if half and hour == 12 and not minute:  # noqa: PLR2004 - people differ on what 12 am and pm are
        return (timedelta(0) if half == "a" else _NOON, _MIDNIGHT)
    hour = hour % 12 + 12 * (half == "p") if half else hour
    return (timedelta(hours=hour, minutes=minute),)


def _days(text: str, words: str, here: datetime, clock: timedelta) -> set[date]:
    """Return the days that the words can mean."""
    today = here.date()
    if words in _RELATIVE:
        ahead = _RELATIVE[words]
        still_up = bool(ahead) and here.hour < _STILL_UP
        return {today + number * _DAY for number in range(ahead - still_up, ahead + 1)}
    *which, name = words.split()
    if name in _WEEKDAYS:
        ahead = (_WEEKDAYS[name] - today.weekday()) % 7
        return {today + number * _DAY for number in _weekday(which, ahead, today.weekday())}
    if found := _CALENDAR.fullmatch(words):
        return _of_calendar(text, found, here, clock)
    return {parse_date(words)}


def _weekday(which: list[str], ahead: int, today: int) -> set[int]:
    """Return in how many days a weekday can be that comes, or is, ``ahead`` days from today.

    *next* can be the nearest one, or that of the week after this one; and weeks begin on Monday or
    on Sunday.
    """
    if which == ["this"]:
        return {ahead}
    if which != ["next"]:
        return {ahead} if ahead else {0, 7}
    to_monday, to_sunday = 7 - today, (6 - today) % 7 or 7
    weeks = (start + (ahead - start) % 7 for start in (to_monday, to_sunday))
    return {ahead or 7, *weeks}


def _of_calendar(text: str, found: re.Match[str], here: datetime, clock: timedelta) -> set[date]:
    """Return the day of ``25 nov``: this year's, next year's, or both where it just passed."""
    number = re.sub(r"\D", "", found[1] or found[4])
    month = _MONTHS[found[2] or found[3]]
    if found[5]:
        return {parse_date(f"{found[5]}-{month:02}-{int(number):02}")}
    this, following = (_calendar_day(here.year + more, month, int(number)) for more in (0, 1))
    if this is None:
        message = f"{quoted(text)}: there is no {number} {MONTHS[month - 1]} in {here.year}."
        raise ScheduleError(message, "Write the date with its year, as YYYY-MM-DD.")
    past = here - datetime.combine(this, time()) - clock
    if past < timedelta(0) or following is None:
        return {this}
    return {following} if past > _LONG_PAST else {this, following}


# --- From now on ----------------------------------------------------------------------------------


def _from_now(text: str, words: str, timezone: str, now: datetime) -> datetime:
    """Return the minute that is so long from now, or begins next after that."""
    spans = re.findall(r"(?:(\d+) ?|\ban? )([mhdw])[a-z]*", words)
    lengths = [timedelta(**{_UNITS[unit]: int(n or 1)}) for n, unit in spans]
    if sum(lengths, timedelta(0)) > LONGEST:
        raise ScheduleError(f"{quoted(text)} is longer than ten years.", "Write a date.")
    by_calendar = (one for one, (_, unit) in zip(lengths, spans, strict=True) if unit in "dw")
    days = sum(by_calendar, timedelta(0))
    rest = sum(lengths, timedelta(0)) - days
    home = zone(timezone)
    here = now.astimezone(home).replace(tzinfo=None)
    same_clock = place(here + days, timezone, one_off=False) if days else now
    due = {_next_minute(start + rest, now).astimezone(home) for start in (now + days, same_clock)}
    local = _only(text, {moment.replace(tzinfo=None) for moment in due}, here, timezone)
    if any(moment.fold for moment in due):
        hint = "A campaign file means the first; name a time before or after it."
        message = f"{quoted(text)} is {local:%Y-%m-%d %H:%M}, which comes twice; it is the second."
        raise ScheduleError(message, hint)
    return local


def _next_minute(due: datetime, now: datetime) -> datetime:
    """Return ``due``, or the full minute after it; and never ``now`` itself."""
    minute = due.replace(second=0, microsecond=0)
    return minute if minute >= due and minute > now else minute + timedelta(minutes=1)
