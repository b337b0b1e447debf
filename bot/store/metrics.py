"""What is out, and its counters over time: snapshots are added, and summed up as they come.

Reports read the sums (``bot.store.history``), so that they need not read all the snapshots.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from bot.model import Latest
from bot.store import rows
from bot.store import tables as t
from bot.store.types import batched

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from bot.model import Publication, Snapshot
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
        remote_ids: Collection[str] | None = None,
    ) -> list[Publication]:
        """Give what is out, oldest first; with ``read_by`` only what is to be read by then.

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

    def next_reads(self) -> dict[str, datetime]:
        """Give when something of each account is to be read next."""
        c = t.publications.c
        first = func.min(c.next_read, type_=c.next_read.type)
        query = select(c.account, first).where(c.gone.is_(None), c.next_read.is_not(None))
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(c.account))}

    def watched(self, account: str) -> int:
        """Count what is still being read of an account."""
        c = t.publications.c
        where = (c.account == account) & c.gone.is_(None) & c.next_read.is_not(None)
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).where(where)) or 0

    def known(self, publications: Sequence[int]) -> frozenset[int]:
        """Give those of these publications that were read at least once."""
        with self._database.reading() as connection:
            return frozenset(_latest(connection, publications))

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
            return [rows.snapshot(row) for row in connection.execute(query)]

    def record(
        self,
        snapshots: Iterable[Snapshot],
        next_reads: Mapping[int, datetime | None],
        gone: Iterable[int],
        now: datetime,
    ) -> None:
        """Add snapshots, note what is deleted on the platform, and set the next reads: one step."""
        some = list(snapshots)
        with self._database.writing() as connection:
            if some:
                _add(connection, some)
            c = t.publications.c
            for publication, at in next_reads.items():
                query = update(t.publications).where(c.id == publication).values(next_read=at)
                connection.execute(query)
            for publication in gone:
                query = update(t.publications).where(c.id == publication, c.gone.is_(None))
                connection.execute(query.values(gone=now, next_read=None))


def _add(connection: Connection, snapshots: Sequence[Snapshot]) -> None:
    """Add snapshots and what they come to; two that read the same post at once take turns."""
    ids = sorted({each.publication for each in snapshots})
    c = t.publications.c
    for some in batched(ids):
        query = select(c.id).where(c.id.in_(some)).order_by(c.id).with_for_update()
        connection.execute(query).all()
    values = [
        {"publication": s.publication, "read": s.read, **asdict(s.counters)} for s in snapshots
    ]
    connection.execute(insert(t.snapshots), values)
    known = _latest(connection, ids)
    added = defaultdict(list)
    for each in sorted(snapshots, key=lambda one: one.read):
        added[each.publication].append(each)
    now = [_summed(connection, known.get(one), added[one]) for one in ids]
    for some in batched(ids):
        connection.execute(delete(t.latest).where(t.latest.c.publication.in_(some)))
    connection.execute(insert(t.latest), [_row(each) for each in now])


def _latest(connection: Connection, publications: Sequence[int]) -> dict[int, Latest]:
    found: dict[int, Latest] = {}
    for some in batched(publications):
        where = t.latest.c.publication.in_(some)
        for row in connection.execute(select(*rows.LATEST).where(where)):
            found[row.publication] = rows.latest(row)
    return found


def _summed(connection: Connection, known: Latest | None, added: Sequence[Snapshot]) -> Latest:
    """Give what is known after these; all anew where the clock was set back between two reads."""
    if known and added[0].read < known.read:
        c = t.snapshots.c
        query = select(t.snapshots).where(c.publication == known.publication)
        added = [rows.snapshot(row) for row in connection.execute(query.order_by(c.read, c.id))]
        known = None
    for each in added:
        first = Latest(each.publication, each.read, each.counters)
        known = known.after(each) if known else first
    assert known is not None, "there is something added of each"
    return known


def _row(latest: Latest) -> dict[str, Any]:
    fell = " ".join(latest.fell)
    counters = asdict(latest.counters)
    return {"publication": latest.publication, "read": latest.read, **counters, "fell": fell}
