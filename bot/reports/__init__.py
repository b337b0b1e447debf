"""What moved people, and what it cost: figures as tables, in every format.

::

    evidence.py   Evidence: the plain values that all figures come from; Names for people to read
    numbers.py    sums over evidence: Standing of one publication, Sums of many          (pure)
    series.py     the same sums over time: steps, grids, gains                           (pure)
    table.py      Table, Column, Cell: what every renderer takes
    measures.py   the figures of a grouped report: one entry a figure
    grouped.py    how publications are summed into a table
    comparing.py  which of several is better, said only where the counts bear it         (pure)
    compared.py   the columns that say so
    moments.py    the reports by when posts went out: hour, weekday, before and after an event
    listed.py     the reports that list instead: spend, and what asks for a person
    catalogue.py  REPORTS: one function and one dict line a report
    figures.py    how a figure is written for a person, and what text must be cleaned of
    terminal.py   tables, bars and sparklines for a terminal
    csv.py        one table as CSV, safe to open in a spreadsheet
    json.py       all tables as JSON, its shape documented and versioned
    markdown.py   all tables as Markdown
    html.py       the page: one offline file; page.html.j2, page.css and page.js are its shape
    charts.py     its lines over time, heat.py its map of weekday and hour: specs that Altair writes
    drawing.py    what those share: their dress, and how they are drawn beforehand
    cards.py      its posts as they looked, pictures.py the small copies of what they showed

Knows neither store nor network nor clock: evidence comes in, text goes out, ``now`` is an argument.
None is "no data" all the way through, and never turns into 0. To add a report, write a function
``(Evidence, datetime) -> Table`` and give it a line in ``catalogue.REPORTS``; every format follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.reports.evidence import Evidence, Names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.reports.table import Table

__all__ = ["FORMATS", "Evidence", "Names", "render", "tables"]

FORMATS = ("terminal", "csv", "json", "markdown", "html")


def tables(evidence: Evidence, now: datetime, names: Iterable[str] | None = None) -> list[Table]:
    """Give the named reports, or all of them in their usual order. Raises KeyError."""
    from bot.reports.catalogue import REPORTS

    return [REPORTS[name](evidence, now) for name in (REPORTS if names is None else names)]


def render(
    form: str,
    evidence: Evidence,
    shown: Iterable[Table],
    now: datetime,
    *,
    width: int = 80,
    color: bool = False,
) -> str:
    """Write tables in one of ``FORMATS``; width (in columns) and color are for the terminal.

    Raises KeyError for a format that does not exist.
    """
    listed = list(shown)
    return {
        "terminal": lambda: _terminal(evidence, listed, now, width=width, color=color),
        "csv": lambda: _csv(listed),
        "json": lambda: _json(evidence, listed, now),
        "markdown": lambda: _markdown(evidence, listed, now),
        "html": lambda: _html(evidence, listed, now),
    }[form]()


def _terminal(
    evidence: Evidence, shown: list[Table], now: datetime, *, width: int, color: bool
) -> str:
    from bot.reports.terminal import render_terminal

    return render_terminal(evidence, shown, now, width=width, color=color)


def _csv(shown: list[Table]) -> str:
    from bot.reports.csv import render_csv

    return "\r\n".join(render_csv(table) for table in shown)


def _json(evidence: Evidence, shown: list[Table], now: datetime) -> str:
    from bot.reports.json import render_json

    return render_json(evidence, shown, now)


def _markdown(evidence: Evidence, shown: list[Table], now: datetime) -> str:
    from bot.reports.markdown import render_markdown

    return render_markdown(evidence, shown, now)


def _html(evidence: Evidence, shown: list[Table], now: datetime) -> str:
    from bot.reports.html import render_html

    return render_html(evidence, shown, now)
