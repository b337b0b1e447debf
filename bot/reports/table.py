"""A report's shape: plain values with their kinds, which each renderer writes its own way.

Nothing here is formatted, and no report is made here: see ``bot.reports.REPORTS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Kind = Literal["text", "count", "rate", "factor", "money", "delta", "instant"]
"""What a column holds: rate is a share of 1, factor a multiple, money is dollars, delta a change,
instant is UTC."""

Cell = str | int | Decimal | datetime | None
"""None is "no data", which is not 0."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``key`` names it for machines, ``name`` for people, ``short`` in a terminal.

    ``meaning`` says how the figure is made. ``rank`` orders what a narrow terminal leaves out: 0
    never, higher sooner. ``bar`` marks the one column that renderers show bars for; ``machine`` one
    that only machines read, such as an id.
    """

    key: str
    name: str
    kind: Kind
    meaning: str = ""
    rank: int = 0
    bar: bool = False
    machine: bool = False
    short: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One report: rows of cells, in the order of the columns.

    ``total`` is a row of its own, with None where a total means nothing. ``read`` says when the
    figures were last read from a platform. ``trends`` holds for each row what it gained in equal
    spans of the whole period, or nothing. ``notes`` are what a reader must know to trust it;
    ``method`` tells how its rows were compared, for wherever the column "verdict" is shown.
    ``left_out`` is how many more rows there are, which nobody asked for.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    read: datetime | None = None
    total: tuple[Cell, ...] | None = None
    trends: tuple[tuple[int, ...], ...] = ()
    method: str = ""
    left_out: int = 0

    @property
    def more(self) -> str:
        """Say how many more rows there are; nothing where these are all."""
        rows = "row" if self.left_out == 1 else "rows"
        return f"{self.left_out:,} more {rows}" if self.left_out else ""

    def rank(self, column: Column) -> int:
        """Give a column's rank here: where rows are of several campaigns, it is said of which.

        Ids, and "No event", are the same in two campaigns; without it, two rows would look alike.
        """
        several = column.key == "campaign" and len({*self.column("campaign")} - {""}) > 1
        return min(column.rank, 1) if several else column.rank

    def place(self, key: str) -> int:
        """Give the index of a column. Raises KeyError."""
        return {each.key: index for index, each in enumerate(self.columns)}[key]

    def column(self, key: str) -> list[Cell]:
        """Give one column's cells. Raises KeyError."""
        place = self.place(key)
        return [row[place] for row in self.rows]

    def totalled(self, key: str) -> Cell:
        """Give one column's total; None if there is none. Raises KeyError."""
        return self.total[self.place(key)] if self.total else None
