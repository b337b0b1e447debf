"""Opening the database: SQLite as the embedded default, PostgreSQL where workers share one.

A write transaction takes SQLite's write lock at its start (BEGIN IMMEDIATE), so that it can never
fail half-way for lack of it; a commit is on disk when it returns (WAL, synchronous=FULL).
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DisconnectionError, OperationalError
from sqlalchemy.pool import QueuePool

from bot import files
from bot.clock import SystemClock
from bot.config.secrets import redact_passwords
from bot.database.audit import GROUNDSWELL, record
from bot.database.connections import (
    NETWORK_FILE_SYSTEMS,
    PostgresReader,
    SqliteReader,
    file_system_of,
    inode,
)
from bot.database.migrations import HEAD
from bot.database.types import TransactionLock, lock_transaction
from bot.errors import Problem, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

log = logging.getLogger("groundswell.store")

_SCRIPTS = Path(__file__).parent / "migrations"
_SELECT_SNAPSHOT = "SELECT CAST(pg_current_snapshot() AS text)"

BUSY_SECONDS = 10
"""How long a connection waits for another one's write before it gives up."""

POOL_SIZE = 5
"""How many connections to a SQLite file are kept open; more are opened while they are needed."""

IDLE_SECONDS = 30
"""How long a transaction on PostgreSQL may be idle before the server rolls it back."""

_CREATE_LOCK = threading.Lock()


class Database:
    """An open database, migrated to this program's revision."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.path = _sqlite_path(engine.url)
        """The SQLite file; None if the database is on a server."""
        self._direct_reader = SqliteReader(self.path) if self.path else PostgresReader(engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection in a read transaction. Raises StoreError if the database fails."""
        with translate_errors(self.engine), self.engine.connect() as connection:
            connection = connection.execution_options(reading=True)  # noqa: PLW2901 - the same one
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a write transaction, committed at the end or rolled back whole."""
        with translate_errors(self.engine), self.engine.begin() as connection:
            yield connection

    def query_directly(self, question: str) -> list[Any]:
        """Return the rows of a small, frequent query. Raises StoreError."""
        with translate_errors(self.engine):
            return self._direct_reader.query(question)

    def data_version(self) -> object:
        """Return what differs once anything was written. Raises StoreError."""
        return self.query_directly("PRAGMA data_version" if self.path else _SELECT_SNAPSHOT)

    def close(self) -> None:
        """Close all connections."""
        self._direct_reader.close()
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open and migrate a database. Raises StoreError: unreachable, damaged, or newer than this."""
    engine = _make_engine(_parse_url(url))
    database = Database(engine)
    try:
        with translate_errors(engine):
            if database.path:
                _prepare_sqlite(engine, database.path)
            _migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def _parse_url(url: str) -> URL:
    """Parse an address. Raises StoreError if part of a password may have become the host."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or "@" in (parsed.host or ""):
        raise StoreError(
            "the address of the database cannot be read. In a password, / is written %2F, : %3A, "
            "@ %40, ? %3F, # %23 and % %25",
        )
    return parsed


def _make_engine(url: URL) -> Engine:
    path = _sqlite_path(url)
    if path is None:
        engine = create_engine(url, pool_pre_ping=True, poolclass=QueuePool)
        event.listen(engine, "connect", _set_idle_timeout)
        return engine
    # Connections are kept open: opening one costs more than a small transaction. The pool lends
    # each to one thread at a time, which is all that check_same_thread would have ensured.
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=POOL_SIZE,
        max_overflow=-1,
        pool_use_lifo=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_transaction)
    event.listen(engine, "connect", partial(_remember_file, path))
    event.listen(engine, "checkout", partial(_refuse_replaced, path))
    return engine


def _sqlite_path(url: URL) -> Path | None:
    """Return the SQLite file; None if the database is on a server."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _remember_file(path: Path, _connection: Any, record: Any) -> None:
    record.info["file"] = inode(path)


def _refuse_replaced(path: Path, _connection: Any, record: Any, _proxy: Any) -> None:
    """Make the pool open the file again if another has taken its place.

    A kept connection would go on reading and writing the file that was moved away or deleted.
    """
    if record.info["file"] != inode(path):
        raise DisconnectionError(f"{path} was replaced")


def _set_pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own
    cursor = connection.cursor()
    for pragma in ("synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _set_idle_timeout(connection: Any, _record: Any) -> None:
    """Make the server end what a worker that was stopped half-way would keep locked forever."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.commit()


def _begin_transaction(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _prepare_sqlite(engine: Engine, path: Path) -> None:
    if not path.parent.is_dir():
        raise _bad_location(path, f"The folder {path.parent} does not exist.", "Create it first")
    if path.is_dir():
        raise _bad_location(path, "It is a folder.", "Name a file in it")
    file_system = file_system_of(path)
    if file_system in NETWORK_FILE_SYSTEMS:  # two machines would not both see its locks
        raise StoreError(
            f"{path} is on a network file system ({file_system}), whose locks do not keep two "
            "loops from posting twice. Put the database on a local disk, or use PostgreSQL.",
        )
    _keep_private(path)
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        [verdict] = cursor.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            damage = " ".join(verdict.split())
            raise StoreError(
                f"{path} is damaged ({damage}); restore a backup. Nothing was changed."
            )
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _bad_location(path: Path, message: str, hint: str) -> StoreError:
    hint += ", or set another database: in the config."
    return StoreError(Problem(str(path), 0, 0, "G120", message, hint))


def _keep_private(path: Path) -> None:
    """Let only the owner read the file. SQLite gives its permissions to -wal and -shm, too."""
    real = path.resolve()
    try:
        # One at a time: closing a file releases every lock that this process has on it, including
        # those of a thread that has opened it in the meantime.
        with _CREATE_LOCK:
            files.create_private(real)
    except OSError as error:
        raise _bad_location(path, f"{error.strerror}.", "Check its permissions") from error
    for ending in ("", "-wal", "-shm", ".lock", ".mark", ".spill"):
        files.remove_public_access(Path(f"{real}{ending}"))


def _migrate(database: Database) -> None:
    """Bring the database to ``HEAD``, after copying a file; nobody else can write meanwhile."""
    with database.reading() as connection:  # usually there is nothing to do, so no need to wait
        if _revision(connection) == HEAD:
            return
    with database.writing() as connection:
        lock_transaction(connection, TransactionLock.MIGRATE)
        current = _revision(connection)
        if current == HEAD:
            return
        if current is None:
            _upgrade(connection)
            return
        if current > HEAD:
            raise StoreError(
                f"{_display_name(database.engine)} was made by a newer Groundswell (revision "
                f"{current}; this one knows {HEAD}). Install the newer version; nothing was "
                "changed.",
            )
        copy = None
        if database.path:
            from bot.database.backup import backup_before_migration

            copy = backup_before_migration(database.path, HEAD)
            log.warning("migrating the database to revision %s; a copy is kept as %s", HEAD, copy)
        _upgrade(connection)
        detail = {"from": current, "to": HEAD, "copy": copy and str(copy)}
        record(connection, GROUNDSWELL, "migrated", "", detail, SystemClock().now())


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if revision is None else str(revision)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def translate_errors(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into StoreErrors that name the database and say what to do."""
    try:
        yield
    except OperationalError as error:
        raise _store_error(engine, error.orig) from error
    except sqlite3.Error as error:  # from a bare connection, before SQLAlchemy has it
        raise _store_error(engine, error) from error
    except DatabaseError as error:
        # A server that ends a connection calls that an internal error.
        if not (_is_damaged(error) or "terminating connection" in str(error.orig)):
            raise
        raise _store_error(engine, error.orig) from error


def _store_error(engine: Engine, error: BaseException | None) -> StoreError:
    name = _display_name(engine)
    reason = " ".join(str(error).split())
    if _is_damaged(error):
        return StoreError(f"{name} is damaged ({reason}); restore a backup.")
    return StoreError(f"{name}: {reason}")


def _is_damaged(error: BaseException | None) -> bool:
    return any(words in str(error) for words in ("not a database", "malformed"))


def _display_name(engine: Engine) -> str:
    """Return the file, or the address without any password."""
    path = _sqlite_path(engine.url)
    return str(path) if path else redact_passwords(engine.url.render_as_string())
