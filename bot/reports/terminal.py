"""Tables for a terminal: one line a row, bars and sparklines beside the figures.

Where the terminal is too narrow for all columns, the least important are left out and the last line
says so: a table is never wrapped into mush.
"""

from __future__ import annotations

import io
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from bot.reports.figures import NO_DATA, cell, clean, instant, spanned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from bot.reports.evidence import Evidence
    from bot.reports.table import Cell, Column, Table

BAR = 6
"""Width of a bar, in characters."""

BARS_FROM = 60
"""Narrower terminals get no bars."""

NARROWEST = (18, 12, 8, 5, 2)
"""Least widths of a text: enough to tell rows apart, or as much as there is room for."""

WRAPPED = frozenset({"reason", "verdict"})
"""Keys of the columns that are read to the end, however narrow: they alone wrap."""

TREND = (
    "Trend: Impressions gained in equal spans, from the first post to the last reading; the "
    "tallest is the most of its own row."
)

_GAP = 2
_EDGES = 2
_TREND_RANK = 3
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVELS = "▁▂▃▄▅▆▇█"


def render_terminal(
    evidence: Evidence,
    tables: Iterable[Table],
    now: datetime,
    *,
    width: int = 80,
    color: bool = False,
) -> str:
    """Give the text for a terminal so many columns wide; escape codes only with ``color``."""
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        legacy_windows=False,
    )
    with console.capture() as capture:
        show(console, evidence, tables, now)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def show(console: Console, evidence: Evidence, tables: Iterable[Table], now: datetime) -> None:
    """Print the tables on a console, as wide as it is; rich itself heeds NO_COLOR."""
    console.print(_header(evidence, now))
    cut, said, meanings = False, set[str](), dict[str, None]()
    for table in tables:
        shown = Layout(table, evidence.zone, console.width)
        cut = cut or shown.cut
        meanings.update(dict.fromkeys(shown.meanings()))
        console.print(_title(table, evidence.zone))
        console.print(shown.rich() if table.rows else "", end="")
        method = (table.method,) if table.method and shown.shows("verdict") else ()
        for note in (*_more(table), *table.notes, *method):
            if note not in said or not table.rows:
                console.print(Text(f"{clean(note)}\n", style="yellow"))
            said.add(note)
    if meanings:
        console.print(Text(f"{' '.join(meanings)}\n", style="dim"))
    last = f"{NO_DATA} is no data, which is not 0."
    more = " A wider terminal shows more columns; --format csv has them all."
    console.print(Text(last + (more if cut else ""), style="dim"))


def _header(evidence: Evidence, now: datetime) -> Text:
    text = Text(f"Report of {instant(now, evidence.zone)}, times in {evidence.timezone}")
    if evidence.simulated:
        text.append(" · simulated platform", style="bold yellow")
    if evidence.since or evidence.until:
        text.append(f"\n{spanned(evidence.since, evidence.until, evidence.zone)}", style="bold")
    text.append("\n")
    return text


def _more(table: Table) -> tuple[str, ...]:
    hint = "--rows shows as many as you ask for, --format csv has them all."
    return (f"{table.more}; {hint}",) if table.more else ()


def _title(table: Table, zone: tzinfo) -> Text:
    text = Text(table.title, style="bold")
    if table.read:
        text.append(f"  last read {instant(table.read, zone)}", style="not bold dim")
    return text


class Layout:
    """Which columns of a table fit a width, and how wide each is."""

    def __init__(self, table: Table, zone: tzinfo, width: int) -> None:
        self._table = table
        self._zone = zone
        people = [each for each in table.columns if not each.machine]
        self._texts = {each.key: self._written(each) for each in people}
        self._bars = width >= BARS_FROM
        self._text = NARROWEST[0]
        self._columns = self._fitting(people, width)
        self._room = width - self._least(self._columns)
        self.cut = bool(table.rows) and len(self._columns) < len(people)

    def shows(self, key: str) -> bool:
        """Tell whether the column is among those that fit."""
        return any(each.key == key for each in self._columns)

    def meanings(self) -> Iterator[str]:
        """Say how the figures that are shown are made, where there are any."""
        if self._table.rows:
            yield from (
                f"{_heading(each)}: {each.meaning}" for each in self._columns if each.meaning
            )
            yield from [TREND] * self._trended(self._columns)

    def _written(self, column: Column) -> list[str]:
        place = self._table.place(column.key)
        texts = [cell(row[place], column, self._zone) for row in self._table.rows]
        total = self._table.total
        if total:
            # A blank: that a column has no total is not "no data".
            texts.append("" if total[place] is None else cell(total[place], column, self._zone))
        return texts

    def _fitting(self, people: list[Column], width: int) -> list[Column]:
        ranks = {each.key: self._table.rank(each) for each in people}
        kept = people
        for most in sorted({*ranks.values()}, reverse=True):
            kept = [each for each in people if ranks[each.key] <= most]
            if self._least(kept) <= width:
                return kept
        self._bars = False
        for self._text in NARROWEST:
            if self._least(kept) <= width:
                break
        return kept

    def _least(self, columns: Sequence[Column]) -> int:
        bars = [BAR for each in columns if each.bar and self._bars]
        trend = [len(self._table.trends[0])] if self._trended(columns) else []
        widths = [*(self._narrowest(each) for each in columns), *bars, *trend]
        return sum(widths) + _GAP * len(widths) + _EDGES

    def _trended(self, columns: Sequence[Column]) -> bool:
        wide = max(self._table.rank(each) for each in columns) >= _TREND_RANK
        return wide and bool(self._table.trends and self._table.trends[0])

    def _natural(self, column: Column) -> int:
        words = (column.short or column.name).split()
        return max(cell_len(text) for text in (*words, *self._texts[column.key]))

    def _narrowest(self, column: Column) -> int:
        natural = self._natural(column)
        return min(natural, self._text) if column.kind == "text" else natural

    def rich(self) -> RichTable:
        """Give the table as rich shows it."""
        shown = RichTable(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        cells = [cells for column in self._columns for cells in self._add(shown, column)]
        if self._trended(self._columns):
            shown.add_column("Trend")
            cells.append([Text(sparkline(each), no_wrap=True) for each in self._table.trends])
        rows: Iterable[tuple[Text, ...]] = zip_longest(*cells, fillvalue=Text())
        for index, row in enumerate(rows):
            total = index == len(self._table.rows)
            shown.add_row(*row, style="bold" if total else "")
            if index == len(self._table.rows) - 1:
                shown.add_section()
        return shown

    def _add(self, shown: RichTable, column: Column) -> Iterator[list[Text]]:
        """Add a column, and one for its bar; give their cells."""
        extra = min(self._room, self._natural(column) - self._narrowest(column))
        extra = extra if column.kind == "text" else 0
        self._room -= extra
        shown.add_column(
            Text(column.short or column.name),
            justify="left" if column.kind == "text" else "right",
            width=max(1, self._narrowest(column) + extra),
        )
        # A figure is never cut: a shortened number is a wrong number.
        whole = column.key in WRAPPED or column.kind != "text"
        yield [
            Text(text, no_wrap=not whole, overflow="fold" if whole else "ellipsis")
            for text in self._texts[column.key]
        ]
        if column.bar and self._bars:
            shown.add_column("", width=BAR)
            yield [Text(shape, no_wrap=True, style="cyan") for shape in self._shapes(column)]

    def _shapes(self, column: Column) -> list[str]:
        values = [_size(value) for value in self._table.column(column.key)]
        return [bar(value, max(values)) for value in values]


def _heading(column: Column) -> str:
    """Return a column's heading, and its name where that is another: meanings speak of names."""
    return f"{column.short} ({column.name})" if column.short else column.name


def _size(value: Cell) -> float:
    return float(value) if isinstance(value, int | Decimal) else 0.0


def bar(value: float, most: float) -> str:
    """Draw a share of the biggest value, to an eighth of a character, at most ``BAR`` wide."""
    eighths = round(BAR * 8 * max(0.0, value) / most) if most > 0 else 0
    full, rest = divmod(eighths, 8)
    return _EIGHTHS[8] * full + _EIGHTHS[rest] * bool(rest)


def sparkline(values: Sequence[int]) -> str:
    """Draw values as levels, the biggest the highest; what fell is drawn as nothing gained."""
    most = max(values, default=0)
    if most <= 0:
        return _LEVELS[0] * len(values)
    top = len(_LEVELS) - 1
    return "".join(_LEVELS[round(top * max(0, value) / most)] for value in values)
