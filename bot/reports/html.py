"""The page: one HTML file that opens offline and reaches for nothing.

Style, data, charts and the charting library are inside it. Its Content-Security-Policy lets only
these very scripts run (by their hashes), evaluates no strings as code (Vega's expressions go
through its interpreter) and forbids every connection. Without JavaScript it shows the same figures
and the charts as drawings.
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

from bot.reports.cards import cards
from bot.reports.charts import views
from bot.reports.figures import NO_DATA, cell, count, delta, instant, money, one_line, rate, spanned
from bot.reports.heat import COLUMNS, NOTE, TONES, heat
from bot.reports.measures import FIGURES
from bot.reports.numbers import ENGAGEMENTS, overall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from jinja2 import Template

    from bot.reports.charts import Chart
    from bot.reports.evidence import Evidence
    from bot.reports.heat import Heat
    from bot.reports.numbers import Sums
    from bot.reports.table import Cell, Column, Table

ROWS = (300, 200, 100, 50, 25)
"""Most rows of a table on the page: the first of these by which all tables have ``ALL_ROWS``."""
ALL_ROWS = 480
"""Rows of all tables together, for a page that stays under 2 MB; CSV and JSON have them all."""

LIMIT = 1_990_000
"""Bytes of the page up to which pictures are put in: it is mailed around, and opened on phones."""

_HERE = Path(__file__).parent
_RANKS = 6
"""Columns of a higher rank are left to CSV and JSON."""
_MINOR = 4
"""Texts and instants of this rank or higher are left out where they say nothing, or on phones."""

_APART = (*ENGAGEMENTS, "reposts_per_impression")
"""Columns that come last: what they tell, others sum up, and a screen is only so wide."""
_SELDOM = ("link_clicks", "profile_clicks")
"""Columns that are left out where no row knows anything: few platforms tell, and not for long."""


def render_html(evidence: Evidence, tables: Iterable[Table], now: datetime) -> str:
    """Give the whole page as text, to be written as UTF-8. Takes a few seconds.

    Pictures take the room that all else leaves.
    """
    context = _context(evidence, list(tables), now)
    shown, posts = cards(evidence, now, room=0)
    text = _template().render(**context, cards=shown, posts=posts)
    if not any(part.pictures for card in shown for part in card.parts):
        return text
    shown, posts = cards(evidence, now, room=LIMIT - len(text.encode()))
    return _template().render(**context, cards=shown, posts=posts)


def _context(evidence: Evidence, tables: list[Table], now: datetime) -> dict[str, Any]:
    """Give all that the template asks for, but for the cards."""
    drawn = views(evidence)
    mapped = heat(evidence, now) if drawn else None
    pictured: list[Chart | Heat] = [chart for view in drawn for chart in view.charts]
    pictured += [mapped] if mapped else []
    style, script = _file("page.css"), _script("page.js")
    library = _library() if drawn else ""
    campaigns = sorted({each.campaign for each in evidence.publications})
    most = _most(tables)
    return {
        "policy": _policy(style, library, script),
        "style": style,
        "script": script,
        "library": library,
        "views": drawn,
        "heat": mapped,
        "hours": COLUMNS,
        "tones": TONES,
        "note": NOTE,
        "drawings": {each.id: each.svg() for each in pictured},
        "specs": _embedded({each.id: each.spec for each in pictured}),
        "title": _title(evidence, campaigns),
        "evidence": evidence,
        "now": instant(now, evidence.zone),
        "span": spanned(evidence.since, evidence.until, evidence.zone),
        "read": instant(evidence.read, evidence.zone) if evidence.read else None,
        "tiles": list(_tiles(overall(evidence, now))),
        "tables": _urgent_first([Shown(each, evidence, len(campaigns), most) for each in tables]),
        "meanings": [each.column for each in FIGURES if _explained(each.column)],
        "count": count,
        "classes": classes,
    }


def _file(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _script(name: str) -> str:
    return _safe_script(_file(name))


def _safe_script(text: str) -> str:
    """Keep a script from ending its own element; inside JavaScript strings it reads the same."""
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


@cache
def _library() -> str:
    """Give Vega, Vega-Lite and Vega-Embed as one script; bundled once in a process (1 s)."""
    import vl_convert

    # Its types miss that every argument may be left out.
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


def _policy(style: str, *scripts: str) -> str:
    allowed = " ".join(_hash(each) for each in scripts if each)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _embedded(specs: Mapping[str, Any]) -> str:
    """Write the specs as JSON that cannot end its element, whatever names they hold."""
    return json.dumps(specs, separators=(",", ":")).replace("<", "\\u003c")


def _title(evidence: Evidence, campaigns: Sequence[str]) -> str:
    titles = [one_line(evidence.names.campaigns.get(each, each)) for each in campaigns]
    return titles[0] if len(titles) == 1 else f"{len(titles)} campaigns" if titles else "Campaigns"


@dataclass(frozen=True, slots=True)
class Tile:
    """One headline figure, with a line about it below."""

    name: str
    figure: str
    below: str


def _tiles(sums: Sums) -> Iterator[Tile]:
    def known(write: Any, value: Cell) -> str:
        return NO_DATA if value is None else write(value)

    def since(*names: str) -> str:
        grown = sums.growth(*names)
        return "since yesterday: no data" if grown is None else f"{delta(grown)} since yesterday"

    deleted = f"{sums.gone} deleted since" if sums.gone else "each part of a thread is one"
    cost = known(money, sums.cost_per_engagement)
    yield Tile("Posts out", count(sums.posts), deleted)
    yield Tile("Impressions", known(count, sums.count("impressions")), since("impressions"))
    yield Tile("Engagements", known(count, sums.count(*ENGAGEMENTS)), since(*ENGAGEMENTS))
    share = sums.per_impression(*ENGAGEMENTS)
    yield Tile("Engagement rate", known(rate, share), "engagements per impression")
    passed = sums.per_impression("reposts", "quotes")
    yield Tile("Amplification", known(rate, passed), "reposts and quotes per impression")
    yield Tile("Spend", known(money, sums.spend), f"{cost} per engagement")


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell as written, the value that it sorts by, and its share of the column's biggest.

    ``sort`` is None where it is the text itself, "" for no data; it has six digits, to sort by.
    """

    text: str
    sort: str | None
    classes: str
    bar: int | None = None

    @property
    def numeric(self) -> bool:
        """Whether it is a figure, and so set to the right."""
        return self.classes == "n"


class Shown:
    """A table as the page shows it."""

    def __init__(self, table: Table, evidence: Evidence, campaigns: int, most: int) -> None:
        self.table = table
        self._zone = evidence.zone
        visible = [each for each in table.columns if _visible(table, each, campaigns)]
        self.columns = sorted(visible, key=lambda each: each.key in _APART)
        self.read = instant(table.read, evidence.zone) if table.read else None
        bars = [row[table.place(c.key)] for c in self.columns if c.bar for row in table.rows]
        self._most = max((float(str(each)) for each in bars if each is not None), default=0.0)
        self.rows = [self._row(row) for row in table.rows[:most]]
        self.left_out = table.left_out + len(table.rows) - len(self.rows)

    @property
    def total(self) -> list[tuple[Column, str]]:
        """The total row; blank where a total means nothing, which is not "no data"."""
        total = self.table.total or ()
        cells = [(column, total[self.table.place(column.key)]) for column in self.columns]
        return [(c, "" if value is None else cell(value, c, self._zone)) for c, value in cells]

    def _row(self, row: Sequence[Cell]) -> list[ShownCell]:
        return [self._cell(row[self.table.place(each.key)], each) for each in self.columns]

    def _cell(self, value: Cell, column: Column) -> ShownCell:
        text = cell(value, column, self._zone)
        numeric = column.kind not in {"text", "instant"}
        raw = "" if value is None else f"{value:.6g}" if isinstance(value, Decimal) else str(value)
        sort = raw if numeric and raw != text else None
        return ShownCell(text, sort, classes(column), self._bar(value, column))

    def _bar(self, value: Cell, column: Column) -> int | None:
        if not column.bar or value is None:
            return None
        return round(100 * float(str(value)) / self._most) if self._most > 0 else 0

    @property
    def urgent(self) -> bool:
        """Whether someone must look at it before anything else."""
        return self.table.id == "attention" and bool(self.rows)


def classes(column: Column) -> str:
    """Give the CSS classes of a column: a number, a time, or something that phones leave out."""
    if column.kind not in {"text", "instant"}:
        return "n"
    return " ".join(["t"] * (column.kind == "instant") + ["aside"] * (column.rank >= _MINOR))


def _most(tables: Sequence[Table]) -> int:
    """Give the most rows that a table may show."""
    lengths = [len(each.rows) for each in tables]
    fitting = (each for each in ROWS if sum(min(each, n) for n in lengths) <= ALL_ROWS)
    return next(fitting, ROWS[-1])


def _explained(column: Column) -> bool:
    return bool(column.meaning) and column.rank <= _RANKS


def _urgent_first(shown: list[Shown]) -> list[Shown]:
    return sorted(shown, key=lambda each: not each.urgent)


def _visible(table: Table, column: Column, campaigns: int) -> bool:
    """Leave out what only machines read, and minor columns that say the same in every row."""
    said = set(table.column(column.key))
    if column.key in _SELDOM and said <= {None}:
        return False
    if column.machine or (column.kind == "text" and column.rank >= _MINOR and len(said) <= 1):
        return False
    return column.rank <= _RANKS or (column.key == "campaign" and campaigns > 1)
