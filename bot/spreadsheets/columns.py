"""The columns of a spreadsheet of posts, their meaning, and the times written in them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.reports.exports import CELL_START, FORMULA_START, LEADING_BLANK, escape_formula
from bot.schedules.phrases import means_next_slot
from bot.schedules.written_dates import numeric_dates
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.spreadsheets.row import Row
    from bot.yamlsource.problems import ProblemList


_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_REFORMATTED = re.compile(
    rf"'*(?:(?=.*\d)[\d\s.,:/%()$\u20ac\u00a3e+-]{{1,30}}|true|false"
    rf"|\d{{1,4}}[ /.-]*(?:{_MONTHS})[a-z]{{0,6}}[ /.-]*\d{{0,4}}"
    rf"|(?:{_MONTHS})[a-z]{{0,6}}[ /.-]*\d{{1,4}})",
    re.IGNORECASE,
)
"""Cells that a spreadsheet shows in another form, as 7 for 007 or a date for 1/2 and May 1."""

_ESCAPED = re.compile(f"^'(?={LEADING_BLANK})|{CELL_START}'(?={FORMULA_START})")
UNESCAPED = frozenset({"when", "date", "time", "offset", "expires", "poll_for"})
"""The columns whose cells get no apostrophe, because a time is read in every form."""


def escape_cell(column: str, cell: str) -> str:
    """Return a cell with apostrophes, so that no spreadsheet computes or reformats it."""
    if column not in UNESCAPED and _REFORMATTED.fullmatch(cell) and escape_formula(cell) == cell:
        return f"'{cell}"
    return escape_formula(cell)


def unescaped(cell: str) -> str:
    """Return the text of a cell, without the apostrophes that ``escape_cell`` put into it."""
    plain = cell[1:]
    is_marked = cell.startswith("'") and _REFORMATTED.fullmatch(cell)
    return plain if is_marked and escape_formula(plain) == plain else _ESCAPED.sub("", cell)


PART_SEPARATOR = "---"
"""The line that begins the next part of a thread."""

_WORDS_COLUMNS = frozenset({"text", "alt", "poll", "notes", "warning", "author", "media", "key"})
"""Columns of words, which keep their typographic signs."""

_BLANKS = re.compile("[\u00a0\u2007\u202f]")
_QUOTES = "\"'\u2018\u2019\u201a\u201c\u201d\u201e"
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_TYPESET_SEPARATOR = re.compile(
    "^([ \t]*)(?:[\u2013\u2014]-|-[\u2013\u2014])([ \t]*)$", re.MULTILINE
)


def plain_cell(column: str, cell: str) -> str:
    """Return a cell with the plain signs that a spreadsheet or a keyboard has replaced.

    It replaces blanks that do not break, curly quotes around a word, dashes for a minus, and a dash
    and a hyphen for a line of three. Words are left as they are.
    """
    if column in _WORDS_COLUMNS:
        return _TYPESET_SEPARATOR.sub(rf"\1{PART_SEPARATOR}\2", unescaped(cell)).strip()
    return plain_signs(column, unescaped(cell))


def plain_signs(column: str, cell: str) -> str:
    """Return a cell with plain blanks and hyphens, and without quotes around it.

    The columns of words keep them.
    """
    if column in _WORDS_COLUMNS:
        return cell.strip()
    return _DASHES.sub("-", _BLANKS.sub(" ", cell).strip()).strip(_QUOTES).strip()


COLUMNS: Mapping[str, str] = {
    "id": "The post's id, by which a corrected row finds its post again, whatever has changed in "
    "it; made from its first words and its day if it is empty.",
    "campaign": "The campaign's id; needed if there are several.",
    "when": "Date and time, as YYYY-MM-DD HH:MM, in the campaign's timezone; or next slot.",
    "date": "The date, as YYYY-MM-DD, with time; instead of when.",
    "time": "The time of day, as 09:00 or 9:00 AM, of date, or of the day that event and offset "
    "name.",
    "event": "The id of the event that the post is about, or is timed by, with offset.",
    "offset": "How long from the event's start, as -1d, 2h, 1d before, or 90m after end.",
    "accounts": "Instead of the campaign's accounts; several with commas between.",
    "text": "What the post says. A line of --- alone begins the next part of a thread.",
    "wording": "A name for this way to say it. Rows of one id and several wordings are one post.",
    "demand": "The id of the demand that it supports.",
    "facts": "Ids of the facts that it uses; several with commas between.",
    "statements": "Ids of the statements that it uses; several with commas between.",
    "media": "A picture's or video's file, from the folder of the campaign files; one a line.",
    "alt": "What each shows, for people who cannot see it; one a line.",
    "focus": "The point of each that stays in sight if Mastodon crops it, as 0.0, 0.5; or none; "
    "one a line.",
    "poll": "The answers of a poll, one a line.",
    "poll_for": "How long the poll is open, such as 24h.",
    "link": "An https address, added at the end.",
    "hashtags": "Instead of the campaign's hashtags; none for none.",
    "expires": "Never sent after this: YYYY-MM-DD HH:MM, or 3d after it was due.",
    "reply_settings": "Who may reply, as in a campaign file.",
    "warning": "A content warning, as in a campaign file.",
    "language": "The language of the text, as en or pt-BR, instead of the campaign's.",
    "labels": "What its pictures show, as in a campaign file; several with commas between.",
    "author": "Who wrote it.",
    "state": "Its state in an export. Rows that are no longer planned are skipped.",
    "local": "The audience's time, for people. Not read.",
    "key": "The posts that a row was exported from; leave it as it is. In a row that is copied for "
    "a new post, empty it, and id and exported.",
    "exported": "A mark of the row as it was exported; leave it as it is. With it, a cell that was "
    "changed changes its post.",
    "notes": "Your own notes. Not read.",
}
"""Every column and its meaning, in the order in which a person would fill them in."""

LIST_COLUMNS = frozenset({"facts", "statements", "labels"})
"""Columns of several words, with commas, semicolons or blanks between them."""

NO_HASHTAGS = "none"
"""The value of ``hashtags`` for no hashtag at all."""

NO_FOCUS = "none"
"""The value of ``focus`` for a file without a focal point, beside others."""

COLUMN_ALIASES: Mapping[str, str] = {
    "account": "accounts",
    "alt_text": "alt",
    "comment": "notes",
    "comments": "notes",
    "fact": "facts",
    "hashtag": "hashtags",
    "note": "notes",
    "statement": "statements",
}
"""Headings that mean one of the columns."""

IGNORED_COLUMNS = frozenset({"notes", "local"})
"""Columns for people, which are not read."""

REQUIRED_COLUMN = "text"
"""The only column that every spreadsheet needs."""


def normalize_heading(name: str) -> str:
    """Return the column that a heading means, or the heading itself in lower case."""
    plain = re.sub(r"[\s_-]+", "_", name.strip().lower())
    return COLUMN_ALIASES.get(plain, plain)


NEXT_SLOT = "next slot"
"""The value of ``when`` for the next free queue slot."""

_PLACEHOLDER = "2099-01-01 00:00"
"""Stands for a time that cannot be read, so that the rest of the row is checked, too."""

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::00)?\s*([ap])?\.?m?\.?", re.IGNORECASE)
_DAY_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d)(?:\s+|T)(.+)")
_NUMERIC_DATE = re.compile(r"\s*\d{1,2}[/.\-]\s?\d{1,2}[/.\-]\s?\d{2,4}\b.*")
_DECIMAL = re.compile(r"\d{1,6}(?:\.\d+)?")
_DAY_SHARE = re.compile(r"0?\.\d+|0")
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - local, as in a spreadsheet
_OFFSET = re.compile(
    r"(?P<length>[+-]?\s*\d[\dwdhm ]*?)\s*(?P<side>before|after)?\s*(?:the\s+)?(?P<end>start|end)?",
    re.IGNORECASE,
)
_HALF_DAY = 12
_MINUTE_ERROR = 0.02  # a spreadsheet's number may be off by a second
_TIME_COLUMNS = frozenset({"when", "date", "time", "event", "offset"})


def read_when(row: Row, problems: ProblemList) -> Any:
    """Return ``when`` as in a campaign file, or a placeholder, with the problem noted."""
    cells = row.cells
    if row.invalid & _TIME_COLUMNS or any(
        _is_unclear_date(row, column, problems) for column in ("when", "date")
    ):
        return _PLACEHOLDER
    if "when" in cells:
        _check_contradiction(row, "when", ("date", "time", "offset"), problems)
        return parse_when(cells["when"])
    if "date" in cells:
        _check_contradiction(row, "date", ("offset",), problems)
        if "time" not in cells:
            _add_problem(row, "date", problems, "The row has a date but no time")
            return _PLACEHOLDER
        return f"{cells['date']} {normalize_time(cells['time'])}"
    return _event_relative(row, problems)


def _is_unclear_date(row: Row, column: str, problems: ProblemList) -> bool:
    """Return whether a date has another form than YYYY-MM-DD, and note the problem."""
    cell = row.cells.get(column, "")
    hint = "Write the date as YYYY-MM-DD; a column of texts keeps that."
    if _DECIMAL.fullmatch(cell) and float(cell) > 1:
        near = _EXCEL_EPOCH + timedelta(days=float(cell), milliseconds=500)
        fault = f"{cell} is a spreadsheet's number for a date, {near:%Y-%m-%d %H:%M} or four years "
        message = f"{fault}and a day later ({row.name(column)})"
    elif _NUMERIC_DATE.fullmatch(cell):
        days = [day.isoformat() for day in numeric_dates(cell)]
        fault = "has its date in another order"
        if len(days) > 1:
            fault = f"can mean {' or '.join(days)}"
        message = f"{quote_value(cell)} {fault} ({row.name(column)})"
        hint = f"Write it as {' or '.join(days) or 'YYYY-MM-DD'}; a column of texts keeps that."
    else:
        return False
    problems.add("B715", row.place(column), message, hint)
    return True


def _check_contradiction(
    row: Row, column: str, others: tuple[str, ...], problems: ProblemList
) -> None:
    if other := next((name for name in others if name in row.cells), None):
        _add_problem(row, other, problems, f"The row has both {column} and {other}")


def parse_when(cell: str) -> Any:
    """Return ``when`` of one cell as in a campaign file."""
    if means_next_slot(cell):
        return {"slot": "next"}
    match = _DAY_CLOCK.fullmatch(cell)
    return f"{match[1]} {normalize_time(match[2])}" if match else cell


def normalize_time(cell: str) -> str:
    """Return a time of day as in campaign files, as 09:00 for 9:00 AM, 09:00:00 or 0.375.

    The last of these is a spreadsheet's own number for it, a share of the day.
    """
    if _DAY_SHARE.fullmatch(cell.strip()):
        minutes = float(cell) * 1440
        if abs(minutes - round(minutes)) < _MINUTE_ERROR and round(minutes) < 24 * 60:
            return f"{round(minutes) // 60:02}:{round(minutes) % 60:02}"
    match = _CLOCK.fullmatch(cell.strip())
    if not match:
        return cell.strip()
    hour, half = int(match[1]), (match[3] or "").lower()
    if half and 1 <= hour <= _HALF_DAY:
        hour = hour % _HALF_DAY + (_HALF_DAY if half == "p" else 0)
    elif half:
        return cell.strip()  # such as 13:00 AM, which the schema refuses
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
