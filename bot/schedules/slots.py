"""Queue slots: the times at which an account is used to post, and which of them are free.

Pure: what a post wants and what has its time already are the caller's to know.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.model import Slot
from bot.schedules.hours import MOST_A_DAY, local_day, quiet_span
from bot.schedules.rules import DAYS, days_of
from bot.schedules.wall import ScheduleError, parse_clock, place, quoted, zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from bot.model import Account

_HINT = 'Write it as "mon-fri 09:00", "mon,thu 9:00", "day 09:00" or "weekend 11:00".'
_WRITTEN = re.compile(r"([^\d]+?)\s+([\d:]+)")
_DAY = timedelta(days=1)
# As for recurrences: no zone moves its clocks by more than a day.
_FARTHEST_SHIFT = 2


def parse_slots(text: str) -> tuple[Slot, ...]:
    """Read one line of slots, such as ``mon-fri 09:00``: days, and a time on each of them."""
    match = _WRITTEN.fullmatch(text.strip())
    if not match:
        raise ScheduleError(f"{quoted(text)} is no slot: it takes days and a time.", _HINT)
    clock = parse_clock(match[2])
    days = {day for name in match[1].split(",") for day in _days(name)}
    return tuple(Slot(day, clock) for day in sorted(days))


def _days(name: str) -> Iterator[int]:
    """Give the days of ``mon``, ``weekend`` or ``fri-mon``, counted from Monday."""
    first, dash, last = name.partition("-")
    if not dash:
        yield from map(DAYS.index, _named(first))
        return
    begin, end = (DAYS.index(_one(word)) for word in (first, last))
    for step in range((end - begin) % len(DAYS) + 1):
        yield (begin + step) % len(DAYS)


def _one(word: str) -> str:
    found = _named(word)
    if len(found) > 1:
        raise ScheduleError(f"{quoted(word.strip())} cannot begin or end a span of days.", _HINT)
    return found[0]


def _named(word: str) -> Sequence[str]:
    try:
        return days_of(word)
    except ScheduleError as error:
        raise ScheduleError(f"{quoted(word.strip())} is no day.", _HINT) from error


def instants(
    slots: Iterable[Slot], timezone: str, start: datetime, end: datetime
) -> list[datetime]:
    """Give the UTC instants of the slots in [start, end), each once, in order.

    A time that the zone has twice comes once, the first; one that it skips comes as much later as
    the clocks skip, as one with whatever slot is there.
    """
    home = zone(timezone)
    by_day: dict[int, list[Slot]] = {}
    for slot in slots:
        by_day.setdefault(slot.day, []).append(slot)
    first = (start.astimezone(home) - _FARTHEST_SHIFT * _DAY).date()
    last = (end.astimezone(home) + _FARTHEST_SHIFT * _DAY).date()
    days = (first + number * _DAY for number in range((last - first).days + 1))
    labels = (
        datetime.combine(day, slot.at) for day in days for slot in by_day.get(day.weekday(), ())
    )
    placed = {place(label, timezone, one_off=False) for label in labels}
    return sorted(due for due in placed if start <= due < end)


class FreeSlots:
    """The slots of an account in [start, end) that a post can still have, given what is ``taken``.

    Each keeps the account's gap to whatever is taken, its daily cap, and its quiet hours.
    """

    def __init__(
        self, account: Account, taken: Iterable[datetime], start: datetime, end: datetime
    ) -> None:
        self._account = account
        self._taken = sorted(taken)
        self._days: Counter[date] = Counter(local_day(account, one) for one in self._taken)
        found = instants(account.slots, account.timezone, start, end)
        self._free = [one for one in found if quiet_span(account, one) is None]

    def take(self, earliest: datetime | None, before: datetime | None) -> datetime | None:
        """Give the next one that is free, from ``earliest`` on and before ``before``, or None."""
        free = self._free
        index = bisect_left(free, earliest) if earliest else 0
        while index < len(free) and (before is None or free[index] < before):
            slot = free.pop(index)  # given away, or never free again
            if self._suits(slot):
                insort(self._taken, slot)
                self._days[local_day(self._account, slot)] += 1
                return slot
        return None

    def _suits(self, slot: datetime) -> bool:
        account, taken = self._account, self._taken
        if self._days[local_day(account, slot)] >= (account.daily_cap or MOST_A_DAY):
            return False
        place = bisect_left(taken, slot)
        near = taken[max(0, place - 1) : place + 1]
        return all(slot != one and abs(slot - one) >= account.gap for one in near)
