"""An account's days, quiet hours and queue slots, as UTC instants. Pure.

A local time that the zone has twice means the first. One that it skips is as much later as the
clocks skip, as in recurrences.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.model import Slot
from bot.schedules.local_time import ScheduleError, local_days, parse_clock, to_utc, zone
from bot.schedules.recurrence import WEEKDAYS, parse_weekdays
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.model import Account


DEFAULT_DAILY_CAP = 50
"""Posts of an account on one day by default, as many as X accepts of an account that is not
verified (help.x.com on its limits, as quoted by the press in May 2026). X accepts at most 2,400 of
any account."""

_DAY = timedelta(days=1)


def parse_quiet(text: str) -> tuple[time, time]:
    """Return begin and end of hours such as ``22:00-07:00``. Raise ScheduleError."""
    start, dash, end = text.strip().partition("-")
    hint = "Write it as 22:00-07:00."
    if not dash:
        raise ScheduleError(f"{quote_value(text)} is not a span of hours.", hint)
    hours = parse_clock(start), parse_clock(end)
    if hours[0] == hours[1]:
        raise ScheduleError(f"{quote_value(text)} begins and ends at the same time.", hint)
    return hours


def local_day(account: Account, instant: datetime) -> date:
    """Return the local date of the account's audience at an instant."""
    return instant.astimezone(zone(account.timezone)).date()


def day_span(account: Account, instant: datetime) -> tuple[datetime, datetime]:
    """Return the UTC instants at which the audience's day of an instant begins and ends."""
    day = local_day(account, instant)
    begin, end = (_to_utc(midnight, time(), account.timezone) for midnight in (day, day + _DAY))
    return begin, end


def midnights(accounts: Collection[Account], now: datetime) -> dict[str, datetime]:
    """Return, by each account's name, the UTC instant at which its audience's day began."""
    by_zone: dict[str, datetime] = {}
    for account in accounts:
        if account.timezone not in by_zone:
            by_zone[account.timezone] = day_span(account, now)[0]
    return {account.name: by_zone[account.timezone] for account in accounts}


def quiet_span(
    hours: tuple[time, time] | None, timezone: str, instant: datetime
) -> tuple[datetime, datetime] | None:
    """Return the quiet hours around an instant, as UTC instants [from, until), or None.

    ``hours`` is an account's ``quiet``.
    """
    if hours is None:
        return None
    begin, end = hours
    today = instant.astimezone(zone(timezone)).date()
    for day in (today - _DAY, today):
        start = _to_utc(day, begin, timezone)
        until = _to_utc(day if begin < end else day + _DAY, end, timezone)
        if start <= instant < until:
            return start, until
    return None


def _to_utc(day: date, clock: time, timezone: str) -> datetime:
    return to_utc(datetime.combine(day, clock), timezone, one_off=False)


_HINT = 'Write it as "mon-fri 09:00", "mon,thu 9:00", "day 09:00" or "weekend 11:00".'
_SLOT = re.compile(r"([^\d]+?)\s+([\d:]+)")


def parse_slots(text: str) -> tuple[Slot, ...]:
    """Return the slots of a line such as ``mon-fri 09:00``. Raise ScheduleError."""
    match = _SLOT.fullmatch(text.strip())
    if not match:
        raise ScheduleError(f"{quote_value(text)} is not a slot, which has days and a time.", _HINT)
    clock = parse_clock(match[2])
    days = {day for name in match[1].split(",") for day in _weekdays(name)}
    return tuple(Slot(day, clock) for day in sorted(days))


def _weekdays(name: str) -> list[int]:
    """Return the days of ``mon``, ``weekend`` or ``fri-mon``, counted from Monday."""
    words = name.split("-", 1)
    ends: list[list[int]] = []
    for word in words:
        try:
            days = [WEEKDAYS.index(day) for day in parse_weekdays(word)]
        except ScheduleError as error:
            raise ScheduleError(f"{quote_value(word.strip())} is not a day.", _HINT) from error
        if len(words) > 1 and len(days) > 1:
            message = f"{quote_value(word.strip())} cannot begin or end a span of days."
            raise ScheduleError(message, _HINT)
        ends.append(days)
    if len(ends) == 1:
        return ends[0]
    (first,), (last,) = ends
    steps = (last - first) % len(WEEKDAYS)
    return [(first + step) % len(WEEKDAYS) for step in range(steps + 1)]


def slot_instants(
    slots: Sequence[Slot], timezone: str, start: datetime, end: datetime
) -> list[datetime]:
    """Return the UTC instants of the slots in [start, end), each once, in order.

    Slots that fall on one instant because the clocks skip count as one.
    """
    first, last = local_days(start, end, timezone)
    days = [first + number * _DAY for number in range((last - first).days + 1)]
    times = {day: [slot.at for slot in slots if slot.day == day] for day in range(len(WEEKDAYS))}
    instants = {_to_utc(day, at, timezone) for day in days for at in times[day.weekday()]}
    return sorted(due for due in instants if start <= due < end)
