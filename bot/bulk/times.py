"""When a row's post is due: from the cells of a spreadsheet to ``when`` of a campaign file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.campaigns.problems import shown
from bot.schedules.phrases import numeric_dates

if TYPE_CHECKING:
    from bot.bulk.sheet import Row
    from bot.campaigns.problems import ProblemList

SLOT = "next slot"
"""What ``when`` says for the next free queue slot."""

_STAND_IN = "2099-01-01 00:00"
"""Takes the place of a time that cannot be read, so that the rest of the row is checked too."""

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::00)?\s*([ap])?\.?m?\.?", re.IGNORECASE)
_DAY_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d)(?:\s+|T)(.+)")
_OTHER_ORDER = re.compile(r"\s*\d{1,2}[/.\-]\s?\d{1,2}[/.\-]\s?\d{2,4}\b.*")
_OFFSET = re.compile(
    r"(?P<length>[+-]?\s*\d[\dwdhm ]*?)\s*(?P<side>before|after)?\s*(?:the\s+)?(?P<end>start|end)?",
    re.IGNORECASE,
)
_HALF = 12
_TELL = frozenset({"when", "date", "time", "event", "offset"})


def when_of(row: Row, problems: ProblemList) -> Any:
    """Give ``when`` as a campaign file has it; a stand-in, with a problem noted, if unclear."""
    cells = row.cells
    if row.wrong & _TELL:
        return _STAND_IN
    if other := next((one for one in ("when", "date") if _is_other(cells.get(one))), None):
        _add_date(row, other, problems)
        return _STAND_IN
    if "when" in cells:
        _contradicts(row, "when", ("date", "time", "offset"), problems)
        return _moment(cells["when"])
    if "date" in cells:
        _contradicts(row, "date", ("offset",), problems)
        if "time" not in cells:
            _add(row, "date", problems, "The row has a date but no time")
            return _STAND_IN
        return f"{cells['date']} {clock(cells['time'])}"
    return _around(row, problems)


def _is_other(cell: str | None) -> bool:
    """Tell whether the cell has a date, in another order than files have it."""
    return bool(cell and _OTHER_ORDER.fullmatch(cell))


def _add_date(row: Row, column: str, problems: ProblemList) -> None:
    """Note a date such as 31/12/2026, with what it can mean."""
    cell = row.cells[column]
    days = [day.isoformat() for day in numeric_dates(cell)]
    says = f"can mean {' or '.join(days)}" if len(days) > 1 else "has its date in another order"
    hint = f"Write it as {' or '.join(days) or 'YYYY-MM-DD'}; a column of texts keeps that."
    message = f"{shown(cell)} {says} ({row.name(column)})"
    problems.add("B715", row.place(column), message, hint)


def _contradicts(row: Row, one: str, others: tuple[str, ...], problems: ProblemList) -> None:
    if other := next((name for name in others if name in row.cells), None):
        _add(row, other, problems, f"The row says {one} and {other}")


def _moment(cell: str) -> Any:
    if " ".join(cell.lower().split()) in {SLOT, "slot", "slot: next"}:
        return {"slot": "next"}
    found = _DAY_CLOCK.fullmatch(cell)
    return f"{found[1]} {clock(found[2])}" if found else cell


def clock(cell: str) -> str:
    """Give a time of day as campaign files have it: 9:00 AM and 09:00:00 are 09:00."""
    found = _CLOCK.fullmatch(cell.strip())
    if not found:
        return cell.strip()
    hour, half = int(found[1]), (found[3] or "").lower()
    if half and 1 <= hour <= _HALF:
        hour = hour % _HALF + _HALF * (half == "p")
    elif half:
        return cell.strip()  # 13:00 AM: the form refuses it
    return f"{hour:02}:{found[2]}"


def _around(row: Row, problems: ProblemList) -> Any:
    cells = row.cells
    timed = [name for name in ("offset", "time") if name in cells]
    if "event" not in cells or not timed:
        where = timed[0] if timed else "when"
        _add(row, where, problems, "The row does not say when its post is due")
        return _STAND_IN
    found = _OFFSET.fullmatch(cells.get("offset", "0d"))
    if not found:
        _add(row, "offset", problems, f"{shown(cells['offset'])} is no offset")
        return _STAND_IN
    when = {"event": cells["event"], "offset": _signed(found)}
    if "time" in cells:
        when["at"] = clock(cells["time"])
    if (found["end"] or "").lower() == "end":
        when["from"] = "end"
    return when


def _signed(found: re.Match[str]) -> str:
    length = "".join(found["length"].split())
    before = (found["side"] or "").lower() == "before"
    return f"-{length.lstrip('+-')}" if before else length


def _add(row: Row, column: str, problems: ProblemList, message: str) -> None:
    hint = "Fill in when; or date and time; or event, offset and perhaps time."
    problems.add("B714", row.place(column), f"{message} ({row.name(column)})", hint)
