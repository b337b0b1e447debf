"""Open a database, on SQLite or PostgreSQL, and bring it to the newest revision."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from bot import extras, files
from bot.database.connections import Database
from bot.database.migrations import OWN_TABLES, migrate
from bot.database.tables import metadata
from bot.database.types import read_json
from bot.errors import Problem, StoreError, UserError
from bot.text import join_first, quote_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

BUSY_SECONDS = 10
"""How long a connection waits for another one's write before it fails."""

POOL_SIZE = 5
"""How many connections to a SQLite file are kept open; more are opened while they are needed."""

IDLE_SECONDS = 30
"""How long a transaction on PostgreSQL may be idle before the server rolls it back."""

_SQLITE_HEADER = b"SQLite format 3\x00"
"""The first bytes of every database file: https://www.sqlite.org/fileformat.html"""

_SELECT_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"

_CREATE_LOCK = threading.Lock()


def open_database(url: str) -> Database:
    """Open and migrate a database. Raise StoreError if it is unreachable, damaged or too new."""
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


def create_empty(folder: Path) -> Database:
    """Create an empty database in a folder that is deleted later, for a command that reads.

    All tables are made at once, because the migrations take longer than the command.
    """
    path = folder / "empty.db"
    database = Database(_make_engine(f"sqlite:///{path}"))
    _prepare_sqlite(database, path)
    with database.writing() as connection:
        metadata.create_all(connection, checkfirst=False)
    return database


def _make_engine(address: str) -> Engine:
    """Return the engine. Raise StoreError if part of a password may have become the host."""
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
        _load_driver()
        engine = create_engine(
            url, pool_pre_ping=True, poolclass=QueuePool, json_deserializer=read_json
        )
        event.listen(engine, "connect", _require_unicode, insert=True)  # before any text is read
        event.listen(engine, "connect", _set_idle_timeout)
        event.listen(engine, "do_executemany", _execute_row_by_row)
        return engine
    # Connections are kept open, because opening one costs more than a small transaction. The pool
    # lends each to one thread at a time, as check_same_thread would otherwise ensure.
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
    return engine


def _load_driver() -> None:
    """Import the driver of PostgreSQL. Raise StoreError if it is missing or broken."""
    try:
        extras.load("The database", "postgresql")
    except UserError as error:
        raise StoreError(error.problems[0]) from error


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions of its own
    for pragma in ("synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _require_unicode(connection: Any, _record: Any) -> None:
    """Raise StoreError if the database cannot hold every text, emoji for instance."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreError(
            f"the database encodes texts in {encoding}, and posts need UTF8. Create another one, "
            "with createdb --encoding=UTF8 --template=template0"
        )


def _set_idle_timeout(connection: Any, _record: Any) -> None:
    """Let the server end a transaction whose worker was stopped half-way, and keeps its locks."""
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.commit()


def _execute_row_by_row(
    cursor: Any, statement: str, parameters: Sequence[Any], _context: object
) -> Literal[True]:
    """Execute a statement for each row, and wait for its answer before the next; return True.

    The driver would send the rows in a pipeline. To the server, a worker that stands still within a
    pipeline is busy and not idle, so that its locks would stay for as long as it stands still.
    """
    for row in parameters:
        cursor.execute(statement, row, prepare=True)
    return True


def _prepare_sqlite(database: Database, path: Path) -> None:
    if not path.parent.is_dir():
        raise _bad_location(path, f"The folder {path.parent} does not exist.", "Create it first")
    if path.is_dir():
        raise _bad_location(path, "It is a folder.", "Name a file in it")
    file_system = files.file_system_of(path)
    if file_system in files.NETWORK_FILE_SYSTEMS:  # one machine may not see the other's locks
        raise StoreError(
            f"{path} is on a network file system ({file_system}), whose locks do not keep two "
            "loops from posting twice. Put the database on a local disk, or use PostgreSQL.",
        )
    real = path.resolve()
    _refuse_foreign_file(path, real)
    try:
        # One thread at a time, because closing a file releases every lock that this process has on
        # it, also those of another thread.
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
            raise StoreError(f"{path} is damaged ({damage}). Nothing was changed; restore a backup")
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode=WAL")


def _refuse_foreign_file(path: Path, real: Path) -> None:
    """Raise StoreError, and change nothing, if the file ``real`` is another program's."""
    try:
        with files.open_below(Path(real.anchor), str(real.relative_to(real.anchor))) as (file, _):
            start = file.read(len(_SQLITE_HEADER))
    except FileNotFoundError:
        return
    except OSError as error:
        hint = "Check its permissions, run this as the user of the loop (sudo -u)"
        raise _bad_location(path, f"{error.strerror}.", hint) from error
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
