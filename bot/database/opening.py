"""Opening the database: SQLite as the embedded default, PostgreSQL where workers share one.

A write transaction takes SQLite's write lock at its start (BEGIN IMMEDIATE), so that it can never
fail half-way for lack of it; a commit is on disk when it returns (WAL, synchronous=FULL).

Small questions go beside the engine's pool. Before every send the pauses are read, and each second
whether anything was written. A transaction for each of these would cost more than the question: on
a server four round trips instead of one, on a file a hundred times the few microseconds it takes.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from bot import files
from bot.config.secrets import redact_passwords
from bot.database.migrations import OWN_TABLES, migrate
from bot.database.types import read_json
from bot.errors import DatabaseReplacedError, Problem, StoreError
from bot.text import join_first, quote_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine, Row, Select

BUSY_SECONDS = 10
"""How long a connection waits for another one's write before it gives up."""

POOL_SIZE = 5
"""How many connections to a SQLite file are kept open; more are opened while they are needed."""

IDLE_SECONDS = 30
"""How long a transaction on PostgreSQL may be idle before the server rolls it back."""

_HINTS = {
    "not a database|malformed": ": it is damaged; restore a backup",
    "readonly database|unable to open": ". Check its permissions, and those of its folder",
    "is locked": ". Another program is writing to it: wait for that or end it, then try again",
    "no such table|disk I/O error": ". Was it exchanged in use? Stop the loop, then start it again",
    "terminating connection": ". The server has ended it: try again",
}
"""What to do, by the driver's reason. Not all of these are an ``OperationalError``."""

_SQLITE_HEADER = b"SQLite format 3\x00"
"""The first bytes of every database file: https://www.sqlite.org/fileformat.html"""

_SELECT_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"

_SELECT_SNAPSHOT = "SELECT CAST(pg_current_snapshot() AS text)"
_CREATE_LOCK = threading.Lock()


class Database:
    """An open database, migrated to this program's revision."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._readers = engine.execution_options(reading=True)
        self.path = Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None
        """The SQLite file; None if the database is on a server."""
        self.name = str(self.path or redact_passwords(engine.url.render_as_string()))
        """The file, or the address without any password."""
        self._direct_lock = threading.RLock()
        self._direct: Any = None
        self.inode: tuple[int, int] | None = None
        """Which file it is, once that is there."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection in a read transaction. Raises StoreError if the database fails."""
        with self.translating_errors(), self._readers.begin() as connection:
            yield connection

    def read(self, query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
        """Return the rows of one query. Raises StoreError."""
        with self.reading() as connection:
            return connection.execute(query).all()

    def read_value(self, query: Select[*tuple[Any, ...]]) -> Any:
        """Return the first value of a query's first row, or None. Raises StoreError."""
        return next((row[0] for row in self.read(query)), None)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a write transaction, committed at the end or rolled back whole."""
        with self.translating_errors(), self.engine.begin() as connection:
            yield connection

    def query_directly(self, query: str) -> list[Any]:
        """Return the rows of a small, frequent query, by a connection of its own.

        Raises StoreError.
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
                except DBAPIError:  # lost meanwhile: it is opened again, once
                    self._close_direct()
            self._direct = detached_connection(self.engine)
            return [tuple(row) for row in self._direct.exec_driver_sql(query)]

    def data_version(self) -> object:
        """Return what differs once anything was written. Raises StoreError."""
        # The direct connection is one of its own, so SQLite counts this process's writes, too.
        return self.query_directly("PRAGMA data_version" if self.path else _SELECT_SNAPSHOT)

    @contextmanager
    def translating_errors(self) -> Iterator[None]:
        """Turn the driver's errors into StoreErrors that name the database and say what to do.

        Whatever uses the database passes here, so a file that is not the one that was opened is
        refused here: it does not know what was sent. The connections stay open, lest the new file
        get the inode of the old one.
        """
        if self.path and self.inode not in {None, files.inode(self.path)}:
            raise DatabaseReplacedError(self.name)
        try:
            yield
        except (DatabaseError, sqlite3.Error) as error:  # the latter from a bare connection
            reason = " ".join(str(getattr(error, "orig", error)).split())
            hint = next((hint for words, hint in _HINTS.items() if re.search(words, reason)), "")
            if hint or isinstance(error, OperationalError | sqlite3.Error):
                raise StoreError(f"{self.name}: {reason}{hint}") from error
            raise

    def close(self) -> None:
        """Close all connections."""
        if self._direct and self.path and self.inode != files.inode(self.path):
            # SQLite would leave the log of the file that is gone to the one in its place.
            with suppress(sqlite3.Error):
                self._direct.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._close_direct()
        self.engine.dispose()

    def _close_direct(self) -> None:
        with self._direct_lock:
            if self._direct is not None:
                self._direct.close()
                self._direct = None


def detached_connection(engine: Engine) -> Connection:
    """Open a connection that does not go back to the pool, and begins no transaction."""
    connection = engine.connect()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()
    return connection


def open_database(url: str) -> Database:
    """Open and migrate a database. Raises StoreError: unreachable, damaged, or newer than this."""
    database = Database(_make_engine(url))
    try:
        with database.translating_errors():
            if database.path:
                _prepare_sqlite(database, database.path)
            migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def _make_engine(address: str) -> Engine:
    """Return the engine. Raises StoreError if part of a password may have become the host."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is None or "@" in (url.host or ""):
        raise StoreError(
            "the address of the database cannot be read. In a password, / is written %2F, : %3A, "
            "@ %40, ? %3F, # %23 and % %25",
        )
    if url.get_backend_name() != "sqlite":
        engine = create_engine(
            url, pool_pre_ping=True, poolclass=QueuePool, json_deserializer=read_json
        )
        event.listen(engine, "connect", _set_idle_timeout)
        return engine
    # Connections are kept open: opening one costs more than a small transaction. The pool lends
    # each to one thread at a time, which is all that check_same_thread would have ensured.
    engine = create_engine(
        url,
        json_deserializer=read_json,
        poolclass=QueuePool,
        pool_size=POOL_SIZE,
        max_overflow=-1,
        pool_use_lifo=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_transaction)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own
    for pragma in ("synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _set_idle_timeout(connection: Any, _record: Any) -> None:
    """Make the server end what a worker that was stopped half-way would keep locked forever."""
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.commit()


def _begin_transaction(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _prepare_sqlite(database: Database, path: Path) -> None:
    if not path.parent.is_dir():
        raise _bad_location(path, f"The folder {path.parent} does not exist.", "Create it first")
    if path.is_dir():
        raise _bad_location(path, "It is a folder.", "Name a file in it")
    file_system = files.file_system_of(path)
    if file_system in files.NETWORK_FILE_SYSTEMS:  # two machines would not both see its locks
        raise StoreError(
            f"{path} is on a network file system ({file_system}), whose locks do not keep two "
            "loops from posting twice. Put the database on a local disk, or use PostgreSQL.",
        )
    real = path.resolve()
    _refuse_foreign_file(path, real)
    try:
        # One at a time: closing a file releases every lock that this process has on it, including
        # those of a thread that has opened it in the meantime.
        with _CREATE_LOCK:
            files.create_private(real)
        database.inode = files.inode(real)
    except OSError as error:
        raise _bad_location(path, f"{error.strerror}.", "Check its permissions") from error
    # Only the owner may read them. SQLite gives the file's permissions to -wal and -shm, too.
    for ending in ("", "-wal", "-shm", ".lock", ".mark", ".spill"):
        files.remove_public_access(Path(f"{real}{ending}"))
    with closing(database.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        [verdict] = cursor.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            damage = " ".join(verdict.split())
            raise StoreError(
                f"{path} is damaged ({damage}); restore a backup. Nothing was changed."
            )
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode=WAL")


def _refuse_foreign_file(path: Path, real: Path) -> None:
    """Raise StoreError if the file, ``real``, is another program's. Nothing of it is changed."""
    try:
        with files.open_below(Path(real.anchor), str(real.relative_to(real.anchor))) as (file, _):
            start = file.read(len(_SQLITE_HEADER))
    except FileNotFoundError:
        return
    except OSError as error:
        raise _bad_location(path, f"{error.strerror}.", "Check its permissions") from error
    if start and start != _SQLITE_HEADER:
        raise _bad_location(path, "It is a file of another kind.", "Name a new file")
    uri = f"{real.as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
        tables = {name for (name,) in connection.execute(_SELECT_TABLES)}
    if tables and not tables >= OWN_TABLES:
        names = join_first(sorted(map(quote_value, tables - OWN_TABLES)))
        message = f"It is the database of another program, with the tables {names}."
        raise _bad_location(path, message, "Name a new file")


def _bad_location(path: Path, message: str, hint: str) -> StoreError:
    hint += ", or set another database: in the config."
    return StoreError(Problem(str(path), 0, 0, "G120", message, hint))
