"""How often a recurrence comes, in words that another time or weekday does not change.

An approval is bound to it: who said yes to one post a week has not said yes to one an hour.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from itertools import islice

from bot.schedules.rules import MOST_TIMES, walk

_FIRST, _LAST = date(2001, 1, 1), date(2028, 12, 31)
_YEARS, _MONTHS, _WEEKS = 28, 336, 1461
_DAYS = 7 * _WEEKS
"""Over 28 years, every date of the year falls on each weekday equally often."""


@lru_cache(maxsize=1024)  # it is asked for each time of the same few rules
def frequency(rule: str, start: date | None, until: date | None, times: int) -> str:
    """Return how often a rule of ``bot.schedules.rules`` comes, ``times`` on each of its days.

    That is ``10 times in all`` where it has a first day and ends, or else ``7 times a week``; one
    that only ends adds ``until 2026-12-31``.
    """
    ends = until or "COUNT=" in rule
    if start and ends and (days := _all_days(rule, start, until)) is not None:
        return f"{_times(days * times)} in all"
    return _rate(rule, times) + (f" until {until}" if until else "")


def _all_days(rule: str, start: date, until: date | None) -> int | None:
    """Count the days of a rule that ends; None for more than anyone would count."""
    last = date.fromordinal(min(start.toordinal() + _DAYS, date.max.toordinal()))
    last = min(last, until) if until else last
    days = sum(1 for _ in islice(walk(rule, start, start, last), MOST_TIMES + 1))
    return days if days <= MOST_TIMES else None


def _rate(rule: str, times: int) -> str:
    # Always from the same day: where an interval is counted from must make no difference.
    count = times * sum(1 for _ in walk(rule, _FIRST, _FIRST, _LAST))
    for unit, units in (("week", _WEEKS), ("month", _MONTHS)):
        if count and count % units == 0:
            return f"{_times(count // units)} a {unit}"
    if count >= _YEARS:
        return f"{_times(round(count / _YEARS))} a year"
    return f"{_times(count)} in {_YEARS} years"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
