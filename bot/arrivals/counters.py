"""The counters of ``groundswell share serve``: a SQLite file with how often links were opened.

Its table ``opened`` has a row for each day and link. Nothing else of those who open a link is kept.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

from bot.arrivals.marks import Marks, fit_value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.arrivals.counting import Tally

MAGIC = b"SQLite format 3\0"
"""What every SQLite file begins with."""

_ROWS = "SELECT day, campaign, wording, network, partner, count FROM opened"
_SECONDS = 10.0


class NoCountersError(Exception):
    """A database that has no such table, or cannot be read."""


def check_counters(path: Path) -> None:
    """Raise NoCountersError unless the database has counters."""
    try:
        with closing(_connect(path)) as connection:
            connection.execute(f"{_ROWS} LIMIT 1").fetchall()
    except sqlite3.Error as error:
        raise NoCountersError(str(error)) from error


def count_counters(path: Path, tally: Tally) -> Iterator[None]:
    """Count how often links were opened, and yield now and then. Raise NoCountersError."""
    try:
        with closing(_connect(path)) as connection:
            for number, row in enumerate(connection.execute(_ROWS)):
                _count_row(row, tally)
                if number % 1000 == 0:
                    yield
    except sqlite3.Error as error:
        raise NoCountersError(str(error)) from error


def _connect(path: Path) -> sqlite3.Connection:
    """Open a database only to read it, while it may be counted on."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=_SECONDS)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _count_row(row: tuple[object, ...], tally: Tally) -> None:
    day, campaign, wording, network, partner, count = row
    try:
        read = date.fromisoformat(str(day))
    except ValueError:
        read = None
    if read is None or not isinstance(count, int) or count < 1:
        tally.unreadable += 1
        return
    names = (network, "share", campaign, wording, partner or "")
    tally.count_opened(read, Marks(*(fit_value(str(name)) for name in names)), count)
