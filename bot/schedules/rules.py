"""Which days a recurrence names: RFC 5545 rules, narrowed to what a posting schedule can mean.

A rule is kept as text in a normal form that names days only; the hours of the day are apart. So
it can be walked from near the wanted day, however long ago it began, and never forever.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.schedules.wall import ScheduleError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dateutil.rrule import rrule as Rule  # noqa: N812 - a class by any other name

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS = {"day": DAYS, "weekday": DAYS[:5], "weekend": DAYS[5:]}

MOST_TIMES = 1000
"""The highest COUNT: a rule with more is a loop by mistake, and ``until`` says it better."""

# The span of each number (RFC 5545, 3.3.10); a minus counts from the end where it may stand.
_SPANS = {
    "INTERVAL": range(1, 1000),
    "COUNT": range(1, MOST_TIMES + 1),
    "BYHOUR": range(24),
    "BYMONTH": range(1, 13),
    "BYMONTHDAY": range(1, 32),
    "BYYEARDAY": range(1, 367),
    "BYWEEKNO": range(1, 54),
    "BYSETPOS": range(1, 367),
}
_SIGNED = frozenset({"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"})
_SINGLE = frozenset({"INTERVAL", "COUNT"})
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
_INSTEAD = {
    "BYMINUTE": 'Write the times of day as at: ["09:15", "17:45"].',
    "BYSECOND": 'Write the times of day as at: ["09:15", "17:45"].',
    "UNTIL": "Write the last day as until: YYYY-MM-DD.",
    "DTSTART": "Write the first day as from: YYYY-MM-DD.",
    "TZID": "Write the zone as timezone: America/New_York.",
}
_WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?(?:MO|TU|WE|TH|FR|SA|SU)")
_WHICH_DAY = frozenset({"BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY"})

# The calendar repeats every 400 years, weekdays and all: 19 times that is the last such span
# before Python's year 9999, where a rule that never comes true must give up soon.
_FAR = 7600
_FIRST_YEAR = 2020  # any will do that is not far from the years that are planned
_MONTHS = 12
_WEEK = 7
# How often a weekday can come: dateutil fails on more, instead of finding none.
_WEEKS_OF_MONTH = 5
_WEEKS_OF_YEAR = 53


def from_names(names: Iterable[str]) -> str:
    """Give the rule for ``day``, ``weekday``, ``weekend`` and names of days (three letters do)."""
    wanted = {day for name in names for day in days_of(name)}
    if not wanted:
        raise ScheduleError("No day is named.", "Write day, or names such as [mon, thu].")
    return "FREQ=WEEKLY;BYDAY=" + ",".join(day for day in DAYS if day in wanted)


def days_of(name: str) -> Sequence[str]:
    """Give the days that a name means, as ``DAYS`` has them. Raises ScheduleError."""
    word = name.strip().casefold()
    for full, day in zip(NAMES, DAYS, strict=True):
        if word and word in (full, full[:3]):
            return (day,)
    if word in _GROUPS:
        return _GROUPS[word]
    raise ScheduleError(f"{quoted(name)} is no day that a post can come on.", _instead_of(word))


def _instead_of(word: str) -> str:
    """Return what to write for ``mondays`` or ``monday 10:00``."""
    found = re.fullmatch(r"([a-z]+?)s?(?:,? (?:at )?(\d{1,2}:\d\d))?", word)
    if found and found[1] in (*NAMES, *(name[:3] for name in NAMES), *_GROUPS):
        return f"Write every: {found[1]}" + (f', at: "{found[2]}".' if found[2] else ".")
    return (
        "Write day, weekday, weekend, names such as [mon, thu], or a rule such as "
        "FREQ=MONTHLY;BYDAY=1TU."
    )


def from_rfc5545(text: str, start: date | None) -> tuple[str, tuple[time, ...]]:
    """Check a rule; give it as a rule of days, and the hours of the day if it names them.

    Raises ScheduleError for whatever a reader could take in two ways: parts of the rule that hang
    on its first day need ``start``. COUNT counts days.
    """
    parts = _parts(text)
    hours = _hours(parts)
    anchored = parts.get("INTERVAL", "1") != "1" or "COUNT" in parts
    if start is None and anchored:
        raise ScheduleError(
            "A rule with INTERVAL or COUNT needs its first day.",
            "Write it as from: YYYY-MM-DD.",
        )
    _name_the_day(parts, start)
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    _refuse_never(rule, start)
    return rule, hours


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for item in text.strip().upper().removeprefix("RRULE:").strip().rstrip(";").split(";"):
        name, _, value = (piece.strip() for piece in item.partition("="))
        if name in parts:
            raise ScheduleError(f"The rule says {name} twice.", "Keep one of them.")
        _check_part(name, value)
        parts[name] = value
    if "FREQ" not in parts:
        raise ScheduleError(
            f"The rule {quoted(text)} has no FREQ.", "Begin with FREQ=WEEKLY or such."
        )
    _check_weekdays(parts)
    return parts


def _check_part(name: str, value: str) -> None:
    known = {"FREQ": _FREQUENCIES, "WKST": DAYS}
    if name in known:
        if value not in known[name]:
            hint = f"It can be {', '.join(known[name])}."
            raise ScheduleError(f"{name}={value[:40]} is not possible here.", hint)
    elif name in _SPANS:
        _check_numbers(name, value)
    elif name != "BYDAY":
        hint = _INSTEAD.get(re.split(r"\W", name)[0], "Parts look like FREQ=WEEKLY;BYDAY=MO,TH.")
        raise ScheduleError(f"A rule cannot say {quoted(name)} here.", hint)


def _check_numbers(name: str, value: str) -> None:
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


def _check_weekdays(parts: dict[str, str]) -> None:
    for item in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        match = _WEEKDAY.fullmatch(item)
        yearly = parts["FREQ"] == "YEARLY" and "BYMONTH" not in parts
        most = _WEEKS_OF_YEAR if yearly else _WEEKS_OF_MONTH
        if not match or (match[1] and not 1 <= abs(int(match[1])) <= most):
            hint = "Write MO, TU, WE, TH, FR, SA, SU, or 1MO and -1FR in a month."
            raise ScheduleError(f"BYDAY={item[:40]} is not a weekday.", hint)
        if match[1] and parts["FREQ"] not in ("MONTHLY", "YEARLY"):
            hint = "Use FREQ=MONTHLY or FREQ=YEARLY with it."
            raise ScheduleError(f"BYDAY={item} counts within a month or year.", hint)


def _hours(parts: dict[str, str]) -> tuple[time, ...]:
    """Take the hours out of the rule, leaving its days."""
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
        raise ScheduleError("The rule never comes true.", "Mend BYHOUR or INTERVAL.")
    return hours


def _name_the_day(parts: dict[str, str], start: date | None) -> None:
    """Write down what the rule takes from its first day, so that it can be walked from any."""
    frequency = parts["FREQ"]
    if frequency == "DAILY" or _WHICH_DAY & parts.keys():
        return
    if start is None:
        part = {"WEEKLY": "BYDAY=TU", "MONTHLY": "BYMONTHDAY=1", "YEARLY": "BYYEARDAY=100"}
        raise ScheduleError(
            f"The rule does not say which day: FREQ={frequency} alone.",
            f"Add for example {part[frequency]}, or from: with the first day.",
        )
    if frequency == "WEEKLY":
        parts["BYDAY"] = DAYS[start.weekday()]
        return
    if frequency == "YEARLY":
        parts.setdefault("BYMONTH", str(start.month))
    parts["BYMONTHDAY"] = str(start.day)


def _refuse_never(rule: str, start: date | None) -> None:
    first = start or date(2000, 1, 1)
    try:
        found = next(iter(_rrule(rule, first.replace(year=first.year + _FAR))), None)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise ScheduleError(f"The rule cannot be used: {error}.", "See RFC 5545.") from error
    if found is None:
        raise ScheduleError("The rule never comes true.", "Mend its days or months.")


def _rrule(rule: str, first: date) -> Rule:
    from dateutil.rrule import rrulestr

    made = rrulestr(rule, dtstart=datetime.combine(first, time()))
    if TYPE_CHECKING:
        assert isinstance(made, Rule)
    return made


def count(rule: str, start: date | None, before: date) -> int:
    """Return how many days a checked rule names before this one, less than 0 for early days.

    A rule that hangs on its first day is counted from there, any other from 2020 on.
    """
    parts = _written(rule)
    anchor = start if parts.get("INTERVAL", "1") != "1" or "COUNT" in parts else None
    first, year = (anchor.year if anchor else _FIRST_YEAR), before.year
    found = sum(len(_days(rule, anchor, one)) for one in range(first, year))
    found -= sum(len(_days(rule, anchor, one)) for one in range(year, first))
    return found + bisect_left(_days(rule, anchor, year), before)


@lru_cache(maxsize=1024)  # a plan asks of each time of each post, year by year
def _days(rule: str, start: date | None, year: int) -> tuple[date, ...]:
    return tuple(walk(rule, start, date(year, 1, 1), date(year, 12, 31)))


def _written(rule: str) -> dict[str, str]:
    """Return the parts of a checked rule by their names."""
    return dict(item.split("=") for item in rule.split(";"))


def walk(rule: str, start: date | None, first: date, last: date) -> Iterator[date]:
    """Yield the days of a checked rule from ``first`` to ``last``, both included, in order."""
    since = max(first, start) if start else first
    for moment in _rrule(rule, _near(rule, start, since)):
        day = moment.date()
        if day > last:
            return
        if day >= since:
            yield day


def _near(rule: str, start: date | None, since: date) -> date:
    """Give the beginning of the last period of the rule that begins by ``since``.

    Periods (days, weeks, months, years, so many at a time) do not depend on each other, except by
    COUNT, which has to be walked from its first day.
    """
    parts = _written(rule)
    if "COUNT" in parts:
        assert start is not None
        return start
    step, anchor = int(parts.get("INTERVAL", "1")), start or since
    if parts["FREQ"] == "DAILY":
        return since - timedelta(days=(since - anchor).days % step)
    if parts["FREQ"] == "WEEKLY":
        shift = (anchor.weekday() - DAYS.index(parts.get("WKST", "MO"))) % _WEEK
        monday = anchor - timedelta(days=shift)
        return since - timedelta(days=(since - monday).days % (step * _WEEK))
    if parts["FREQ"] == "YEARLY":
        return date(since.year - (since.year - anchor.year) % step, 1, 1)
    months = since.year * _MONTHS + since.month - 1
    months -= (months - anchor.year * _MONTHS - anchor.month + 1) % step
    return date(months // _MONTHS, months % _MONTHS + 1, 1)
