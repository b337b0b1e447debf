"""The days on which the clocks of a timezone change, and what that does to posts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.schedules.local_time import zone

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A moment at which a timezone's clocks go forward or back."""

    day: date
    """The local day on which times are skipped or come twice."""
    before: datetime
    """The naive local time at which the clocks change."""
    after: datetime
    """The naive local time that they show then."""

    def __str__(self) -> str:
        """Return the change, and what happens to posts that are planned in between."""
        one_day = self.before.date() == self.after.date()
        shown = "%H:%M" if one_day else "%a %H:%M"
        times = f"{self.before:{shown}} → {self.after:{shown}}"
        if self.before < self.after:
            return (
                f"clocks go forward {times}: the times in between do not exist, and a recurring "
                "post goes out that much later"
            )
        return (
            f"clocks go back {times}: the times in between come twice, and a post goes out the "
            "first time"
        )


def clock_changes(timezone: str, first: date, last: date) -> list[ClockChange]:
    """Return the changes of a timezone's clocks on the days from ``first`` to ``last``."""
    home = zone(timezone)
    found = []
    for number in range(-1, (last - first).days + 2):
        midnight = datetime.combine(first + number * _DAY, time(), UTC)
        if instant := _transition(home, midnight):
            naive = instant.replace(tzinfo=None)
            before = naive + _offset(home, instant - _SECOND)
            after = naive + _offset(home, instant)
            found.append(ClockChange(min(before, after).date(), before, after))
    return [change for change in found if first <= change.day <= last]


def _transition(home: ZoneInfo, begin: datetime) -> datetime | None:
    """Return the instant in the UTC day from ``begin`` from which the offset is another, or None.

    No zone changes its clocks twice within a day.
    """
    low, high = begin, begin + _DAY
    before = _offset(home, low)
    if before == _offset(home, high):
        return None
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        low, high = (middle, high) if _offset(home, middle) == before else (low, middle)
    return high.replace(microsecond=0)


def _offset(home: ZoneInfo, instant: datetime) -> timedelta:
    offset = instant.astimezone(home).utcoffset()
    assert offset is not None, "a ZoneInfo knows the offset of every instant"
    return offset
