"""What is out, and its counters over time. Snapshots are only ever added."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from bot.model import Counters, Snapshot
from bot.store import rows
from bot.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row

    from bot.model import Publication
    from bot.store.database import Database


class Metrics:
    """Publications and snapshots in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publications(
        self,
        *,
        account: str | None = None,
        read_by: datetime | None = None,
    ) -> list[Publication]:
        """Give what is out, oldest first; with ``read_by`` only what is to be read by then."""
        c = t.publications.c
        conditions: list[ColumnElement[bool]] = []
        if account is not None:
            conditions.append(c.account == account)
        if read_by is not None:
            conditions += [c.gone.is_(None), c.next_read <= read_by]
        joined = t.publications.join(t.deliveries, t.publications.c.delivery == t.deliveries.c.id)
        query = select(*rows.PUBLICATION).select_from(joined).where(*conditions)
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(c.published, c.id))
            return [rows.publication(row) for row in found]

    def next_read(self, account: str) -> datetime | None:
        """Give when the account's counters are to be read next."""
        c = t.publications.c
        where = (c.account == account) & c.gone.is_(None)
        with self._database.reading() as connection:
            found: datetime | None = connection.scalar(select(func.min(c.next_read)).where(where))
        return found

    def watched(self, account: str) -> int:
        """Count what is still being read of an account."""
        c = t.publications.c
        where = (c.account == account) & c.gone.is_(None) & c.next_read.is_not(None)
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).where(where)) or 0

    def snapshots(
        self,
        publications: Collection[int] | None = None,
        since: datetime | None = None,
    ) -> list[Snapshot]:
        """Give the snapshots, oldest first; of these publications, or of all, read since then."""
        query = select(t.snapshots).order_by(t.snapshots.c.read, t.snapshots.c.id)
        if since is not None:
            query = query.where(t.snapshots.c.read >= since)
        if publications is not None:
            query = query.where(t.snapshots.c.publication.in_(publications))
        with self._database.reading() as connection:
            return [_snapshot(row) for row in connection.execute(query)]

    def record(
        self,
        snapshots: Iterable[Snapshot],
        next_reads: Mapping[int, datetime | None],
        gone: Iterable[int],
        now: datetime,
    ) -> None:
        """Add snapshots, note what is deleted on the platform, and set the next reads: one step."""
        added = [
            {"publication": s.publication, "read": s.read, **asdict(s.counters)} for s in snapshots
        ]
        c = t.publications.c
        with self._database.writing() as connection:
            if added:
                connection.execute(insert(t.snapshots), added)
            for publication, at in next_reads.items():
                query = update(t.publications).where(c.id == publication).values(next_read=at)
                connection.execute(query)
            for publication in gone:
                query = update(t.publications).where(c.id == publication, c.gone.is_(None))
                connection.execute(query.values(gone=now, next_read=None))


def _snapshot(row: Row[Any]) -> Snapshot:
    counters = Counters(**{name: getattr(row, name) for name in rows.COUNTERS})
    return Snapshot(row.publication, row.read, counters)
