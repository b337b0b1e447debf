"""The workers on a database: one alone on SQLite, as many as you like on PostgreSQL.

SQLite: a lock on a file beside the database, which the operating system lets go when the process
dies, however it dies; so it also tells who is alive, and nothing is written for that. PostgreSQL:
everyone signs in, and says so again every 2 s; what keeps them apart are the claims.
"""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from bot import __version__, files
from bot.errors import AlreadyRunning
from bot.store import tables as t
from bot.store.audit import GROUNDSWELL, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement

    from bot.store.database import Database

STALE = timedelta(seconds=30)
"""A worker that has not been heard of for so long is shown as stale; it says so every 2 s."""

ASKED_SECONDS = 0.02
"""So long whoever starts waits for a lock: another may only ask for it, which is over at once."""

GONE = timedelta(minutes=10)
"""One on PostgreSQL that has not been heard of for so long counts as killed when another starts."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that has signed in, and when it was last heard of."""

    name: str
    host: str
    pid: int
    started: datetime
    seen: datetime
    stopped: datetime | None
    holds: bool | None = None
    """Whether it holds the lock of a SQLite file; None where there is none to hold."""

    def state(self, now: datetime) -> str:
        """Tell whether it is ``alive``, ``killed``, ``stale`` (silent) or ``stopped``."""
        if self.stopped:
            return "stopped"
        if self.holds is not None:
            return "alive" if self.holds else "killed"
        return "stale" if now - self.seen > STALE else "alive"


def new_owner(now: datetime) -> str:
    """Give a name for this process that no other has had."""
    return f"{socket.gethostname()}/{os.getpid()}/{now:%Y%m%dT%H%M%S.%f}"


@contextmanager
def held(database: Database, owner: str, now: datetime) -> Iterator[None]:
    """Sign in; on SQLite, hold the database alone. Raises AlreadyRunning, naming the holder."""
    with _file(database, database.path) if database.path else nullcontext():
        _arrive(database, owner, now)
        yield


def seen(database: Database, owner: str, now: datetime) -> None:
    """Say that this worker is alive, where the lock does not tell."""
    if database.path:
        return
    with database.writing() as connection:
        mine = t.workers.c.name == owner
        # Who slept for long may have been taken for killed.
        connection.execute(update(t.workers).where(mine).values(seen=now, stopped=None))


def left(database: Database, owner: str, now: datetime) -> None:
    """Say that this worker has stopped in good order."""
    with database.writing() as connection:
        mine = t.workers.c.name == owner
        connection.execute(update(t.workers).where(mine).values(stopped=now))
        record(connection, owner, "stopped", "", {}, now)


def workers(database: Database, limit: int | None = None) -> list[Worker]:
    """Give who works or has worked on it, the latest first."""
    query = select(t.workers).order_by(t.workers.c.stopped.is_not(None), t.workers.c.started.desc())
    with database.reading() as connection:
        found = [Worker(**row._mapping) for row in connection.execute(query.limit(limit))]  # noqa: SLF001 - SQLAlchemy's public name for it
    # Of those that have not stopped, the latest is the one that holds the lock, if one does.
    if found and not found[0].stopped and database.path:
        found[0] = replace(found[0], holds=_is_held(database.path))
    return found


def running(database: Database, now: datetime) -> list[Worker]:
    """Return the workers that were heard of just now, the latest first."""
    return [worker for worker in workers(database) if worker.state(now) == "alive"]


def _arrive(database: Database, owner: str, now: datetime) -> None:
    host, pid, _ = owner.rsplit("/", 2)
    values = {"name": owner, "host": host, "pid": int(pid), "started": now, "seen": now}
    with database.writing() as connection:
        ghosts: ColumnElement[bool] = t.workers.c.stopped.is_(None)
        if not database.path:  # the others may be alive; with a file, the lock is ours
            ghosts &= t.workers.c.seen < now - GONE
        bury = update(t.workers).where(ghosts).values(stopped=now).returning(t.workers.c.name)
        dead = connection.scalars(bury).all()
        connection.execute(insert(t.workers).values(values))
        for name in dead:
            record(connection, GROUNDSWELL, "killed", name, {}, now)
        record(connection, owner, "started", "", {"version": __version__}, now)


@contextmanager
def _file(database: Database, path: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    # Who asks whether it is held has it for a moment.
    lock = FileLock(
        _lock(path), timeout=ASKED_SECONDS, poll_interval=ASKED_SECONDS / 4, mode=files.PRIVATE
    )
    try:
        lock.acquire()
    except Timeout:
        raise _refused(database, str(path)) from None
    try:
        yield
    finally:
        lock.release()


def _is_held(path: Path) -> bool:
    from filelock import FileLock, Timeout

    if not _lock(path).exists():
        return False
    try:
        with FileLock(_lock(path), timeout=0, mode=files.PRIVATE):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that we may not write to tells nothing
        return False


def _lock(path: Path) -> Path:
    """Return the lock's file; by its real name, as two ways to one file are one database."""
    return Path(f"{path.resolve()}.lock")


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
