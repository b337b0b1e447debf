"""A report as a table, and how figures are written for people.

Figures do not depend on the process's locale. They have commas between thousands and a decimal
point. Times are ISO in the audience's zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Literal

from bot.model import COUNTER_NAMES
from bot.model.post_words import platform_name
from bot.text import CONTROLS, join_words
from bot.xtext.links import BIDI_CONTROLS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from bot.model import Publication
    from bot.reports.evidence import Evidence

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

MINUS = "\N{MINUS SIGN}"
NO_DATA = "\N{EN DASH}"

# A terminal acts on control characters; lone surrogates cannot be written at all.
_CONTROL = re.compile(f"[{CONTROLS}\ud800-\udfff]")
# Bidirectional marks also reorder the text around the one that holds them.
_BIDI = re.compile(f"[{BIDI_CONTROLS}]")


def clean(text: str) -> str:
    """Replace characters that would act on a screen, except line ends and tabs."""
    return _BIDI.sub("\N{REPLACEMENT CHARACTER}", printable(text))


def printable(text: str) -> str:
    """Replace control characters and lone surrogates, which is enough for text inside markup."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def one_line(text: str, limit: int = 0) -> str:
    """Return text on one line, cut at a word to at most ``limit`` characters, if not 0."""
    line = " ".join(clean(text).split())
    if not limit or len(line) <= limit:
        return line
    head = line[: limit - 1]
    short = head.rsplit(" ", 1)[0] if " " in head[limit // 2 :] else head
    return f"{short.rstrip(' ,.;:')}…"


def describe_fallen(names: Iterable[str]) -> str:
    """Return words such as "likes fell", in the order of the columns, or "" without names."""
    fell = {*names}
    words = join_words([name.replace("_", " ") for name in COUNTER_NAMES if name in fell])
    return f"{words} fell" if words else ""


def format_count(value: int | None) -> str:
    """Return a number with commas between thousands, or a dash for None."""
    return NO_DATA if value is None else f"{value:,}".replace("-", MINUS)


def format_delta(value: int) -> str:
    """Return a change with its sign."""
    return f"+{value:,}" if value > 0 else format_count(value)


def format_rate(value: Decimal | None) -> str:
    """Return a share in percent with two decimals."""
    return NO_DATA if value is None else f"{_round(value * 100, '0.01'):,}%".replace("-", MINUS)


def format_factor(value: Decimal | None) -> str:
    """Return a multiple with two decimals."""
    return NO_DATA if value is None else f"{_round(value, '0.01'):,}\N{MULTIPLICATION SIGN}"


def format_number(value: Decimal | None) -> str:
    """Return a number with at most one decimal."""
    return NO_DATA if value is None else f"{_round(value, '0.1'):,}".removesuffix(".0")


def join_platforms(platforms: Iterable[str]) -> str:
    """Return the names of platforms in order, as "A, B and C", or "" without any."""
    return join_words(sorted(map(platform_name, platforms)))


def format_money(value: Decimal) -> str:
    """Return dollars to the cent from $1, to a hundredth of one from 1 cent, or in two digits."""
    if value < 0:
        return MINUS + format_money(-value)
    if 0 < value < Decimal("0.01"):
        return f"${_round(value, f'1e{value.adjusted() - 1}').normalize():f}"
    fine = f"{_round(value, '0.0001'):,}"
    cents = fine[-2:].rstrip("0") if value < 1 else ""
    return f"${_round(value, '0.01'):,}" if not cents else f"${fine[:-2]}{cents}"


def _round(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), rounding=ROUND_HALF_UP)


def format_instant(value: datetime, zone: tzinfo) -> str:
    """Return the date and time of an instant in a zone."""
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"


def describe_period(evidence: Evidence) -> str:
    """Return a sentence on the days of the tables, or "" if they list all posts."""
    posts = _posts_of_period(evidence)
    return f"The tables show only {posts}." if posts else ""


def _posts_of_period(evidence: Evidence) -> str:
    start, end = (
        at and format_instant(at, evidence.zone) for at in (evidence.since, evidence.until)
    )
    bounds = (f" from {start}" if start else "") + (f" until {end}" if end else "")
    return f"posts that went out{bounds}" if bounds else ""


def describe_last_read(evidence: Evidence, posts: Iterable[Publication]) -> str:
    """Return "since" the last reading of these posts, or "yet" without one."""
    known = [evidence.latest[post.id].read for post in posts if post.id in evidence.latest]
    return f"since {format_instant(max(known), evidence.zone)}" if known else "yet"


def format_number_of(count: int, what: str) -> str:
    """Return a count with its noun, such as ``2 posts``."""
    return f"{format_count(count)} {what if count == 1 else f'{what}s'}"


def format_weekday(moment: datetime, zone: tzinfo) -> str:
    """Return an instant with its day of the week."""
    return f"{DAYS[moment.astimezone(zone).weekday()][:3]} {format_instant(moment, zone)}"


def describe_tables(evidence: Evidence) -> str:
    """Return a sentence on the posts of the tables, to stand between them and the first screen."""
    first = min((post.published for post in evidence.publications), default=None)
    since = f" since {format_instant(first, evidence.zone)}" if first else ""
    posts = _posts_of_period(evidence) or f"all posts{since}"
    return f"The tables from here on count {posts}, with all that they have reached up to now."


def name_scope(table: Table, evidence: Evidence) -> Table:
    """Return a table of posts with a heading that says which posts it counts."""
    if not table.read or table.id == "post":  # it counts no posts, or lists them
        return table
    posts = "posts of these days" if describe_period(evidence) else "all posts"
    return replace(table, scope=posts)


def format_cell(value: Cell, column: Column, zone: tzinfo) -> str:  # noqa: PLR0911 - a line for each kind
    """Return a cell as written in its kind of column, or a dash for None."""
    match column.kind, value:
        case _, None:
            return NO_DATA
        case "count", int():
            return format_count(value)
        case "delta", int():
            return format_delta(value)
        case "rate", Decimal():
            return format_rate(value)
        case "factor", Decimal():
            return format_factor(value)
        case "money", Decimal():
            return format_money(value)
        case "number", Decimal():
            return format_number(value)
        case "instant", datetime():
            return format_instant(value, zone)
        case _:
            return one_line(str(value))


ColumnKind = Literal["text", "count", "rate", "factor", "money", "delta", "number", "instant"]
"""A rate is a share of 1, a factor a multiple, a delta a change. Money is in dollars, a number may
have decimals, and an instant is in UTC."""

Cell = str | int | Decimal | datetime | None
"""None is "no data", which is not 0."""


def json_cell(cell: Cell) -> str | int | None:
    """Return a cell as JSON holds it."""
    match cell:
        case datetime():
            return f"{cell.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case Decimal():
            return f"{cell:f}"
        case _:
            return cell


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    key: str
    """Its name for machines."""
    name: str
    """Its heading for people."""
    kind: ColumnKind
    meaning: str = ""
    """A sentence on how the figure is made."""
    rank: int = 0
    """Columns of the highest rank are the first that a narrow terminal leaves out, 0 never."""
    bar: bool = False
    """Whether bars are drawn of it. One column of a table has them."""
    machine_only: bool = False
    """Whether only machines read it, such as an id."""
    short: str = ""
    """A shorter heading for terminals."""


CAMPAIGN_COLUMN = Column("campaign", "Campaign", "text", rank=8)

EXCERPT_LENGTH = 70
"""Most characters of a post's text that stand for it in a table."""


@dataclass(frozen=True, slots=True)
class Table:
    """One report."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    """Each in the order of the columns."""
    notes: tuple[str, ...] = ()
    """Sentences that a reader needs to trust it."""
    read: datetime | None = None
    """When its figures were last read from a platform."""
    total: tuple[Cell, ...] | None = None
    """A row of totals, with None in columns that have none."""
    method: str = ""
    """How its rows were compared, shown with the column "verdict"."""
    left_out: int = 0
    """How many more rows there are than were asked for."""
    lead: str = ""
    """A sentence above its rows, on what they say."""
    scope: str = ""
    """The posts that it counts, if other posts are counted beside it."""
    parts: tuple[Table, ...] = ()
    """Tables with the same figures, which people read instead."""

    @property
    def heading(self) -> str:
        """The title, with the posts that it counts."""
        return ", ".join(filter(None, [self.title, self.scope]))

    @property
    def empty_columns(self) -> tuple[Column, ...]:
        """The columns of figures without data in any row, though counters were read."""
        figures = [column for column in self.columns if column.kind not in {"text", "instant"}]
        known = self.rows and self.read
        return tuple(c for c in figures if known and {*self.column(c.key)} <= {None})

    @property
    def says_something(self) -> bool:
        """Whether to show it unasked, which a single row that repeats the total is not."""
        return len(self.rows) > 1 or (bool(self.rows) and self.id in {"spend", "attention"})

    @property
    def more_rows_text(self) -> str:
        """The number of rows that are left out, in words, or ""."""
        return format_number_of(self.left_out, "more row") if self.left_out else ""

    def rank(self, column: Column) -> int:
        """Return a column's rank here, where "campaign" is shown if the rows are of several.

        Two campaigns may have the same ids, and both have "No event".
        """
        several = column.key == "campaign" and len({*self.column("campaign")} - {""}) > 1
        return min(column.rank, 1) if several else column.rank

    def column_index(self, key: str) -> int:
        """Return the index of a column. Raise KeyError."""
        return {column.key: index for index, column in enumerate(self.columns)}[key]

    def column(self, key: str) -> list[Cell]:
        """Return one column's cells. Raise KeyError."""
        index = self.column_index(key)
        return [row[index] for row in self.rows]

    def column_total(self, key: str) -> Cell:
        """Return a column's total, or None without one. Raise KeyError."""
        return self.total[self.column_index(key)] if self.total else None
