"""One table as CSV (RFC 4180, UTF-8, line ends CRLF), safe to open in a spreadsheet.

The first line holds the columns' keys. An empty cell is "no data"; rates are shares of 1, money is
US dollars, instants are ISO 8601 in UTC. A text that a spreadsheet would take for a formula (it
begins with = + - @ or their full-width forms, a tab or a line end, after blanks or not) gets a
leading apostrophe; numbers are never changed. The total is left out: whoever reads CSV sums for
themselves.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.figures import clean

if TYPE_CHECKING:
    from bot.reports.table import Cell, Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def render_csv(table: Table) -> str:
    """Write the table, with a header line."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.key for column in table.columns])
    writer.writerows([plain(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def plain(cell: Cell) -> str:
    """Write one cell for a spreadsheet."""
    match cell:
        case None:
            return ""
        case str():
            return _text(clean(cell))
        case datetime():
            return f"{cell.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case Decimal():
            return f"{cell:f}"
        case _:
            return str(cell)


def _text(text: str) -> str:
    risky = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if risky else text
