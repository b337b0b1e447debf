"""Tables as CSV, JSON and Markdown.

CSV is RFC 4180 in UTF-8 with CRLF line ends, one table a file, safe to open in a spreadsheet. Its
first line holds the columns' keys. An empty cell is "no data"; rates are shares of 1, money is in
US dollars, instants are ISO 8601 in UTC. What a spreadsheet would take for a formula in a text (see
``escape_formula``) gets an apostrophe before it; numbers are never changed. There is no total row:
who reads CSV does their own sums.

JSON holds all tables in one document, and its shape is versioned (``JSON_VERSION``).
"""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.reports.table import clean, describe_period, format_cell, format_instant, one_line
from bot.reports.terminal import TREND_MEANING, draw_sparkline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from bot.reports.evidence import Evidence
    from bot.reports.table import Cell, Column, Table


FORMULA_START = "'*[^\\S\t\r\n]*[-=+@\uff0d\uff1d\uff0b\uff20]"
"""What a spreadsheet takes for a formula, or would without the apostrophes before it."""

CELL_START = "(?:^|(?<=[;\t\r\n]))"
"""Where a cell may begin: where a comma is the decimal sign, ``;`` separates cells."""

LEADING_BLANK = "'*[\t\r\n]"
"""What some spreadsheets skip at the start of a cell before they look for a formula."""

_RISKY = re.compile(f"^(?={LEADING_BLANK})|{CELL_START}(?={FORMULA_START})")


def render_csv(table: Table) -> str:
    """Write the table, with a header line."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.key for column in table.columns])
    writer.writerows([csv_cell(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def csv_cell(cell: Cell) -> str:
    """Write one cell for a spreadsheet."""
    if isinstance(cell, str):
        return escape_formula(clean(cell))
    return "" if cell is None else str(json_cell(cell))


def escape_formula(text: str) -> str:
    """Return a text as a cell in which no spreadsheet finds a formula.

    Where a cell, or what may be taken for one, begins with = + - @ or their full-width forms, after
    blanks or not, an apostrophe is put before it: the spreadsheets' own sign for *this is text*.
    """
    return _RISKY.sub("'", text)


JSON_VERSION = 1


def render_json(evidence: Evidence, tables: Iterable[Table], now: datetime) -> str:
    """Write the tables as one JSON document, pure ASCII, indented by two."""
    document = {
        "groundswell_report": JSON_VERSION,
        "generated": json_cell(now),
        "simulated": evidence.simulated,
        "timezone": evidence.timezone,
        "since": json_cell(evidence.since),
        "until": json_cell(evidence.until),
        "reports": [_table_to_json(table) for table in tables],
    }
    return json.dumps(document, indent=2) + "\n"


def _table_to_json(table: Table) -> dict[str, Any]:
    keys = [column.key for column in table.columns]
    rows = [dict(zip(keys, map(json_cell, row), strict=True)) for row in table.rows]
    total = table.total and dict(zip(keys, map(json_cell, table.total), strict=True))
    return {
        "id": table.id,
        "title": table.title,
        "notes": list(table.notes),
        "method": table.method,
        "read": json_cell(table.read),
        "columns": [
            {"key": c.key, "name": c.name, "kind": c.kind, "meaning": c.meaning}
            for c in table.columns
        ],
        "rows": rows,
        "left_out": table.left_out,
        "total": total,
        "trends": [list(trend) for trend in table.trends],
    }


def json_cell(cell: Cell) -> str | int | None:
    """Return a cell as JSON holds it."""
    match cell:
        case datetime():
            return f"{cell.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case Decimal():
            return f"{cell:f}"
        case _:
            return cell


_MARKDOWN_MAX_RANK = 5
"""Columns of a higher rank are left out."""

# Markup, and what readers turn into links by themselves: addresses, @names, #numbers.
_MARKDOWN_SPECIAL = re.compile(r"[\\`*_\[\]|<>~&$!@#^]|:(?=//)|(?<=\bwww)\.")


def render_markdown(evidence: Evidence, tables: Iterable[Table], now: datetime) -> str:
    """Write the tables as one Markdown document."""
    zone, meanings, has_trends = evidence.zone, dict[str, None](), False
    lines = ["# Engagement report", ""]
    timezone = escape_markdown(evidence.timezone)
    lines += [f"Of {format_instant(now, zone)}; times are in {timezone}.", ""]
    if evidence.since or evidence.until:
        lines += [escape_markdown(describe_period(evidence.since, evidence.until, zone)), ""]
    if evidence.simulated:
        lines += ["**Simulated platform.** These figures come from the sandbox.", ""]
    for table in tables:
        columns = [
            column
            for column in table.columns
            if not column.machine_only and table.rank(column) <= _MARKDOWN_MAX_RANK
        ]
        lines += [f"## {escape_markdown(table.title)}", ""]
        if table.rows:
            lines += [*_markdown_table(table, columns, zone), ""]
            meanings |= {
                f"{column.name}: {column.meaning}": None for column in columns if column.meaning
            }
            has_trends = has_trends or table.has_trends
        if table.read:
            lines += [f"Last read {format_instant(table.read, zone)}.", ""]
        more = f"{table.more_rows_text}." if table.more_rows_text else ""
        for note in filter(None, (more, *table.notes, table.method)):
            lines += [escape_markdown(note), ""]
    if meanings:
        trend = [TREND_MEANING] if has_trends else []
        lines += ["## What the columns mean", ""]
        lines += [f"- {escape_markdown(meaning)}" for meaning in (*meanings, *trend)] + [""]
    return "\n".join(lines)


def _markdown_table(table: Table, columns: Sequence[Column], zone: tzinfo) -> Iterator[str]:
    def cells(row: Sequence[Cell], blank: str) -> list[str]:
        texts = []
        for column in columns:
            value = row[table.column_index(column.key)]
            text = blank if value is None else format_cell(value, column, zone)
            texts.append(
                escape_markdown(text) if column.kind == "text" and value is not None else text
            )
        return texts

    def line(texts: Iterable[str], trend: str) -> str:
        return f"| {' | '.join([*texts, *[trend] * table.has_trends])} |"

    yield line((escape_markdown(column.name) for column in columns), "Trend")
    yield line(("---" if c.kind in {"text", "instant"} else "---:" for c in columns), "---")
    for index, row in enumerate(table.rows):
        trend = draw_sparkline(table.trends[index]) if table.has_trends else ""
        yield line(cells(row, "no data"), trend)
    if table.total:
        yield line((f"**{text}**" if text else "" for text in cells(table.total, "")), "")


def escape_markdown(value: str) -> str:
    """Write a text so that a Markdown reader shows it as it is, on one line, and links nothing."""
    return _MARKDOWN_SPECIAL.sub(lambda match: f"\\{match[0]}", one_line(value))
