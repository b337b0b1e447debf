"""A row of a spreadsheet, whose cells know their places."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.yamlsource.problems import Place

OPEN_STATES = ("", "planned", "scheduled", "queue")
"""States of posts that are still to be sent; rows in any other state are skipped."""

_QUOTED = re.compile(r'"(?:[^"]|"")*"')


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a spreadsheet."""

    number: int
    """As a spreadsheet counts it."""
    line: int
    """The line of the file on which it begins; in a workbook, its number."""
    raw: str
    """Its text in the file; empty in a workbook."""
    delimiter: str
    """The sign between its cells; empty in a workbook."""
    values: Sequence[str]
    """Its cells as read."""
    columns: Mapping[str, int] = field(default_factory=dict)
    """The index of each column that has a heading."""
    cells: Mapping[str, str] = field(default_factory=dict)
    """Its cells by column, cleaned, without the empty ones."""
    invalid: frozenset[str] = frozenset()
    """The columns whose cells were refused already, and are not in ``cells``."""

    @property
    def is_open(self) -> bool:
        """Whether its post is still to be sent, by its cell ``state``."""
        return self.cells.get("state", "").strip().lower() in OPEN_STATES

    def place(self, column: str) -> Place:
        """Return the line and the column of the file at which a cell starts, both from 1."""
        if not self.delimiter:
            return self.line, self.columns.get(column, 0) + 1
        start = 0
        for _ in range(self.columns.get(column, 0)):
            quoted = _QUOTED.match(self.raw, start)
            end = self.raw.find(self.delimiter, quoted.end() if quoted else start)
            start = (end if end >= 0 else len(self.raw)) + 1
        lines = re.split("\r\n|\r|\n", self.raw[:start])
        return self.line + len(lines) - 1, len(lines[-1]) + 1

    def name(self, column: str) -> str:
        """Return a cell's name, as in a spreadsheet: ``cell C9 (when)``."""
        if column not in self.columns:
            return f"row {self.number}"
        return f"cell {column_letter(self.columns[column])}{self.number} ({column})"

    def title(self, column: str) -> str:
        """Return a cell's name for the beginning of a sentence."""
        name = self.name(column)
        return name[0].upper() + name[1:]


def column_letter(index: int) -> str:
    """Return a spreadsheet's own name for a column, from 0: A, B … Z, AA."""
    rest, last = divmod(index, 26)
    return (column_letter(rest - 1) if rest else "") + chr(ord("A") + last)
