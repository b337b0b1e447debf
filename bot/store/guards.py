"""What the database remembers for the guards: what was said, who waits, how late it has been."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.store import meta
from bot.store import tables as t
from bot.store.rests import rest
from bot.store.twins import twin

if TYPE_CHECKING:
    from bot.model import Delivery, Rest, Twin
    from bot.store.database import Database


_ACCEPTED = "clock:accepted"


class Guards:
    """Questions of the guards; each is one short read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def twin(self, delivery: Delivery, now: datetime) -> Twin | None:
        """Give another post of the account that has said the same; see ``bot.store.twins``."""
        return twin(self._database, delivery, now)

    def rest(self, account: str) -> Rest | None:
        """Give what the account was last told to wait, if it has sent nothing since."""
        return rest(self._database, account)

    # --- the clock ---

    def newest(self, but: str) -> datetime | None:
        """Give the newest instant at which a worker was seen or a send began, ``but`` left out."""
        workers = select(func.max(t.workers.c.seen)).where(t.workers.c.name != but)
        attempts = select(func.max(t.attempts.c.opened)).where(t.attempts.c.owner != but)
        with self._database.reading() as connection:
            found = [connection.scalar(workers), connection.scalar(attempts)]
        return max(filter(None, found), default=None)

    def accepted(self) -> datetime | None:
        """Give the newest instant of which a person has been told that the clock is behind it."""
        with self._database.reading() as connection:
            found = meta.get(connection, _ACCEPTED)
        return datetime.fromisoformat(found) if found else None

    def accept(self, newest: datetime) -> None:
        """Keep it: they need not be told again."""
        with self._database.writing() as connection:
            meta.put(connection, _ACCEPTED, newest.isoformat())
