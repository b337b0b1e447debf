"""A row of a spreadsheet, whose cells know their places."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.yamlsource.problems import Place

_QUOTED = re.compile(r'"(?:[^"]|"")*"')


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``number`` as a spreadsheet counts it, ``line`` where it begins in the file.

    In a workbook, these are the same, and there is no ``delimiter``.

    ``values`` are its cells as read, ``cells`` those by column, cleaned, without empty ones.
    ``invalid`` are the columns whose cells have been refused already and are not in ``cells``.
    """

    number: int
    line: int
    raw: str
    delimiter: str
    values: Sequence[str]
    columns: Mapping[str, int] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    invalid: frozenset[str] = frozenset()

    def place(self, column: str) -> Place:
        """Return the line and column of the file at which a cell starts, both from 1."""
        if not self.delimiter:
            return self.line, self.columns.get(column, 0) + 1
        start = 0
        for _ in range(self.columns.get(column, 0)):
            quoted = _QUOTED.match(self.raw, start)
            end = self.raw.find(self.delimiter, quoted.end() if quoted else start)
            start = (end if end >= 0 else len(self.raw)) + 1
        rows = re.split("\r\n|\r|\n", self.raw[:start])
        return self.line + len(rows) - 1, len(rows[-1]) + 1

    def name(self, column: str) -> str:
        """Return a cell's name, as in a spreadsheet: ``cell C9 (when)``."""
        if column not in self.columns:
            return f"row {self.number}"
        return f"cell {column_letter(self.columns[column])}{self.number} ({column})"

    def title(self, column: str) -> str:
        """Return a cell's name as a sentence begins with it."""
        name = self.name(column)
        return name[0].upper() + name[1:]


def column_letter(index: int) -> str:
    """Return a spreadsheet's own name for a column, from 0: A, B … Z, AA."""
    rest, last = divmod(index, 26)
    return (column_letter(rest - 1) if rest else "") + chr(ord("A") + last)
