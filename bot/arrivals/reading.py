"""Reads all files into one ``ArrivalReading``.

All files are opened and recognised first, so that a mistake in the last is told before the first
is read for a minute.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from bot.arrivals.counting import MOST_UNKNOWN, OTHER, Tally
from bot.arrivals.opening import DamagedError, OpenedFile, open_file
from bot.arrivals.weblog import LogKind, count_block, recognise, split_blocks
from bot.errors import Problem, UserError
from bot.files import WrongFileError
from bot.model import ArrivalReading
from bot.text import join_first, pluralize

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    Progress = Callable[[int, int], object]

_SAME_BYTES = 4096
"""First bytes in which two web logs agree only if they are one. These are some 20 lines, each with
the second and the address of a request."""

_KINDS = "a web log in the combined format of Apache and nginx, or Caddy's access log in JSON"

ROBOTS_NOTE = (
    "Robots and previewers are left out by their user agents. A robot that passes for a browser "
    "cannot be told from one. People whose browser takes the marks off a link are not counted."
)
REQUESTS_NOTE = "A web log counts requests. A page that is loaded again is counted again."
NO_AGENTS_NOTE = "{} keeps no user agents, so that robots and previewers in it are counted, too."


def read_arrivals(
    paths: Sequence[Path],
    campaigns: Collection[str],
    *,
    known: Collection[str] = (),
    progress: Progress = lambda _done, _all: None,
) -> ArrivalReading:
    """Return how many arrived by links of these campaigns, from all of these files.

    ``campaigns`` are values of ``utm_campaign``. ``known`` are values of the other marks that are
    always counted by themselves, such as the campaign's networks, wordings and partners. Of
    others, only the first few are, because anybody can ask a site for any address. ``progress``
    is called with the bytes read so far and the bytes of all files.

    Raise UserError with a problem for each file that cannot be read or recognised.
    """
    tally = Tally(campaigns, known)
    with ExitStack() as stack:
        opened = _open_all(paths, stack, tally)
        size, done = sum(one.size for one, _ in opened), 0
        read: list[tuple[OpenedFile, int]] = []
        for one, kind in opened:
            for _ in _read_log(one, kind, read, tally):
                progress(done + one.raw.tell(), size)
            done += one.size
            progress(done, size)
    return _finish(tally)


def _open_all(
    paths: Sequence[Path], stack: ExitStack, tally: Tally
) -> list[tuple[OpenedFile, LogKind]]:
    """Return the opened files, each once. Raise UserError with all problems."""
    opened: list[tuple[OpenedFile, LogKind]] = []
    problems: list[Problem] = []
    for path in dict.fromkeys(paths):
        try:
            one = open_file(path)
            stack.enter_context(one.raw)
        except (OSError, ValueError, ImportError, DamagedError) as error:
            problems.append(_cannot_read(path, error))
            continue
        if same := next((other for other, _ in opened if other.identity == one.identity), None):
            tally.note(f"{one.name} and {same.name} are one file, which is counted once.")
        elif not one.head.strip():
            tally.note(f"{one.name} is empty.")
        elif kind := recognise(one.head):
            opened.append((one, kind))
        else:
            problems.append(_not_recognised(path))
    if problems:
        raise UserError(problems)
    return opened


def _cannot_read(path: Path, error: Exception) -> Problem:
    hint = "Name files that you may read, such as /var/log/nginx/access.log."
    if isinstance(error, ImportError):
        reason, hint = "it is packed by zstd, which this Python cannot unpack", "Unpack it first."
    elif isinstance(error, DamagedError):
        reason, hint = f"it {error}", "Copy it again."
    elif isinstance(error, WrongFileError):
        reason = str(error.strerror)
    else:
        reason = str(getattr(error, "strerror", None) or "this is not a file name").lower()
    return Problem(str(path), 0, 0, "A101", f"The file cannot be read: {reason}.", hint)


def _not_recognised(path: Path) -> Problem:
    message = f"This is not {_KINDS}."
    hint = "Name the access log, and not the error log, in one of these formats."
    return Problem(str(path), 1, 1, "A102", message, hint)


def _read_log(
    one: OpenedFile, kind: LogKind, read: list[tuple[OpenedFile, int]], tally: Tally
) -> Iterator[None]:
    """Count a web log, and yield after each block."""
    skip = 0
    for other, length in read:
        common = min(len(other.head), len(one.head), _SAME_BYTES)
        if other.head[:common] == one.head[:common]:
            skip = max(skip, length)
            tally.note(
                f"{one.name} begins as {other.name} does, so that what both have is counted once."
            )
    if not kind.keeps_agents:
        tally.note(NO_AGENTS_NOTE.format(one.name))
    length = 0
    try:
        for block in split_blocks(one.chunks()):
            fresh = block[max(0, skip - length) :]
            length += len(block)
            if fresh:
                count_block(fresh, kind, tally)
            yield
    except DamagedError as error:
        tally.note(f"{one.name} {error}. What could be unpacked of it is counted.")
    read.append((one, length))


def _finish(tally: Tally) -> ArrivalReading:
    notes = [*tally.notes]
    if tally.lines:
        notes += [ROBOTS_NOTE, REQUESTS_NOTE]
    if tally.others:
        notes.append(
            f"{pluralize(tally.others, 'arrival')} had marks that are not the campaign's. Of each "
            f"mark, {MOST_UNKNOWN} such values are kept, and the rest is counted as {OTHER!r}."
        )
    clocks = tuple(sorted(clock for clock in tally.clocks if clock))
    if len(clocks) > 1:
        notes.append(
            f"The log has times of several offsets from UTC ({join_first([*clocks])}). The day of "
            "a request is that of its own offset."
        )
    return ArrivalReading(
        arrived=dict(sorted(tally.arrived.items())),
        opened=dict(sorted(tally.opened.items())),
        robots=tally.robots,
        redirected=tally.redirected,
        refused=tally.refused,
        unreadable=tally.unreadable,
        lines=tally.lines,
        days=frozenset(tally.days),
        opened_days=frozenset(tally.opened_days),
        clocks=clocks,
        notes=tuple(notes),
    )
