"""Print results as lines or JSON, tables, problems, progress, and hints that name commands.

A person who works with ``--config rehearsal.yaml`` and follows a hint must not start the live
config. Every hint therefore passes through ``with_config``. The text of a post never does, and
stays as it is.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import shlex
import shutil
import sys
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot import __version__, files
from bot.model.documents import json_text, to_json
from bot.text import escape_hidden
from bot.text import pluralize as pluralize  # noqa: PLC0414 - commands reach it as output.pluralize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import RenderableType
    from rich.progress import Progress

    from bot.config.secrets import Redactor
    from bot.errors import GroundswellError, Problem
    from bot.model import Part, Poll
    from bot.services.views import PartView
    from bot.services.views_checking import AllowedProblem

TEXT_WIDTH = 48
"""A list shows at most this many characters of a post's text."""

_USER_VERBS = ("add", "limit", "list", "password", "remove", "role")

COMMAND_GROUPS = {
    "accounts": ("adopt", "check", "disclosed", "list", "login", "logout", "mark-as-bot"),
    "alerts": ("digest", "login", "test"),
    "inbox": ("settle",),
    "queue": ("add", "drop", "list", "show"),
    "share": ("build", "links"),
    "web": ("link", "token", *(f"user {verb}" for verb in _USER_VERBS)),
}
"""Commands that have subcommands, which the help of ``cli.main.COMMANDS`` names too."""

SINGLE_COMMANDS = (
    *("backup", "check", "export", "import", "log", "pause", "plan", "report", "resume", "review"),
    *("run", "share-texts", "status", "unit", "workers"),
)
"""The other commands that take ``--config``."""

_COMMAND_NAMES = [
    *(rf"{name}(?: (?:{'|'.join(inner)}))?" for name, inner in COMMAND_GROUPS.items()),
    *SINGLE_COMMANDS,
]
COMMAND_PATTERN = re.compile(rf"\bgroundswell (?:{'|'.join(_COMMAND_NAMES)})(?![\w-])")


_hint_options = {"config": ""}
"""The option that names the config of this process, for all threads."""


def use_config(config: Path | None) -> None:
    """Let hints name this config, unless it is the default one."""
    from bot.config import FILE_NAME

    named = config is not None and config.resolve() != Path(FILE_NAME).resolve()
    _hint_options["config"] = f" --config {shlex.quote(str(config))}" if named else ""


def with_config(text: str) -> str:
    """Return a message with the ``--config`` option in every command that it names."""
    option = _hint_options["config"]
    return COMMAND_PATTERN.sub(lambda command: command[0] + option, text) if option else text


# --- Progress -------------------------------------------------------------------------------------

_BAR_DELAY = 1.0
"""Seconds before a bar is shown; most work ends earlier, and rich takes 0.1 s to import."""


@contextmanager
def progress_bar(what: str, *, shown: bool = True) -> Iterator[Callable[[float], None] | None]:
    """Yield a function that takes the finished share, from 0 to 1, or None without a terminal."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    start = time.monotonic() + _BAR_DELAY
    progress: Progress | None = None

    def update(share: float) -> None:
        nonlocal progress
        if progress is None:
            if time.monotonic() < start:
                return
            from rich.console import Console
            from rich.progress import Progress

            progress = Progress(console=Console(stderr=True), transient=True)
            progress.add_task(what, total=1.0)
            progress.start()
        progress.update(progress.task_ids[0], completed=share)

    try:
        yield update
    finally:
        if progress:
            progress.stop()


# --- Lines and JSON -------------------------------------------------------------------------------


class Styled(str):
    """Lines made by rich, whose control characters are ours and may reach the terminal."""

    __slots__ = ()


def line(text: str = "") -> None:
    """Print a line of a result, with escapes for characters that would control a terminal."""
    sys.stdout.write(f"{_make_visible(text)}\n")


def error_line(*texts: str) -> None:
    """Print errors, warnings or notes to stderr."""
    for text in texts:
        sys.stderr.write(f"{_make_visible(text)}\n")


def document(text: str) -> None:
    """Print a whole text, unchanged to a file or pipe, with escapes to a terminal."""
    if sys.stdout.isatty():
        text = _make_visible(text.replace("\r\n", "\n"))
    sys.stdout.write(text)


def _make_visible(text: str) -> str:
    return text if isinstance(text, Styled) else escape_hidden(text)


def emit(
    value: object,
    lines: Callable[[], Iterable[str]],
    *,
    as_json: bool,
    redactor: Redactor | None = None,
) -> None:
    """Print ``value``, which is a view or several, as JSON, or ``lines()`` for people."""
    if as_json:
        line(json_text(redactor.redact_values(to_json(value)) if redactor else value))
        return
    for text in lines():
        line(type(text)(redactor(text)) if redactor else text)


def table_lines(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[str] = ()
) -> list[str]:
    """Return a table as wide as the terminal or, in a pipe, as wide as its cells.

    ``right`` names the columns that are aligned to the right, which hold numbers.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    numeric = set(right)
    for column in columns:
        table.add_column(column, justify="right" if column in numeric else "left")
    for row in rows:
        # Wrapped as Text, because the text of a post is not markup for rich.
        table.add_row(*(Text(escape_hidden(cell)) for cell in row))
    return [*map(Styled, render(table).splitlines())]


_PIPE_WIDTH = 1000


def line_width() -> int:
    """Return the width of a line by ``COLUMNS`` or the terminal, or a large one in a pipe."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal():
        return shutil.get_terminal_size().columns
    return _PIPE_WIDTH


def render(*renderables: RenderableType) -> Styled:
    """Return the lines that rich draws, in colour if stdout is a terminal with colours."""
    from rich.console import Console

    console = Console(file=sys.stdout, width=line_width(), highlight=False, soft_wrap=False)
    with console.capture() as captured:
        console.print(*renderables)
    return Styled("\n".join(text.rstrip() for text in captured.get().splitlines()))


def wrap(text: str, indent: str = "") -> list[str]:
    """Return a text in indented lines that fit the terminal; words stay whole."""
    wrapped = textwrap.wrap(
        text,
        max(line_width(), len(indent) + 20),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapped or [indent.rstrip()]


def poll_lines(poll: Poll) -> list[str]:
    """Return the options of a poll, and the time for which it is open."""
    options = [f"( ) {option}" for option in poll.options]
    return [*options, f"open for {pluralize(poll.minutes, 'minute')}"]


def part_lines(part: Part | PartView) -> list[str]:
    """Return the lines of a part, as its audience sees it."""
    lines = part.text.splitlines()
    lines += [f"Link card: {part.card}"] if part.card else []
    lines += [f"[{Path(media.path).name}] {media.alt}".rstrip() for media in part.media]
    return lines + (poll_lines(part.poll) if part.poll else [])


_ONE_LINE = str.maketrans({"\n": "\\n", "\t": "\\t"})


def printable(text: str) -> str:
    """Return a text on one line, with hidden and control characters as escapes."""
    return escape_hidden(text).translate(_ONE_LINE)


# --- Problems -------------------------------------------------------------------------------------


def error_lines(error: GroundswellError) -> list[str]:
    """Return the lines that explain an error, with one for each problem and their number."""
    if error.problems:
        return [*problem_lines(error.problems), count_line(error.problems)]
    return [printable(f"groundswell: {with_config(' '.join(str(error).split()))}")]


def bug_lines(error: Exception, *, debug: bool) -> list[str]:
    """Return the lines for a bug, on how to report it or with its traceback."""
    import traceback

    if debug:
        return "".join(traceback.format_exception(error)).splitlines()
    what = f"{type(error).__name__} in groundswell {__version__}"
    return [
        f"groundswell: this is a bug, not your mistake ({what}).",
        "Run it as `groundswell --debug …` and report the output, without private parts.",
    ]


def problem_lines(problems: Iterable[Problem], label: str = "") -> list[str]:
    """Return a line for each problem, marked as a warning or with the label."""
    return [
        _problem_line(
            problem,
            label or ("warning: " if problem.level == "warning" else ""),
            f"{problem.message} {with_config(problem.hint)}",
        )
        for problem in problems
    ]


def allowed_lines(allowed: Iterable[AllowedProblem]) -> list[str]:
    """Return a line for each problem that a comment allows, with the reason."""
    return [
        _problem_line(found.problem, "allowed: ", f"{found.problem.message} ({found.reason})")
        for found in allowed
    ]


def _problem_line(problem: Problem, label: str, words: str) -> str:
    place = f":{problem.line}:{problem.column}" if problem.line else ""
    text = " ".join(words.split())
    return printable(f"{problem.file}{place}: {problem.code} {label}{text}")


def count_line(problems: Sequence[Problem]) -> str:
    """Return the number of problems and of warnings, in words."""
    warnings = sum(problem.level == "warning" for problem in problems)
    errors = len(problems) - warnings
    if not warnings:
        return pluralize(errors, "problem")
    return f"{pluralize(errors, 'problem')}, {pluralize(warnings, 'warning')}"


# --- Streams --------------------------------------------------------------------------------------


def write_file(path: Path, text: str | bytes) -> None:
    """Write a file, and the folder for it if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_atomically(path, text)


def configure_streams() -> None:
    """Make the streams take any text, with escapes for characters that they cannot show."""
    codecs.register_error("groundswell-escape", _escape_unencodable)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="groundswell-escape")


def _escape_unencodable(error: UnicodeError) -> tuple[str, int]:
    r"""Return ``\u00e9`` for é, as JSON does, which cannot read Python's ``\xe9``."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def open_closed_streams() -> None:
    """Open closed streams (``>&-``) to nowhere.

    Otherwise the command would fail after it has done its work, and the next opened file, such as
    the database, would get the stream's number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - for good
            setattr(sys, name, stream)


def stdout_failed() -> bool:
    """Return whether the output cannot be written, as on a full disk."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return False
    except OSError:
        return True
    return False
