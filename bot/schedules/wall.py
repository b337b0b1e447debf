"""Times as people write them, and the instants that they mean in a zone.

Knows nothing of schedules. A wall-clock time that a zone has twice (clocks go back) means the
first; one that it does not have (clocks go forward) is refused or moved, as the caller says.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

YEARS = range(2000, 2100)
"""What a campaign can mean; anything else is a slip of the finger."""

LONGEST = timedelta(days=3660)
"""The longest offset or lifetime that is taken at its word: ten years."""

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LOCAL = re.compile(
    rf"({_DATE})[T ]([0-9]{{1,2}}:[0-9]{{2}})(:[0-9]{{2}})?(?: ?(Z|[+-][0-9]{{2}}:?[0-9]{{2}}))?",
)
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_DURATION = re.compile(
    r"([+-]?)(?=[0-9])(?:([0-9]{1,5})w)? ?(?:([0-9]{1,5})d)?"
    r" ?(?:([0-9]{1,6})h)? ?(?:([0-9]{1,7})m)?",
)
# Some systems carry these too: they mean another time elsewhere, or count leap seconds.
_NOT_ZONES = re.compile(r"(right|posix)/.*|localtime|posixrules|Factory")


class ScheduleError(ValueError):
    """A time or rule that cannot be used: ``message`` says why, ``hint`` what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.message = message
        self.hint = hint


def quoted(text: str, most: int = 40) -> str:
    """Quote what somebody typed, for a message: cut where it is long."""
    return repr(text if len(text) <= most else f"{text[: most - 1]}…")


def zone(name: str) -> ZoneInfo:
    """Give the time zone of that name; raises ScheduleError with the nearest names there are."""
    try:
        if not _NOT_ZONES.fullmatch(name):
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise ScheduleError(f"There is no time zone {quoted(name)}.", _nearest_zone(name))


def _nearest_zone(name: str) -> str:
    names = sorted(item for item in available_timezones() if not _NOT_ZONES.fullmatch(item))
    spelled = {item.casefold(): item for item in names}
    cities = {item.casefold().rpartition("/")[2]: item for item in names if "/" in item}
    wanted = name.strip().replace(" ", "_").casefold()
    for known in (spelled, cities):
        if near := get_close_matches(wanted, known, n=1, cutoff=0.75):
            return f"Did you mean {known[near[0]]}?"
    return "Write it as region and city, for example America/New_York."


def place(local: datetime, timezone: str, *, one_off: bool) -> datetime:
    """Give the UTC instant of a naive wall-clock time.

    A time that the zone has twice gives the first. One that it skips moves forward by as much as
    the clocks do; a ``one_off`` is refused instead, because its author meant one exact time.
    """
    home = zone(timezone)
    instant = local.replace(tzinfo=home, fold=0).astimezone(UTC)
    moved = instant.astimezone(home).replace(tzinfo=None)
    if one_off and moved != local:
        raise _skipped(local, home)
    return instant


def _skipped(local: datetime, home: ZoneInfo) -> ScheduleError:
    """Explain a time that is not there, with the instants that it could be taken for."""
    near = sorted(local.replace(tzinfo=home, fold=fold).astimezone(UTC) for fold in (0, 1))
    choice = " or ".join(
        f"{instant.astimezone(home):%Y-%m-%d %H:%M} ({instant:%Y-%m-%d %H:%M} UTC)"
        for instant in near
    )
    return ScheduleError(
        f"{local:%Y-%m-%d %H:%M} does not exist in {home.key}: the clocks skip it.",
        f"Write {choice}.",
    )


def parse_local(text: str) -> datetime:
    """Read ``2022-07-12 09:00``: naive, or in UTC where an offset or ``Z`` was written."""
    match = _LOCAL.fullmatch(text.strip())
    if not match:
        raise ScheduleError(
            f"{quoted(text)} is not a date and time.",
            "Write it as YYYY-MM-DD HH:MM.",
        )
    day, clock, seconds, offset = match.groups()
    moment = datetime.combine(parse_date(day), parse_clock(clock))
    try:
        written = f"{moment:%Y-%m-%dT%H:%M}{seconds or ':00'}{offset or ''}"
        read = datetime.fromisoformat(written)
    except ValueError:
        raise ScheduleError(
            f"{quoted(text)} is not a date and time.", "Mend the last part."
        ) from None
    return read.astimezone(UTC) if offset else read


def parse_instant(text: str, timezone: str) -> datetime:
    """Read a date and time, in the zone unless it has its own offset, as one UTC instant."""
    moment = parse_local(text)
    home = zone(timezone)
    return moment if moment.tzinfo else place(moment, home.key, one_off=True)


def parse_date(text: str) -> date:
    """Read ``2026-11-25``; raises ScheduleError outside the years that a campaign can mean."""
    day = text.strip()
    hint = "Write it as YYYY-MM-DD."
    if not re.fullmatch(_DATE, day):
        raise ScheduleError(f"{quoted(text)} is not a date.", hint)
    try:
        read = date.fromisoformat(day)
    except ValueError:
        raise ScheduleError(f"There is no day {quoted(text)} in the calendar.", hint) from None
    if read.year not in YEARS:
        raise ScheduleError(f"The year of {quoted(text)} cannot be meant.", hint)
    return read


def parse_clock(text: str) -> time:
    """Read ``09:00`` or ``9:00``, on the clock of 24 hours."""
    match = _CLOCK.fullmatch(text.strip())
    hour, minute = map(int, match.groups()) if match else (24, 0)
    try:
        return time(hour, minute)
    except ValueError:
        hint = "Write hours 00 to 23 and minutes, as 09:00 or 17:30."
        raise ScheduleError(f"{quoted(text)} is not a time of day.", hint) from None


def parse_duration(text: str) -> timedelta:
    """Read ``-1d``, ``+2h30m``, ``3d`` or ``1w``: weeks, days of 24 hours, hours, minutes."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        hint = "Write weeks, days, hours and minutes, as -1d or +2h30m."
        raise ScheduleError(f"{quoted(text)} is not a length of time.", hint)
    sign, *amounts = match.groups()
    weeks, days, hours, minutes = (int(amount or 0) for amount in amounts)
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    if length > LONGEST:
        raise ScheduleError(f"{quoted(text)} is longer than ten years.", "Write a shorter one.")
    return -length if sign == "-" else length


def parse_lifetime(text: str) -> timedelta:
    """Read a length of time that must be more than nothing, such as how long a post is good for."""
    length = parse_duration(text)
    if length <= timedelta(0):
        raise ScheduleError(f"{quoted(text)} is not more than nothing.", "Write it as 2h or 3d.")
    return length
