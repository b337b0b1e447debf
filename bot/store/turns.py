"""One worker at a time, for what several on a PostgreSQL should not do at once.

A turn is a lease and no lock: a worker that is stopped in the middle of it loses it after a while,
by the database's clock, and blocks nobody. So a turn saves work; what must not happen twice is
guarded by fences and unique keys. On SQLite there is one worker, and every turn is its own.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import delete, select, text

from bot.store import meta
from bot.store import tables as t
from bot.store.holder import STALE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.store.database import Database

TURN_SECONDS = 120.0
"""So long a turn lasts at most; longer than looking at a timeline takes, timeouts included."""

_TAKE = text("""
    INSERT INTO leases (name, holder, until)
    VALUES (:name, :holder, clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE leases.until < clock_timestamp()
    RETURNING holder
""")


class Planner:
    """Whose campaign files the queue follows: those that changed last, on whichever machine.

    Without it, a machine whose files are behind would bring back what another has mended.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def took(self) -> None:
        """Say that the queue follows this worker's files from now on."""
        if not self._database.path:
            with self._database.writing() as connection:
                meta.put(connection, "planner", self._owner)

    def mine(self, now: datetime) -> bool:
        """Tell whether planning anew is this worker's: it planned last, or who did is not alive."""
        if self._database.path:
            return True
        with self._database.reading() as connection:
            planner = meta.get(connection, "planner")
            if planner in {None, self._owner}:
                return True
            c = t.workers.c
            alive = (c.name == planner) & c.stopped.is_(None) & (c.seen >= now - STALE)
            return connection.scalar(select(c.name).where(alive)) is None


@contextmanager
def turn(database: Database, name: str, seconds: float = TURN_SECONDS) -> Iterator[bool]:
    """Take the turn and give it back at the end; False where another worker has it."""
    if database.path:
        yield True
        return
    holder = uuid4().hex  # of this turn, not of the worker: it may take one that it has lost
    values = {"name": name, "holder": holder, "seconds": seconds}
    with database.writing() as connection:
        taken = connection.scalar(_TAKE, values) is not None
    try:
        yield taken
    finally:
        if taken:
            mine = (t.leases.c.name == name) & (t.leases.c.holder == holder)
            with database.writing() as connection:
                connection.execute(delete(t.leases).where(mine))
