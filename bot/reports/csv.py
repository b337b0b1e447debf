"""One table as CSV (RFC 4180, UTF-8, line ends CRLF), safe to open in a spreadsheet.

The first line holds the columns' keys. An empty cell is "no data"; rates are shares of 1, money is
US dollars, instants are ISO 8601 in UTC. What a spreadsheet would take for a formula in a text (see
``escaped``) gets an apostrophe before it; numbers are never changed. The total is left out: whoever
reads CSV sums for themselves.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.figures import clean

if TYPE_CHECKING:
    from bot.reports.table import Cell, Table

FORMULA = "'*[^\\S\t\r\n]*[-=+@\uff0d\uff1d\uff0b\uff20]"
"""What a spreadsheet computes, or would without the apostrophes before it."""

EDGE = "(?:^|(?<=[;\t\r\n]))"
"""Where a cell may begin: in half the world a comma is a decimal sign, and lists go by ``;``."""

BLANK = "'*[\t\r\n]"
"""What some spreadsheets leave out at the start of a cell before they look for a formula."""

_RISKY = re.compile(f"^(?={BLANK})|{EDGE}(?={FORMULA})")


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
            return escaped(clean(cell))
        case datetime():
            return f"{cell.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case Decimal():
            return f"{cell:f}"
        case _:
            return str(cell)


def escaped(text: str) -> str:
    """Return a text as a cell of which no spreadsheet computes anything.

    An apostrophe, their own sign for *this is text*, comes before each = + - @, or full-width form
    of them, with which the cell, or what may be taken for one, begins, after blanks or not.
    """
    return _RISKY.sub("'", text)
