"""The first screen and tables for a terminal.

If the terminal is too narrow for all columns of a table, the least important are left out, and the
last line says so. A row stays on one line as long as it can be read.
"""

from __future__ import annotations

import io
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from bot.reports.answer import PART_OF_A_DAY, TOTALS_HEADINGS
from bot.reports.table import (
    NO_DATA,
    clean,
    describe_period,
    describe_tables,
    format_cell,
    format_count,
    format_instant,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from bot.reports.answer import Answer
    from bot.reports.evidence import Evidence
    from bot.reports.lines import Line, Section
    from bot.reports.table import Column, Table

BAR_WIDTH = 6
"""Width of a bar, in characters."""

DAY_BAR_WIDTH = 30
"""Width of a day's bar, in characters."""

BARS_MIN_WIDTH = 60
"""The least width of a terminal, in characters, that gets bars."""

TEXT_MIN_WIDTHS = (18, 12, 8, 5, 2)
"""Least widths of a text. The first is enough to tell rows apart, the others save room."""

WRAPPED_COLUMNS = frozenset({"reason", "verdict"})
"""Keys of the columns that wrap, as they must be read to the end."""

MORE_ROWS_HINT = "--rows shows as many as you ask for, --format csv has them all."

_COLUMN_GAP = 2
_TABLE_EDGES = 2
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def render_terminal(
    evidence: Evidence,
    tables: Iterable[Table],
    now: datetime,
    answer: Answer | None,
    *,
    width: int,
    color: bool,
) -> str:
    """Return the text for a terminal ``width`` columns wide; escape codes only with ``color``."""
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        legacy_windows=False,
    )
    with console.capture() as capture:
        _print_tables(console, evidence, tables, now, answer)
        if answer and answer.needs_person:  # the tables have pushed it out of sight
            last = "Something needs a person. See the top of this report."
            console.print(Text(last, style="bold"))
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def _print_tables(
    console: Console,
    evidence: Evidence,
    tables: Iterable[Table],
    now: datetime,
    answer: Answer | None,
) -> None:
    """Print the first screen and the tables on a console. Rich itself heeds NO_COLOR."""
    zone = evidence.zone
    header = Text(f"Report of {format_instant(now, zone)}, times in {evidence.timezone}")
    if evidence.simulated:
        header.append(" · simulated platform", style="bold yellow")
    if period := describe_period(evidence):
        header.append(f"\n{period}", style="bold")
    console.print(header, end="\n\n")
    if answer:
        _print_answer(console, answer)
        console.print(Text(f"{describe_tables(evidence)}\n"))
    columns_hidden, printed, meanings = False, set[str](), dict[str, None]()
    empty = dict[str, None]()
    for table in tables:
        shown = TerminalTable(table, zone, console.width)
        columns_hidden = columns_hidden or shown.columns_hidden
        meanings.update(dict.fromkeys(shown.meanings()))
        empty.update(dict.fromkeys(shown.empty))
        title = Text(table.heading, style="bold")
        if table.read:
            title.append(f"  last read {format_instant(table.read, zone)}", style="not bold dim")
        console.print(title)
        if table.lead:
            console.print(Text(clean(table.lead)))
        console.print(shown.to_rich() if table.rows else "", end="")
        more = f"{table.more_rows_text}; {MORE_ROWS_HINT}" if table.left_out else ""
        for note in filter(None, (more, *table.notes, shown.method)):
            if note not in printed or not table.rows:
                console.print(Text(f"{clean(note)}\n", style="yellow"))
            printed.add(note)
    _print_end(console, meanings, empty, columns_hidden=columns_hidden)


def _print_end(
    console: Console, meanings: Iterable[str], empty: Iterable[str], *, columns_hidden: bool
) -> None:
    """Print how the figures are made, and which columns are not shown."""
    if text := " ".join(meanings):
        console.print(Text(f"{text}\n", style="dim"))
    if names := ", ".join(empty):
        console.print(Text(f"Without data, and not shown: {names}.\n", style="dim"))
    last = f"{NO_DATA} is no data, which is not 0."
    if columns_hidden:
        last += " A wider terminal shows more columns; --format csv has them all."
    console.print(Text(last, style="dim"))


def _print_answer(console: Console, answer: Answer) -> None:
    """Print the first screen, its sections, the totals, and the gains of each day."""
    console.print(Text(answer.title, style="bold"))
    console.print(Text(f"{answer.lead}\n"))
    for section in answer.sections:
        _print_section(console, section)
    totals = RichTable(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for number, heading in enumerate(TOTALS_HEADINGS):
        totals.add_column(heading, justify="right" if number else "left")
    for row in answer.totals:
        name = f"  {row.name}" if row.network else row.name
        totals.add_row(*map(Text, (name, row.now, row.before, row.change)))
    console.print(totals, end="")
    for budget in answer.budgets:
        console.print(Text(f"Budget of {budget}"))
    if answer.days:
        names = answer.day_counters
        by = answer.evidence.common_counter if "impressions" in names else "engagements"
        heading = f"{' and '.join(names).capitalize()} gained, by {answer.step}"
        drawn = "; bars are engagements" if by != names[0] else ""
        console.print(Text(f"{heading}{drawn}", style="bold"))
        bars = RichTable.grid(padding=(0, 1, 0, 0))
        values = [getattr(gained, by) or 0 for _, gained in answer.days]
        for (day, gained), value in zip(answer.days, values, strict=True):
            bar = Text(draw_bar(value, max(values), DAY_BAR_WIDTH), style="cyan")
            bars.add_row(Text(day), bar, *(format_count(getattr(gained, name)) for name in names))
        for column in bars.columns[2:]:
            column.justify = "right"
        console.print(bars)
        console.print(Text(f"{PART_OF_A_DAY}\n", style="dim"))


def _print_section(console: Console, section: Section) -> None:
    console.print(Text(section.title, style="bold"))
    if section.head:
        console.print(Padding(Text(section.head, "dim"), (0, 0, 0, 2)))
    lines = RichTable.grid(padding=(0, 1, 0, 0))
    for number, line in enumerate(section.lines, 1):
        lines.add_row(Text(f"{number}." if section.ordered else "-"), _line_text(line))
        for on in line.on:
            lines.add_row(Text(), _line_text(on))
    console.print(lines)
    below = "\n".join(filter(None, (section.note, section.detail)))
    console.print(Padding(Text(below, "dim"), (0, 0, bool(below), 2)))


def _line_text(line: Line) -> Text:
    below = "".join(f"\n{clean(text)}" for text in (line.url or line.command, line.page) if text)
    return Text(clean(line.text)).append(below, "dim")


class TerminalTable:
    """A table fitted to a width, by its choice of columns and by their widths."""

    def __init__(self, table: Table, zone: tzinfo, width: int) -> None:
        self._table = table
        named = [column for column in table.columns if not column.machine_only]
        self.empty = [column.name for column in named if column in table.empty_columns]
        columns = [column for column in named if column not in table.empty_columns]
        self._texts: dict[str, list[str]] = {}
        self._natural_widths: dict[str, int] = {}
        for column in columns:
            texts = [format_cell(value, column, zone) for value in table.column(column.key)]
            if table.total:
                total = table.column_total(column.key)
                # A column without a total is blank, which is not "no data".
                texts.append("" if total is None else format_cell(total, column, zone))
            self._texts[column.key] = texts
            words = (column.short or column.name).split()
            self._natural_widths[column.key] = max(map(cell_len, (*words, *texts)))
        ranks = sorted({*map(table.rank, columns)}, reverse=True)
        kept = [[column for column in columns if table.rank(column) <= rank] for rank in ranks]
        bar_width = BAR_WIDTH if width >= BARS_MIN_WIDTH else 0
        layouts = [(shown, bar_width, TEXT_MIN_WIDTHS[0]) for shown in kept]
        layouts += [(kept[-1], 0, text_width) for text_width in TEXT_MIN_WIDTHS]
        fitting = (layout for layout in layouts if self._min_width(*layout) <= width)
        layout = next(fitting, layouts[-1])
        self._columns, self._bar_width, self._text_width = layout
        self._spare_width = width - self._min_width(*layout)
        # The method of comparing is of use only beside the verdicts.
        self.method = table.method if any(c.key == "verdict" for c in self._columns) else ""
        self.columns_hidden = bool(table.rows) and len(self._columns) < len(columns)

    def meanings(self) -> Iterator[str]:
        """Yield sentences on how the figures that are shown are made."""
        if not self._table.rows:
            return
        for column in self._columns:
            # Meanings name other columns in full, even if a heading is shorter.
            heading = f"{column.short} ({column.name})" if column.short else column.name
            if column.meaning:
                yield f"{heading}: {column.meaning}"

    def _min_width(self, columns: Sequence[Column], bar_width: int, text_width: int) -> int:
        widths = [self._column_min_width(column, text_width) for column in columns]
        widths += [bar_width for column in columns if column.bar and bar_width]
        return sum(widths) + _COLUMN_GAP * len(widths) + _TABLE_EDGES

    def _column_min_width(self, column: Column, text_width: int) -> int:
        natural = self._natural_widths[column.key]
        if column.kind != "text":
            return natural
        if column.key in WRAPPED_COLUMNS:  # about two lines, without breaking a word
            words = (word for text in self._texts[column.key] for word in text.split())
            natural = max(natural // 2 + 1, *map(cell_len, words), cell_len(column.name))
        return min(natural, text_width)

    def to_rich(self) -> RichTable:
        """Return the table as rich prints it."""
        shown = RichTable(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        cells = [cells for column in self._columns for cells in self._add_column(shown, column)]
        rows: Iterable[tuple[Text, ...]] = zip_longest(*cells, fillvalue=Text())
        for index, row in enumerate(rows):
            total = index == len(self._table.rows)
            shown.add_row(*row, style="bold" if total else "")
            if index == len(self._table.rows) - 1:
                shown.add_section()
        return shown

    def _add_column(self, shown: RichTable, column: Column) -> Iterator[list[Text]]:
        """Add a column, and one for its bar; yield their cells."""
        width = self._column_min_width(column, self._text_width)
        if column.kind == "text":
            extra = min(self._spare_width, self._natural_widths[column.key] - width)
            self._spare_width -= extra
            width += extra
        shown.add_column(
            Text(column.short or column.name),
            justify="left" if column.kind == "text" else "right",
            width=max(1, width),
        )
        # A figure is never cut, as a shortened number is a wrong number.
        uncut = column.key in WRAPPED_COLUMNS or column.kind != "text"
        yield [
            Text(text, no_wrap=not uncut, overflow="fold" if uncut else "ellipsis")
            for text in self._texts[column.key]
        ]
        if column.bar and self._bar_width:
            shown.add_column("", width=self._bar_width)
            cells = self._table.column(column.key)
            values = [float(cell) if isinstance(cell, int | Decimal) else 0.0 for cell in cells]
            bars = [draw_bar(value, max(values)) for value in values]
            yield [Text(bar, no_wrap=True, style="cyan") for bar in bars]


def draw_bar(value: float, biggest: float, width: int = BAR_WIDTH) -> str:
    """Return a bar to an eighth of a character, for the biggest value ``width`` wide."""
    eighths = round(width * 8 * max(0.0, value) / biggest) if biggest > 0 else 0
    full, rest = divmod(eighths, 8)
    return (_EIGHTHS[8] * full + _EIGHTHS[rest]).rstrip()
