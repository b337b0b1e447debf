"""What moved people, and what it cost: a first screen and tables, in every format.

::

    evidence.py   Evidence: the values that all figures come from, Names for people
    totals.py     PostMetrics of one publication, Totals of many
    table.py      Table, Column, Cell: what every renderer takes, and how figures are written

    period.py     a time and the one before, and what posts gained in it
    medians.py    a post against its account's median, and how sure that is
    moved.py      which posts and demands moved people, each post with all of its accounts
    advice.py     which kinds of posts move more people, where that can be claimed
    summary.py    the totals of the first screen, and what it says of medians
    verdict.py    its first sentences: more or fewer, and how the new posts did
    lines.py      its lines and sections, and a post as a line
    demands.py    its demands
    sections.py   its sections, in the order in which they are read
    answer.py     Answer: the first screen, from these, and how the table of demands agrees with it

    comparing.py  which of several is better, claimed only where the counts bear it
    per_post.py   the same where a platform gives no impressions: engagements per post
    grouped.py    how publications are summed into a table: MEASURES, one entry a figure
    notes.py      what a reader must know of a table's figures
    polls.py      how people voted in polls
    catalogue.py  REPORTS: what each report sums or lists

    terminal.py   the first screen and tables, with bars, for a terminal
    exports.py    CSV and Markdown
    document.py   the JSON document, as frozen values
    html.py       the page: one offline file; page.html.j2, page.css and page.js are its parts
    charts.py     its bars by day as shapes, and its map of weekday and hour as a table
    cards.py      its posts as they looked, with small copies of their pictures

Everything here is pure, without store, network or clock: evidence comes in, text goes out, ``now``
is an argument. None is "no data" all the way through, and never becomes 0.
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
    """Write tables in one of ``FORMATS``; width (in columns) and color are for the terminal.

    ``answer`` comes before them, except in CSV, which holds only tables.

    Raise KeyError for a format that does not exist.
    """
    if answer and form in {"html", "terminal", "markdown"}:  # which has sections of the same names
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
