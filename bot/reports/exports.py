"""Tables as CSV and Markdown.

CSV is RFC 4180 in UTF-8 with CRLF line ends, one table a file, safe to open in a spreadsheet. Its
first line holds the columns' keys. An empty cell is "no data". Rates are shares of 1 and money is
in US dollars, both with at most 8 decimals. Instants are ISO 8601 in UTC. A text that a spreadsheet
would take for a formula gets an apostrophe before it (see ``escape_formula``), a number never does.
There is no total row, as readers of CSV do their own sums.
"""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.answer import PART_OF_A_DAY, TOTALS_HEADINGS
from bot.reports.table import (
    clean,
    describe_period,
    describe_tables,
    format_cell,
    format_count,
    format_instant,
    json_cell,
    one_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from bot.reports.answer import Answer
    from bot.reports.evidence import Evidence
    from bot.reports.lines import Line
    from bot.reports.table import Cell, Column, Table


FORMULA_START = "'*[^\\S\t\r\n]*[-=+@\uff0d\uff1d\uff0b\uff20]"
"""A formula for a spreadsheet, or one behind apostrophes."""

CELL_START = "(?:^|(?<=[;\t\r\n]))"
"""A place where a cell may begin, as ``;`` separates cells if a comma is the decimal sign."""

LEADING_BLANK = "'*[\t\r\n]"
"""Characters at the start of a cell that some spreadsheets skip when they look for a formula."""

_RISKY = re.compile(f"^(?={LEADING_BLANK})|{CELL_START}(?={FORMULA_START})")


_CSV_DECIMALS = 8
"""Most decimals of a figure in CSV. More mean nothing in a price or rate."""


def render_csv(table: Table) -> str:
    """Return a table as CSV, with a header line."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.key for column in table.columns])
    writer.writerows([csv_cell(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def csv_cell(cell: Cell) -> str:
    """Return a cell as a spreadsheet reads it."""
    if isinstance(cell, str):
        return escape_formula(clean(cell))
    text = "" if cell is None else str(json_cell(cell))
    is_long = isinstance(cell, Decimal) and len(text.partition(".")[2]) > _CSV_DECIMALS
    return f"{cell:.{_CSV_DECIMALS}f}" if is_long else text


def escape_formula(text: str) -> str:
    """Return a text as a cell in which no spreadsheet finds a formula.

    Each place in it that may begin a cell with = + - @ or their full-width forms, after blanks or
    not, gets an apostrophe, the spreadsheets' own sign for text (CWE-1236).
    """
    return _RISKY.sub("'", text)


_MAX_RANK = 5
"""Columns of a higher rank are left out of Markdown."""

# Markup, and addresses, @names and #numbers, which readers turn into links by themselves.
_MARKDOWN_SPECIAL = re.compile(r"[\\`*_\[\]|<>~&$!@#^]|:(?=//)|(?<=\bwww)\.")


def render_markdown(
    evidence: Evidence, tables: Iterable[Table], now: datetime, answer: Answer | None
) -> str:
    """Return the tables as one Markdown document."""
    zone, meanings = evidence.zone, dict[str, None]()
    lines = ["# Engagement report", ""]
    timezone = escape_markdown(evidence.timezone)
    lines += [f"Of {format_instant(now, zone)}; times are in {timezone}.", ""]
    if period := describe_period(evidence):
        lines += [escape_markdown(period), ""]
    if evidence.simulated:
        lines += ["**Simulated platform.** These figures come from the sandbox.", ""]
    if answer:
        lines += _markdown_answer(answer)
        lines += [escape_markdown(describe_tables(evidence)), ""]
    for table in tables:
        named = [c for c in table.columns if not c.machine_only and table.rank(c) <= _MAX_RANK]
        empty = [column for column in named if column in table.empty_columns]
        columns = [column for column in named if column not in empty]
        lines += [f"## {escape_markdown(table.heading)}", ""]
        if table.lead:
            lines += [escape_markdown(table.lead), ""]
        if table.rows:
            lines += [*_markdown_table(table, columns, zone), ""]
            meanings |= {
                f"{column.name}: {column.meaning}": None for column in columns if column.meaning
            }
        if table.read:
            lines += [f"Last read {format_instant(table.read, zone)}.", ""]
        more = f"{table.more_rows_text}." if table.more_rows_text else ""
        not_shown = ", ".join(column.name for column in empty)
        without = f"Without data, and not shown: {not_shown}." if empty else ""
        for note in filter(None, (more, *table.notes, without, table.method)):
            lines += [escape_markdown(note), ""]
    if meanings:
        lines += ["## What the columns mean", ""]
        lines += [f"- {escape_markdown(meaning)}" for meaning in meanings] + [""]
    return "\n".join(lines)


def _markdown_answer(answer: Answer) -> Iterator[str]:
    yield f"## {escape_markdown(answer.title)}\n"
    yield f"{escape_markdown(answer.lead)}\n"
    for section in answer.sections:
        yield f"### {escape_markdown(section.title)}\n"
        if section.head:
            yield f"{escape_markdown(section.head)}\n"
        for number, line in enumerate(section.lines, 1):
            mark = f"{number}." if section.ordered else "-"
            settle = filter(None, (line.command, line.page))
            how = "".join(f"\\\n  {escape_markdown(text)}" for text in settle)
            yield f"{mark} {_markdown_line(line)}{how}"
            for on in line.on:
                yield f"{' ' * len(mark)} - {_markdown_line(on)}"
        yield ""
        for below in filter(None, (section.note, section.detail)):
            yield f"{escape_markdown(below)}\n"
    yield _row(TOTALS_HEADINGS)
    yield _row(["---", "---:", "---:", "---:"])
    for row in answer.totals:
        yield _row([f"… {row.name}" if row.network else row.name, row.now, row.before, row.change])
    yield ""
    for budget in answer.budgets:
        yield f"Budget of {escape_markdown(budget)}\n"
    if answer.days:
        names = answer.day_counters
        yield _row(["Day", *(f"{name.capitalize()} gained" for name in names)])
        yield _row(["---", *["---:"] * len(names)])
        for day, gained in answer.days:
            figures = (format_count(getattr(gained, name)) for name in names)
            yield _row([escape_markdown(day), *figures])
        yield f"\n{escape_markdown(PART_OF_A_DAY)}\n"


def _markdown_line(line: Line) -> str:
    return escape_markdown(f"{line.text} · {line.url}" if line.url else line.text)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_table(table: Table, columns: Sequence[Column], zone: tzinfo) -> Iterator[str]:
    def cells(row: Sequence[Cell], blank: str) -> Iterator[str]:
        values = dict(zip(table.columns, row, strict=True))
        for column in columns:
            value = values[column]
            text = blank if value is None else format_cell(value, column, zone)
            yield escape_markdown(text) if column.kind == "text" else text

    yield _row(escape_markdown(column.name) for column in columns)
    yield _row("---" if c.kind in {"text", "instant"} else "---:" for c in columns)
    for row in table.rows:
        yield _row(cells(row, "no data"))
    if table.total:
        yield _row(f"**{text}**" if text else "" for text in cells(table.total, ""))


def escape_markdown(value: str) -> str:
    """Return a text as one line that a Markdown reader shows unchanged and without links."""
    return _MARKDOWN_SPECIAL.sub(lambda match: f"\\{match[0]}", one_line(value))
