"""Read and write XLSX workbooks, with each cell as a person would type it into a CSV file.

Nothing in a workbook is computed or fetched. A workbook that could do either, or could grow without
end when it is unpacked, is refused before it is opened.
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
"""The first bytes of XLSX files, and of old or encrypted workbooks of Excel."""

MAX_UNPACKED = 20 << 20
"""Most bytes of an unpacked workbook. One of 5,000 posts has less than half of that."""

MAX_ENTRIES = 200
"""Most files in a workbook. One with a single sheet has about ten."""

MAX_COLUMNS = 200
"""Columns that are read; fewer than 40 have a meaning."""

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
"""Why a workbook is refused, and what to do, by a part of a file's name in it."""


def read_workbook(data: bytes, problems: ProblemList) -> list[NumberedRow]:
    """Return the rows of a workbook's sheet of posts, or note why it is refused."""
    if refused := _why_refused(data):
        problems.add("B728", _TOP, f"The workbook {refused[0]}", refused[1])
        return []
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():  # openpyxl warns of parts that it does not know
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
            return _rows_of_posts(book, problems)
    except Exception:  # noqa: BLE001 - a damaged file can raise anything in openpyxl
        message = "The workbook is damaged, or not one that Excel writes"
        problems.add("B728", _TOP, message, "Save it again, or as CSV UTF-8.")
        return []


def _why_refused(data: bytes) -> tuple[str, str] | None:
    """Return why a workbook is not opened and what to do instead, or None."""
    if data.startswith(OLE_START):
        return "is encrypted, or of an old kind", "Save it as .xlsx without a password."
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return "is damaged", "Save it again."
    # zipfile never unpacks a file beyond the size in its entry.
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        return "is far larger than a plan of posts when it is unpacked", "Save it as CSV UTF-8."
    names = [entry.filename.lower() for entry in entries]
    found = (why for part, why in _REFUSED_PARTS.items() if any(part in name for name in names))
    return next(found, None)


def _rows_of_posts(book: Workbook, problems: ProblemList) -> list[NumberedRow]:
    sheets = {sheet.title: [*_read_rows(sheet)] for sheet in book.worksheets}
    filled = {title: rows for title, rows in sheets.items() if rows}
    headings = {title: map(normalize_heading, rows[0][1]) for title, rows in filled.items()}
    of_posts = [title for title, row in headings.items() if REQUIRED_COLUMN in row] or [*filled]
    if len(of_posts) > 1:
        names = " and ".join(map(quote_value, of_posts))
        message = f"The workbook has {len(of_posts)} sheets that may hold the posts, {names}"
        problems.add("B728", _TOP, message, "Keep one of them, or save it as CSV UTF-8.")
        return []
    return filled[of_posts[0]] if of_posts else []


def _read_rows(sheet: Any) -> Iterator[NumberedRow]:
    """Yield the rows that are not empty, at most one more than a sheet may have."""
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
                typed = escape_formula(typed)  # a text here, and so it is marked as in CSV
        case _:
            typed = str(value)
    return typed


def _rounded(moment: datetime) -> str:
    """Return a moment to the nearest second; a day, if it is midnight."""
    near = moment + timedelta(milliseconds=500)  # spreadsheets keep times less exactly
    day = f"{near:%Y-%m-%d}" if near.year > 1 else "0001-01-01"
    if (near.hour, near.minute, near.second) == (0, 0, 0):
        return day
    return f"{day} {near:%H:%M}" + (f":{near:%S}" if near.second else "")


def as_workbook(rows: Iterable[Mapping[str, str]], headings: Sequence[str]) -> bytes:
    """Return rows as a workbook in which every cell is a text. Raises UserError.

    The cells have the apostrophes of the CSV, so that the workbook may be saved as CSV.
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
                message = f"The {name} of {row['id']} is too long for a cell of a workbook."
                hint = "Export the posts as CSV with groundswell export --format csv."
                raise UserError([Problem("export", 0, 0, "B704", message, hint)])
            cell = sheet.cell(number, column)
            cell.value = text
            cell.data_type = "s"
            cell.number_format = "@"  # Excel then keeps typed dates and numbers as text
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
