"""Counters of how often each link was opened, by day, in a SQLite file of their own.

A row has a day and the link's names. Nothing is known of the people, not even the hour.
"""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

from bot import files
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from bot.share.listed import Redirect

APPLICATION_ID = 0x67777368
"""SQLite's mark of this kind of file (https://sqlite.org/pragma.html#pragma_application_id)."""

BUSY_SECONDS = 1.0
"""How long a count waits for another process, such as a backup. A reader waits as long."""

_LEAST_BYTES = 512
"""The size of the smallest page of a database (https://sqlite.org/fileformat2.html#pages)."""

_CREATE = """
CREATE TABLE IF NOT EXISTS opened (
    day TEXT NOT NULL,
    campaign TEXT NOT NULL,
    wording TEXT NOT NULL,
    network TEXT NOT NULL,
    partner TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, campaign, wording, network, partner)
) WITHOUT ROWID
"""

_ADD = """
INSERT INTO opened VALUES (?, ?, ?, ?, ?, 1)
ON CONFLICT (day, campaign, wording, network, partner) DO UPDATE SET count = count + 1
"""


class Counters:
    """The open file. It may be read, and counted in, by other processes at the same time.

    ``warn`` is told when counting begins to fail, and when it goes on. A line for each opening that
    fails would have the hour of a reader.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        """Open the file, or create it for its owner alone. Raise UserError."""
        self._lock = threading.Lock()
        self._noting = threading.Lock()
        self._warn = warn
        self._lost = 0
        """How many openings were not counted since counting began to fail."""
        try:
            files.create_private(path)
            self._connection = _open(path)
        except (OSError, sqlite3.Error) as error:
            raise _refusal(path, f"The counters cannot be used: {error}.") from error

    def add(self, day: date, redirect: Redirect) -> None:
        """Count one opening, if possible. When this returns, no end of the process loses it."""
        names = (redirect.campaign, redirect.wording, redirect.network, redirect.partner)
        if not self._lock.acquire(timeout=BUSY_SECONDS):
            self._note_lost("the file is busy")
            return
        try:
            self._connection.execute(_ADD, (day.isoformat(), *names))
        except sqlite3.Error as error:
            self._note_lost(str(error))
        else:
            self._note_counted()
        finally:
            self._lock.release()

    def _note_lost(self, why: str) -> None:
        with self._noting:
            self._lost += 1
            if self._lost == 1:
                self._warn(f"Openings are not counted now: {why}.")

    def _note_counted(self) -> None:
        with self._noting:
            if self._lost:
                self._warn(f"Openings are counted again. {self._lost} were not counted.")
            self._lost = 0

    def close(self) -> None:
        """Close the file, and leave no log of SQLite's beside it."""
        with self._lock:
            self._connection.close()


def _open(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(
        uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        _require_counters(connection, path)
        # A count is whole after any end of the process. A power cut may lose the last ones, which
        # is the price for not waiting for the disk with each reader.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(_CREATE)
    except BaseException:
        connection.close()
        raise
    return connection


def _require_counters(connection: sqlite3.Connection, path: Path) -> None:
    """Raise UserError if this is a database of something else, or too short to be one.

    SQLite itself takes a file of a few bytes for an empty database, and overwrites it.
    """
    if 0 < path.stat().st_size < _LEAST_BYTES:
        raise _refusal(path, "This is not a database.")
    [mark] = connection.execute("PRAGMA application_id").fetchone()
    [tables] = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and mark != APPLICATION_ID:
        raise _refusal(path, "This is another database, which has no counters.")


def _refusal(path: Path, message: str) -> UserError:
    hint = "Name a new file, or one that share serve has made."
    return UserError([Problem(str(path), 0, 0, "H202", message, hint)])
