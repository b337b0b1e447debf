"""Tables as Markdown, for a wiki, an issue or a mail: GitHub's tables, which most readers know.

Whatever a text holds, it stays text: no heading, link, picture or markup of a post comes alive.
Ids, and columns that only the widest reader has room for, are left to CSV and JSON; rows are not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.reports.figures import cell, instant, one_line, spanned
from bot.reports.terminal import TREND, sparkline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from bot.reports.evidence import Evidence
    from bot.reports.table import Cell, Column, Table

_RANKS = 5
"""Columns of a higher rank are left out."""

# Markup, and what readers make a link or a call of by themselves: addresses, @names, #numbers.
_LIVE = re.compile(r"[\\`*_\[\]|<>~&$!@#^]|:(?=//)|(?<=\bwww)\.")


def render_markdown(evidence: Evidence, tables: Iterable[Table], now: datetime) -> str:
    """Write the tables as one Markdown document."""
    listed = list(tables)
    sections = (_section(each, evidence.zone) for each in listed)
    return "\n".join([*_head(evidence, now), *sections, *_meanings(listed)])


def _head(evidence: Evidence, now: datetime) -> Iterator[str]:
    yield "# Engagement report\n"
    yield f"Of {instant(now, evidence.zone)}; times are in {text(evidence.timezone)}.\n"
    if evidence.since or evidence.until:
        yield f"{text(spanned(evidence.since, evidence.until, evidence.zone))}\n"
    if evidence.simulated:
        yield "**Simulated platform.** These figures come from the sandbox.\n"


def _meanings(tables: Sequence[Table]) -> Iterator[str]:
    """Say how the figures are made, once for all tables that have any."""
    filled = [each for each in tables if each.rows]
    told = {
        f"- {text(column.name)}: {text(column.meaning)}": None
        for table in filled
        for column in _shown(table)
        if column.meaning
    }
    if told:
        trend = [f"- {text(TREND)}"] if any(map(_trended, filled)) else []
        yield "\n".join(["## What the columns mean", "", *told, *trend, ""])


def _shown(table: Table) -> list[Column]:
    return [each for each in table.columns if not each.machine and table.rank(each) <= _RANKS]


def _trended(table: Table) -> bool:
    return bool(table.trends and table.trends[0])


def _section(table: Table, zone: tzinfo) -> str:
    lines = [f"## {text(table.title)}", ""]
    if table.rows:
        lines += [*_table(table, zone), ""]
    if table.read:
        lines += [f"Last read {instant(table.read, zone)}.", ""]
    more = [f"{table.more}."] if table.more else []
    for note in (*more, *table.notes, *([table.method] if table.method else ())):
        lines += [text(note), ""]
    return "\n".join(lines)


def _table(table: Table, zone: tzinfo) -> Iterator[str]:
    shown, trended = _shown(table), _trended(table)
    yield _row([*(text(each.name) for each in shown), *["Trend"] * trended])
    yield _row([*(_rule(each) for each in shown), *["---"] * trended])
    for place, row in enumerate(table.rows):
        trend = [sparkline(table.trends[place])] if trended else []
        yield _row([*_cells(table, shown, row, zone), *trend])
    if table.total:
        total = _cells(table, shown, table.total, zone, blank="")
        yield _row([*(f"**{each}**" if each else "" for each in total), *[""] * trended])


def _rule(column: Column) -> str:
    return "---" if column.kind in {"text", "instant"} else "---:"


def _cells(
    table: Table, shown: Sequence[Column], row: Sequence[Cell], zone: tzinfo, blank: str = "no data"
) -> list[str]:
    values = [(row[table.place(each.key)], each) for each in shown]
    return [blank if value is None else _cell(value, each, zone) for value, each in values]


def _cell(value: Cell, column: Column, zone: tzinfo) -> str:
    written = cell(value, column, zone)
    return text(written) if column.kind == "text" else written


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def text(value: str) -> str:
    """Write a text so that a Markdown reader shows it as it is, on one line, and links nothing."""
    return _LIVE.sub(lambda found: f"\\{found[0]}", one_line(value))
