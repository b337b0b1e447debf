"""The open database, its transactions, and queries that are too small for a transaction.

A write transaction takes SQLite's write lock at its start (BEGIN IMMEDIATE), so that it can never
fail half-way for lack of it. A commit is on disk when it returns (WAL, synchronous=FULL).

Small, frequent queries have a connection of their own. The pauses are read before every send, and
each second whether anything was written. A transaction for each would cost three more round trips
to a server, or a hundred times the few microseconds that a query of a file takes.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from bot import files
from bot.config.secrets import redact_passwords
from bot.errors import DatabaseReplacedError, StoreError, UpgradedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Engine, Row, Select

_HINTS = {
    "not a database|malformed": ": it is damaged; restore a backup",
    "readonly database|unable to open": ". Check its permissions, and those of its folder",
    "is locked": ". Another program is writing to it. Wait for that or end it, then try again",
    "no such table|disk I/O error": ". Was it replaced in use? Stop the loop, then start it again",
    "terminating connection": ". The server has ended it; try again",
}
"""What to do, by the driver's reason. Not all of these are an ``OperationalError``."""

SELECT_REVISION = "SELECT version_num FROM alembic_version"
"""Alembic keeps one row, with the revision of the tables."""

_SELECT_SNAPSHOT = f"SELECT CAST(pg_current_snapshot() AS text), ({SELECT_REVISION})"


class Database:
    """An open database, migrated to this program's revision."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.path = Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None
        """The SQLite file; None if the database is on a server."""
        self.name = str(self.path or redact_passwords(engine.url.render_as_string()))
        """The file, or the address without any password."""
        self._direct_lock = threading.RLock()
        self._direct: Any = None
        self.inode: tuple[int, int] | None = None
        """The file's device and inode, once the file exists."""
        self.revision: str | None = None
        """The revision that this program knows, once the database has it."""
        self._schema: object = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection in a read transaction. Raise StoreError if the database fails."""
        with self.translating_errors(), self.engine.begin() as connection:
            self._begin(connection, "BEGIN")
            yield connection

    def read(self, query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
        """Return the rows of one query. Raise StoreError."""
        with self.reading() as connection:
            return connection.execute(query).all()

    def read_value(self, query: Select[*tuple[Any, ...]]) -> Any | None:
        """Return the first value of a query's first row, or None. Raise StoreError."""
        return next((row[0] for row in self.read(query)), None)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a write transaction, committed at the end or rolled back whole.

        Raise UpgradedError if a newer program has migrated the database meanwhile.
        """
        with self.translating_errors(), self.engine.begin() as connection:
            self._begin(connection, "BEGIN IMMEDIATE")
            if self.path:
                driver: Any = connection.connection.driver_connection
                self._check_schema(lambda query: driver.execute(query).fetchall())
            elif self.revision:
                self.check_revision(read_revision(connection))
            yield connection

    def _begin(self, connection: Connection, statement: str) -> None:
        """Begin a transaction of SQLite, which SQLAlchemy leaves to its driver.

        It has an event for this, but with any event it looks for more around every statement.
        """
        if self.path:
            driver: Any = connection.connection.driver_connection
            driver.execute(statement)

    def _check_schema(self, query: Callable[[str], list[Any]]) -> None:
        """Look at the revision if any table of the file has changed. Raise UpgradedError."""
        [(schema,)] = query("PRAGMA schema_version")
        if schema != self._schema and self.revision:
            [(found,)] = query(SELECT_REVISION)
            self.check_revision(found)
            self._schema = schema

    def check_revision(self, found: str | None) -> None:
        """Raise UpgradedError if ``found`` is not the revision that this program knows."""
        if self.revision and found != self.revision:
            raise UpgradedError(
                f"{self.name} was brought up to date by another version of Groundswell (revision "
                f"{found}; this one knows {self.revision}), so nothing more is sent or changed "
                "here. Start the newer version instead"
            )

    def query_directly(self, query: str) -> list[Any]:
        """Return the rows of a small, frequent query, which has its own connection.

        Raise StoreError.
        """
        with self.translating_errors(), self._direct_lock:
            if self.path:
                if self._direct is None:
                    uri = f"{self.path.absolute().as_uri()}?mode=rw"  # never creates the file
                    self._direct = sqlite3.connect(
                        uri, uri=True, isolation_level=None, check_same_thread=False
                    )
                return list(self._direct.execute(query))
            if self._direct is not None:
                try:
                    return [tuple(row) for row in self._direct.exec_driver_sql(query)]
                except DBAPIError:  # the connection was lost, and is opened again once
                    self._close_direct()
            self._direct = detached_connection(self.engine)
            return [tuple(row) for row in self._direct.exec_driver_sql(query)]

    def data_version(self) -> object:
        """Return a value that changes with every write.

        Raise StoreError, and UpgradedError if a newer program has migrated the database.
        """
        if self.path:
            # This process's other connections are others too, whose writes it counts.
            version = self.query_directly("PRAGMA data_version")
            self._check_schema(self.query_directly)
            return version
        [(snapshot, revision)] = self.query_directly(_SELECT_SNAPSHOT)
        self.check_revision(revision)
        return snapshot

    @contextmanager
    def translating_errors(self) -> Iterator[None]:
        """Turn the driver's errors into StoreErrors that name the database and say what to do.

        Raise DatabaseReplacedError if another file is in the place of the one that was opened. The
        other file may not have the latest sends. All use of the database passes here. The old
        connections stay open, because the new file could otherwise get the old one's inode.
        """
        if self.path and self.inode not in {None, files.inode(self.path)}:
            raise DatabaseReplacedError(self.name)
        try:
            yield
        except (DatabaseError, sqlite3.Error) as error:  # sqlite3's own: BEGIN, direct queries
            reason = " ".join(str(getattr(error, "orig", error)).split())
            hint = next((hint for words, hint in _HINTS.items() if re.search(words, reason)), "")
            if hint or isinstance(error, OperationalError | sqlite3.Error):
                raise StoreError(f"{self.name}: {reason}{hint}") from error
            raise

    def close(self) -> None:
        """Close all connections."""
        if self._direct and self.path and self.inode != files.inode(self.path):
            # Otherwise SQLite would leave the old file's log to the file in its place.
            with suppress(sqlite3.Error):
                self._direct.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._close_direct()
        self.engine.dispose()

    def _close_direct(self) -> None:
        with self._direct_lock:
            if self._direct is not None:
                self._direct.close()
                self._direct = None


def read_revision(connection: Connection) -> str | None:
    """Return the revision of the tables, or None if none is noted."""
    found: str | None = connection.exec_driver_sql(SELECT_REVISION).scalar()
    return found


def detached_connection(engine: Engine) -> Connection:
    """Open a connection that does not go back to the pool, and begins no transaction."""
    connection = engine.connect()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()
    return connection
