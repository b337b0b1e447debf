"""From the bytes of a spreadsheet to rows.

CSV may have the forms in which spreadsheets save it. These are UTF-8 with or without byte-order
mark; commas, semicolons or tabs; line ends of any system; quoted texts of several lines; and
Excel's own first line ``sep=;``.
"""

from __future__ import annotations

import csv
import io
import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.campaigns.source import MAX_POSTS
from bot.spreadsheets.columns import (
    COLUMNS,
    IGNORED_COLUMNS,
    REQUIRED_COLUMN,
    normalize_heading,
    plain_cell,
)
from bot.spreadsheets.row import Row, column_letter
from bot.spreadsheets.workbook import OLE_START, ZIP_START, read_workbook
from bot.text import UNSENDABLE, quote_value
from bot.yamlsource.nodes import MAX_BYTES
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.yamlsource.problems import Place, ProblemList


_TOP: Place = (1, 1)
_BOM = b"\xef\xbb\xbf"
_DELIMITERS = ",;\t"
_SAVE_HINT = 'Save it as "CSV UTF-8".'
_FORMULA_START = re.compile(r"\s*[=\uff1d]")
_ERROR_VALUE = re.compile(r"\s*(#(NAME\?|REF!|VALUE!|DIV/0!|N/A|NULL!|NUM!|SPILL!|CALC!)|#{3,})\s*")
"""Signs that a spreadsheet shows instead of a value, such as #NAME? or ####."""
_SEP_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


def read_sheet(data: bytes, problems: ProblemList) -> list[Row]:
    """Return the rows of a file that are not empty, and note every problem in them."""
    rows = _read_file(data, problems)
    if not rows:
        if not problems.problems:
            problems.add("B708", _TOP, "The file is empty", "Save the spreadsheet again.")
        return []
    head, *rest = rows
    columns = _read_headings(head, problems)
    if REQUIRED_COLUMN not in columns:
        hint = f"Columns: {', '.join(COLUMNS)}; groundswell import --columns explains them."
        problems.add("B707", (head.line, 1), "There is no column named text", hint)
        return []
    if not rest and not problems.problems:
        problems.add("B708", _TOP, "There is no post in the file", "Write one in each row.")
    if len(rest) > MAX_POSTS:
        message = f"The file has {len(rest)} rows, more than {MAX_POSTS}"
        place = (rest[MAX_POSTS].line, 1)
        problems.add("B710", place, message, "Split it into several files.")
        return []
    headed = {index for index, name in enumerate(head.values) if name.strip()}
    return [_fill_cells(row, columns, headed, problems) for row in rest]


def _read_file(data: bytes, problems: ProblemList) -> list[Row]:
    if len(data) <= MAX_BYTES and data.startswith((ZIP_START, OLE_START)):
        rows = read_workbook(data, problems)
        return [Row(number, number, "", "", values) for number, values in rows]
    text = _decode(data, problems)
    return [] if text is None else list(_read_rows(*_split_lines(text), problems))


def _decode(data: bytes, problems: ProblemList) -> str | None:
    if len(data) > MAX_BYTES:
        problems.add("B701", _TOP, "The file is larger than 1 MiB", "Split it into several files.")
        return None
    data = data.removeprefix(_BOM)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4]:
        problems.add("B702", _TOP, "The file is UTF-16, not UTF-8", _SAVE_HINT)
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = re.split("\r\n|\r|\n", data[: error.start].decode("utf-8"))
        message = f"The byte 0x{data[error.start]:02x} here is not UTF-8"
        problems.add("B702", (len(before), len(before[-1]) + 1), message, _SAVE_HINT)
        return None


def _split_lines(text: str) -> tuple[list[str], str]:
    """Return the lines, with their ends, and the delimiter of the cells."""
    lines = list(io.StringIO(text, newline=""))
    match = _SEP_LINE.fullmatch(lines[0]) if lines else None
    if match and match[1] in _DELIMITERS:
        return ["\n", *lines[1:]], match[1]  # an empty row, so that the others keep their numbers
    known_headings = dict.fromkeys(_DELIMITERS, 0)
    for delimiter in _DELIMITERS:
        with suppress(csv.Error):
            for name in next(csv.reader(lines[:1], delimiter=delimiter), []):
                known_headings[delimiter] += normalize_heading(name) in COLUMNS
    return lines, max(_DELIMITERS, key=lambda delimiter: known_headings[delimiter])


def _read_rows(lines: list[str], delimiter: str, problems: ProblemList) -> Iterator[Row]:
    """Yield the rows that are not empty, the headings first."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number, line = 0, 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            code, message = "B703", "The quotes of this row are not closed, so the rest is unread"
            hint = 'Inside a quoted text, write "" for a quote; and close the last one.'
            if "field limit" in str(error):
                limit = csv.field_size_limit()
                code, message = "B704", f"A cell here is longer than {limit:,} characters"
                hint = "Is a quote not closed? No post is that long."
            problems.add(code, (line + 1, 1), message, hint)
            return
        number, first, line = number + 1, line + 1, reader.line_num
        if any(cell.strip() for cell in cells):
            yield Row(number, first, "".join(lines[first - 1 : line]), delimiter, cells)


def _read_headings(head: Row, problems: ProblemList) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, name in enumerate(head.values):
        column = normalize_heading(name)
        where = (head.line, 1)
        if column in columns:
            message = f"Two columns mean {column}, the second in {column_letter(index)}"
            problems.add("B706", where, message, "Keep one of them.")
        elif column in COLUMNS:
            columns[column] = index
        elif column:
            message = f"The column {column_letter(index)}, {quote_value(name)}, is unknown"
            hint = did_you_mean(column, COLUMNS) + " Your own go into a column named notes."
            problems.add("B705", where, message, hint)
    return columns


def _fill_cells(
    row: Row, columns: Mapping[str, int], headed: set[int], problems: ProblemList
) -> Row:
    """Return the row with its cells, without the apostrophes that mark a cell as text.

    Cells that are not text, such as formulas, are refused.
    """
    # The first value without a heading, such as the rest of a text after a comma.
    stray = [at for at, cell in enumerate(row.values) if cell.strip() and at not in headed]
    if stray:
        message = f"The cell {column_letter(stray[0])}{row.number} has no heading"
        hint = "Put a text with a comma into quotes, or let your spreadsheet save it."
        problems.add("B709", (row.line, 1), message, hint)
    row = replace(row, columns=columns)
    cells, invalid = {}, set()
    for column, at in columns.items():
        cell = row.values[at] if at < len(row.values) else ""
        if not cell.strip():
            continue
        if column not in IGNORED_COLUMNS and (wrong := _cell_problem(cell, row.name(column))):
            code, message, hint = wrong
            problems.add(code, row.place(column), message, hint)
            invalid.add(column)
        else:
            cells[column] = plain_cell(column, cell)
    return replace(row, cells=cells, invalid=frozenset(invalid))


def _cell_problem(cell: str, name: str) -> tuple[str, str, str] | None:
    """Return the code, the message and the hint for a cell that is not text, or None."""
    if match := UNSENDABLE.search(cell):
        message = f"The control character U+{ord(match.group()):04X} is in {name}"
        return "B711", message, "Remove it."
    if _ERROR_VALUE.fullmatch(cell):
        message = f"{quote_value(cell.strip())} in {name} is a spreadsheet's error"
        return "B712", message, "Fix the cell, and save the file again."
    if _FORMULA_START.match(cell):
        hint = "Write a text; one that begins with = needs an apostrophe before it."
        return "B713", f"{quote_value(cell)} in {name} is a formula", hint
    return None
