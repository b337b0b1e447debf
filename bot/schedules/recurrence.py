"""Rules of recurrence, and how often they come, in words. Pure.

A rule is in the syntax of RFC 5545 and determines days. Times of day are kept apart. An approval is
bound to the frequency in words, which does not depend on the time of day or the weekday; see the
table of changes in ``docs/architecture.md``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from bot.schedules.local_time import ScheduleError
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dateutil.rrule import rrule as Rule  # noqa: N812 - a class by any other name


_FIRST, _LAST = date(2001, 1, 1), date(2028, 12, 31)
_YEARS_IN_CYCLE, _MONTHS_IN_CYCLE, _WEEKS_IN_CYCLE = 28, 336, 1461
_DAYS_IN_CYCLE = 7 * _WEEKS_IN_CYCLE
"""In 28 years, every date of the year falls on each weekday equally often."""


@lru_cache(maxsize=1024)  # called for each time of the same few rules
def frequency(rule: str, start: date | None, until: date | None, times: int) -> str:
    """Return how often a rule comes, with ``times`` on each of its days.

    A rule with a first day and an end comes ``10 times in all``. Any other comes, for example,
    ``7 times a week``; if it has only an end, ``until 2026-12-31`` is added.
    """
    if start and (until or "COUNT=" in rule):
        last = date.fromordinal(min(start.toordinal() + _DAYS_IN_CYCLE, date.max.toordinal()))
        days = days_between(rule, start, start, min(last, until) if until else last)
        count = sum(1 for _ in islice(days, MAX_COUNT + 1))
        if count <= MAX_COUNT:
            return f"{_times_phrase(count * times)} in all"
    # Always from the same day, because the start of an interval must make no difference.
    count = times * sum(1 for _ in days_between(rule, _FIRST, _FIRST, _LAST))
    rate = f"{_times_phrase(count)} in {_YEARS_IN_CYCLE} years"
    if count >= _YEARS_IN_CYCLE:
        rate = f"{_times_phrase(round(count / _YEARS_IN_CYCLE))} a year"
    for unit, units in (("month", _MONTHS_IN_CYCLE), ("week", _WEEKS_IN_CYCLE)):
        if count and count % units == 0:
            rate = f"{_times_phrase(count // units)} a {unit}"
    return rate + (f" until {until}" if until else "")


def _times_phrase(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKDAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS_BY_NAME: dict[str, Sequence[str]] = {
    "day": WEEKDAYS,
    "weekday": WEEKDAYS[:5],
    "weekend": WEEKDAYS[5:],
    **{name: (day,) for name, day in zip(WEEKDAY_NAMES, WEEKDAYS, strict=True)},
    **{name[:3]: (day,) for name, day in zip(WEEKDAY_NAMES, WEEKDAYS, strict=True)},
}

MAX_COUNT = 1000
"""The highest COUNT: more is a mistake, or better written with ``until``."""

# The span of each number (RFC 5545, 3.3.10); a minus counts from the end if it is allowed.
_SPANS = {
    "INTERVAL": range(1, 1000),
    "COUNT": range(1, MAX_COUNT + 1),
    "BYHOUR": range(24),
    "BYMONTH": range(1, 13),
    "BYMONTHDAY": range(1, 32),
    "BYYEARDAY": range(1, 367),
    "BYWEEKNO": range(1, 54),
    "BYSETPOS": range(1, 367),
}
_SIGNED = frozenset({"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"})
_SINGLE = frozenset({"INTERVAL", "COUNT"})
_CHOICES = {"FREQ": ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"), "WKST": WEEKDAYS}
_INSTEAD_HINTS = {
    "BYMINUTE": 'Write the times of day as at: ["09:15", "17:45"].',
    "BYSECOND": 'Write the times of day as at: ["09:15", "17:45"].',
    "UNTIL": "Write the last day as until: YYYY-MM-DD.",
    "DTSTART": "Write the first day as from: YYYY-MM-DD.",
    "TZID": "Write the zone as timezone: America/New_York.",
}
_WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?(?:MO|TU|WE|TH|FR|SA|SU)")
_DAY_PARTS = frozenset({"BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY"})

# The calendar repeats every 400 years, including weekdays. After 19 such spans, Python's year 9999
# is near, and the search for a day of an impossible rule ends soon.
_FAR_YEARS = 7600
_FIRST_YEAR = 2020  # any year near those that are planned
_MONTHS_A_YEAR = 12
_DAYS_A_WEEK = 7
# How often a weekday can come. With more, dateutil fails instead of finding none.
_MAX_WEEKDAY_IN_MONTH = 5
_MAX_WEEKDAY_IN_YEAR = 53


def parse_weekdays(name: str) -> Sequence[str]:
    """Return the days that a name means, as in ``WEEKDAYS``. Raise ScheduleError."""
    word = name.strip().casefold()
    if word in _DAYS_BY_NAME:
        return _DAYS_BY_NAME[word]
    hint = "Write day, weekday, weekend, names such as [mon, thu], or a rule such as "
    hint += "FREQ=MONTHLY;BYDAY=1TU."
    # mondays, or monday 10:00
    match = re.fullmatch(r"([a-z]+?)s?(?:,? (?:at )?(\d{1,2}:\d\d))?", word)
    if match and match[1] in _DAYS_BY_NAME:
        hint = f"Write every: {match[1]}" + (f', at: "{match[2]}".' if match[2] else ".")
    raise ScheduleError(f"{quote_value(name)} is not a day that a post can come on.", hint)


def rule_from_rfc5545(text: str, start: date | None) -> tuple[str, tuple[time, ...]]:
    """Return a checked rule of days, and the hours of the day if the text names them.

    COUNT counts days. Raise ScheduleError for a rule that could be read in two ways, such as one
    that depends on its first day, without ``start``.
    """
    parts = _parse_parts(text)
    hours = _pop_hours(parts)
    anchored = parts.get("INTERVAL", "1") != "1" or "COUNT" in parts
    if start is None and anchored:
        hint = "Write it as from: YYYY-MM-DD."
        raise ScheduleError("A rule with INTERVAL or COUNT needs its first day.", hint)
    _pin_day(parts, start)
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    first = start or date(2000, 1, 1)
    try:
        day = next(iter(_rrule(rule, first.replace(year=first.year + _FAR_YEARS))), None)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise ScheduleError(f"The rule is not valid: {error}.", "See RFC 5545.") from error
    if day is None:
        raise ScheduleError("The rule never comes true.", "Correct its days or months.")
    return rule, hours


def _parse_parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for item in text.strip().upper().removeprefix("RRULE:").strip().rstrip(";").split(";"):
        name, _, value = (piece.strip() for piece in item.partition("="))
        if name in parts:
            raise ScheduleError(f"The rule says {name} twice.", "Keep one of them.")
        if name in _SPANS:
            span, sign = _SPANS[name], "[+-]?" if name in _SIGNED else ""
            numbers = value.split(",")
            fits = all(
                re.fullmatch(rf"{sign}[0-9]{{1,4}}", number) and abs(int(number)) in span
                for number in numbers
            )
            if not fits or (name in _SINGLE and len(numbers) > 1):
                minus = ", with a minus from the end" if sign else ""
                hint = f"It can be {span[0]} to {span[-1]}{minus}."
                raise ScheduleError(f"{name}={value[:40]} is not possible.", hint)
        elif name in _CHOICES:
            if value not in _CHOICES[name]:
                hint = f"It can be {', '.join(_CHOICES[name])}."
                raise ScheduleError(f"{name}={value[:40]} is not possible here.", hint)
        elif name != "BYDAY":
            hint = "Parts look like FREQ=WEEKLY;BYDAY=MO,TH."
            hint = _INSTEAD_HINTS.get(re.split(r"\W", name)[0], hint)
            raise ScheduleError(f"{quote_value(name)} is not possible in a rule here.", hint)
        parts[name] = value
    if "FREQ" not in parts:
        hint = "Begin with FREQ=WEEKLY or such."
        raise ScheduleError(f"The rule {quote_value(text)} has no FREQ.", hint)
    _check_weekdays(parts)
    return parts


def _check_weekdays(parts: dict[str, str]) -> None:
    for item in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        match = _WEEKDAY.fullmatch(item)
        yearly = parts["FREQ"] == "YEARLY" and "BYMONTH" not in parts
        most = _MAX_WEEKDAY_IN_YEAR if yearly else _MAX_WEEKDAY_IN_MONTH
        if not match or (match[1] and not 1 <= abs(int(match[1])) <= most):
            hint = "Write MO, TU, WE, TH, FR, SA, SU, or 1MO and -1FR in a month."
            raise ScheduleError(f"BYDAY={item[:40]} is not a weekday.", hint)
        if match[1] and parts["FREQ"] not in ("MONTHLY", "YEARLY"):
            hint = "Use FREQ=MONTHLY or FREQ=YEARLY with it."
            raise ScheduleError(f"BYDAY={item} counts within a month or year.", hint)


def _pop_hours(parts: dict[str, str]) -> tuple[time, ...]:
    """Remove the hours from the rule, leaving its days, and return them."""
    hourly = parts["FREQ"] == "HOURLY"
    named = parts.pop("BYHOUR", None)
    if not hourly and named is None:
        return ()
    if {"COUNT", "BYSETPOS"} & parts.keys():
        hint = "Write the hours as at: and the last day as until:."
        raise ScheduleError("COUNT and BYSETPOS do not go with hours.", hint)
    step = int(parts.pop("INTERVAL", "1")) if hourly else 1
    if len(_SPANS["BYHOUR"]) % step:
        hint = "Take 1, 2, 3, 4, 6, 8, 12 or 24, or write the times as at:."
        raise ScheduleError(f"Every {step} hours is another time each day.", hint)
    if hourly:
        parts["FREQ"] = "DAILY"
    wanted = set(map(int, named.split(","))) if named else set(_SPANS["BYHOUR"])
    hours = tuple(time(hour) for hour in range(0, 24, step) if hour in wanted)
    if not hours:
        raise ScheduleError("The rule never comes true.", "Correct BYHOUR or INTERVAL.")
    return hours


def _pin_day(parts: dict[str, str], start: date | None) -> None:
    """Add the parts that the rule takes from its first day, so that it can start on any day."""
    frequency = parts["FREQ"]
    if frequency == "DAILY" or _DAY_PARTS & parts.keys():
        return
    if start is None:
        part = {"WEEKLY": "BYDAY=TU", "MONTHLY": "BYMONTHDAY=1", "YEARLY": "BYYEARDAY=100"}
        raise ScheduleError(
            f"The rule does not say which day: FREQ={frequency} alone.",
            f"Add for example {part[frequency]}, or from: with the first day.",
        )
    if frequency == "WEEKLY":
        parts["BYDAY"] = WEEKDAYS[start.weekday()]
        return
    if frequency == "YEARLY":
        parts.setdefault("BYMONTH", str(start.month))
    parts["BYMONTHDAY"] = str(start.day)


def _rrule(rule: str, first: date) -> Rule:
    from dateutil.rrule import rrulestr

    parsed = rrulestr(rule, dtstart=datetime.combine(first, time()))
    if TYPE_CHECKING:
        assert isinstance(parsed, Rule)
    return parsed


def count_days_before(rule: str, start: date | None, before: date) -> int:
    """Return how many days a checked rule has before this one; negative for early days.

    The count begins at the first day if the rule depends on it, otherwise in 2020.
    """
    parts = _rule_parts(rule)
    anchor = start if parts.get("INTERVAL", "1") != "1" or "COUNT" in parts else None
    first, year = (anchor.year if anchor else _FIRST_YEAR), before.year
    count = sum(len(_days_of_year(rule, anchor, past)) for past in range(first, year))
    count -= sum(len(_days_of_year(rule, anchor, later)) for later in range(year, first))
    return count + bisect_left(_days_of_year(rule, anchor, year), before)


@lru_cache(maxsize=1024)  # needed for each time of each post, year by year
def _days_of_year(rule: str, start: date | None, year: int) -> tuple[date, ...]:
    return tuple(days_between(rule, start, date(year, 1, 1), date(year, 12, 31)))


def _rule_parts(rule: str) -> dict[str, str]:
    """Return the parts of a checked rule by their names."""
    return dict(item.split("=") for item in rule.split(";"))


def days_between(rule: str, start: date | None, first: date, last: date) -> Iterator[date]:
    """Yield the days of a checked rule from ``first`` to ``last``, both included, in order."""
    since = max(first, start) if start else first
    for moment in _rrule(rule, _period_start(rule, start, since)):
        day = moment.date()
        if day > last:
            return
        if day >= since:
            yield day


def _period_start(rule: str, start: date | None, since: date) -> date:
    """Return the beginning of the last period of the rule that begins by ``since``.

    Periods (INTERVAL days, weeks, months or years) do not depend on each other. A rule with COUNT
    has to be followed from its first day.
    """
    parts = _rule_parts(rule)
    if "COUNT" in parts:
        assert start is not None
        return start
    step, anchor = int(parts.get("INTERVAL", "1")), start or since
    if parts["FREQ"] == "DAILY":
        return since - timedelta(days=(since - anchor).days % step)
    if parts["FREQ"] == "WEEKLY":
        shift = (anchor.weekday() - WEEKDAYS.index(parts.get("WKST", "MO"))) % _DAYS_A_WEEK
        monday = anchor - timedelta(days=shift)
        return since - timedelta(days=(since - monday).days % (step * _DAYS_A_WEEK))
    if parts["FREQ"] == "YEARLY":
        return date(since.year - (since.year - anchor.year) % step, 1, 1)
    months = since.year * _MONTHS_A_YEAR + since.month - 1
    months -= (months - anchor.year * _MONTHS_A_YEAR - anchor.month + 1) % step
    return date(months // _MONTHS_A_YEAR, months % _MONTHS_A_YEAR + 1, 1)
