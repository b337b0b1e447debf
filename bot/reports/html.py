"""The page: one HTML file that opens offline and loads nothing.

Style, data, charts and the charting library are inside it. Its Content-Security-Policy lets only
these scripts run (by their hashes), evaluates no strings as code (Vega's expressions go through its
interpreter) and forbids every connection. Without JavaScript it shows the same figures, and the
charts as drawings. ``page.html.j2``, ``page.css`` and ``page.js`` are its parts.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.reports.cards import build_cards
from bot.reports.charts import chart_views
from bot.reports.grouped import MEASURES, figure
from bot.reports.heatmap import HEATMAP_NOTE, HOUR_COLUMNS, TONE_NAMES, build_heatmap
from bot.reports.table import (
    describe_period,
    format_cell,
    format_count,
    format_delta,
    format_instant,
    one_line,
)
from bot.reports.totals import ENGAGEMENTS, overall_totals

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from jinja2 import Template

    from bot.reports.charts import Chart
    from bot.reports.evidence import Evidence
    from bot.reports.heatmap import Heatmap
    from bot.reports.table import Cell, Column, Table
    from bot.reports.totals import Totals

ROW_LIMITS = (300, 200, 100, 50, 25)
"""Most rows of a table on the page: the first of these with which all tables fit ``MAX_ROWS``."""
MAX_ROWS = 480
"""Rows of all tables together, for a page that stays under 2 MB; CSV and JSON have them all."""

MAX_PAGE_BYTES = 1_990_000
"""Bytes of the page up to which pictures are added: it is mailed around, and opened on phones."""

_HERE = Path(__file__).parent
_MAX_RANK = 6
"""Columns of a higher rank are left to CSV and JSON."""
_MINOR_RANK = 4
"""Texts and instants of this rank or higher are left out where they add nothing, or on phones."""

_LAST_COLUMNS = (*ENGAGEMENTS, "reposts_per_impression")
"""Columns that come last: others sum them up, and a screen is only so wide."""
_RARE_COLUMNS = ("link_clicks", "profile_clicks")
"""Columns left out where no row has a value: few platforms give them, and not for long."""


def render_html(evidence: Evidence, tables: Iterable[Table], now: datetime) -> str:
    """Return the whole page as text, to be written as UTF-8. Takes a few seconds.

    Pictures get the bytes that everything else leaves.
    """
    context = _context(evidence, list(tables), now)
    cards, posts = build_cards(evidence, now, byte_budget=0)
    text = _template().render(**context, cards=cards, posts=posts)
    if not any(part.pictures for card in cards for part in card.parts):
        return text
    cards, posts = build_cards(evidence, now, byte_budget=MAX_PAGE_BYTES - len(text.encode()))
    return _template().render(**context, cards=cards, posts=posts)


def _context(evidence: Evidence, tables: list[Table], now: datetime) -> dict[str, Any]:
    """Return all variables of the template except the cards."""
    views = chart_views(evidence)
    heatmap = build_heatmap(evidence, now) if views else None
    charts: list[Chart | Heatmap] = [chart for view in views for chart in view.charts]
    charts += [heatmap] if heatmap else []
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    script = _safe_script((_HERE / "page.js").read_text(encoding="utf-8"))
    library = _vega_library() if views else ""
    specs = json.dumps({chart.id: chart.spec for chart in charts}, separators=(",", ":"))
    campaigns = sorted({post.campaign for post in evidence.publications})
    titles = [one_line(evidence.names.campaign(campaign)) for campaign in campaigns]
    title = titles[0] if len(titles) == 1 else f"{len(titles)} campaigns" if titles else "Campaigns"
    columns = [measure.column for measure in MEASURES]
    return {
        "policy": _content_security_policy(style, [library, script]),
        "style": style,
        "script": script,
        "library": library,
        "views": views,
        "heat": heatmap,
        "hours": HOUR_COLUMNS,
        "tones": TONE_NAMES,
        "note": HEATMAP_NOTE,
        "drawings": {chart.id: chart.svg() for chart in charts},
        # No name in it may end its element.
        "specs": specs.replace("<", "\\u003c"),
        "title": title,
        "evidence": evidence,
        "now": format_instant(now, evidence.zone),
        "span": describe_period(evidence.since, evidence.until, evidence.zone),
        "read": format_instant(evidence.read, evidence.zone) if evidence.read else None,
        "tiles": _tiles(overall_totals(evidence, now)),
        "tables": _page_tables(evidence, tables, len(campaigns)),
        "meanings": [c for c in columns if c.meaning and c.rank <= _MAX_RANK],
        "count": format_count,
    }


def _page_tables(evidence: Evidence, tables: list[Table], campaigns: int) -> list[PageTable]:
    """Return the tables, urgent ones first, with as many rows as all have space for."""
    lengths = [len(table.rows) for table in tables]
    fitting = (limit for limit in ROW_LIMITS if sum(min(limit, n) for n in lengths) <= MAX_ROWS)
    row_limit = next(fitting, ROW_LIMITS[-1])
    shown = [PageTable(table, evidence, campaigns, row_limit) for table in tables]
    return sorted(shown, key=lambda table: not table.urgent)


def _safe_script(text: str) -> str:
    """Keep a script from ending its own element; inside JavaScript strings it reads the same."""
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


@cache
def _vega_library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script; bundled once in a process (1 s)."""
    import vl_convert

    # Its types require arguments that may be left out.
    return _safe_script(vl_convert.javascript_bundle())  # type: ignore[call-arg]


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


def _content_security_policy(style: str, scripts: Iterable[str]) -> str:
    """Allow these texts by their hashes, pictures inside the page, and nothing else."""

    def source(text: str) -> str:
        digest = hashlib.sha256(text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    allowed = " ".join(source(script) for script in scripts if script)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {source(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _tiles(totals: Totals) -> list[tuple[str, str, str]]:
    """Return the headline figures: the name of each, the figure, and a line about it below."""

    def growth(*names: str) -> str:
        grown = totals.growth(*names)
        if grown is None:
            return "since yesterday: no data"
        return f"{format_delta(grown)} since yesterday"

    deleted = f"{totals.gone} deleted since" if totals.gone else "each part of a thread is one"
    lines = {
        ("Posts out", "posts"): deleted,
        ("Impressions", "impressions"): growth("impressions"),
        ("Engagements", "engagements"): growth(*ENGAGEMENTS),
        ("Engagement rate", "engagement_rate"): "engagements per impression",
        ("Passed on", "amplification"): "reposts and quotes per impression",
        ("Spend", "spend"): f"{figure('cost_per_engagement', totals)} per engagement",
    }
    return [(name, figure(key, totals), below) for (name, key), below in lines.items()]


@dataclass(frozen=True, slots=True)
class PageCell:
    """A cell as written, the value to sort it by, and its share of the column's biggest.

    ``sort`` is None where the text itself sorts, "" for no data; rates and sums have six digits.
    """

    text: str
    sort: str | None
    classes: str
    bar: int | None = None

    @property
    def numeric(self) -> bool:
        """Whether it is a figure, which is aligned to the right."""
        return self.classes == "n"


class PageTable:
    """A table as the page shows it: at most ``row_limit`` rows, without minor columns."""

    def __init__(self, table: Table, evidence: Evidence, campaigns: int, row_limit: int) -> None:
        self.table = table
        # It comes first: it lists what someone must look at.
        self.urgent = table.id == "attention" and bool(table.rows)
        visible = [column for column in table.columns if _is_visible(table, column, campaigns)]
        self._columns = sorted(visible, key=lambda column: column.key in _LAST_COLUMNS)
        self._zone = evidence.zone
        self.columns = [(column, _css_classes(column)) for column in self._columns]
        self.read = format_instant(table.read, evidence.zone) if table.read else None
        bars = [value for c in self._columns if c.bar for value in table.column(c.key)]
        self._bar_maximum = max((float(str(v)) for v in bars if v is not None), default=0.0)
        indexes = [table.column_index(column.key) for column in self._columns]
        self.rows = [
            [self._cell(row[i], column) for i, column in zip(indexes, self._columns, strict=True)]
            for row in table.rows[:row_limit]
        ]
        # Blank where a total means nothing, which is not "no data".
        totals = [table.column_total(column.key) for column in self._columns]
        self.total = [
            ("" if value is None else format_cell(value, column, self._zone), _css_classes(column))
            for value, column in zip(totals, self._columns, strict=True)
        ]
        self.left_out = table.left_out + len(table.rows) - len(self.rows)

    def _cell(self, value: Cell, column: Column) -> PageCell:
        text = format_cell(value, column, self._zone)
        numeric = column.kind not in {"text", "instant"}
        raw = "" if value is None else f"{value:.6g}" if isinstance(value, Decimal) else str(value)
        sort = raw if numeric and raw != text else None
        bar = None
        if column.bar and value is not None:
            bar = round(100 * float(raw) / self._bar_maximum) if self._bar_maximum > 0 else 0
        return PageCell(text, sort, _css_classes(column), bar)


def _css_classes(column: Column) -> str:
    """Return the CSS classes of a column: a number, a time, or something that phones leave out."""
    if column.kind not in {"text", "instant"}:
        return "n"
    return " ".join(["t"] * (column.kind == "instant") + ["aside"] * (column.rank >= _MINOR_RANK))


def _is_visible(table: Table, column: Column, campaigns: int) -> bool:
    """Return whether people need a column: not if only machines read it, or its rows are alike."""
    values = set(table.column(column.key))
    if column.machine_only or (column.key in _RARE_COLUMNS and values <= {None}):
        return False
    if column.kind == "text" and column.rank >= _MINOR_RANK and len(values) <= 1:
        return False
    return column.rank <= _MAX_RANK or (column.key == "campaign" and campaigns > 1)
