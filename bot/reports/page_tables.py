"""The tables of the page, with the columns, rows and notes that people see there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.table import format_cell, format_instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from bot.reports.evidence import Evidence
    from bot.reports.table import Cell, Column, Table

ROW_LIMITS = (300, 200, 100, 50, 25)
"""Most rows of a table, which is the first of these with which all tables fit ``MAX_ROWS``."""
MAX_ROWS = 300
"""Most rows of all tables together, for a page under 400 kB. CSV and JSON have all rows."""

PAPER_ROWS = 15
"""Rows of a table on paper. The style sheet hides the others."""

FOLD_FROM = 9
"""The least rows of a table that is folded on a screen. Paper shows it unfolded."""

NEVER_FOLDED = frozenset({"share-network"})
"""The tables that answer what a person asked for, of as many rows as there are networks."""

MAX_RANK = 5
"""The highest rank of a column on the page. CSV and JSON have the others."""
_MINOR_RANK = 4
"""The least rank of texts and instants that are left out if they are all alike, or on phones."""


@dataclass(frozen=True, slots=True)
class PageCell:
    """A cell of a table."""

    text: str
    sort: str | None
    """The value that it sorts by, "" for no data, or None if that is the text itself."""
    bar: int | None
    """Its share of the largest, in percent, or None without a bar."""


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table as the page shows it."""

    table: Table
    """It is without the notes and the method that a table above has."""
    columns: tuple[tuple[Column, str], ...]
    """The columns, with their CSS classes."""
    rows: tuple[tuple[PageCell, ...], ...]
    totals: tuple[str, ...]
    """The totals as written. A column without one is blank, which is not "no data"."""
    left_out: int
    """How many more rows there are."""
    folded: bool


def page_tables(evidence: Evidence, tables: list[Table], campaigns: int) -> list[PageTable]:
    """Return the tables, with as many rows as all have space for and without repeated notes."""
    lengths = [len(table.rows) for table in tables]
    fitting = (limit for limit in ROW_LIMITS if sum(min(limit, n) for n in lengths) <= MAX_ROWS)
    row_limit = next(fitting, ROW_LIMITS[-1])
    shown, said = list[PageTable](), set[str]()
    for table in tables:
        read = f"Last read {format_instant(table.read, evidence.zone)}." if table.read else ""
        notes = tuple(note for note in (read, *table.notes) if note and note not in said)
        method = table.method if table.method not in said else ""
        said |= {*notes, method}
        own = replace(table, notes=notes, method=method)
        shown.append(_page_table(own, evidence, campaigns, row_limit))
    return shown


def hidden_columns(shown: Sequence[PageTable]) -> str:
    """Return the names of the columns for people that no table of the page has."""
    columns = [column for of in shown for column in of.table.columns if not column.machine_only]
    seen = {column.key for of in shown for column, _ in of.columns if of.rows}
    return ", ".join(dict.fromkeys(c.name for c in columns if c.key not in seen))


def _page_table(table: Table, evidence: Evidence, campaigns: int, row_limit: int) -> PageTable:
    """Return a table for the template, without minor columns."""
    zone, rows = evidence.zone, table.rows[:row_limit]
    shown = [(i, c) for i, c in enumerate(table.columns) if _is_visible(table, c, campaigns)]
    bars = [row[i] for i, column in shown if column.bar for row in table.rows]
    largest = max((float(str(value)) for value in bars if value is not None), default=0.0)
    totals = [(table.column_total(column.key), column) for _, column in shown]
    return PageTable(
        table,
        tuple((column, _css_classes(column)) for _, column in shown),
        tuple(tuple(_cell(row[i], c, zone, largest) for i, c in shown) for row in rows),
        tuple("" if v is None else format_cell(v, column, zone) for v, column in totals),
        table.left_out + len(table.rows) - len(rows),
        folded=len(rows) >= FOLD_FROM and table.id not in NEVER_FOLDED,
    )


def _cell(value: Cell, column: Column, zone: tzinfo, largest: float) -> PageCell:
    """Return a cell as written, with the value that it sorts by, to six digits."""
    text = format_cell(value, column, zone)
    numeric = column.kind not in {"text", "instant"}
    raw = "" if value is None else f"{value:.6g}" if isinstance(value, Decimal) else str(value)
    bar = None
    if column.bar and value is not None:
        bar = round(100 * float(raw) / largest) if largest > 0 else 0
    return PageCell(text, raw if numeric and raw != text else None, bar)


def _css_classes(column: Column) -> str:
    """Return the CSS classes of a column, "aside" if phones leave it out."""
    if column.kind not in {"text", "instant"}:
        return "n"
    classes = ["t"] if column.kind == "instant" else []
    return " ".join([*classes, "aside"] if column.rank >= _MINOR_RANK else classes)


def _is_visible(table: Table, column: Column, campaigns: int) -> bool:
    """Return whether a column is shown, which needs a value and, in minor texts, two of them."""
    values = set(table.column(column.key))
    if column.machine_only or (table.rows and values <= {None}):
        return False
    if column.kind == "text" and column.rank >= _MINOR_RANK and len(values) <= 1:
        return False
    return column.rank <= MAX_RANK or (column.key == "campaign" and campaigns > 1)
