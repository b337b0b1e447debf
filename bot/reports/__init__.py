"""Reports on what moved people and what it cost, as a first screen and tables, in every format.

::

    evidence.py   Evidence, from which all figures are made, and Names for people
    totals.py     PostMetrics of one publication, Totals of many
    table.py      Table, Column and Cell, and how figures are written

    period.py     a time and the one before, and the gains of posts in it
    medians.py    a post against its account's median, and how sure that is
    moved.py      which posts and demands moved people, each post with all of its accounts
    advice.py     which kinds of posts move more people, and the matters that need a person
    summary.py    the totals of the first screen, and the meaning of medians
    verdict.py    its first sentences, on more or fewer and on the new posts
    lines.py      its lines and sections, and a post as a line
    demands.py    its demands
    sections.py   its sections, in the order in which they are read
    answer.py     Answer, the first screen, and how the table of demands agrees with it

    comparing.py  which of several rows is better, claimed only if the counts bear it
    per_post.py   the same without impressions, by engagements per post
    grouped.py    tables that sum publications, with MEASURES, one entry a figure
    notes.py      the notes below a table
    groupings.py  the tables that they sum: by campaign, demand, wording and so on
    polls.py      the table of polls
    arrivals.py   the arrivals by marked links on the days of a report
    share_rows.py the rows on share pages, by network, wording, partner, campaign and day
    share_notes.py the notes on what their counts are
    share.py      the tables of them
    spending.py   the table of the money spent
    attention.py  the table of the posts that did not go out as planned
    catalogue.py  REPORTS, all reports by name

    terminal.py   both for a terminal, with bars
    exports.py    CSV and Markdown
    document.py   the JSON document, as frozen values
    html.py       the page, one offline file, from page.html.j2, page.css and page.js
    page_tables.py its tables
    bars.py       a bar chart of days
    charts.py     those of the first screen, and the map of weekdays and hours
    share_chart.py the one of arrivals
    cards.py      its posts as they looked, with small copies of their pictures

All of it is pure, without store, network or clock. Only the cards read pictures from disk. None
means "no data" and never becomes 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.reports.evidence import Evidence, Names
from bot.reports.table import name_scope

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.reports.answer import Answer
    from bot.reports.table import Table

__all__ = ["FORMATS", "Evidence", "Names", "render", "tables"]

FORMATS = ("terminal", "csv", "json", "markdown", "html")


def tables(evidence: Evidence, now: datetime, names: Iterable[str] | None = None) -> list[Table]:
    """Return the named reports, or all of them in their usual order. Raise KeyError."""
    from bot.reports.catalogue import REPORTS

    return [REPORTS[name](evidence, now) for name in (REPORTS if names is None else names)]


def render(
    form: str,
    evidence: Evidence,
    shown: Iterable[Table],
    now: datetime,
    *,
    answer: Answer | None = None,
    width: int = 80,
    color: bool = False,
) -> str:
    """Return tables in one of ``FORMATS``, after ``answer`` except in CSV. Raise KeyError.

    ``width`` (in columns) and ``color`` are for the terminal.
    """
    if form in {"html", "terminal", "markdown"}:
        shown = [part for table in shown for part in table.parts or (table,)]
        if answer:
            from bot.reports.answer import contrast

            shown = [contrast(name_scope(table, evidence), answer) for table in shown]
    if form == "html":
        from bot.reports.html import render_html

        if answer is None:
            raise ValueError("the page begins with the answer")
        return render_html(evidence, shown, now, answer)
    if form == "terminal":
        from bot.reports.terminal import render_terminal

        return render_terminal(evidence, shown, now, answer, width=width, color=color)
    from bot.reports import document, exports

    writers = {
        "csv": lambda: "\r\n".join(map(exports.render_csv, shown)),
        "json": lambda: document.render_json(evidence, shown, now, answer),
        "markdown": lambda: exports.render_markdown(evidence, shown, now, answer),
    }
    return writers[form]()
