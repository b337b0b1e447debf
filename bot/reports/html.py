"""The page: one HTML file that opens offline and loads nothing.

Style, pictures and a small script that sorts tables are inside it. Its Content-Security-Policy lets
only these run (by their hashes) and forbids every connection. Without JavaScript it shows the same.
``page.html.j2``, ``page.css`` and ``page.js`` are its parts.
"""

from __future__ import annotations

import base64
import hashlib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.reports.answer import (
    DEMAND_LENGTH,
    MAX_DEMANDS,
    PART_OF_A_DAY,
    TOTALS_HEADINGS,
    describe_engagements,
)
from bot.reports.cards import build_cards, most_seen, safe_url
from bot.reports.charts import (
    GROUND,
    HEATMAP_NOTE,
    HEATMAP_PER_POST,
    HEIGHT,
    LEFT,
    TONE_NAMES,
    WIDTH,
    build_heatmap,
    day_charts,
    hour_columns,
    hour_figures,
    tone,
)
from bot.reports.grouped import MEASURES, shown_columns
from bot.reports.medians import describe_multiple
from bot.reports.table import (
    describe_period,
    describe_tables,
    format_cell,
    format_count,
    format_factor,
    format_instant,
    one_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, tzinfo

    from jinja2 import Template

    from bot.reports.answer import Answer
    from bot.reports.evidence import Evidence
    from bot.reports.table import Cell, Column, Table

ROW_LIMITS = (300, 200, 100, 50, 25)
"""Most rows of a table on the page: the first of these with which all tables fit ``MAX_ROWS``."""
MAX_ROWS = 300
"""Rows of all tables together, for a page under 400 kB; CSV and JSON have them all."""

PAPER_ROWS = 20
"""Rows of a table on paper, as in the terminal; the style sheet hides the others."""

MAX_PAGE_BYTES = 1_000_000
"""Bytes of the page up to which pictures are added: it is mailed around, and opened on phones."""

_HERE = Path(__file__).parent
MAX_TITLES = 3
"""So many campaigns are named in the title; more are counted."""

BEST_FIRST = 3
"""So many posts stand above those that did worse, which belong on the first screen, too."""

_PANELS = ("attention", "next", "demands", "unranked", "early")
"""The order of the sections beside the posts: what somebody must do comes first."""

_MAX_RANK = 5
"""Columns of a higher rank are left to CSV and JSON."""
_MINOR_RANK = 4
"""Texts and instants of this rank or higher are left out where they add nothing, or on phones."""


def render_html(evidence: Evidence, tables: Iterable[Table], now: datetime, answer: Answer) -> str:
    """Return the whole page as text, to be written as UTF-8. Pictures get the bytes that are left.

    ``answer`` comes first, and may be about other posts than the tables.
    """
    context = _context(evidence, list(tables), now, answer)
    best = [post.first.delivery for post in answer.review.best]
    shown = [id_ for id_ in most_seen(evidence) if id_ not in best]

    def page(byte_budget: int) -> str:
        first = build_cards(answer.evidence, now, best, byte_budget)
        parts = (part for card in first.values() for part in card.parts)
        used = sum(len(source) for _, pictures, _ in parts for source, _ in pictures if source)
        rest = build_cards(evidence, now, shown, byte_budget - used)
        return _template().render(
            **context,
            best_first=BEST_FIRST,
            best=[(post, first[post.first.delivery]) for post in answer.review.best],
            cards=[*rest.values()],
        )

    text = page(0)
    return page(MAX_PAGE_BYTES - len(text.encode()))


def _context(
    evidence: Evidence, tables: list[Table], now: datetime, answer: Answer
) -> dict[str, Any]:
    """Return all variables of the template except the cards."""
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    campaigns = sorted({post.campaign for post in answer.evidence.publications})
    titles = [one_line(evidence.names.campaign(campaign)) for campaign in campaigns]
    several = f"{len(titles)} campaigns" if titles else "Campaigns"
    title = " · ".join(titles) if 0 < len(titles) <= MAX_TITLES else several
    return {
        "policy": _content_security_policy(style, script),
        "style": style,
        "script": script,
        "answer": answer,
        "describe_multiple": describe_multiple,
        "best_section": answer.section("best"),
        "demands": _demands(answer),
        "totals_headings": TOTALS_HEADINGS,
        "part_of_a_day": PART_OF_A_DAY,
        "charts": day_charts(answer),
        "chart_size": (WIDTH, HEIGHT),
        "chart_left": LEFT,
        "chart_ground": GROUND,
        "panels": [part for id_ in _PANELS for part in answer.sections if part.id == id_],
        "safe_url": safe_url,
        "heat": build_heatmap(evidence, now),
        "hours": hour_columns(evidence),
        "hour_figures": hour_figures,
        "tone": tone,
        "tones": TONE_NAMES,
        "note": " ".join([HEATMAP_NOTE, *[HEATMAP_PER_POST] * bool(evidence.without_impressions)]),
        "title": title,
        "evidence": evidence,
        "now": format_instant(now, evidence.zone),
        "span": describe_period(evidence),
        "scope": describe_tables(evidence),
        "tables": _page_tables(evidence, tables, len(campaigns)),
        "paper_rows": PAPER_ROWS,
        "posts": len(evidence.parts),
        "meanings": _meanings(evidence),
        "count": format_count,
    }


def _meanings(evidence: Evidence) -> list[Column]:
    """Return the columns of figures that people see and whose meaning must be said."""
    columns = shown_columns(evidence, MEASURES)
    return [c for c in columns if c.meaning and c.rank <= _MAX_RANK and not c.machine_only]


def _demands(answer: Answer) -> list[tuple[str, str, list[str]]]:
    """Return the demands that moved most: the name, what is below it, the figures."""
    names = answer.evidence.names
    several = len({post.campaign for post in answer.evidence.publications}) > 1
    rows = []
    for moved in [demand for demand in answer.review.demands if demand.is_ranked][:MAX_DEMANDS]:
        campaign = one_line(names.campaign(moved.campaign), DEMAND_LENGTH) if several else ""
        unread, posts = moved.gained.unread, moved.gained.posts
        known = f"no new figures: {unread} of {posts}" if unread else ""
        multiple = format_factor(moved.multiple)
        rows.append(
            (
                one_line(names.demand(moved.campaign, moved.demand), DEMAND_LENGTH),
                ", ".join(filter(None, [campaign, known])),
                [describe_engagements(moved.gained), format_count(moved.new), multiple],
            )
        )
    return rows


def _page_tables(evidence: Evidence, tables: list[Table], campaigns: int) -> list[dict[str, Any]]:
    """Return the tables, with as many rows as all have space for."""
    lengths = [len(table.rows) for table in tables]
    fitting = (limit for limit in ROW_LIMITS if sum(min(limit, n) for n in lengths) <= MAX_ROWS)
    row_limit = next(fitting, ROW_LIMITS[-1])
    return [_page_table(table, evidence, campaigns, row_limit) for table in tables]


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


def _content_security_policy(style: str, script: str) -> str:
    """Allow these texts by their hashes, pictures inside the page, and nothing else."""

    def source(text: str) -> str:
        digest = hashlib.sha256(text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    return (
        f"default-src 'none'; script-src {source(script)}; style-src {source(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _page_table(table: Table, evidence: Evidence, campaigns: int, row_limit: int) -> dict[str, Any]:
    """Return what the template shows of a table: at most so many rows, without minor columns."""
    zone, rows = evidence.zone, table.rows[:row_limit]
    shown = [(i, c) for i, c in enumerate(table.columns) if _is_visible(table, c, campaigns)]
    columns = [(column, _css_classes(column)) for _, column in shown]
    hidden = [c for c in table.columns if not c.machine_only and c not in dict(columns)]
    bars = [row[i] for i, column in shown if column.bar for row in table.rows]
    largest = max((float(str(value)) for value in bars if value is not None), default=0.0)
    totals = [(table.column_total(column.key), column) for column, _ in columns]
    return {
        "table": table,
        "columns": columns,
        "hidden_columns": ", ".join(column.name for column in hidden),
        "read": format_instant(table.read, zone) if table.read else None,
        "rows": [[_cell(row[i], column, zone, largest) for i, column in shown] for row in rows],
        # Blank where a total means nothing, which is not "no data".
        "totals": ["" if v is None else format_cell(v, column, zone) for v, column in totals],
        "left_out": table.left_out + len(table.rows) - len(rows),
    }


def _cell(
    value: Cell, column: Column, zone: tzinfo, largest: float
) -> tuple[str, str | None, int | None]:
    """Return a cell as written, the value to sort it by, and its share of the largest, in percent.

    The second is None where the text itself sorts, "" for no data; rates and sums have six digits.
    """
    text = format_cell(value, column, zone)
    numeric = column.kind not in {"text", "instant"}
    raw = "" if value is None else f"{value:.6g}" if isinstance(value, Decimal) else str(value)
    bar = None
    if column.bar and value is not None:
        bar = round(100 * float(raw) / largest) if largest > 0 else 0
    return text, raw if numeric and raw != text else None, bar


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
    return column.rank <= _MAX_RANK or (column.key == "campaign" and campaigns > 1)
