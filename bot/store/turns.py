"""One worker at a time, for what several on a PostgreSQL should not do at once.

A turn is a lock of the server's, which writes nothing; a worker that is stopped in the middle of it
loses it after a while, and blocks nobody. So a turn saves work; what must not happen twice is
guarded by fences and unique keys. On SQLite there is one worker, and every turn is its own.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from bot.store import advisory, meta
from bot.store.database import told
from bot.store.holder import is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from bot.store.database import Database

TURN_SECONDS = 120.0
"""So long a turn lasts at most; longer than looking at a timeline takes, timeouts included."""

log = logging.getLogger("groundswell.store")


class Planner:
    """Whose campaign files the queue follows: those that changed last, on whichever machine.

    Without it, a machine whose files are behind would bring back what another has mended.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def took(self) -> None:
        """Say that the queue follows this worker's files from now on."""
        if self._database.path:
            return
        with self._database.writing() as connection:
            if meta.get(connection, "planner") != self._owner:
                meta.put(connection, "planner", self._owner)

    def mine(self) -> bool:
        """Tell whether planning anew is this worker's: it planned last, or who did is not alive."""
        if self._database.path:
            return True
        with self._database.reading() as connection:
            planner = meta.get(connection, "planner")
            return planner in {None, self._owner} or not is_alive(connection, planner)


@contextmanager
def turn(database: Database, name: str, seconds: float = TURN_SECONDS) -> Iterator[bool]:
    """Take the turn and give it back at the end; False where another worker has it."""
    if database.path:
        yield True
        return
    with told(database.engine):
        connection = database.engine.connect()
    try:
        with told(database.engine):
            taken = advisory.for_transaction(connection, f"turn {name}", seconds)
        if not taken:
            connection.rollback()
        yield taken
    finally:
        _give_back(connection, name)


def _give_back(connection: Connection, name: str) -> None:
    try:
        connection.rollback()
    except DBAPIError:  # the server has ended it
        log.warning("the turn at %s took too long; another worker may have had it since", name)
        connection.invalidate()
    connection.close()
