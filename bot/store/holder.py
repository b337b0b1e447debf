"""The workers on a database: one alone on SQLite, as many as you like on PostgreSQL.

A lock tells who is alive, and nothing is written for that. SQLite: on a file beside the database,
which the operating system lets go when the process dies, however it dies. PostgreSQL: each worker
has a lock of its own, for as long as a connection of its own lasts; what keeps them apart are the
claims.
"""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from bot import __version__, files
from bot.errors import AlreadyRunning
from bot.store import advisory
from bot.store import tables as t
from bot.store.audit import GROUNDSWELL, record
from bot.store.database import told
from bot.store.glance import apart

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.store.database import Database

ASKED_SECONDS = 0.02
"""So long whoever starts waits for a lock: another may only ask for it, which is over at once."""

_SERVER = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
    "idle_session_timeout": "10min",
}
"""When a PostgreSQL lets go of a lock whose worker is silent: 30 s after its machine was, or 10 min
after the worker was (as of version 14). It asks for something every second."""

_SETTING = text("SELECT set_config(name, :value, false) FROM pg_settings WHERE name = :name")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that has signed in, and when it last took its lock."""

    name: str
    host: str
    pid: int
    started: datetime
    seen: datetime
    stopped: datetime | None
    holds: bool | None = None
    """Whether it holds its lock; None where it does not, and may be cut off from the server."""

    @property
    def state(self) -> str:
        """``alive``, ``killed``, ``stale`` (killed or cut off) or ``stopped``."""
        if self.stopped:
            return "stopped"
        return {True: "alive", False: "killed", None: "stale"}[self.holds]


class Presence:
    """That a worker is alive, as the others see it on a PostgreSQL. One thread may ask."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._connection: Connection | None = None

    def confirm(self, now: datetime) -> None:
        """Take the lock again if its connection was lost. Raises StoreError."""
        if self._database.path or self._lasts():
            return
        engine = self._database.engine
        with told(engine), ExitStack() as stack:
            connection = stack.enter_context(apart(engine))
            for name, value in _SERVER.items():
                connection.execute(_SETTING, {"name": name, "value": value})
            if not advisory.for_session(connection, _lock_of(self._owner)):
                return  # the server has not noticed yet that the connection before was lost
            with self._database.writing() as writing:
                mine = t.workers.c.name == self._owner
                # Who was cut off for a while may have been taken for killed.
                writing.execute(update(t.workers).where(mine).values(seen=now, stopped=None))
            self._connection = connection
            stack.pop_all()

    def close(self) -> None:
        """Let the lock go."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _lasts(self) -> bool:
        try:
            return self._connection is not None and bool(self._connection.scalar(text("SELECT 1")))
        except DBAPIError:
            self.close()
            return False


def new_owner(now: datetime) -> str:
    """Give a name for this process that no other has had."""
    return f"{socket.gethostname()}/{os.getpid()}/{now:%Y%m%dT%H%M%S.%f}"


@contextmanager
def held(database: Database, owner: str, now: datetime) -> Iterator[Presence]:
    """Sign in; on SQLite, hold the database alone. Raises AlreadyRunning, naming the holder."""
    with (
        _file(database, database.path) if database.path else nullcontext(),
        closing(Presence(database, owner)) as presence,
    ):
        presence.confirm(now)
        _arrive(database, owner, now)
        yield presence


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
        if not database.path:
            alive = _alive(connection, [worker.name for worker in found])
            return [replace(worker, holds=worker.name in alive or None) for worker in found]
    # Of those that have not stopped, the latest is the one that holds the lock, if one does.
    if found and not found[0].stopped:
        found[0] = replace(found[0], holds=_is_held(database.path))
    return found


def running(database: Database) -> list[Worker]:
    """Return the workers that are alive, the latest first."""
    return [worker for worker in workers(database) if worker.state == "alive"]


def is_alive(connection: Connection, name: str) -> bool:
    """Return whether this worker on a PostgreSQL is alive, and has not said that it stops."""
    c = t.workers.c
    signed = connection.scalar(select(c.name).where(c.name == name, c.stopped.is_(None)))
    return signed is not None and bool(_alive(connection, [name]))


def _alive(connection: Connection, names: Collection[str]) -> frozenset[str]:
    held = advisory.held(connection, map(_lock_of, names))
    return frozenset(name for name in names if _lock_of(name) in held)


def _lock_of(name: str) -> str:
    return f"worker {name}"


def _arrive(database: Database, owner: str, now: datetime) -> None:
    host, pid, _ = owner.rsplit("/", 2)
    values = {"name": owner, "host": host, "pid": int(pid), "started": now, "seen": now}
    with database.writing() as connection:
        c = t.workers.c
        ghosts = select(c.name).where(c.stopped.is_(None)).with_for_update()
        dead = connection.scalars(ghosts).all()
        if not database.path:  # the others may be alive; with a file, the lock is ours
            alive = _alive(connection, dead)
            dead = [name for name in dead if name not in alive]
        connection.execute(update(t.workers).where(c.name.in_(dead)).values(stopped=now))
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
