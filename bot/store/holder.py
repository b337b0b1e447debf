"""One running instance per database, and the name of the one that holds it.

SQLite: a lock on a file beside the database, which the operating system lets go when the process
dies, however it dies. PostgreSQL: an advisory lock of one connection, let go when it ends.
"""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, text, update

from bot.errors import AlreadyRunning
from bot.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from bot.store.database import Database

_ADVISORY = 0x67726F756E64  # "ground": any number that no other program uses on the same database


def new_owner(now: datetime) -> str:
    """Give a name for this process that no other has had."""
    return f"{socket.gethostname()}/{os.getpid()}/{now:%Y%m%dT%H%M%S.%f}"


@contextmanager
def held(database: Database, owner: str, now: datetime) -> Iterator[None]:
    """Hold the database alone. Raises AlreadyRunning, naming the holder."""
    lock = _file(database, database.path) if database.path else _advisory(database)
    with lock:
        _arrive(database, owner, now)
        yield


def seen(database: Database, owner: str, now: datetime) -> None:
    """Say that this worker is alive."""
    with database.writing() as connection:
        mine = t.workers.c.name == owner
        connection.execute(update(t.workers).where(mine).values(seen=now))


def left(database: Database, owner: str, now: datetime) -> None:
    """Say that this worker has stopped in good order."""
    with database.writing() as connection:
        mine = t.workers.c.name == owner
        connection.execute(update(t.workers).where(mine).values(stopped=now))


def _arrive(database: Database, owner: str, now: datetime) -> None:
    host, pid, _ = owner.rsplit("/", 2)
    values = {"name": owner, "host": host, "pid": int(pid), "started": now, "seen": now}
    with database.writing() as connection:
        # Whoever did not say goodbye is dead: the lock is ours.
        ghosts = t.workers.c.stopped.is_(None)
        connection.execute(update(t.workers).where(ghosts).values(stopped=now))
        connection.execute(insert(t.workers).values(values))


@contextmanager
def _file(database: Database, path: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    # By its real name: two ways to one file are one database.
    lock = FileLock(f"{path.resolve()}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise _refused(database, str(path)) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory(database: Database) -> Iterator[None]:
    with database.engine.connect() as connection:
        connection.detach()  # not back into the pool at the end, but closed: that lets go
        query = text("SELECT pg_try_advisory_lock(:key)")
        if not connection.scalar(query, {"key": _ADVISORY}):
            raise _refused(database, database.engine.url.database or "the database")
        connection.commit()
        yield


def _refused(database: Database, name: str) -> AlreadyRunning:
    query = select(t.workers).where(t.workers.c.stopped.is_(None))
    with database.reading() as connection:
        row = connection.execute(query.order_by(t.workers.c.started.desc())).first()
    who = "another instance"
    if row:
        who = f"process {row.pid} on {row.host}, running since {row.started:%Y-%m-%d %H:%M:%S} UTC,"
    return AlreadyRunning(
        f"{who} already works on {name}. Stop it first (Ctrl-C there, or kill it); "
        "two at once could post twice.",
    )
