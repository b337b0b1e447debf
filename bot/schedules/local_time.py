"""Times and lengths of time as people write them, and the instants that they mean in a timezone.

A wall-clock time that a zone has twice (clocks go back) means the first. One that it does not have
(clocks go forward) is refused or moved, as the caller asks.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.text import quote_value

VALID_YEARS = range(2000, 2100)
"""Years that a campaign can mean. Any other is a typing error."""

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LOCAL = re.compile(
    rf"({_DATE})[T ]([0-9]{{1,2}}:[0-9]{{2}})(:[0-9]{{2}})?(?: ?(Z|[+-][0-9]{{2}}:?[0-9]{{2}}))?"
)
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
# Some systems have these, too. They mean another time elsewhere, or count leap seconds.
_NOT_ZONES = re.compile(r"(right|posix)/.*|localtime|posixrules|Factory")


class ScheduleError(ValueError):
    """A time or rule that cannot be used, with a hint on what to write instead.

    ``code`` is the code of the problem in a campaign file.
    """

    def __init__(self, message: str, hint: str = "", code: str = "S604") -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.message = message
        self.hint = hint
        self.code = code


def zone(name: str) -> ZoneInfo:
    """Return the timezone of that name. Raise ScheduleError with the nearest known name."""
    try:
        if not _NOT_ZONES.fullmatch(name):
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    hint = "Write it as region and city, for example America/New_York."
    names = sorted(item for item in available_timezones() if not _NOT_ZONES.fullmatch(item))
    spelled = {item.casefold(): item for item in names}
    cities = {item.casefold().rpartition("/")[2]: item for item in names if "/" in item}
    wanted = name.strip().replace(" ", "_").casefold()
    for known in (cities, spelled):  # a near whole name counts for more than a near city
        if near := get_close_matches(wanted, known, n=1, cutoff=0.75):
            hint = f"Did you mean {known[near[0]]}?"
    raise ScheduleError(f"There is no timezone {quote_value(name)}.", hint)


_FIXED_OFFSET = re.compile(
    r"EST|MST|HST|Etc/(?:GMT|UTC)[+-]?\d*|(?:GMT|UTC)[+-]?\d+", re.IGNORECASE
)
"""Zones without a place. Their offset stays the same all year, and Etc/GMT+5 is behind UTC."""

_MEANT_BY = (
    ("est edt et eastern", "America/New_York"),
    ("cst cdt ct central", "America/Chicago"),
    ("mst mdt mt mountain", "America/Denver"),
    ("pst pdt pt pacific", "America/Los_Angeles"),
    ("akst akdt alaska", "America/Anchorage"),
    ("hst hawaii", "Pacific/Honolulu"),
    ("bst uk", "Europe/London"),
    ("ist", "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem"),
)
"""Short names of zones that people write, and the zones that they most often mean."""


def parse_zone(text: str) -> ZoneInfo:
    """Return the timezone that a person names. Raise ScheduleError for one without a place.

    ``EST`` is a zone without summer time. Its posts would be an hour late from March on.
    """
    name = text.strip()
    words = name.casefold().replace("_", " ").removesuffix(" time").removesuffix(" standard")
    meant = next((known for said, known in _MEANT_BY if words in said.split()), "")
    if _FIXED_OFFSET.fullmatch(name) and name.upper() not in {"ETC/UTC", "ETC/GMT"}:
        message = f"{quote_value(name)} has the same offset all year, and no summer time."
        hint = f"Write {meant or 'region and city, for example America/New_York'}, or UTC."
        raise ScheduleError(message, hint)
    if meant:
        message = f"{quote_value(name)} is not the full name of a timezone."
        raise ScheduleError(message, f"Write region and city: {meant}.")
    return zone(name)


def format_local(instant: datetime, timezone: str) -> str:
    """Return an instant as a place's clock shows it, with its weekday and the zone's letters."""
    return f"{instant.astimezone(zone(timezone)):%a %Y-%m-%d %H:%M %Z}"


def to_utc(local: datetime, timezone: str, *, one_off: bool) -> datetime:
    """Return the UTC instant of a naive wall-clock time.

    A time that the zone has twice means the first. One that it skips moves forward by as much as
    the clocks do. For a ``one_off``, whose author meant one exact time, raise ScheduleError.
    """
    home = zone(timezone)
    instant = local.replace(tzinfo=home, fold=0).astimezone(UTC)
    if not one_off or instant.astimezone(home).replace(tzinfo=None) == local:
        return instant
    near = sorted(local.replace(tzinfo=home, fold=fold).astimezone(UTC) for fold in (0, 1))
    choice = " or ".join(
        f"{meant.astimezone(home):%Y-%m-%d %H:%M} ({meant:%Y-%m-%d %H:%M} UTC)" for meant in near
    )
    message = f"{local:%Y-%m-%d %H:%M} does not exist in {home.key}: the clocks skip it."
    raise ScheduleError(message, f"Write {choice}.", "S603")


def local_days(start: datetime, end: datetime, timezone: str) -> tuple[date, date]:
    """Return the first and last local day whose times may fall in [start, end).

    Two days are added on both sides. No zone moves its clocks by more than a day, but Pacific/Apia
    and Kwajalein skipped a whole one.
    """
    home, spare = zone(timezone), timedelta(days=2)
    return (start.astimezone(home) - spare).date(), (end.astimezone(home) + spare).date()


def parse_local(text: str) -> datetime:
    """Return ``2022-07-12 09:00`` as a naive time, or in UTC if it has an offset or ``Z``.

    Raise ScheduleError for anything else.
    """
    match = _LOCAL.fullmatch(text.strip())
    if not match:
        hint = "Write it as YYYY-MM-DD HH:MM."
        raise ScheduleError(f"{quote_value(text)} is not a date and time.", hint)
    day, clock, seconds, offset = match.groups()
    moment = datetime.combine(parse_date(day), parse_clock(clock))
    try:
        written = f"{moment:%Y-%m-%dT%H:%M}{seconds or ':00'}{offset or ''}"
        local = datetime.fromisoformat(written)
    except ValueError:
        message = f"{quote_value(text)} is not a date and time."
        raise ScheduleError(message, "Correct the last part.") from None
    return local.astimezone(UTC) if offset else local


def parse_date(text: str) -> date:
    """Return the day of ``2026-11-25``. Raise ScheduleError, also outside ``VALID_YEARS``."""
    day = text.strip()
    hint = "Write it as YYYY-MM-DD."
    if not re.fullmatch(_DATE, day):
        raise ScheduleError(f"{quote_value(text)} is not a date.", hint)
    try:
        parsed = date.fromisoformat(day)
    except ValueError:
        raise ScheduleError(f"There is no day {quote_value(text)} in the calendar.", hint) from None
    if parsed.year not in VALID_YEARS:
        first, last = VALID_YEARS[0], VALID_YEARS[-1]
        raise ScheduleError(f"{quote_value(text)} is not a year from {first} to {last}.", hint)
    return parsed


def parse_clock(text: str) -> time:
    """Return the time of ``09:00`` or ``9:00``, on the clock of 24 hours. Raise ScheduleError."""
    match = _CLOCK.fullmatch(text.strip())
    hour, minute = map(int, match.groups()) if match else (24, 0)
    try:
        return time(hour, minute)
    except ValueError:
        hint = "Write hours 00 to 23 and minutes, as 09:00 or 17:30."
        raise ScheduleError(f"{quote_value(text)} is not a time of day.", hint) from None


MAX_DURATION = timedelta(days=3660)
"""The longest duration that is accepted: ten years."""

_UNIT_NAMES = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_UNITS = {letter: timedelta(**{name: 1}) for letter, name in _UNIT_NAMES.items()}

_COMPACT = re.compile(
    r"(?P<sign>[+-]?)(?=[0-9])" + " ?".join(f"(?:[0-9]{{1,7}}{unit})?" for unit in _UNITS)
)
_SPOKEN_AMOUNT = r"(?:[0-9]{1,4} ?|an? )(?:minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)\b"
_SPOKEN = re.compile(rf"{_SPOKEN_AMOUNT}(?:(?:, and |, | and | ){_SPOKEN_AMOUNT})*")
_AMOUNT = re.compile(r"(?:([0-9]+) ?|\ban? )([wdhms])[a-z]*")
_ONE_TO_TWELVE = "one two three four five six seven eight nine ten eleven twelve"
_NUMBER_WORDS = {word: number for number, word in enumerate(_ONE_TO_TWELVE.split(), 1)}
_NUMBER_WORDS |= {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45}
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_NUMBER_WORDS, key=len, reverse=True))})\b")
_FRACTIONS = (
    (re.compile(r"\b3 quarters of an hour\b"), "45 minutes"),
    (re.compile(r"\b(?:a )?quarter of an hour\b"), "15 minutes"),
    (re.compile(r"\b(?:half an|a half) hour\b"), "30 minutes"),
    (re.compile(r"\ban hour and a half\b"), "1 hour 30 minutes"),
    (re.compile(r"\b([0-9]{1,4}) and a half (?:hours?|hrs?)\b"), r"\1 hours 30 minutes"),
    (re.compile(r"\b([0-9]{1,4}) (?:hours?|hrs?) and a half\b"), r"\1 hours 30 minutes"),
    (re.compile(r"\b([0-9]{1,4})\.5 ?(?:hours?|hrs?|h)\b"), r"\1 hours 30 minutes"),
)
"""Parts of an hour as people say them, after number words were replaced by digits."""


def parse_duration(text: str, units: str = "wdhm") -> timedelta:
    """Return the length of ``-1d``, ``+2h30m``, ``3d`` or ``1w``. A day is 24 hours.

    ``units`` has the letters that may occur, the longest unit first. Raise ScheduleError.
    """
    match = _COMPACT.fullmatch(text.strip())
    amounts = _AMOUNT.findall(match[0]) if match else []
    if match is None or not all(unit in units for _, unit in amounts):
        names = [_UNIT_NAMES[unit] for unit in units]
        hint = f"Write {', '.join(names[:-1])} and {names[-1]}, as -1d or +2h30m."
        raise ScheduleError(f"{quote_value(text)} is not a length of time.", hint)
    length = _total(amounts)
    if length > MAX_DURATION:
        message = f"{quote_value(text)} is longer than ten years."
        raise ScheduleError(message, "Write a shorter one.")
    return -length if match["sign"] == "-" else length


def parse_positive_duration(text: str, units: str = "wdhm") -> timedelta:
    """Return a duration that must be longer than 0, such as a post's life. Raise ScheduleError."""
    length = parse_duration(text, units)
    if length <= timedelta(0):
        raise ScheduleError(f"{quote_value(text)} is not longer than 0.", "Write it as 2h or 3d.")
    return length


def parse_spoken_duration(words: str) -> tuple[timedelta, timedelta] | None:
    """Return the calendar days of ``2 days and an hour``, and its hours and minutes.

    The words are in lower case. ``five minutes``, ``half an hour`` and ``1.5 hours`` are read, too.
    Return None for anything else.
    """
    words = _NUMBER_WORD.sub(lambda word: str(_NUMBER_WORDS[word[0]]), words)
    for said, meant in _FRACTIONS:
        words = said.sub(meant, words)
    if not _SPOKEN.fullmatch(words):
        return None
    amounts = _AMOUNT.findall(words)
    days = _total([amount for amount in amounts if amount[1] in "wd"])
    return days, _total(amounts) - days


def _total(amounts: list[tuple[str, str]]) -> timedelta:
    return sum((int(number or 1) * _UNITS[unit] for number, unit in amounts), timedelta(0))


def format_duration(length: timedelta) -> str:
    """Return a duration in words such as ``1 h 5 min``, or in seconds below a minute."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return f"{int(length.total_seconds())} s"
    days, hours = minutes // 1440, minutes // 60 % 24
    amounts = (days, "d"), (hours, "h"), (minutes % 60, "min")
    return " ".join(f"{amount} {unit}" for amount, unit in amounts if amount)
