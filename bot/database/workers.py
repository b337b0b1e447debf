"""The workers on a database: one at a time on SQLite, any number on PostgreSQL.

A lock shows that a worker is alive, without a write. On SQLite it is a lock on a file beside the
database, which the operating system releases when the process dies, however it dies. On PostgreSQL
each worker holds a lock of its own for as long as its connection lasts, and the claims keep workers
apart.
"""

from __future__ import annotations

import logging
import os
import socket
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from bot import __version__
from bot.database import rows
from bot.database import tables as t
from bot.database.audit import GROUNDSWELL, record
from bot.database.connections import detached_connection, read_revision
from bot.database.types import lock_number, lock_transaction
from bot.database.worker_locks import alive_among, is_locked, sole_worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from bot.database.connections import Database


_KEEPALIVE_SETTINGS = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
    "idle_session_timeout": "10min",
}
"""PostgreSQL releases a silent worker's lock 30 s after its machine went silent, or 10 min after
the worker did (from version 14 on). A worker sends a query every second."""

LEASE_SECONDS = 120.0
"""How long a lease lasts at most. To read a timeline takes less, timeouts included."""

_SET_CONFIG = text("SELECT set_config(name, :value, false) FROM pg_settings WHERE name = :name")
_TRY_SESSION_LOCK = text("SELECT pg_try_advisory_lock(:number)")
_TRY_TRANSACTION_LOCK = text("""
    SELECT pg_try_advisory_xact_lock(:number),
           set_config('idle_in_transaction_session_timeout', :milliseconds, true)
""")
_TRY_LOCKS = text(
    "SELECT key FROM unnest(CAST(:keys AS bigint[])) AS key WHERE pg_try_advisory_xact_lock(key)"
)
log = logging.getLogger("groundswell.store")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that has registered."""

    name: str
    host: str
    pid: int
    started: datetime
    seen: datetime
    """When it last took its lock."""
    stopped: datetime | None
    """When it stopped in good order, or was found dead by another worker."""
    holds_lock: bool | None = None
    """Whether it holds its lock; None if it does not, but may be cut off from the server."""

    @property
    def state(self) -> str:
        """``alive``, ``killed``, ``stale`` (killed or cut off) or ``stopped``."""
        if self.stopped:
            return "stopped"
        return {True: "alive", False: "killed", None: "stale"}[self.holds_lock]


class WorkerLock:
    """The lock that shows other workers on PostgreSQL that this one is alive; for one thread."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._connection: Connection | None = None

    def ensure_held(self, now: datetime) -> None:
        """Take the lock again if its connection was lost. Raise StoreError."""
        if self._database.path:
            return
        if self._connection:
            try:
                self._connection.execute(text("SELECT 1"))
            except DBAPIError:
                self.close()
            else:
                return
        with self._database.translating_errors(), ExitStack() as stack:
            connection = stack.enter_context(detached_connection(self._database.engine))
            for name, value in _KEEPALIVE_SETTINGS.items():
                connection.execute(_SET_CONFIG, {"name": name, "value": value})
            number = lock_number(f"worker {self._owner}")
            if not connection.scalar(_TRY_SESSION_LOCK, {"number": number}):
                return  # the server has not noticed yet that the last connection was lost
            with self._database.writing() as writing:
                # Whoever migrates has this lock, and sees the one that was taken just now.
                lock_transaction(writing, "migrate")
                self._database.check_revision(read_revision(writing))
                mine = t.workers.c.name == self._owner
                # Others may have recorded this worker as killed while it was not connected.
                writing.execute(update(t.workers).where(mine).values(seen=now, stopped=None))
            self._connection = connection
            stack.pop_all()

    def close(self) -> None:
        """Release the lock."""
        if self._connection:
            self._connection.close()
            self._connection = None


def new_owner(now: datetime) -> str:
    """Return a name for this process that no other has had."""
    return f"{socket.gethostname()}/{os.getpid()}/{now:%Y%m%dT%H%M%S.%f}"


@contextmanager
def worker_session(database: Database, owner: str, now: datetime) -> Iterator[WorkerLock]:
    """Register this worker; on SQLite, as the only one.

    Raise AlreadyRunning, which names the other.
    """
    with (
        sole_worker(database, database.path) if database.path else nullcontext(),
        closing(WorkerLock(database, owner)) as lock,
    ):
        lock.ensure_held(now)
        host, pid, _ = owner.rsplit("/", 2)
        values = {"name": owner, "host": host, "pid": int(pid), "started": now, "seen": now}
        with database.writing() as connection:
            c = t.workers.c
            unstopped = select(c.name).where(c.stopped.is_(None)).with_for_update()
            dead = connection.scalars(unstopped).all()
            if not database.path:  # others may be alive; on SQLite, this worker has the only lock
                alive = alive_among(connection, dead)
                dead = [name for name in dead if name not in alive]
            connection.execute(update(t.workers).where(c.name.in_(dead)).values(stopped=now))
            connection.execute(insert(t.workers).values(values))
            for name in dead:
                record(connection, GROUNDSWELL, "killed", name, {}, now)
            record(connection, owner, "started", "", {"version": __version__}, now)
        yield lock


def mark_stopped(database: Database, owner: str, now: datetime) -> None:
    """Record that this worker has stopped in good order."""
    with database.writing() as connection:
        mine = t.workers.c.name == owner
        connection.execute(update(t.workers).where(mine).values(stopped=now))
        record(connection, owner, "stopped", "", {}, now)


_LATEST_FIRST = select(t.workers).order_by(
    t.workers.c.stopped.is_not(None), t.workers.c.started.desc()
)


def list_workers(database: Database, limit: int | None = None) -> list[Worker]:
    """Return the workers that run or have run, the latest first."""
    return _read(database, _LATEST_FIRST.limit(limit))


def unstopped_workers(database: Database) -> list[Worker]:
    """Return the workers that are not known to have stopped, the latest first."""
    return _read(database, _LATEST_FIRST.where(t.workers.c.stopped.is_(None)))


def running_workers(database: Database) -> list[Worker]:
    """Return the workers that are alive, the latest first."""
    return [worker for worker in unstopped_workers(database) if worker.state == "alive"]


def _read(database: Database, query: Select[Any]) -> list[Worker]:
    with database.reading() as connection:
        workers = [Worker(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name for it
        if not database.path:
            alive = alive_among(connection, [worker.name for worker in workers])
            return [replace(worker, holds_lock=worker.name in alive or None) for worker in workers]
    # If one of those that have not stopped holds the lock, it is the latest.
    if workers and not workers[0].stopped:
        workers[0] = replace(workers[0], holds_lock=is_locked(database.path))
    return workers


def take_over_plan(database: Database, owner: str) -> None:
    """Make the queue follow this worker's campaign files from now on.

    Of several machines, the queue follows the one whose files changed last. Otherwise a machine
    whose files are behind would bring back what another has fixed.
    """
    if not database.path and rows.read(database, "planner") != owner:
        rows.write(database, "planner", owner)


def may_plan(database: Database, owner: str) -> bool:
    """Return whether this worker is to plan: it planned last, or the last planner is not alive."""
    if database.path:
        return True
    with database.reading() as connection:
        planner = rows.get(connection, "planner")
        if planner is None or planner == owner:
            return True
        c = t.workers.c
        stopped = connection.scalar(select(c.stopped.is_not(None)).where(c.name == planner))
        return stopped is not False or not alive_among(connection, [planner])


def try_locks(connection: Connection, names: Iterable[str]) -> frozenset[str]:
    """Take the locks that are free until this transaction ends, and return their names."""
    keys = {lock_number(name): name for name in names}
    return frozenset(keys[key] for key in connection.scalars(_TRY_LOCKS, {"keys": [*keys]}))


@contextmanager
def lease(database: Database, name: str, seconds: float = LEASE_SECONDS) -> Iterator[bool]:
    """Hold a lease within the block; yield False if another worker has it.

    On PostgreSQL it is a transaction, which the server ends after ``seconds`` of idleness.
    """
    if database.path:
        yield True
        return
    with database.translating_errors():
        connection = database.engine.connect()
    try:
        with database.translating_errors():
            values = {
                "number": lock_number(f"turn {name}"),
                "milliseconds": f"{seconds * 1000:.0f}",
            }
            taken = bool(connection.scalar(_TRY_TRANSACTION_LOCK, values))
        if not taken:
            connection.rollback()
        yield taken
    finally:
        try:
            connection.rollback()
        except DBAPIError:  # the server has ended it
            log.warning("%s took too long; another worker may have started it, too", name)
            connection.invalidate()
        connection.close()
