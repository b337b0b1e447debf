"""Lengths of time, as people write them: ``2h30m`` in a file, ``2 hours`` on a command line.

The only parser of durations in the package, and the only writer.
"""

from __future__ import annotations

import re
from datetime import timedelta

from bot.schedules.local_time import ScheduleError, quoted

MAX_DURATION = timedelta(days=3660)
"""The longest duration that is accepted: ten years."""

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_UNIT_NAMES = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}

_COMPACT = re.compile(
    r"(?P<sign>[+-]?)(?=[0-9])" + " ?".join(f"(?:[0-9]{{1,7}}{unit})?" for unit in _UNITS)
)
_SPOKEN_AMOUNT = r"(?:[0-9]{1,4} ?|an? )(?:minutes?|mins?|m|hours?|h|days?|d|weeks?|w)\b"
_SPOKEN = re.compile(rf"{_SPOKEN_AMOUNT}(?:(?:, and |, | and | ){_SPOKEN_AMOUNT})*")
_AMOUNT = re.compile(r"(?:([0-9]+) ?|\ban? )([wdhms])[a-z]*")


def parse_duration(text: str, units: str = "wdhm") -> timedelta:
    """Read ``-1d``, ``+2h30m``, ``3d`` or ``1w``: a day is 24 hours.

    ``units`` are the letters that may occur, the longest unit first. Raises ScheduleError.
    """
    match = _COMPACT.fullmatch(text.strip())
    amounts = _AMOUNT.findall(match[0]) if match else []
    if match is None or not all(unit in units for _, unit in amounts):
        names = [_UNIT_NAMES[unit] for unit in units]
        hint = f"Write {', '.join(names[:-1])} and {names[-1]}, as -1d or +2h30m."
        raise ScheduleError(f"{quoted(text)} is not a length of time.", hint)
    length = _total(amounts)
    if length > MAX_DURATION:
        raise ScheduleError(f"{quoted(text)} is longer than ten years.", "Write a shorter one.")
    return -length if match["sign"] == "-" else length


def parse_positive_duration(text: str, units: str = "wdhm") -> timedelta:
    """Read a duration that must be more than nothing, such as how long a post is good for."""
    length = parse_duration(text, units)
    if length <= timedelta(0):
        raise ScheduleError(f"{quoted(text)} is not more than nothing.", "Write it as 2h or 3d.")
    return length


def parse_spoken_duration(words: str) -> tuple[timedelta, timedelta] | None:
    """Read ``2 days and an hour`` in lower case: the calendar days, and the hours and minutes.

    Returns None for anything else.
    """
    if not _SPOKEN.fullmatch(words):
        return None
    amounts = _AMOUNT.findall(words)
    days = _total([amount for amount in amounts if amount[1] in "wd"])
    return days, _total(amounts) - days


def _total(amounts: list[tuple[str, str]]) -> timedelta:
    return sum((int(number or 1) * _UNITS[unit] for number, unit in amounts), timedelta(0))


def format_duration(length: timedelta) -> str:
    """Return a duration in words: ``1 h 5 min``; seconds only where it is less than a minute."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return f"{int(length.total_seconds())} s"
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [f"{days} d"] * bool(days) + [f"{hours} h"] * bool(hours)
    return " ".join(parts + [f"{minutes % 60} min"] * bool(minutes % 60 or not parts))
