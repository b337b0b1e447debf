"""Reads all files into one ``ArrivalReading``.

All files are opened and recognised first, so that a mistake in the last is told before the first
is read for a minute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.arrivals.copies import MOST_REQUESTS, Copies
from bot.arrivals.counting import MOST_UNKNOWN, OTHER, Tally
from bot.arrivals.opening import DamagedError, LogFile
from bot.arrivals.sources import AnalyticsSource, LogSource, Source, recognise, unreadable
from bot.arrivals.tables import TableError
from bot.errors import Problem, UserError
from bot.model.arrivals import ArrivalReading
from bot.text import join_first, pluralize

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date
    from pathlib import Path

    Progress = Callable[[int, int], object]

ROBOTS_NOTE = (
    "Robots and previewers are left out by their user agents. A robot that passes for a browser "
    "cannot be told from one. People whose browser takes the marks off a link are not counted."
)
_EMPTY = {b"", b"No data available"}
"""The contents of a log that has just been rotated, and of an empty export of Matomo."""

REQUESTS_NOTE = (
    "A web log counts requests. A page that is loaded again is counted again, and a request that a "
    "cache in front of the server answers is not in its log."
)


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
    sources = _recognise_all(paths, tally)
    if sum(isinstance(source, LogSource) for source in sources) > 1:
        tally.copies = Copies()
    _read_all(sources, tally, progress)
    return _finish(sources, tally)


def _recognise_all(paths: Sequence[Path], tally: Tally) -> list[Source]:
    """Return the files by their kinds, each once. Raise UserError with all problems."""
    sources: list[Source] = []
    problems: list[Problem] = []
    seen: dict[tuple[int, int] | None, LogFile] = {}
    for path in paths:
        file = LogFile(path)
        try:
            with file.opened():
                if same := seen.get(file.identity):
                    named = f" as {same.name}" if same.name != file.name else ""
                    tally.note(f"{file.name} is named twice{named}, and counted once.")
                    continue
                seen[file.identity] = file
                file.read_head()
                if file.head.strip() not in _EMPTY:
                    sources.append(recognise(file))
                    file.head = b""  # it may be a MiB, and there may be hundreds of files
                else:
                    tally.note(f"{file.name} is empty.")
        except UserError as error:
            problems += error.problems
        except (OSError, ValueError, ImportError, DamagedError) as error:
            problems.append(unreadable(path, error))
    if problems:
        raise UserError(problems)
    return sources


def _read_all(sources: Sequence[Source], tally: Tally, progress: Progress) -> None:
    done, size = 0, sum(source.file.size for source in sources)
    for number, source in enumerate(sources):
        file, limit = source.file, source.file.size
        tally.file_days = source.days
        try:
            with file.opened():
                for _ in source.count(sources[:number], tally):
                    progress(done + min(file.raw.tell(), limit), size)
        except DamagedError as error:
            tally.note(f"{file.name} {error}. What could be unpacked of it is counted.")
        except TableError as error:
            message = f"The table cannot be read from here on: {error}."
            hint = "Export it again."
            problem = Problem(file.name, error.line, 1, "A103", message, hint)
            raise UserError([problem]) from None
        except OSError as error:
            raise UserError([unreadable(file.path, error)]) from None
        done += limit
        progress(done, size)


def _finish(sources: Sequence[Source], tally: Tally) -> ArrivalReading:
    notes = [*_overlaps(sources), *tally.notes]
    if any(isinstance(source, LogSource) for source in sources):
        notes += [ROBOTS_NOTE, REQUESTS_NOTE]
    if tally.copies and tally.copies.beyond:
        notes.append(
            f"These logs have more than {MOST_REQUESTS:,} different marked requests. Those beyond "
            "were not compared. If the logs overlap, they are counted twice."
        )
    if tally.others:
        notes.append(
            f"{pluralize(tally.others, 'arrival')} had a mark that our links cannot have, or one "
            f"beyond the {MOST_UNKNOWN} unknown values that are kept. It counts as {OTHER!r}."
        )
    clocks = tuple(sorted(tally.clocks))
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


def _overlaps(sources: Sequence[Source]) -> list[str]:
    """Return a note for each export that counts days that another file counts, too."""
    notes = []
    for number, source in enumerate(sources):
        for other in sources[:number]:
            pair = (other, source)
            both: set[date] = other.days & source.days
            if both and any(isinstance(one, AnalyticsSource) for one in pair):
                notes.append(
                    f"{other.file.name} and {source.file.name} both count arrivals on "
                    f"{min(both)}. If they are of the same site, these are counted twice: give "
                    "only one of them."
                )
    return notes
