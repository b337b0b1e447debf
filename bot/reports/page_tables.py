"""The tables of the page: which columns and rows people see there, and what stands below. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.table import format_cell, format_instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from bot.reports.evidence import Evidence
    from bot.reports.table import Cell, Column, Table

ROW_LIMITS = (300, 200, 100, 50, 25)
"""Most rows of a table on the page: the first of these with which all tables fit ``MAX_ROWS``."""
MAX_ROWS = 300
"""Rows of all tables together, for a page under 400 kB; CSV and JSON have them all."""

PAPER_ROWS = 15
"""Rows of a table on paper; the style sheet hides the others."""

FOLD_FROM = 9
"""So many rows of a table, or more, are folded: who looks for one unfolds them. Paper has them."""

MAX_RANK = 5
"""Columns of a higher rank are left to CSV and JSON."""
_MINOR_RANK = 4
"""Texts and instants of this rank or higher are left out where they add nothing, or on phones."""


@dataclass(frozen=True, slots=True)
class PageCell:
    """A cell of a table."""

    text: str
    sort: str | None
    """What it sorts by: None where the text itself does, "" for no data."""
    bar: int | None
    """Its share of the largest, in percent; None without a bar."""


@dataclass(frozen=True, slots=True)
class PageTable:
    """What the page shows of a table."""

    table: Table
    columns: tuple[tuple[Column, str], ...]
    """With their CSS classes."""
    rows: tuple[tuple[PageCell, ...], ...]
    totals: tuple[str, ...]
    """Blank where a total means nothing, which is not "no data"."""
    notes: tuple[str, ...]
    """Those that no table before has said."""
    method: str
    """How its rows are compared; "" if that is said already."""
    left_out: int
    """How many more rows there are."""
    folded: bool


def page_tables(evidence: Evidence, tables: list[Table], campaigns: int) -> list[PageTable]:
    """Return the tables, with as many rows as all have space for; nothing is said twice below."""
    lengths = [len(table.rows) for table in tables]
    fitting = (limit for limit in ROW_LIMITS if sum(min(limit, n) for n in lengths) <= MAX_ROWS)
    row_limit = next(fitting, ROW_LIMITS[-1])
    shown, said = list[PageTable](), set[str]()
    for table in tables:
        read = f"Last read {format_instant(table.read, evidence.zone)}." if table.read else ""
        notes = [note for note in (read, *table.notes) if note and note not in said]
        method = table.method if table.method not in said else ""
        said |= {*notes, method}
        shown.append(_page_table(table, evidence, campaigns, row_limit, (tuple(notes), method)))
    return shown


def hidden_columns(shown: Sequence[PageTable]) -> str:
    """Name the columns for people that no table of the page has."""
    columns = [column for of in shown for column in of.table.columns if not column.machine_only]
    seen = {column.key for of in shown for column, _ in of.columns if of.rows}
    return ", ".join(dict.fromkeys(c.name for c in columns if c.key not in seen))


def _page_table(
    table: Table,
    evidence: Evidence,
    campaigns: int,
    row_limit: int,
    below: tuple[tuple[str, ...], str],
) -> PageTable:
    """Return what the template shows of a table: at most so many rows, without minor columns.

    ``below`` are its notes and its method.
    """
    zone, rows = evidence.zone, table.rows[:row_limit]
    shown = [(i, c) for i, c in enumerate(table.columns) if _is_visible(table, c, campaigns)]
    bars = [row[i] for i, column in shown if column.bar for row in table.rows]
    largest = max((float(str(value)) for value in bars if value is not None), default=0.0)
    totals = [(table.column_total(column.key), column) for _, column in shown]
    notes, method = below
    return PageTable(
        table,
        tuple((column, _css_classes(column)) for _, column in shown),
        tuple(tuple(_cell(row[i], c, zone, largest) for i, c in shown) for row in rows),
        tuple("" if v is None else format_cell(v, column, zone) for v, column in totals),
        notes,
        method,
        table.left_out + len(table.rows) - len(rows),
        folded=len(rows) >= FOLD_FROM,
    )


def _cell(value: Cell, column: Column, zone: tzinfo, largest: float) -> PageCell:
    """Return a cell as written, with what it sorts by; rates and sums have six digits there."""
    text = format_cell(value, column, zone)
    numeric = column.kind not in {"text", "instant"}
    raw = "" if value is None else f"{value:.6g}" if isinstance(value, Decimal) else str(value)
    bar = None
    if column.bar and value is not None:
        bar = round(100 * float(raw) / largest) if largest > 0 else 0
    return PageCell(text, raw if numeric and raw != text else None, bar)


def _css_classes(column: Column) -> str:
    """Return the CSS classes of a column: a number, a time, or something that phones leave out."""
    if column.kind not in {"text", "instant"}:
        return "n"
    return " ".join(["t"] * (column.kind == "instant") + ["aside"] * (column.rank >= _MINOR_RANK))


def _is_visible(table: Table, column: Column, campaigns: int) -> bool:
    """Return whether people need a column: not if no row has a value, or texts are all alike."""
    values = set(table.column(column.key))
    if column.machine_only or (table.rows and values <= {None}):
        return False
    if column.kind == "text" and column.rank >= _MINOR_RANK and len(values) <= 1:
        return False
    return column.rank <= MAX_RANK or (column.key == "campaign" and campaigns > 1)
