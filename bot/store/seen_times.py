"""The newest instant that the database has seen: a clock that is behind it is in doubt."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.store import meta
from bot.store import tables as t

if TYPE_CHECKING:
    from bot.store.database import Database

_ACCEPTED = "clock:accepted"


class SeenTimes:
    """What the database knows about the time, and what of it a person has been told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, but: str) -> datetime | None:
        """Return the newest instant at which a worker other than ``but`` was seen, or sent."""
        workers = select(func.max(t.workers.c.seen)).where(t.workers.c.name != but)
        attempts = select(func.max(t.attempts.c.opened)).where(t.attempts.c.owner != but)
        with self._database.reading() as connection:
            found = [connection.scalar(workers), connection.scalar(attempts)]
        return max(filter(None, found), default=None)

    def accepted(self) -> datetime | None:
        """Return the newest instant of which a person was told that the clock is behind it."""
        with self._database.reading() as connection:
            found = meta.get(connection, _ACCEPTED)
        return datetime.fromisoformat(found) if found else None

    def accept(self, newest: datetime) -> None:
        """Remember that a person was told; they need not be told again."""
        with self._database.writing() as connection:
            meta.put(connection, _ACCEPTED, newest.isoformat())
