"""The days of a month or a week, and their names. Pure.

A week begins on Monday, as in ISO 8601. A month is shown with the days that complete its weeks.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from bot.schedules.local_time import VALID_YEARS

if TYPE_CHECKING:
    from bot.services.views_calendar import CalendarKind

DAYS_IN_WEEK = 7
_DAY, _WEEK = timedelta(days=1), timedelta(days=DAYS_IN_WEEK)


class DaySpan(NamedTuple):
    """The days that a calendar shows, and those that it is about."""

    first: date
    """The first day that is shown."""
    last: date
    """The last day that is shown."""
    inner_first: date
    """The first day of the month, week or day itself."""
    inner_last: date
    """The last day of it."""

    @property
    def days(self) -> list[date]:
        """All days that are shown."""
        return [self.first + number * _DAY for number in range((self.last - self.first).days + 1)]

    def is_inner(self, day: date) -> bool:
        """Return whether a day belongs to the month, week or day itself."""
        return self.inner_first <= day <= self.inner_last


def span_around(kind: CalendarKind, day: date) -> DaySpan:
    """Return the days of the month, the week or the day that a day lies in."""
    if kind == "day":
        return DaySpan(day, day, day, day)
    if kind == "week":
        monday = _monday(day)
        return DaySpan(monday, monday + _WEEK - _DAY, monday, monday + _WEEK - _DAY)
    begin = day.replace(day=1)
    end = (begin + 31 * _DAY).replace(day=1) - _DAY
    return DaySpan(_monday(begin), _monday(end) + _WEEK - _DAY, begin, end)


def neighbours(kind: CalendarKind, day: date) -> tuple[date | None, date | None]:
    """Return a day of the month, week or day before, and of the one after it.

    None stands for a day in a year that no campaign can mean.
    """
    span = span_around(kind, day)
    before = span_around(kind, span.inner_first - _DAY).inner_first
    after = span.inner_last + _DAY
    return (
        before if before.year in VALID_YEARS else None,
        after if after.year in VALID_YEARS else None,
    )


def name_span(kind: CalendarKind, day: date) -> str:
    """Return ``December 2026``, ``Week 49, 30 November to 6 December 2026``, or a day's date."""
    if kind == "month":
        return f"{day:%B %Y}"
    if kind == "day":
        return f"{day:%A}, {day.day} {day:%B %Y}"
    first, last = span_around(kind, day)[:2]
    begin = f"{first.day} {first:%B %Y}"
    if first.year == last.year:
        begin = f"{first.day}" if first.month == last.month else f"{first.day} {first:%B}"
    return f"Week {first.isocalendar().week}, {begin} to {last.day} {last:%B %Y}"


def _monday(day: date) -> date:
    return day - day.weekday() * _DAY
