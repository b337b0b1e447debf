"""What is out, and its counters over time: snapshots, and the latest value of each counter.

Reports read the latest values (``bot.store.history``), so that they need not read all snapshots.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from bot.database import rows
from bot.database import tables as t
from bot.database.audit import record
from bot.database.types import batched, scalar_instant
from bot.model import LatestCounters

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from bot.database.opening import Database
    from bot.model import Publication, Snapshot


class Metrics:
    """Publications and snapshots in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publications(
        self,
        *,
        account: str | None = None,
        read_by: datetime | None = None,
        remote_ids: Collection[str] | None = None,
    ) -> list[Publication]:
        """Return what is out, oldest first; with ``read_by`` only what is to be read by then.

        With ``remote_ids``, only what has one of these ids on its platform.
        """
        c = t.publications.c
        conditions: list[ColumnElement[bool]] = []
        if account is not None:
            conditions.append(c.account == account)
        if read_by is not None:
            conditions += [c.gone.is_(None), c.next_read <= read_by]
        if remote_ids is not None:
            conditions.append(c.remote_id.in_(remote_ids))
        query = select(*rows.PUBLICATION_COLUMNS).select_from(rows.PUBLICATIONS_WITH_DELIVERIES)
        query = query.where(*conditions).order_by(c.published, c.id)
        with self._database.reading() as connection:
            return [rows.publication(row) for row in connection.execute(query)]

    def next_read(self, account: str) -> datetime | None:
        """Return when the account's counters are to be read next."""
        c = t.publications.c
        query = select(func.min(c.next_read)).where(c.account == account, c.gone.is_(None))
        with self._database.reading() as connection:
            return scalar_instant(connection, query)

    def next_reads(self) -> dict[str, datetime]:
        """Return when something of each account is to be read next."""
        c = t.publications.c
        first = func.min(c.next_read, type_=c.next_read.type)
        query = select(c.account, first).where(c.gone.is_(None), c.next_read.is_not(None))
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(c.account))}

    def count_watched(self, account: str) -> int:
        """Return how many of an account's publications are still being read."""
        c = t.publications.c
        where = (c.account == account) & c.gone.is_(None) & c.next_read.is_not(None)
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).where(where)) or 0

    def already_read(self, publications: Sequence[int]) -> frozenset[int]:
        """Return those of these publications that were read at least once."""
        with self._database.reading() as connection:
            return frozenset(_latest(connection, publications))

    def snapshots(
        self,
        publications: Collection[int] | None = None,
        since: datetime | None = None,
    ) -> list[Snapshot]:
        """Return the snapshots read since then, oldest first, of these publications or of all."""
        query = select(t.snapshots).order_by(t.snapshots.c.read, t.snapshots.c.id)
        if since is not None:
            query = query.where(t.snapshots.c.read >= since)
        if publications is not None:
            query = query.where(t.snapshots.c.publication.in_(publications))
        with self._database.reading() as connection:
            return [rows.snapshot(row) for row in connection.execute(query)]

    def record(
        self,
        snapshots: Iterable[Snapshot],
        next_reads: Mapping[int, datetime | None],
        gone: Iterable[int],
        now: datetime,
    ) -> None:
        """Add snapshots, record what is deleted on the platform, and set the next reads."""
        added = list(snapshots)
        with self._database.writing() as connection:
            if added:
                _add_snapshots(connection, added)
            c = t.publications.c
            for publication, at in next_reads.items():
                query = update(t.publications).where(c.id == publication).values(next_read=at)
                connection.execute(query)
            for publication in gone:
                query = update(t.publications).where(c.id == publication, c.gone.is_(None))
                connection.execute(query.values(gone=now, next_read=None))


def _add_snapshots(connection: Connection, snapshots: Sequence[Snapshot]) -> None:
    """Add snapshots, and update the latest values; two that read the same post take turns."""
    ids = sorted({snapshot.publication for snapshot in snapshots})
    c = t.publications.c
    for batch in batched(ids):
        query = select(c.id).where(c.id.in_(batch)).order_by(c.id).with_for_update()
        connection.execute(query).all()
    values = [
        {"publication": snapshot.publication, "read": snapshot.read, **asdict(snapshot.counters)}
        for snapshot in snapshots
    ]
    connection.execute(insert(t.snapshots), values)
    known = _latest(connection, ids)
    added = defaultdict(list)
    for snapshot in sorted(snapshots, key=lambda snapshot: snapshot.read):
        added[snapshot.publication].append(snapshot)
    updated = [
        _updated_latest(connection, known.get(publication), added[publication])
        for publication in ids
    ]
    for batch in batched(ids):
        connection.execute(delete(t.latest).where(t.latest.c.publication.in_(batch)))
    connection.execute(insert(t.latest), [_latest_values(latest) for latest in updated])


def _latest(connection: Connection, publications: Sequence[int]) -> dict[int, LatestCounters]:
    latest: dict[int, LatestCounters] = {}
    for batch in batched(publications):
        where = t.latest.c.publication.in_(batch)
        for row in connection.execute(select(*rows.LATEST_COLUMNS).where(where)):
            latest[row.publication] = rows.latest(row)
    return latest


def _updated_latest(
    connection: Connection, known: LatestCounters | None, added: Sequence[Snapshot]
) -> LatestCounters:
    """Return the latest values, from all snapshots if the clock was set back between two reads."""
    if known and added[0].read < known.read:
        c = t.snapshots.c
        query = select(t.snapshots).where(c.publication == known.publication)
        added = [rows.snapshot(row) for row in connection.execute(query.order_by(c.read, c.id))]
        known = None
    if known is None:
        known = LatestCounters.from_snapshots(added)
        assert known is not None, "at least one snapshot was added"
        return known
    for snapshot in added:
        known = known.after(snapshot)
    return known


def _latest_values(latest: LatestCounters) -> dict[str, Any]:
    values = {"publication": latest.publication, "read": latest.read, **asdict(latest.counters)}
    return {**values, "fell": " ".join(latest.fell)}


class OldSnapshots:
    """The snapshots that were read before an instant."""

    def __init__(self, database: Database, before: datetime) -> None:
        self._database = database
        self._old = t.snapshots.c.read < before
        self._before = before

    def count(self) -> int:
        """Return how many there are."""
        query = select(func.count()).select_from(t.snapshots).where(self._old)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def publications(self) -> list[int]:
        """Return the publications that may have some: those that were out by then."""
        c = t.publications.c
        query = select(c.id).where(c.published < self._before).order_by(c.id)
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def of_publications(self, publications: Sequence[int]) -> list[tuple[int, Snapshot]]:
        """Return those of some publications with their ids, each publication's oldest first."""
        c = t.snapshots.c
        query = select(t.snapshots).where(self._old, c.publication.in_(publications))
        query = query.order_by(c.publication, c.read, c.id)
        with self._database.reading() as connection:
            return [(row.id, rows.snapshot(row)) for row in connection.execute(query)]

    def drop(self, ids: Sequence[int]) -> int:
        """Delete these for good; return how many existed."""
        deleted = 0
        with self._database.writing() as connection:
            for batch in batched(ids):
                query = delete(t.snapshots).where(self._old, t.snapshots.c.id.in_(batch))
                deleted += connection.execute(query).rowcount
        return deleted

    def log_removal(self, who: str, dropped: int, now: datetime) -> None:
        """Record in the audit log that snapshots were deleted."""
        detail = {"before": self._before.isoformat(), "dropped": dropped}
        record(self._database, who, "thinned", "snapshots", detail, now)
