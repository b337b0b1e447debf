"""Old snapshots, which ``groundswell thin`` deletes where others of the same day say as much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from bot.database import rows
from bot.database import tables as t
from bot.database.types import batched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.database.opening import Database
    from bot.model import Snapshot


class OldSnapshots:
    """The snapshots that were read before an instant."""

    def __init__(self, database: Database, before: datetime) -> None:
        self._database = database
        self._old = t.snapshots.c.read < before
        self._before = before

    def count(self) -> int:
        """Return how many there are."""
        query = select(func.count()).select_from(t.snapshots).where(self._old)
        return self._database.read_value(query) or 0

    def publications(self) -> list[int]:
        """Return the publications that may have some: those that were out by then."""
        c = t.publications.c
        query = select(c.id).where(c.published < self._before).order_by(c.id)
        return [row.id for row in self._database.read(query)]

    def of_publications(self, publications: Sequence[int]) -> list[tuple[int, Snapshot]]:
        """Return those of some publications with their ids, each publication's oldest first."""
        c = t.snapshots.c
        query = select(t.snapshots).where(self._old, c.publication.in_(publications))
        query = query.order_by(c.publication, c.read, c.id)
        return [(row.id, rows.snapshot(row)) for row in self._database.read(query)]

    def drop(self, ids: Sequence[int]) -> int:
        """Delete these for good; return how many existed."""
        deleted = 0
        with self._database.writing() as connection:
            for batch in batched(ids):
                query = delete(t.snapshots).where(self._old, t.snapshots.c.id.in_(batch))
                deleted += connection.execute(query).rowcount
        return deleted
