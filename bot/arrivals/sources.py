"""The kinds of files that arrivals are counted from, recognised by their contents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.arrivals import counters, exports
from bot.arrivals.opening import DamagedError, LogFile
from bot.arrivals.tables import TableKind, count_table, recognise_table
from bot.arrivals.weblog import LogKind, count_block, recognise_log, split_blocks
from bot.errors import Problem, UserError
from bot.files import WrongFileError, sha256
from bot.text import join_first, pluralize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from bot.arrivals.counting import Tally

_UNKNOWN = (
    "This is not a web log in the combined format of Apache and nginx or in Caddy's JSON, not an "
    "export of Plausible or Matomo, and not the counters of groundswell share serve."
)
_HINT = (
    "Name the access log, not the error log, and unpack archives first. From Plausible, take Site "
    "settings → Imports & Exports → Export to CSV. From Matomo, export the log of visits as CSV, "
    "in English."
)

_TAR = slice(257, 262)
"""The place of the word ``ustar`` in an archive, whose files would be read as one log."""


@dataclass
class Source:
    """A file that arrivals are counted from."""

    file: LogFile
    days: set[date] = field(default_factory=set)
    """The days of the arrivals in it."""

    def count(self, earlier: Sequence[Source], tally: Tally) -> Iterator[None]:
        """Count what is in it, and yield now and then. ``earlier`` files are counted already.

        Raise DamagedError, TableError or OSError.
        """
        raise NotImplementedError


@dataclass
class LogSource(Source):
    """A web log."""

    kind: LogKind = field(kw_only=True)

    def count(self, earlier: Sequence[Source], tally: Tally) -> Iterator[None]:
        """Count the lines that no earlier log has."""
        del earlier
        name = self.file.name
        try:
            for block in split_blocks(self.file.chunks()):
                count_block(block, self.kind, tally)
                yield
        finally:  # a damaged file may end anywhere
            if copies := tally.copies and tally.copies.end_log():
                tally.note(
                    f"{name} has {pluralize(copies, 'marked request')} that an earlier log has, "
                    "too. These are counted once. Two requests are taken for one if they are of "
                    "the same second, link, answer and browser."
                )
            if tally.settle_silent(log_keeps_agents=self.kind.keeps_agents):
                tally.note(
                    f"{name} keeps no user agents, so that robots and previewers in it are "
                    "counted, too."
                )


@dataclass
class AnalyticsSource(Source):
    """A table of Plausible or Matomo."""

    kind: TableKind | None = field(kw_only=True)
    """How to read a table, or None for a ZIP."""
    report: str = ""
    """The table in a ZIP."""
    digest: str = ""
    """The sha256 of the file, once it is counted."""

    def count(self, earlier: Sequence[Source], tally: Tally) -> Iterator[None]:
        """Count the rows, unless an earlier file is the same."""
        file = self.file
        self.digest = sha256(file.raw, file.size)
        for other in earlier:
            if isinstance(other, AnalyticsSource) and other.digest == self.digest:
                tally.note(f"{file.name} is a copy of {other.file.name}, and counted once.")
                return
        if self.kind:
            yield from count_table(file.name, file.chunks(), self.kind, tally)
        else:
            yield from exports.count_export(file.name, file.raw, self.report, tally)


@dataclass
class CounterSource(Source):
    """The counters of ``groundswell share serve``."""

    def count(self, earlier: Sequence[Source], tally: Tally) -> Iterator[None]:
        """Count how often links were opened."""
        others = [other.file.name for other in earlier if isinstance(other, CounterSource)]
        try:
            yield from counters.count_counters(self.file.path, tally)
        except counters.NoCountersError as error:
            raise OSError(0, str(error)) from error
        if days := tally.settle_opened():
            tally.note(
                f"{self.file.name} has counts of the same links and days as "
                f"{join_first(others)}, on {pluralize(len(days), 'day')} from {min(days)} on. The "
                "larger count is taken, because one file may be a copy of another. If they are of "
                "several servers, give one at a time, and add the counts."
            )


def recognise(file: LogFile) -> Source:
    """Return a file by its kind. Raise UserError, or DamagedError for a broken ZIP."""
    head = file.head
    if head.startswith(counters.MAGIC):
        return _recognise_counters(file)
    if head.startswith(exports.MAGIC):
        reports = exports.find_reports(file.raw)
        if len(reports) > 1:
            message = f"This ZIP has several tables of one kind: {join_first(reports)}."
            hint = "Unpack it, and name one table. Name several only if they are of other days."
            raise UserError([Problem(file.name, 1, 1, "A102", message, hint)])
        if reports:
            return AnalyticsSource(file, kind=None, report=reports[0])
    elif head[_TAR] != b"ustar" and (log := recognise_log(head)):
        return LogSource(file, kind=log)
    elif table := recognise_table(head):
        if table.names_campaigns:
            return AnalyticsSource(file, kind=table)
        message = "This table has visits, and does not name the campaigns of their links."
        raise UserError([Problem(file.name, 1, 1, "A102", message, _HINT)])
    raise UserError([Problem(file.name, 1, 1, "A102", _UNKNOWN, _HINT)])


def _recognise_counters(file: LogFile) -> Source:
    try:
        counters.check_counters(file.path)
    except counters.NoCountersError as error:
        message = f"This database has no counters of a share page ({error})."
        hint = "Name the one that groundswell share serve writes."
        raise UserError([Problem(file.name, 0, 0, "A104", message, hint)]) from None
    return CounterSource(file)


def unreadable(path: Path, error: Exception) -> Problem:
    """Return the problem of a file that cannot be opened or read."""
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
