"""From the bytes of a CSV file to rows of cells, each of which knows where it stands.

As spreadsheets save it: UTF-8 with or without byte-order mark; commas, semicolons or tabs; line
ends of any system; quoted texts of several lines; Excel's own first line ``sep=;``.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.bulk.cells import broken, computes, unescaped
from bot.bulk.columns import MEANINGS, NEEDED, UNREAD, letter, meant
from bot.campaigns.encoding import MOST_BYTES, UNSENDABLE
from bot.campaigns.problems import did_you_mean, shown
from bot.campaigns.source import MOST_POSTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.campaigns.problems import ProblemList

Place = tuple[int, int]

_TOP: Place = (1, 1)
_BOM = b"\xef\xbb\xbf"
_DELIMITERS = ",;\t"
_SAVE_AS = 'Save it as "CSV UTF-8".'
_NAMES_IT = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``cells`` by column, without those that are empty; ``number`` as a spreadsheet's.

    ``wrong`` are columns whose cells are refused already, and not among the cells.
    """

    number: int
    line: int
    raw: str
    delimiter: str
    columns: Mapping[str, int]
    cells: Mapping[str, str]
    wrong: frozenset[str] = frozenset()

    def place(self, column: str) -> Place:
        """Give the line and column of the file at which a cell starts, both from 1."""
        line, at = self.line, 1
        for _ in range(self.columns.get(column, 0)):
            cell = _cell_at(self.raw, at - 1, self.delimiter)
            at += len(cell) + 1
        before = self.raw[: at - 1]
        rows = re.split("\r\n|\r|\n", before)
        return line + len(rows) - 1, len(rows[-1]) + 1

    def name(self, column: str) -> str:
        """Give a cell's name as a spreadsheet and a person have it: ``cell C9 (when)``."""
        if column not in self.columns:
            return f"row {self.number}"
        return f"cell {letter(self.columns[column])}{self.number} ({column})"


def _cell_at(raw: str, start: int, delimiter: str) -> str:
    quoted = re.compile(r'"(?:[^"]|"")*"').match(raw, start)
    end = raw.find(delimiter, quoted.end() if quoted else start)
    return raw[start : end if end >= 0 else len(raw)]


def read_sheet(data: bytes, problems: ProblemList) -> list[Row]:
    """Read the rows of a file that are not empty; note all that is wrong with them."""
    text = _text(data, problems)
    if text is None:
        return []
    lines, delimiter = _lines(text)
    records = list(_records(lines, delimiter, problems))
    if not records:
        if not problems.found:
            problems.add("B708", _TOP, "The file is empty", "Save the spreadsheet again.")
        return []
    columns = _headings(records[0], problems)
    if NEEDED not in columns:
        hint = f"Columns: {', '.join(MEANINGS)}; groundswell import --columns explains them."
        problems.add("B707", (records[0].line, 1), "There is no column named text", hint)
        return []
    return _rows(records, columns, delimiter, problems)


def _text(data: bytes, problems: ProblemList) -> str | None:
    if len(data) > MOST_BYTES:
        problems.add("B701", _TOP, "The file is larger than 1 MiB", "Split it into several files.")
        return None
    data = data.removeprefix(_BOM)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4]:
        problems.add("B702", _TOP, "The file is UTF-16, not UTF-8", _SAVE_AS)
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = re.split("\r\n|\r|\n", data[: error.start].decode("utf-8"))
        message = f"The byte 0x{data[error.start]:02x} here is not UTF-8"
        problems.add("B702", (len(before), len(before[-1]) + 1), message, _SAVE_AS)
        return None


def _lines(text: str) -> tuple[list[str], str]:
    """Give the lines, with their ends, and what stands between two cells."""
    lines = list(io.StringIO(text, newline=""))
    named = _NAMES_IT.fullmatch(lines[0]) if lines else None
    if named and named[1] in _DELIMITERS:
        return ["\n", *lines[1:]], named[1]  # an empty row: the others keep their numbers
    return lines, max(_DELIMITERS, key=lambda one: _known(lines[:1], one))


def _known(head: Sequence[str], delimiter: str) -> int:
    """Count the headings that are known, if this stands between two cells."""
    try:
        names = next(csv.reader(head, delimiter=delimiter), [])
    except csv.Error:
        return 0
    return sum(meant(name) in MEANINGS for name in names)


@dataclass(frozen=True, slots=True)
class _Record:
    """A row as it was read: its first line and number, its text, and its cells."""

    line: int
    number: int
    raw: str
    cells: list[str]


def _records(lines: list[str], delimiter: str, problems: ProblemList) -> Iterator[_Record]:
    """Yield the rows that are not empty, the headings first."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number, line = 0, 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.add(*_unreadable(error, line + 1))
            return
        number, first, line = number + 1, line + 1, reader.line_num
        if any(cell.strip() for cell in cells):
            yield _Record(first, number, "".join(lines[first - 1 : line]), cells)


def _unreadable(error: csv.Error, line: int) -> tuple[str, Place, str, str]:
    if "field limit" in str(error):
        message = f"A cell here is longer than {csv.field_size_limit():,} characters"
        return "B704", (line, 1), message, "Is a quote not closed? No post is as long."
    message = "The quotes of this row cannot be followed, so the rest cannot be read"
    hint = 'Within a text in quotes, write "" for a quote; and close the last one.'
    return "B703", (line, 1), message, hint


def _headings(head: _Record, problems: ProblemList) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, name in enumerate(head.cells):
        column = meant(name)
        where = (head.line, 1)
        if column in columns:
            message = f"Two columns mean {column}, the second in {letter(index)}"
            problems.add("B706", where, message, "Keep one of them.")
        elif column in MEANINGS:
            columns[column] = index
        elif column:
            message = f"The column {letter(index)}, {shown(name)}, is unknown"
            hint = did_you_mean(column, MEANINGS) + " Your own go into a column named notes."
            problems.add("B705", where, message, hint)
    return columns


def _rows(
    records: Sequence[_Record], columns: dict[str, int], delimiter: str, problems: ProblemList
) -> list[Row]:
    head, *rest = records
    if not rest and not problems.found:
        problems.add("B708", _TOP, "There is no post in the file", "Write one a row.")
    if len(rest) > MOST_POSTS:
        where = (rest[MOST_POSTS].line, 1)
        message = f"The file has {len(rest)} rows, more than {MOST_POSTS}"
        problems.add("B710", where, message, "Split it into several files.")
        return []
    headed = {index for index, name in enumerate(head.cells) if name.strip()}
    rows = []
    for one in rest:
        _note_stray(one, headed, problems)
        cells = {name: one.cells[at] for name, at in columns.items() if at < len(one.cells)}
        filled = {name: cell for name, cell in cells.items() if cell.strip()}
        row = Row(one.number, one.line, one.raw, delimiter, columns, filled)
        rows.append(_cleaned(row, problems))
    return rows


def _note_stray(record: _Record, headed: set[int], problems: ProblemList) -> None:
    """Note a value that stands under no heading: the rest of a text, after a comma in it."""
    stray = (i for i, cell in enumerate(record.cells) if cell.strip() and i not in headed)
    for index in stray:
        message = f"The cell {letter(index)}{record.number} stands under no heading"
        hint = "Put a text with a comma into quotes, or let your spreadsheet save it."
        problems.add("B709", (record.line, 1), message, hint)
        return


def _cleaned(row: Row, problems: ProblemList) -> Row:
    """Take off apostrophes that only say that a cell is a text, and refuse what is no text."""
    cells, wrong = {}, set()
    for column, cell in row.cells.items():
        if column in UNREAD or _is_text(row, column, cell, problems):
            cells[column] = unescaped(cell).strip()
        else:
            wrong.add(column)
    return replace(row, cells=cells, wrong=frozenset(wrong))


def _is_text(row: Row, column: str, cell: str, problems: ProblemList) -> bool:
    name = row.name(column)
    if found := UNSENDABLE.search(cell):
        message = f"The control character U+{ord(found.group()):04X} is in {name}"
        problems.add("B711", row.place(column), message, "Take it out.")
    elif broken(cell):
        message = f"{shown(cell.strip())} in {name} is a spreadsheet's error"
        problems.add("B712", row.place(column), message, "Mend the cell, and save it again.")
    elif computes(cell):
        message = f"{shown(cell)} in {name} is a formula"
        hint = "Write a text; one that begins with = needs an apostrophe before it."
        problems.add("B713", row.place(column), message, hint)
    else:
        return True
    return False
