"""The locks that show that a worker is alive, on a file beside the database or on PostgreSQL."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from bot import files
from bot.database import tables as t
from bot.database.types import lock_number
from bot.errors import AlreadyRunning, OlderVersionRuns, StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection

    from bot.database.connections import Database

LOCK_WAIT_SECONDS = 0.02
"""How long a starting worker waits for the lock. A process that only checks it has it shorter."""

_LOCKED = text("""
    SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
    JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND locktype = 'advisory' AND objsubid = 1 AND granted
""")

_UNSTOPPED = (
    select(t.workers.c.host, t.workers.c.pid, t.workers.c.started)
    .where(t.workers.c.stopped.is_(None))
    .order_by(t.workers.c.started.desc())
)
"""The workers that may be alive. These columns are in every revision."""


@contextmanager
def sole_worker(database: Database, path: Path) -> Iterator[None]:
    """Hold the lock of the only worker on a file. Raise AlreadyRunning, which names the other."""
    with _file_lock(path) as taken:
        if not taken:
            with database.reading() as connection:
                who = _name_worker(connection)
            raise AlreadyRunning(
                f"{who} is already working on {path}. Stop it first (Ctrl-C there, or kill it); "
                "two at once could post twice.",
            )
        yield


@contextmanager
def keeping_workers_out(database: Database, connection: Connection) -> Iterator[None]:
    """Let no worker begin while the block migrates the database.

    On PostgreSQL, a worker that begins waits for the lock that this transaction has. Raise
    OlderVersionRuns if one works on the database, which was made for the tables as they are.
    """
    alive: frozenset[str] = frozenset()
    with ExitStack() as stack:
        if database.path:
            free = stack.enter_context(_file_lock(database.path))
        else:
            unstopped = connection.scalars(_UNSTOPPED.with_only_columns(t.workers.c.name)).all()
            alive = alive_among(connection, unstopped)
            free = not alive
        if not free:
            raise OlderVersionRuns(
                f"{_name_worker(connection, alive)} works on {database.name} in an older version "
                "of Groundswell. Stop it first (Ctrl-C there, or kill it), then start this "
                "version, which brings the database up to date. Nothing was changed."
            )
        yield


@contextmanager
def _file_lock(path: Path) -> Iterator[bool]:
    """Hold the lock of the only worker within the block; yield False if another process has it.

    Raise StoreError if the lock cannot be tried, as by a user who may not write to its file.
    """
    from filelock import FileLock, Timeout

    # A process that checks whether the lock is held has it for a moment.
    lock = FileLock(
        _lock_path(path),
        timeout=LOCK_WAIT_SECONDS,
        poll_interval=LOCK_WAIT_SECONDS / 4,
        mode=files.PRIVATE_MODE,
    )
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError as error:
        raise StoreError(
            f"{_lock_path(path)}: {error.strerror}. It shows whether a loop works on the database. "
            "Nothing was changed. Run this as the user who runs the loop"
        ) from error
    try:
        yield True
    finally:
        lock.release()


def _name_worker(connection: Connection, alive: Collection[str] = ()) -> str:
    """Return the words for the latest worker that has not stopped, of those that are alive.

    On a file, the latest is the one that has the lock.
    """
    query = _UNSTOPPED.where(t.workers.c.name.in_(alive)) if alive else _UNSTOPPED
    for row in connection.execute(query.limit(1)):
        started = f"{row.started:%Y-%m-%d %H:%M:%S} UTC"
        return f"process {row.pid} on {row.host}, running since {started},"
    return "another instance"


def _lock_path(path: Path) -> Path:
    """Return the lock file. It goes by the real name, which two paths to one file share."""
    return Path(f"{path.resolve()}.lock")


def is_locked(path: Path) -> bool:
    """Return whether a worker holds the lock; False if the lock cannot be tried."""
    from filelock import FileLock, Timeout

    if not _lock_path(path).exists():
        return False
    try:
        with FileLock(_lock_path(path), timeout=0, mode=files.PRIVATE_MODE):
            return False
    except Timeout:
        return True
    except OSError:  # the folder cannot be written to
        return False


def alive_among(connection: Connection, names: Collection[str]) -> frozenset[str]:
    """Return the workers that hold their lock on PostgreSQL."""
    locked = frozenset(connection.scalars(_LOCKED))
    return frozenset(name for name in names if lock_number(f"worker {name}") in locked)
