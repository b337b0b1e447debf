"""Times as people type them on a command line, as ``tomorrow 9:00``, ``25 nov 1pm``. Pure.

A phrase that two people would read differently is refused, with every reading in a form that can be
typed instead. So is a phrase that leaves the day or the time of day open. Every reading lies ahead.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.schedules.local_time import (
    MAX_DURATION,
    ScheduleError,
    parse_date,
    parse_spoken_duration,
    to_utc,
    zone,
)
from bot.schedules.recurrence import WEEKDAY_NAMES
from bot.schedules.written_dates import (
    ANY_TIME,
    CALENDAR,
    MONTH,
    MONTHS,
    NUMBER,
    calendar_day,
    calendar_parts,
    numeric_dates,
    short_dates,
    times_of_day,
)
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_STILL_UP_HOUR = 4
"""Until this hour, *tomorrow* may mean today, to somebody who has not gone to bed."""

_LONG_PAST = timedelta(days=183)
"""A date that passed this long ago or longer is not a mistake. It means next year's."""

_HALF_DAY = timedelta(hours=12)
_EARLY = timedelta(hours=7)
"""*monday 9* is 9:00, but *monday 5* may well be 17:00. Times before this hour are not certain."""

_PARTS_OF_DAY = {"morning": (4, 12), "afternoon": (12, 19), "evening": (16, 25), "night": (17, 28)}
"""The hours, from and until, that people call so. A night ends on the next day."""

_RELATIVE_DAYS = {"today": 0, "tomorrow": 1, "day after tomorrow": 2, "the day after tomorrow": 2}
_WEEKDAYS = {short: day for day, name in enumerate(WEEKDAY_NAMES) for short in (name, name[:3])}
_WEEKDAYS |= {"tues": 1, "thur": 3, "thurs": 3}
_WEEKDAY = "|".join(_WEEKDAYS)

_NAMED_DATE = rf"(?:{NUMBER}\ (?:{MONTH}) | (?:{MONTH})\ {NUMBER})"
_DATE = rf"(?P<day> {'|'.join(map(re.escape, _RELATIVE_DAYS))} | \d{{4}}-\d\d-\d\d"
_DATE += rf" | (?:(?:on|this|next)\ )? (?:{_WEEKDAY}) | (?:on\ )? {_NAMED_DATE} (?:,?\ \d{{4}})? )"
_DATE += rf"(?:\ (?P<part> {'|'.join(_PARTS_OF_DAY)} ))?"
# A dot is between hours and minutes only if it cannot be between a day and a month, as in 18.30.
_TIME = r"(?P<time> noon | midday | midnight"
_TIME += r" | \d{1,2} (?: (?: :\d\d | \.(?:00|1[3-9]|[2-5]\d) )? (?:\ ?[ap]\.?m\.?)? ) )"
_FORMS = tuple(
    re.compile(form, re.VERBOSE)
    for form in (
        rf"{_DATE} (?:,?\ | ,?\ (?P<at>at)\ | (?<=\d)t(?=\d)) {_TIME}",
        rf"(?P<at>at\ )? {_TIME} ,?\  {_DATE}",
        _DATE,
        rf"(?:at\ )? {_TIME}",
    )
)
_WEEKDAY_OF_DATE = re.compile(
    rf"(?:on\ )? \b ({_WEEKDAY}) ,?\ (?= \d{{4}}-\d\d-\d\d | {_NAMED_DATE} )", re.VERBOSE
)
_IN_FULL = re.compile(r"\d{4}-\d\d-\d\d[t ]\d{1,2}:\d\d")

_ZONE = re.compile(
    r"(?<=[\dm])(?::\d\d)? ?(?:z|utc|gmt|[a-z]{2,3}t|[a-z]+/[a-z_]+|[+-]\d\d(?::?\d\d)?)$"
)
"""A timezone or an offset after a time of day, with the seconds before it."""

_NEXT_SLOT = re.compile(r"(?:in )?(?:the )?next (?:free )?(?:queue )?slot|slot|slot: ?next")

_HINT = 'Write a day and a time of day, like "tomorrow 9:00", "monday 10:00" or '
_HINT += '"YYYY-MM-DD HH:MM", or "in 2 hours".'


def means_next_slot(text: str) -> bool:
    """Return whether the text asks for the next free queue slot."""
    return bool(_NEXT_SLOT.fullmatch(_words(text)))


def describe_reading(text: str, local: datetime, timezone: str) -> str:
    """Return a sentence on how a phrase was read, or "" for a time that was written in full."""
    home = zone(timezone)
    first, second = (local.replace(tzinfo=home, fold=fold).astimezone(UTC) for fold in (0, 1))
    twice = ", the first time that the clocks show it" if first < second else ""
    if _IN_FULL.fullmatch(_words(text)) and not twice:
        return ""
    return f"{quote_value(text)} is read as {local:%a %Y-%m-%d %H:%M} ({timezone}){twice}."


def parse_phrase(text: str, timezone: str, now: datetime) -> datetime:
    """Return the naive wall-clock time in ``timezone``, after ``now``, that the text means.

    Raise ScheduleError if it means no time, several, or one that has passed.
    """
    words = _words(text)
    here = now.astimezone(zone(timezone)).replace(tzinfo=None)
    if words == "now":
        return _from_now(text, timedelta(0), timedelta(0), timezone, now)
    ahead = re.fullmatch("in (.+)|(.+) from now", words)
    if ahead and (length := parse_spoken_duration(ahead[1] or ahead[2])):
        if sum(length, timedelta(0)) > MAX_DURATION:
            raise ScheduleError(f"{quote_value(text)} is longer than ten years.", "Write a date.")
        return _from_now(text, *length, timezone, now)
    dated = _WEEKDAY_OF_DATE.search(words)
    named = _named_parts(text, _WEEKDAY_OF_DATE.sub("", words), timezone, here.date())
    offsets = _offsets(named)
    if not offsets:
        raise ScheduleError(f"{quote_value(text)} names a time of day that does not exist.", _HINT)
    days = _possible_days(text, named, here, offsets[0])
    readings = {datetime.combine(day, time()) + at for day in days for at in offsets}
    if named["day"] == "today" and named["part"]:  # tonight, said after midnight
        readings = {reading for reading in readings if reading > here} or readings
    reading = _single_reading(text, readings, here, timezone)
    if reading.replace(tzinfo=zone(timezone)) <= now:
        hint = f"Write one that is ahead; it is {here:%a %Y-%m-%d %H:%M} in {timezone}."
        raise ScheduleError(f"{quote_value(text)} has passed: {reading:%Y-%m-%d %H:%M}.", hint)
    if dated and all(day.weekday() != _WEEKDAYS[dated[1]] for day in days):
        hint = f"Write {' or '.join(f'{day:%a %Y-%m-%d}' for day in sorted(days))}, or another day."
        raise ScheduleError(f"{quote_value(text)} names a date that is another weekday.", hint)
    return reading


def _words(text: str) -> str:
    """Return the text in lower case, with one form for *tonight* and *this evening*."""
    words = " ".join(text.lower().split())
    words = re.sub(r"\btonight\b", "today night", words)
    return re.sub(r"\bthis (?=morning|afternoon|evening)", "today ", words)


def _single_reading(
    text: str, readings: Iterable[datetime], here: datetime, timezone: str
) -> datetime:
    """Return the only reading. Raise ScheduleError with all of them if there are several."""
    ordered = sorted(readings)
    if len(ordered) == 1:
        return ordered[0]
    listed = " or ".join(
        f"{reading:%a %Y-%m-%d %H:%M}{' (passed)' if reading <= here else ''}"
        for reading in ordered
    )
    ahead = " or ".join(f'"{reading:%Y-%m-%d %H:%M}"' for reading in ordered if reading > here)
    hint = f"Write {ahead or 'one that is ahead'}; it is {here:%a %Y-%m-%d %H:%M} in {timezone}."
    raise ScheduleError(f"{quote_value(text)} can mean {listed}.", hint)


# --- A day and a time of day ----------------------------------------------------------------------


def _named_parts(text: str, words: str, timezone: str, today: date) -> dict[str, str]:
    """Return the ``day``, the ``part`` of it, the ``time``, and the ``at`` before it, if any.

    Raise ScheduleError if the day or the time of day is missing or uncertain.
    """
    named = _parts_of(words)
    if "day" in named and "time" in named:
        is_date = CALENDAR.fullmatch(named["day"]) is not None
        if not (is_date and named["time"].isdigit() and not named["at"]):  # 9 dec 1
            return named
        named = {}
    hint = f"{_HINT} Times are those of {timezone}."
    if named:
        missing = "day" if "time" in named else "time of day"
        raise ScheduleError(f"{quote_value(text)} does not name the {missing}.", hint)
    without_zone = _ZONE.sub("", words)
    if without_zone != words and _parts_of(without_zone).get("time"):
        there = f"Times are those of {timezone}. Write the time there, without a zone."
        raise ScheduleError(f"{quote_value(text)} names a timezone.", there)
    days = numeric_dates(words) or (() if words.startswith("in ") else short_dates(words, today))
    if days:
        dates = " or ".join(map(str, days))
        does = f"can mean {dates}" if len(days) > 1 else "has its date in another form"
        clock = ANY_TIME.search(words)
        at = times_of_day(clock["time"])[:1] if clock else ()
        typed = [f'"{day} {datetime.combine(today, time()) + at[0]:%H:%M}"' for day in days if at]
        hint = " or ".join(typed) if typed else f"{dates} and a time of day"
        raise ScheduleError(f"{quote_value(text)} {does}.", f"Write {hint}.")
    raise ScheduleError(f"{quote_value(text)} does not say exactly when.", hint)


def _parts_of(words: str) -> dict[str, str]:
    match = next(filter(None, (form.fullmatch(words) for form in _FORMS)), None)
    return {name: said or "" for name, said in match.groupdict().items()} if match else {}


def _offsets(named: Mapping[str, str]) -> tuple[timedelta, ...]:
    """Return how long after midnight the time of day can be; empty if there is no such time."""
    words = re.sub(r"(?<=\d)\.(?=\d)", ":", named["time"].replace("midday", "noon"))
    offsets = times_of_day(words)
    if not offsets or not named["part"]:
        unclear = words.isdigit() and any(timedelta(0) < at < _EARLY for at in offsets)
        return (*offsets, *(at + _HALF_DAY for at in offsets)) if unclear else offsets
    on_12_hours = not re.search("[a-z]", words) and offsets[0] <= _HALF_DAY
    later = {timedelta(0), 2 * _HALF_DAY}
    if on_12_hours:
        later.add(_HALF_DAY)
    first, last = (timedelta(hours=hour) for hour in _PARTS_OF_DAY[named["part"]])
    found = {at + more for at in offsets for more in later}
    return tuple(sorted(at for at in found if first <= at < last))


def _possible_days(
    text: str, named: Mapping[str, str], here: datetime, clock: timedelta
) -> set[date]:
    """Return the days that the words can mean."""
    today, words = here.date(), named["day"]
    if words in _RELATIVE_DAYS:
        ahead = _RELATIVE_DAYS[words]
        still_up = bool(ahead or named["part"]) and here.hour < _STILL_UP_HOUR
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
    if match := CALENDAR.fullmatch(words):
        return _calendar_days(text, match, here, clock)
    return {parse_date(words)}


def _calendar_days(text: str, match: re.Match[str], here: datetime, clock: timedelta) -> set[date]:
    """Return the days that ``25 nov`` can mean, this year's or next year's or both."""
    number, month, year = calendar_parts(match)
    if year is not None:
        return {parse_date(f"{year:04}-{month:02}-{number:02}")}
    this, following = (calendar_day(here.year + more, month, number) for more in (0, 1))
    if this is None:
        named = f"{number} {MONTHS[month - 1]}"
        message = f"{quote_value(text)} names {named}, which does not exist in {here.year}."
        raise ScheduleError(message, "Write the date with its year, as YYYY-MM-DD.")
    past = here - datetime.combine(this, time()) - clock
    if past < timedelta(0) or following is None:
        return {this}
    return {following} if past > _LONG_PAST else {this, following}


# --- From now on ----------------------------------------------------------------------------------


def _from_now(
    text: str, days: timedelta, rest: timedelta, timezone: str, now: datetime
) -> datetime:
    """Return the first full minute that is at least that long from now. Raise ScheduleError."""
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
        message = f"{quote_value(text)} is {local:%Y-%m-%d %H:%M}, which comes twice; it is "
        message += "the second."
        raise ScheduleError(message, hint)
    return local
