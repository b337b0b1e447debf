"""A small question that is asked often, on a connection of its own that never writes.

Before every send the pauses are looked at, and each second whether anything was written. A
transaction of its own for each would cost more than the question: on a server four round trips
instead of one, on a file a hundred times the few microseconds that it takes.
"""

from __future__ import annotations

import sqlite3
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine


class Glance(ABC):
    """Asks it; several threads may."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Any = None

    @abstractmethod
    def ask(self, question: str) -> list[Any]:
        """Give the rows."""

    def close(self) -> None:
        """Let the connection go."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class OnFile(Glance):
    """Asks a SQLite file: for ``PRAGMA data_version``, what this process writes counts, too."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._inode: tuple[int, int] | None = None

    def ask(self, question: str) -> list[Any]:
        """Give the rows; of the file that is there now, should another have taken its place."""
        with self._lock:
            now = inode(self._path)
            if self._connection is None or now != self._inode:
                self._close()
                there = f"{self._path.absolute().as_uri()}?mode=rw"  # it must not make one
                self._connection = sqlite3.connect(
                    there, uri=True, isolation_level=None, check_same_thread=False
                )
                self._inode = now
            return list(self._connection.execute(question))


class OnServer(Glance):
    """Asks a PostgreSQL, without a transaction."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    def ask(self, question: str) -> list[Any]:
        """Give the rows; a connection that was lost meanwhile is made anew, once."""
        with self._lock:
            if self._connection is not None:
                try:
                    return self._rows(question)
                except DBAPIError:
                    self._close()
            self._connection = apart(self._engine)
            return self._rows(question)

    def _rows(self, question: str) -> list[Any]:
        return [tuple(row) for row in self._connection.exec_driver_sql(question)]


def apart(engine: Engine) -> Connection:
    """Open a connection that is not the pool's to lend, and begins no transaction."""
    connection = engine.connect()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()
    return connection


def inode(path: Path) -> tuple[int, int] | None:
    """Return what tells the file at this path from one that takes its place; None without one."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
