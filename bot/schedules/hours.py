"""An account's day and its quiet hours, as instants: its audience's midnight, its night.

Local times follow the rules of recurrences: one that the zone has twice is the first, one that it
skips comes as much later as the clocks skip.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.schedules.wall import ScheduleError, parse_clock, place, quoted, zone

if TYPE_CHECKING:
    from bot.model import Account

MOST_A_DAY = 50
"""Posts of an account on one day, where its config says nothing: as many as X takes of an account
that is not verified (help.x.com on its limits, as quoted by the press in May 2026; of any account,
X takes 2,400)."""

_DAY = timedelta(days=1)


def parse_quiet(text: str) -> tuple[time, time]:
    """Read ``22:00-07:00``: from when, and until when, over midnight where that is earlier."""
    start, dash, end = text.strip().partition("-")
    if not dash:
        raise ScheduleError(f"{quoted(text)} is no span of hours.", "Write it as 22:00-07:00.")
    hours = parse_clock(start), parse_clock(end)
    if hours[0] == hours[1]:
        raise ScheduleError(f"{quoted(text)} is nothing, or all day.", "Write it as 22:00-07:00.")
    return hours


def is_within(clock: time, hours: tuple[time, time]) -> bool:
    """Tell whether a time of day is in a span of hours, which may go over midnight."""
    start, end = hours
    return start <= clock < end if start < end else clock >= start or clock < end


def local_day(account: Account, instant: datetime) -> date:
    """Give the day that the account's audience has at an instant."""
    return instant.astimezone(zone(account.timezone)).date()


def most_a_day(account: Account) -> int:
    """Return how many posts may be planned for a day: more than usual only by ``daily_cap``."""
    return max(account.daily_cap or 0, MOST_A_DAY)


def day_span(account: Account, instant: datetime) -> tuple[datetime, datetime]:
    """Give the UTC instants at which the audience's day of an instant begins and ends."""
    day = local_day(account, instant)
    return _placed(account, day, time()), _placed(account, day + _DAY, time())


def quiet_span(account: Account, instant: datetime) -> tuple[datetime, datetime] | None:
    """Give the quiet hours that an instant is in, as UTC instants [from, until); None: in none."""
    if account.quiet is None:
        return None
    begin, end = account.quiet
    today = local_day(account, instant)
    for day in (today - _DAY, today):
        last = day if begin < end else day + _DAY
        start, until = _placed(account, day, begin), _placed(account, last, end)
        if start <= instant < until:
            return start, until
    return None


def _placed(account: Account, day: date, clock: time) -> datetime:
    return place(datetime.combine(day, clock), account.timezone, one_off=False)
