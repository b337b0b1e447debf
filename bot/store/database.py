"""Opening the database: SQLite as the embedded default, PostgreSQL where several workers share.

A write transaction takes SQLite's write lock at its start (BEGIN IMMEDIATE), so that it can never
fail half-way for want of it; a commit is on disk when it returns (WAL, synchronous=FULL).
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
from bot.errors import Problem, StoreError
from bot.secrets import without_passwords
from bot.store.audit import GROUNDSWELL, record
from bot.store.glance import Glance, OnFile, OnServer, inode
from bot.store.migrations import HEAD
from bot.store.mounts import NETWORK, lies_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

log = logging.getLogger("groundswell.store")

_SNAPSHOT = "SELECT CAST(pg_current_snapshot() AS text)"

_MIGRATING = 0x6D6967726174  # "migrat": any number that no other program uses on the same database

_MAKING = threading.Lock()

BUSY_SECONDS = 10
"""How long a connection waits for another one's write before it gives up."""

KEPT = 5
"""How many connections to a SQLite file are kept open; more are made for as long as needed."""

IDLE_SECONDS = 30
"""How long a transaction on PostgreSQL may stand still before the server rolls it back."""


class Database:
    """One open database, migrated to this program's revision."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.path = _file(engine.url)
        """The SQLite file; None where the database is on a server."""
        self._glance: Glance | None = None
        if self.path:
            self._glance = OnFile(self.path)
        elif engine.dialect.name != "sqlite":
            self._glance = OnServer(engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection in a read transaction. Raises StoreError where the database fails."""
        with told(self.engine), self.engine.connect() as connection:
            connection = connection.execution_options(reading=True)  # noqa: PLW2901 - the same one
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a write transaction, committed at the end or rolled back whole."""
        with told(self.engine), self.engine.begin() as connection:
            yield connection

    def glance(self, question: str) -> list[Any] | None:
        """Ask something small and often; None of a database in memory. Raises StoreError."""
        if self._glance is None:
            return None
        with told(self.engine):
            return self._glance.ask(question)

    def version(self) -> object:
        """Give what differs once anything was written; None in memory. Raises StoreError."""
        return self.glance("PRAGMA data_version" if self.path else _SNAPSHOT)

    def close(self) -> None:
        """Let all connections go."""
        if self._glance:
            self._glance.close()
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open and migrate it. Raises StoreError: unreachable, damaged, or newer than this program."""
    engine = _engine(_parsed(url))
    database = Database(engine)
    try:
        with told(engine):
            if database.path:
                _prepare_sqlite(engine, database.path)
            _migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def _parsed(url: str) -> URL:
    """Read an address. Raises StoreError where a piece of a password may be taken for a host."""
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        found = None
    if found is None or "@" in (found.host or ""):
        raise StoreError(
            "the address of the database cannot be read. In a password, / is written %2F, : %3A, "
            "@ %40, ? %3F, # %23 and % %25",
        )
    return found


def _engine(url: URL) -> Engine:
    path = _file(url)
    if path is None:
        engine = create_engine(url, pool_pre_ping=True, poolclass=QueuePool)
        event.listen(engine, "connect", _on_connect_to_server)
        return engine
    # Connections are kept open: opening one costs more than a small transaction. The pool lends
    # each to one thread at a time, which is all that check_same_thread would have ensured.
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=KEPT,
        max_overflow=-1,
        pool_use_lifo=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "connect", partial(_remember_file, path))
    event.listen(engine, "checkout", partial(_refuse_replaced, path))
    return engine


def _file(url: URL) -> Path | None:
    """Return the SQLite file; None where the database is on a server."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _remember_file(path: Path, _connection: Any, record: Any) -> None:
    record.info["file"] = inode(path)


def _refuse_replaced(path: Path, _connection: Any, record: Any, _proxy: Any) -> None:
    """Have the pool open the file anew where another has taken its place.

    A kept connection would go on reading and writing the file that was moved away or deleted.
    """
    if record.info["file"] != inode(path):
        raise DisconnectionError(f"{path} was replaced")


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own
    cursor = connection.cursor()
    for pragma in ("synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_connect_to_server(connection: Any, _record: Any) -> None:
    """Have the server end what a worker that was stopped half-way would keep locked for ever."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.commit()


def _on_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _prepare_sqlite(engine: Engine, path: Path) -> None:
    if not path.parent.is_dir():
        raise _unfit(path, f"The folder {path.parent} does not exist.", "Make it first")
    if path.is_dir():
        raise _unfit(path, "It is a folder.", "Name a file in it")
    _refuse_network(path)
    _keep_private(path)
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        [verdict] = cursor.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            words = " ".join(verdict.split())
            raise StoreError(f"{path} is damaged ({words}); restore a backup. Nothing was changed.")
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _unfit(path: Path, message: str, hint: str) -> StoreError:
    """Return the refusal of a place that no database can be in."""
    hint += ", or name another as database: in the config."
    return StoreError(Problem(str(path), 0, 0, "G120", message, hint))


def _keep_private(path: Path) -> None:
    """Let nobody but its owner read it. SQLite gives its permissions to -wal and -shm, too."""
    real = path.resolve()
    try:
        # One at a time: closing a file lets go of every lock that this process has on it, also of
        # those of a thread that has opened it in the meantime.
        with _MAKING:
            files.make(real)
    except OSError as error:
        raise _unfit(path, f"{error.strerror}.", "See to its permissions") from error
    for ending in ("", "-wal", "-shm", ".lock", ".mark", ".spill"):
        files.keep_private(Path(f"{real}{ending}"))


def _refuse_network(path: Path) -> None:
    """Refuse a file system whose locks two machines would not both see. Linux tells which it is."""
    kind = lies_on(path)
    if kind in NETWORK:
        raise StoreError(
            f"{path} is on a network file system ({kind}), whose locks do not keep two loops from "
            "posting twice. Put the database on a local disk, or use PostgreSQL.",
        )


def _migrate(database: Database) -> None:
    with database.reading() as connection:  # usually there is nothing to do, and no need to wait
        if _revision(connection) == HEAD:
            return
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":  # SQLite's writers wait for each other anyway
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        current = _revision(connection)
        _refuse_newer(database.engine, current)
        if current != HEAD:
            saved = _saved(database) if current else None
            _upgrade(connection)
            if current:
                detail = {"from": current, "to": HEAD, "copy": saved and str(saved)}
                record(connection, GROUNDSWELL, "migrated", "", detail, SystemClock().now())


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _refuse_newer(engine: Engine, current: str | None) -> None:
    if current is not None and current > HEAD:
        raise StoreError(
            f"{_name(engine)} was made by a newer Groundswell (revision {current}; "
            f"this one knows {HEAD}). Install the newer version; nothing was changed.",
        )


def _saved(database: Database) -> Path | None:
    """Copy a file that is about to be changed; nobody else can write to it meanwhile."""
    from bot.store.backup import before_migration

    saved = before_migration(database.path, HEAD) if database.path else None
    if saved:
        log.warning("the database is brought up to date; as it was, it is kept as %s", saved)
    return saved


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into words that say which database and what to do."""
    try:
        yield
    except OperationalError as error:
        raise _storeerror(engine, error.orig) from error
    except sqlite3.Error as error:  # from a bare connection, before SQLAlchemy has it
        raise _storeerror(engine, error) from error
    except DatabaseError as error:
        # A server that ends a connection by itself calls that an internal error.
        if not (_damaged(error) or "terminating connection" in str(error.orig)):
            raise
        raise _storeerror(engine, error.orig) from error


def _storeerror(engine: Engine, error: BaseException | None) -> StoreError:
    words = " ".join(str(error).split())
    if _damaged(error):
        return StoreError(f"{_name(engine)} is damaged ({words}); restore a backup.")
    return StoreError(f"{_name(engine)}: {words}")


def _damaged(error: BaseException | None) -> bool:
    return any(words in str(error) for words in ("not a database", "malformed"))


def _name(engine: Engine) -> str:
    """Return what it is called, without any password."""
    if path := _file(engine.url):
        return str(path)
    return without_passwords(engine.url.render_as_string())
