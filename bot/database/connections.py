"""Connections beside the engine's pool, for small questions, and where a database file lies.

Before every send the pauses are read, and each second whether anything was written. A transaction
for each of these would cost more than the question: on a server four round trips instead of one, on
a file a hundred times the few microseconds that it takes.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from abc import ABC, abstractmethod
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


class DirectReader(ABC):
    """A connection of its own that only reads; several threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Any = None

    @abstractmethod
    def query(self, question: str) -> list[Any]:
        """Return the rows."""

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class SqliteReader(DirectReader):
    """Reads a SQLite file. Its ``PRAGMA data_version`` also counts what this process writes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._inode: tuple[int, int] | None = None

    def query(self, question: str) -> list[Any]:
        """Return the rows of the file that is there now, should another have taken its place."""
        with self._lock:
            current = inode(self._path)
            if self._connection is None or current != self._inode:
                self._close()
                uri = f"{self._path.absolute().as_uri()}?mode=rw"  # never creates the file
                self._connection = sqlite3.connect(
                    uri, uri=True, isolation_level=None, check_same_thread=False
                )
                self._inode = current
            return list(self._connection.execute(question))


class PostgresReader(DirectReader):
    """Reads a PostgreSQL database without a transaction."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    def query(self, question: str) -> list[Any]:
        """Return the rows; a connection that was lost meanwhile is opened again, once."""
        with self._lock:
            if self._connection is not None:
                try:
                    return self._rows(question)
                except DBAPIError:
                    self._close()
            self._connection = detached_connection(self._engine)
            return self._rows(question)

    def _rows(self, question: str) -> list[Any]:
        return [tuple(row) for row in self._connection.exec_driver_sql(question)]


def detached_connection(engine: Engine) -> Connection:
    """Open a connection that does not go back to the pool, and begins no transaction."""
    connection = engine.connect()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()
    return connection


def inode(path: Path) -> tuple[int, int] | None:
    """Return what tells the file at this path from one that takes its place; None without one."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


NETWORK_FILE_SYSTEMS = frozenset(
    {"9p", "afs", "cifs", "fuse.sshfs", "glusterfs", "lustre", "nfs", "nfs4", "smb3", "smbfs"},
)
"""File systems of a network, as Linux names them: https://sqlite.org/faq.html#q5 says why not."""

IMAGE_FILE_SYSTEMS = frozenset({"aufs", "fuse-overlayfs", "overlay"})
"""File systems of a container's image: their files are as they were built, on any machine."""

MOUNTS = "/proc/self/mounts"

_OCTAL = re.compile(r"\\([0-7]{3})")


def file_system_of(path: Path) -> str:
    """Return the type of the file system that a path lies on; "" where the system has no list."""
    try:
        mounts = Path(MOUNTS).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    return find_file_system(path.resolve(), mounts)


def find_file_system(path: Path, mounts: str) -> str:
    """Return the type of the file system that an absolute path lies on; "" if none is listed.

    ``mounts`` is the text of ``/proc/self/mounts``: of two mounts on one place, the later counts.
    """
    pure = PurePosixPath(path)
    file_system, depth = "", -1
    for line in mounts.split("\n"):
        fields = line.split(" ")
        if len(fields) < 3:  # noqa: PLR2004 - device, place, type
            continue
        place = PurePosixPath(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[1]))
        if pure.is_relative_to(place) and len(place.parts) >= depth:
            file_system, depth = fields[2], len(place.parts)
    return file_system
