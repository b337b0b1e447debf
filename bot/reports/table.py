"""A report as a table, and how its figures are written for people: what every renderer takes.

Figures are written alike in every process locale: commas between thousands, a decimal point, times
as ISO in the audience's zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Literal

from bot.model import COUNTER_NAMES
from bot.text import CONTROLS
from bot.xtext.links import BIDI_CONTROLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from bot.model import Publication
    from bot.reports.evidence import Evidence

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

MINUS = "\N{MINUS SIGN}"
NO_DATA = "\N{EN DASH}"

# A terminal acts on control characters; lone surrogates cannot be written at all.
_CONTROL = re.compile(f"[{CONTROLS}\ud800-\udfff]")
# Bidirectional marks reorder what is read, beyond the text that holds them.
_BIDI = re.compile(f"[{BIDI_CONTROLS}]")


def clean(text: str) -> str:
    """Replace what would act on a screen instead of being shown, except line ends and tabs."""
    return _BIDI.sub("\N{REPLACEMENT CHARACTER}", printable(text))


def printable(text: str) -> str:
    """Replace only control characters and lone surrogates: for text inside markup of its own."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def one_line(text: str, limit: int = 0) -> str:
    """Put text on one line, cut at a word to at most ``limit`` characters (0: not cut)."""
    line = " ".join(clean(text).split())
    if not limit or len(line) <= limit:
        return line
    head = line[: limit - 1]
    short = head.rsplit(" ", 1)[0] if " " in head[limit // 2 :] else head
    return f"{short.rstrip(' ,.;:')}…"


def describe_fallen(names: Iterable[str]) -> str:
    """Name the counters that fell, in the order of the columns; "" where none did."""
    fell = {*names}
    words = join_words([name.replace("_", " ") for name in COUNTER_NAMES if name in fell])
    return f"{words} fell" if words else ""


def join_words(words: Sequence[str]) -> str:
    """Write words in a row: "A, B and C"; "" where there are none."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def format_count(value: int | None) -> str:
    """Write a number with commas between thousands; None is a dash, "no data"."""
    return NO_DATA if value is None else f"{value:,}".replace("-", MINUS)


def format_delta(value: int) -> str:
    """Write a change with its sign."""
    return f"+{value:,}" if value > 0 else format_count(value)


def format_rate(value: Decimal | None) -> str:
    """Write a share in percent, two decimals."""
    return NO_DATA if value is None else f"{_round(value * 100, '0.01'):,}%".replace("-", MINUS)


def format_factor(value: Decimal | None) -> str:
    """Write a multiple, two decimals."""
    return NO_DATA if value is None else f"{_round(value, '0.01'):,}\N{MULTIPLICATION SIGN}"


def format_number(value: Decimal | None) -> str:
    """Write a number with at most one decimal."""
    return NO_DATA if value is None else f"{_round(value, '0.1'):,}".removesuffix(".0")


def platform_name(platform: str) -> str:
    """Return what people call a platform."""
    return platform.capitalize()


def join_platforms(platforms: Iterable[str]) -> str:
    """Name platforms, in their order: "A, B and C"; "" where there are none."""
    return join_words(sorted(map(platform_name, platforms)))


def format_money(value: Decimal) -> str:
    """Write dollars: to the cent from $1, to a hundredth of a cent from 1 cent, or two digits."""
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
    """Write an instant as the date and time of a zone."""
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"


def describe_period(evidence: Evidence) -> str:
    """Describe the period in which the posts went out, if not all posts are listed."""
    posts = _posts_of_period(evidence)
    return f"The tables show only {posts}." if posts else ""


def _posts_of_period(evidence: Evidence) -> str:
    start, end = (
        at and format_instant(at, evidence.zone) for at in (evidence.since, evidence.until)
    )
    bounds = (f" from {start}" if start else "") + (f" until {end}" if end else "")
    return f"posts that went out{bounds}" if bounds else ""


def describe_last_read(evidence: Evidence, posts: Iterable[Publication]) -> str:
    """Say since when these posts have not been read, or that they have not been read yet."""
    known = [evidence.latest[post.id].read for post in posts if post.id in evidence.latest]
    return f"since {format_instant(max(known), evidence.zone)}" if known else "yet"


def format_number_of(count: int, what: str) -> str:
    """Write how many of something there are."""
    return f"{format_count(count)} {what}{'s' * (count != 1)}"


def format_weekday(moment: datetime, zone: tzinfo) -> str:
    """Write an instant with its day of the week."""
    return f"{DAYS[moment.astimezone(zone).weekday()][:3]} {format_instant(moment, zone)}"


def describe_tables(evidence: Evidence) -> str:
    """Say which posts the tables are about, that come after a first screen about gains."""
    first = min((post.published for post in evidence.publications), default=None)
    since = f" since {format_instant(first, evidence.zone)}" if first else ""
    posts = _posts_of_period(evidence) or f"all posts{since}"
    return f"The tables from here on count {posts}, with all that was reached up to now."


def name_scope(table: Table, evidence: Evidence) -> Table:
    """Return a table of posts with a heading that says which posts it counts."""
    if not table.read or table.id == "post":  # nothing of posts, or nothing but
        return table
    posts = "posts of these days" if describe_period(evidence) else "all posts"
    return replace(table, scope=posts)


def format_cell(value: Cell, column: Column, zone: tzinfo) -> str:  # noqa: PLR0911 - a line for each kind
    """Write a cell by its column's kind; None is a dash, "no data"."""
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
"""What a column holds: a rate is a share of 1, a factor a multiple, a delta a change, money is in
dollars, a number may have decimals, an instant is in UTC."""

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
    """One column: ``key`` names it for machines, ``name`` for people, ``short`` in a terminal.

    ``meaning`` says how the figure is made. ``rank`` orders what a narrow terminal leaves out: 0
    never, higher ranks first. ``bar`` marks the one column that renderers show bars for;
    ``machine_only`` one that only machines read, such as an id.
    """

    key: str
    name: str
    kind: ColumnKind
    meaning: str = ""
    rank: int = 0
    bar: bool = False
    machine_only: bool = False
    short: str = ""


CAMPAIGN_COLUMN = Column("campaign", "Campaign", "text", rank=8)

EXCERPT_LENGTH = 70
"""Characters of a post's text that name it in a table."""


@dataclass(frozen=True, slots=True)
class Table:
    """One report: rows of cells, in the order of the columns.

    ``total`` is a row of its own, with None where a total means nothing. ``read`` is when the
    figures were last read from a platform. ``notes`` are what a reader must know to trust it;
    ``method`` is how its rows were compared, for wherever the column "verdict" is shown.
    ``left_out`` is how many more rows there are than were asked for. ``scope`` says which posts it
    counts, where other posts are counted beside it.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    read: datetime | None = None
    total: tuple[Cell, ...] | None = None
    method: str = ""
    left_out: int = 0
    scope: str = ""

    @property
    def heading(self) -> str:
        """The title, with the posts that it counts."""
        return ", ".join(filter(None, [self.title, self.scope]))

    @property
    def empty_columns(self) -> tuple[Column, ...]:
        """Those of figures in which no row has data, though counters were read: they are named."""
        figures = [column for column in self.columns if column.kind not in {"text", "instant"}]
        known = self.rows and self.read
        return tuple(c for c in figures if known and {*self.column(c.key)} <= {None})

    @property
    def says_something(self) -> bool:
        """Whether it is worth showing unasked: a single row only repeats the total."""
        return len(self.rows) > 1 or (bool(self.rows) and self.id in {"spend", "attention"})

    @property
    def more_rows_text(self) -> str:
        """How many more rows there are, in words; "" where these are all."""
        return format_number_of(self.left_out, "more row") if self.left_out else ""

    def rank(self, column: Column) -> int:
        """Return a column's rank here: where rows are of several campaigns, theirs is shown.

        Ids, and "No event", are the same in two campaigns; without it, two rows would look alike.
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
        """Return one column's total; None if there is none. Raise KeyError."""
        return self.total[self.column_index(key)] if self.total else None
