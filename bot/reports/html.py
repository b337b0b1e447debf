"""The page, one HTML file that opens offline and loads nothing.

It holds its style, its pictures and a small script that sorts tables. Its Content-Security-Policy
lets only these apply, by their hashes, and forbids every connection. Without JavaScript the page
shows the same. ``page.html.j2``, ``page.css`` and ``page.js`` are its parts, and the style that it
shares with the control room comes from ``bot.pages``.
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.pages import base_style, page_environment, security_policy
from bot.reports.answer import PART_OF_A_DAY, TOTALS_HEADINGS
from bot.reports.bars import GROUND, HEIGHT, LEFT, WIDTH
from bot.reports.cards import build_cards, most_seen, safe_url
from bot.reports.charts import (
    HEATMAP_NOTE,
    HEATMAP_PER_POST,
    TONE_NAMES,
    build_heatmap,
    day_charts,
    hour_columns,
    tone,
)
from bot.reports.grouped import MEASURES, figure, shown_columns
from bot.reports.lines import account_label, describe_engagements, describe_outcome
from bot.reports.medians import describe_multiple
from bot.reports.page_tables import MAX_RANK, PAPER_ROWS, hidden_columns, page_tables
from bot.reports.share_chart import arrivals_chart
from bot.reports.table import (
    describe_period,
    describe_tables,
    format_count,
    format_instant,
    format_rate,
    one_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from jinja2 import Template

    from bot.reports.answer import Answer
    from bot.reports.evidence import Evidence
    from bot.reports.table import Column, Table

MAX_PAGE_BYTES = 1_000_000
"""Most bytes of the page with pictures, as it is mailed around and opened on phones."""

_HERE = Path(__file__).parent
MAX_TITLES = 3
"""Most campaigns that are named in the title. More are counted."""

BEST_FIRST = 3
"""Posts above those that did worse, which belong on the first screen, too."""


def render_html(evidence: Evidence, tables: Iterable[Table], now: datetime, answer: Answer) -> str:
    """Return the page as text, to be written as UTF-8. Pictures get the bytes that are left.

    ``answer`` comes first, and may be about other posts than the tables.
    """
    context = _context(evidence, list(tables), now, answer)
    best = [post.key for post in answer.review.best]
    shown = [key for key in most_seen(evidence) if key not in best]

    def page(byte_budget: int) -> str:
        first = build_cards(answer.evidence, now, best, byte_budget)
        parts = (part for card in first.values() for part in card.parts)
        used = sum(len(source) for part in parts for source, _ in part.pictures if source)
        rest = build_cards(evidence, now, shown, byte_budget - used)
        posts = [(post, first[post.key]) for post in answer.review.best]
        return _template().render(**context, best=posts, cards=[*rest.values()])

    text = page(0)
    return page(MAX_PAGE_BYTES - len(text.encode()))


def _context(
    evidence: Evidence, tables: list[Table], now: datetime, answer: Answer
) -> dict[str, object]:
    """Return all variables of the template except the cards."""
    style, script = _style_and_script()
    campaigns = sorted({post.campaign for post in answer.evidence.publications})
    titles = [one_line(evidence.names.campaign(campaign)) for campaign in campaigns]
    several = f"{len(titles)} campaigns" if titles else "Campaigns"
    title = " · ".join(titles) if 0 < len(titles) <= MAX_TITLES else several
    shown = page_tables(evidence, tables, len(campaigns))
    return {
        **_drawings(evidence, now, answer),
        "policy": security_policy(style, script, pictures="data:"),
        "style": style,
        "script": script,
        "answer": answer,
        "best_first": BEST_FIRST,
        "account_label": partial(account_label, answer.evidence),
        "describe_outcome": partial(describe_outcome, answer.evidence),
        "describe_engagements": describe_engagements,
        "describe_multiple": describe_multiple,
        "format_rate": format_rate,
        "format_instant": partial(format_instant, zone=evidence.zone),
        "totals_headings": TOTALS_HEADINGS,
        "part_of_a_day": PART_OF_A_DAY,
        "safe_url": safe_url,
        "title": title,
        "evidence": evidence,
        "now": format_instant(now, evidence.zone),
        "span": describe_period(evidence),
        "scope": "" if all(map(_counts_arrivals, tables)) else describe_tables(evidence),
        "tables": shown,
        "hidden_columns": hidden_columns(shown),
        "paper_rows": PAPER_ROWS,
        "posts": len(evidence.posts),
        "meanings": _meanings(evidence, tables),
        "count": format_count,
    }


def _drawings(evidence: Evidence, now: datetime, answer: Answer) -> dict[str, object]:
    """Return the variables of the charts and of the map."""
    note = f"{HEATMAP_NOTE} {HEATMAP_PER_POST}" if evidence.without_impressions else HEATMAP_NOTE
    arrivals = arrivals_chart(evidence)
    return {
        "charts": day_charts(answer),
        "table_charts": {"share-day": arrivals} if arrivals else {},
        "chart_size": (WIDTH, HEIGHT),
        "chart_left": LEFT,
        "chart_ground": GROUND,
        "heat": build_heatmap(evidence, now),
        "hours": hour_columns(evidence),
        "figure": figure,
        "tone": tone,
        "tones": TONE_NAMES,
        "note": note,
    }


def _meanings(evidence: Evidence, tables: Sequence[Table]) -> list[Column]:
    """Return the columns of figures that people see and that have a meaning to explain."""
    arrivals = (column for table in tables if _counts_arrivals(table) for column in table.columns)
    columns = dict.fromkeys([*shown_columns(evidence, MEASURES), *arrivals])
    return [c for c in columns if c.meaning and c.rank <= MAX_RANK and not c.machine_only]


def _counts_arrivals(table: Table) -> bool:
    return table.id.startswith("share")


@cache
def _template() -> Template:
    return page_environment(_HERE).get_template("page.html.j2")


def page_policy() -> str:
    """Return the Content-Security-Policy that every page has, for a server to send it as well."""
    return security_policy(*_style_and_script(), pictures="data:")


def _style_and_script() -> tuple[str, str]:
    style = base_style() + (_HERE / "page.css").read_text(encoding="utf-8")
    return style, (_HERE / "page.js").read_text(encoding="utf-8")
