"""Old snapshots, to be read and let go; which of them, ``bot.engagement.thinning`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from bot.store import rows
from bot.store import tables as t
from bot.store.audit import record
from bot.store.types import batched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.model import Snapshot
    from bot.store.database import Database


class OldSnapshots:
    """The snapshots that were read before an instant."""

    def __init__(self, database: Database, before: datetime) -> None:
        self._database = database
        self._old = t.snapshots.c.read < before
        self._before = before

    def count(self) -> int:
        """Count them."""
        with self._database.reading() as connection:
            query = select(func.count()).select_from(t.snapshots).where(self._old)
            return connection.scalar(query) or 0

    def publications(self) -> list[int]:
        """Give the publications that may have some: those that were out by then."""
        c = t.publications.c
        query = select(c.id).where(c.published < self._before).order_by(c.id)
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def of(self, publications: Sequence[int]) -> list[tuple[int, Snapshot]]:
        """Give those of some publications with their ids, each publication's oldest first."""
        c = t.snapshots.c
        query = select(t.snapshots).where(self._old, c.publication.in_(publications))
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(c.publication, c.read, c.id))
            return [(row.id, rows.snapshot(row)) for row in found]

    def drop(self, ids: Sequence[int]) -> int:
        """Let some go for good; give how many were there."""
        gone = 0
        with self._database.writing() as connection:
            for some in batched(ids):
                query = delete(t.snapshots).where(self._old, t.snapshots.c.id.in_(some))
                gone += connection.execute(query).rowcount
        return gone

    def note(self, who: str, dropped: int, now: datetime) -> None:
        """Write into the audit log that it was done."""
        detail = {"before": self._before.isoformat(), "dropped": dropped}
        record(self._database, who, "thinned", "snapshots", detail, now)
