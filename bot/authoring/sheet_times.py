"""When a row's post is due: from cells of a spreadsheet to ``when`` in a campaign file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.schedules.phrases import numeric_dates
from bot.yamlsource.problems import quote_value

if TYPE_CHECKING:
    from bot.authoring.sheet import Row
    from bot.yamlsource.problems import ProblemList

NEXT_SLOT = "next slot"
"""The value of ``when`` for the next free queue slot."""

_PLACEHOLDER = "2099-01-01 00:00"
"""Replaces a time that cannot be read, so that the rest of the row is checked, too."""

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::00)?\s*([ap])?\.?m?\.?", re.IGNORECASE)
_DAY_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d)(?:\s+|T)(.+)")
_NUMERIC_DATE = re.compile(r"\s*\d{1,2}[/.\-]\s?\d{1,2}[/.\-]\s?\d{2,4}\b.*")
_OFFSET = re.compile(
    r"(?P<length>[+-]?\s*\d[\dwdhm ]*?)\s*(?P<side>before|after)?\s*(?:the\s+)?(?P<end>start|end)?",
    re.IGNORECASE,
)
_HALF_DAY = 12
_TIME_COLUMNS = frozenset({"when", "date", "time", "event", "offset"})


def read_when(row: Row, problems: ProblemList) -> Any:
    """Return ``when`` as in a campaign file; if unclear, a placeholder, with a problem noted."""
    cells = row.cells
    if row.invalid & _TIME_COLUMNS:
        return _PLACEHOLDER
    for column in ("when", "date"):
        if _NUMERIC_DATE.fullmatch(cells.get(column, "")):
            _add_date_problem(row, column, problems)
            return _PLACEHOLDER
    if "when" in cells:
        _check_contradiction(row, "when", ("date", "time", "offset"), problems)
        return _parse_when(cells["when"])
    if "date" in cells:
        _check_contradiction(row, "date", ("offset",), problems)
        if "time" not in cells:
            _add_problem(row, "date", problems, "The row has a date but no time")
            return _PLACEHOLDER
        return f"{cells['date']} {normalize_time(cells['time'])}"
    return _event_relative(row, problems)


def _add_date_problem(row: Row, column: str, problems: ProblemList) -> None:
    """Note a date such as 31/12/2026, with what it can mean."""
    cell = row.cells[column]
    days = [day.isoformat() for day in numeric_dates(cell)]
    fault = f"can mean {' or '.join(days)}" if len(days) > 1 else "has its date in another order"
    hint = f"Write it as {' or '.join(days) or 'YYYY-MM-DD'}; a column of texts keeps that."
    message = f"{quote_value(cell)} {fault} ({row.name(column)})"
    problems.add("B715", row.place(column), message, hint)


def _check_contradiction(
    row: Row, column: str, others: tuple[str, ...], problems: ProblemList
) -> None:
    if other := next((name for name in others if name in row.cells), None):
        _add_problem(row, other, problems, f"The row has both {column} and {other}")


def _parse_when(cell: str) -> Any:
    if " ".join(cell.lower().split()) in {NEXT_SLOT, "slot", "slot: next"}:
        return {"slot": "next"}
    match = _DAY_CLOCK.fullmatch(cell)
    return f"{match[1]} {normalize_time(match[2])}" if match else cell


def normalize_time(cell: str) -> str:
    """Return a time of day as in campaign files: 9:00 AM and 09:00:00 become 09:00."""
    match = _CLOCK.fullmatch(cell.strip())
    if not match:
        return cell.strip()
    hour, half = int(match[1]), (match[3] or "").lower()
    if half and 1 <= hour <= _HALF_DAY:
        hour = hour % _HALF_DAY + _HALF_DAY * (half == "p")
    elif half:
        return cell.strip()  # 13:00 AM: the schema refuses it
    return f"{hour:02}:{match[2]}"


def _event_relative(row: Row, problems: ProblemList) -> Any:
    cells = row.cells
    timed = [name for name in ("offset", "time") if name in cells]
    if "event" not in cells or not timed:
        where = timed[0] if timed else "when"
        _add_problem(row, where, problems, "The row does not say when its post is due")
        return _PLACEHOLDER
    match = _OFFSET.fullmatch(cells.get("offset", "0d"))
    if not match:
        _add_problem(row, "offset", problems, f"{quote_value(cells['offset'])} is not an offset")
        return _PLACEHOLDER
    offset = "".join(match["length"].split())
    if (match["side"] or "").lower() == "before":
        offset = f"-{offset.lstrip('+-')}"
    when = {"event": cells["event"], "offset": offset}
    if "time" in cells:
        when["at"] = normalize_time(cells["time"])
    if (match["end"] or "").lower() == "end":
        when["from"] = "end"
    return when


def _add_problem(row: Row, column: str, problems: ProblemList, message: str) -> None:
    hint = "Fill in when; or date and time; or event, offset and perhaps time."
    problems.add("B714", row.place(column), f"{message} ({row.name(column)})", hint)
