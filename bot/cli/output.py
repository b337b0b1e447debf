"""How results reach the terminal, a pipe or another program.

What makes lines is apart from what prints them: functions named ``…_lines`` give text, the others
here write it. Colour only where someone looks, and not if NO_COLOR is set (rich sees to both).
"""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import asdict, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.cli.hints import with_config
from bot.text.hidden import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.errors import Allowed, Problem
    from bot.secrets import Redactor


class Styled(str):
    """Lines that rich has made: what steers the terminal in them is ours."""

    __slots__ = ()


def line(text: str = "") -> None:
    """Print a line of a result; what in it would steer a terminal is written out."""
    sys.stdout.write(f"{_shown(text)}\n")


def error_line(text: str) -> None:
    """Print a line about what went wrong, or is worth knowing, beside the result."""
    sys.stderr.write(f"{_shown(text)}\n")


def document(text: str) -> None:
    """Print a whole text: as it is where a program reads it, as a person may see it elsewhere."""
    if sys.stdout.isatty():
        text = _shown(text.replace("\r\n", "\n"))
    sys.stdout.write(text)


def _shown(text: str) -> str:
    return text if isinstance(text, Styled) else visible(text)


def emit(
    value: Any,
    lines: Callable[[], Iterable[str]],
    *,
    as_json: bool,
    redactor: Redactor | None = None,
) -> None:
    """Print a result: ``value`` as JSON for programs, or else ``lines()`` for people."""
    if as_json:
        text = json_text(value)
        line(json_text(redactor.inside(json.loads(text))) if redactor else text)
        return
    for text in lines():
        line(type(text)(redactor(text)) if redactor else text)


def json_text(value: Any) -> str:
    """Give JSON; dates as ISO 8601, durations in seconds, money as text, dataclasses as objects."""
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=2)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date):  # a datetime too
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def table_lines(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Iterable[str] = (),
) -> list[str]:
    """Give a table as wide as the terminal; in a pipe, as wide as it needs to be.

    ``right`` names the columns of figures, which stand to the right.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    figures = set(right)
    for column in columns:
        table.add_column(column, justify="right" if column in figures else "left")
    for row in rows:
        # Text: what a post says is no markup of ours.
        table.add_row(*(Text(visible(cell)) for cell in row))
    return [*map(Styled, render(table).splitlines())]


_PIPE_WIDTH = 1000


def render(*renderables: Any) -> Styled:
    """Give what rich makes of its renderables, in colour if stdout is a terminal that wants it."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    console = Console(
        file=sys.stdout,
        width=None if terminal else _PIPE_WIDTH,
        highlight=False,
        soft_wrap=False,
    )
    with console.capture() as captured:
        console.print(*renderables)
    return Styled("\n".join(text.rstrip() for text in captured.get().splitlines()))


def poll_lines(options: Iterable[str], minutes: int) -> list[str]:
    """Return the options of a poll, and how long it is open."""
    return [*(f"( ) {option}" for option in options), f"open for {count(minutes, 'minute')}"]


def count(number: int, noun: str) -> str:
    """Give ``1 post``, ``2 posts``, ``no posts``."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


_ONE_LINE = str.maketrans({"\n": "\\n", "\t": "\\t"})


def printable(text: str) -> str:
    """Return a text on one line, as escapes what is hidden or what a terminal would obey."""
    return visible(text).translate(_ONE_LINE)


def problem_lines(problems: Iterable[Problem]) -> list[str]:
    """Give each problem its line; a warning says that it is one."""
    return [printable(f"{_place(problem)}{_what(problem)}") for problem in problems]


def note_lines(notes: Iterable[Problem]) -> list[str]:
    """Return a line for each that is worth knowing, and no problem as far as anyone can tell."""
    return [
        printable(f"{_place(note)}note: {' '.join(f'{note.message} {note.hint}'.split())}")
        for note in notes
    ]


def allowed_lines(allowed: Iterable[Allowed]) -> list[str]:
    """Return a line for each problem that a comment allows, with the reason."""
    return [
        printable(f"{_place(one.problem)}allowed: {one.problem.message} ({one.reason})")
        for one in allowed
    ]


def _place(problem: Problem) -> str:
    place = f":{problem.line}:{problem.column}" if problem.line else ""
    return f"{problem.file}{place}: {problem.code} "


def _what(problem: Problem) -> str:
    warning = "warning: " if problem.level == "warning" else ""
    return warning + " ".join(f"{problem.message} {with_config(problem.hint)}".split())


def count_line(problems: Sequence[Problem]) -> str:
    """Say how many problems there are, warnings apart."""
    warnings = sum(problem.level == "warning" for problem in problems)
    errors = len(problems) - warnings
    if not warnings:
        return count(errors, "problem")
    return f"{count(errors, 'problem')}, {count(warnings, 'warning')}"


def prepare() -> None:
    """Let what the terminal or pipe cannot spell come out as an escape, not as an error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def close() -> None:
    """Flush what was printed; if nobody reads it any more, say nothing about it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            # At exit Python flushes again, and would complain: let it flush into nothing.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
