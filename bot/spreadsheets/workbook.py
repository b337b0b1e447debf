"""XLSX workbooks: their cells as a person would type them into a CSV file, and back.

Nothing in a workbook is computed or fetched. What could do either, or grow without end when it is
unpacked, is refused before it is opened.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from bot.campaigns.source import MAX_POSTS
from bot.errors import Problem, UserError
from bot.reports.exports import escape_formula
from bot.spreadsheets.columns import REQUIRED_COLUMN, escape_cell, normalize_heading
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from openpyxl.workbook.workbook import Workbook

    from bot.yamlsource.problems import ProblemList

    NumberedRow = tuple[int, list[str]]
    """The number of a row, as a spreadsheet counts it, and its cells."""

ZIP_START, OLE_START = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""How XLSX files begin; and old, or encrypted, workbooks of Excel."""

MAX_UNPACKED = 20 << 20
"""Bytes of all that is in a workbook: 5,000 posts have less than half of that."""

MAX_ENTRIES = 200
"""Files in a workbook: one with a single sheet has about ten."""

MAX_COLUMNS = 200
"""Columns that are read; there are not 40 that mean anything."""

MAX_CELL = 32_767
"""Characters that a cell of a workbook can have."""

_TOP = (1, 1)
_REFUSED_PARTS = {
    "vbaproject": ("has macros", "Save it as a workbook without macros (.xlsx)."),
    "activex": ("has controls that run code", "Save it as CSV UTF-8."),
    "embeddings/": ("has other files in it", "Save it as CSV UTF-8."),
    "externallinks/": (
        "fetches values from other workbooks",
        "Paste the values in place of the links; or save it as CSV UTF-8.",
    ),
    "connections.xml": ("fetches values from elsewhere", "Save it as CSV UTF-8."),
}
"""What is refused, by a part of a name in the workbook."""


def read_workbook(data: bytes, problems: ProblemList) -> list[NumberedRow]:
    """Return the rows of a workbook's sheet of posts; note why it is refused."""
    if refused := _why_refused(data):
        problems.add("B728", _TOP, f"The workbook {refused[0]}", refused[1])
        return []
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():  # of what it does not know, such as a colour
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
            return _rows_of_posts(book, problems)
    except Exception:  # noqa: BLE001 - whatever a damaged file makes of a library's reader
        message = "The workbook is damaged, or not one that Excel writes"
        problems.add("B728", _TOP, message, "Save it again, or as CSV UTF-8.")
        return []


def _why_refused(data: bytes) -> tuple[str, str] | None:
    """Return why a workbook is not opened, and what to do instead; None if it can be."""
    if data.startswith(OLE_START):
        return "is encrypted, or of an old kind", "Save it as .xlsx without a password."
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return "is damaged", "Save it again."
    # A file in it is never unpacked beyond the size that its entry gives.
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        return "is far larger than a plan of posts when it is unpacked", "Save it as CSV UTF-8."
    names = [entry.filename.lower() for entry in entries]
    found = (why for part, why in _REFUSED_PARTS.items() if any(part in name for name in names))
    return next(found, None)


def _rows_of_posts(book: Workbook, problems: ProblemList) -> list[NumberedRow]:
    sheets = {sheet.title: [*_read_rows(sheet)] for sheet in book.worksheets}
    filled = {title: rows for title, rows in sheets.items() if rows}
    of_posts = [title for title, rows in filled.items() if _has_heading(rows[0][1])] or [*filled]
    if len(of_posts) > 1:
        names = " and ".join(map(quote_value, of_posts))
        message = f"The workbook has {len(of_posts)} sheets that may be meant, {names}"
        problems.add("B728", _TOP, message, "Keep one of them, or save it as CSV UTF-8.")
        return []
    return filled[of_posts[0]] if of_posts else []


def _has_heading(cells: Sequence[str]) -> bool:
    return any(normalize_heading(cell) == REQUIRED_COLUMN for cell in cells)


def _read_rows(sheet: Any) -> Iterator[NumberedRow]:
    """Yield the rows that are not empty: at most one more than a sheet may have."""
    rows = sheet.iter_rows(max_row=MAX_POSTS * 2, max_col=MAX_COLUMNS)
    count = 0
    for number, cells in enumerate(rows, 1):
        values = [_as_typed(cell.value, cell.data_type) for cell in cells]
        while values and not values[-1].strip():
            values.pop()
        if values:
            count += 1
            yield number, values
        if count > MAX_POSTS + 1:
            return


def _as_typed(value: Any, kind: str) -> str:
    """Return a cell as a person would type it into a CSV file."""
    match value:
        case None:
            typed = ""
        case _ if kind == "f":
            typed = f"={str(value).removeprefix('=')}"
        case bool():
            typed = str(value).upper()
        case datetime():
            typed = _rounded(value)
        case timedelta():
            typed = _rounded(datetime.combine(date.min, time()) + value)[11:] or "00:00"
        case date() | time():
            typed = value.isoformat()
        case float() if value.is_integer():
            typed = str(int(value))
        case str():
            typed = value.replace("_x000D_", "").replace("\r\n", "\n")
            if kind != "e" and typed.lstrip()[:1] in {"=", "\uff1d"}:
                typed = escape_formula(typed)  # it is a text here: as one, it is marked in CSV
        case _:
            typed = str(value)
    return typed


def _rounded(moment: datetime) -> str:
    """Return a moment to the second, as spreadsheets keep it less exactly; a day without time."""
    near = moment + timedelta(milliseconds=500)
    day = f"{near:%Y-%m-%d}" if near.year > 1 else "0001-01-01"
    if (near.hour, near.minute, near.second) == (0, 0, 0):
        return day
    return f"{day} {near:%H:%M}" + (f":{near:%S}" if near.second else "")


def as_workbook(rows: Iterable[Mapping[str, str]], headings: Sequence[str]) -> bytes:
    """Return rows as a workbook in which every cell is a text. Raises UserError.

    Its cells are those of the CSV, so that it may be saved as that.
    """
    from openpyxl import Workbook

    book = Workbook()
    sheet: Any = book.active
    sheet.title = "Posts"
    sheet.freeze_panes = "A2"
    for number, row in enumerate([dict(zip(headings, headings, strict=True)), *rows], 1):
        for column, name in enumerate(headings, 1):
            text = escape_cell(name, row[name])
            if len(text) > MAX_CELL:
                message = f"A cell of a workbook cannot have all of {row['id']}: {name}."
                hint = "Export it as CSV: groundswell export --format csv."
                raise UserError([Problem("export", 0, 0, "B704", message, hint)])
            cell = sheet.cell(number, column)
            cell.value = text
            cell.data_type = "s"
            cell.number_format = "@"  # text, whatever is typed into it
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
