"""Publications, and their counters: snapshots over time, and the latest value of each counter.

A report never reads all the snapshots. It reads the latest counters of each publication, and for a
few earlier instants the last snapshot by then, which an index finds.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, literal, or_, select, true, union_all, update

from bot.database import rows
from bot.database import tables as t
from bot.database.types import Instant, batched
from bot.model import EVERYTHING, PUBLIC_COUNTERS, Counters, Snapshot
from bot.store.blank_reads import BlankReads
from bot.store.poll_votes import put_votes, read_votes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, FromClause, Select

    from bot.database.connections import Database
    from bot.model import Delivery, Part, PollVotes, Publication, Scope

_OUT = rows.PUBLICATIONS_WITH_DELIVERIES


@dataclass(frozen=True, slots=True)
class PublicationFilter:
    """A choice of publications: of one campaign or all, published in [since, until)."""

    campaign: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    scope: Scope = EVERYTHING
    """Only what a person sees, or of some accounts."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions of a query."""
        conditions: list[ColumnElement[bool]] = [rows.in_scope(self.scope)]
        if self.campaign is not None:
            conditions.append(t.deliveries.c.campaign == self.campaign)
        if self.since is not None:
            conditions.append(t.publications.c.published >= self.since)
        if self.until is not None:
            conditions.append(t.publications.c.published < self.until)
        return conditions

    def includes(self, delivery: Delivery) -> bool:
        """Return whether a delivery is of this campaign, and due within that time."""
        return (
            self.scope.sees(delivery.campaign, delivery.account)
            and (self.campaign is None or delivery.campaign == self.campaign)
            and (self.since is None or delivery.due >= self.since)
            and (self.until is None or delivery.due < self.until)
        )


class Metrics:
    """Publications and their counters, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.blank_reads = BlankReads(database)

    # --- reading counters ---

    def publications(
        self,
        *,
        account: str | None = None,
        read_by: datetime | None = None,
        remote_ids: Collection[str] | None = None,
    ) -> list[Publication]:
        """Return the publications, oldest first.

        ``read_by`` leaves those whose next read is due by then, ``remote_ids`` those with one of
        these ids on the platform.
        """
        c = t.publications.c
        conditions: list[ColumnElement[bool]] = []
        if account is not None:
            conditions.append(c.account == account)
        if read_by is not None:
            conditions += [c.gone.is_(None), c.next_read <= read_by]
        if remote_ids is not None:
            conditions.append(c.remote_id.in_(remote_ids))
        query = rows.select_publications(*conditions)
        return [rows.publication(row) for row in self._database.read(query)]

    def next_reads(self) -> dict[str, datetime]:
        """Return the earliest next read of each account's publications."""
        c = t.publications.c
        first = func.min(c.next_read, type_=c.next_read.type)
        query = select(c.account, first).where(c.gone.is_(None), c.next_read.is_not(None))
        return {row[0]: row[1] for row in self._database.read(query.group_by(c.account))}

    def count_watched(self, account: str) -> int:
        """Return how many of an account's publications are still being read."""
        c = t.publications.c
        where = (c.account == account) & c.gone.is_(None) & c.next_read.is_not(None)
        return self._database.read_value(select(func.count()).where(where)) or 0

    def known(self, publications: Sequence[int]) -> dict[int, Snapshot]:
        """Return the latest counters of these publications, if they were ever read."""
        with self._database.reading() as connection:
            return _latest(connection, publications)

    def next_parts(self, publications: Sequence[int]) -> dict[int, int]:
        """Return the id of the next part of each publication's thread, unless that is gone."""
        found: dict[int, int] = {}
        c, following = t.publications.c, t.publications.alias("following")
        is_next = (following.c.delivery == c.delivery) & (following.c.part == c.part + 1)
        joined = t.publications.join(following, is_next)
        query = select(c.id, following.c.id).select_from(joined).where(following.c.gone.is_(None))
        with self._database.reading() as connection:
            for batch in batched(publications):
                found.update(map(tuple, connection.execute(query.where(c.id.in_(batch)))))
        return found

    def snapshots(
        self,
        publications: Collection[int] | None = None,
        since: datetime | None = None,
    ) -> list[Snapshot]:
        """Return the snapshots of these publications or all, read since then, oldest first."""
        query = select(t.snapshots).order_by(t.snapshots.c.read, t.snapshots.c.id)
        if since is not None:
            query = query.where(t.snapshots.c.read >= since)
        if publications is not None:
            query = query.where(t.snapshots.c.publication.in_(publications))
        return [rows.snapshot(row) for row in self._database.read(query)]

    def record(
        self,
        snapshots: Iterable[Snapshot],
        next_reads: Mapping[int, datetime | None],
        gone: Iterable[int],
        now: datetime,
        votes: Mapping[int, PollVotes] | None = None,
    ) -> None:
        """Add snapshots, mark publications that are gone from the platform, and set the next reads.

        ``votes`` are those of the polls among the publications.
        """
        added = list(snapshots)
        with self._database.writing() as connection:
            if added:
                _add_snapshots(connection, added)
            if votes:
                put_votes(connection, votes)
            c = t.publications.c
            for publication, at in next_reads.items():
                query = update(t.publications).where(c.id == publication).values(next_read=at)
                connection.execute(query)
            for publication in gone:
                query = update(t.publications).where(c.id == publication, c.gone.is_(None))
                connection.execute(query.values(gone=now, next_read=None))

    # --- for reports ---

    def published(self, which: PublicationFilter) -> list[tuple[Publication, Part]]:
        """Return the publications, oldest first, each with its part of the post."""
        query = rows.select_publications(*which.conditions())
        return [rows.publication_with_part(row) for row in self._database.read(query)]

    def latest(self, which: PublicationFilter) -> dict[int, Snapshot]:
        """Return the latest counters of each publication that was ever read."""
        joined = _OUT.join(t.latest, t.latest.c.publication == t.publications.c.id)
        query = select(*rows.LATEST_COLUMNS).select_from(joined).where(*which.conditions())
        return {row[0]: rows.latest(row) for row in self._database.read(query)}

    def votes(self, which: PublicationFilter) -> dict[int, PollVotes]:
        """Return the last known votes of each poll that was ever read."""
        return read_votes(self._database, *which.conditions())

    def known_at(
        self, which: PublicationFilter, moments: Sequence[datetime]
    ) -> dict[datetime, dict[int, Snapshot]]:
        """Return the public counters that were known at each moment, by publication.

        Publications that were not read since are left out: their latest counters hold.
        """
        known: dict[datetime, dict[int, Snapshot]] = {moment: {} for moment in moments}
        incomplete: dict[int, list[datetime]] = defaultdict(list)
        if not moments:
            return known
        with self._database.reading() as connection:
            query = _snapshots_query(which, moments, connection.dialect.name)
            for id_, place, missing, read, *values in connection.execute(query).all():
                known[moments[place]][id_] = Snapshot(id_, read, Counters(*values))
                if missing:
                    incomplete[id_].append(moments[place])
            for moment, complete in _complete_counters(connection, incomplete):
                known[moment][complete.publication] = complete
        return known


def _add_snapshots(connection: Connection, snapshots: Sequence[Snapshot]) -> None:
    """Add snapshots, and update the latest values; transactions for the same post take turns."""
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
    rows_of_latest = [
        {
            "publication": latest.publication,
            "read": latest.read,
            **asdict(latest.counters),
            "fell": " ".join(latest.fell),
        }
        for latest in updated
    ]
    connection.execute(insert(t.latest), rows_of_latest)


def _latest(connection: Connection, publications: Sequence[int]) -> dict[int, Snapshot]:
    latest: dict[int, Snapshot] = {}
    for batch in batched(publications):
        where = t.latest.c.publication.in_(batch)
        for row in connection.execute(select(*rows.LATEST_COLUMNS).where(where)):
            latest[row.publication] = rows.latest(row)
    return latest


def _updated_latest(
    connection: Connection, known: Snapshot | None, added: Sequence[Snapshot]
) -> Snapshot:
    if known and added[0].read < known.read:
        # The clock was set back since the last read.
        c = t.snapshots.c
        query = select(t.snapshots).where(c.publication == known.publication)
        added = [rows.snapshot(row) for row in connection.execute(query.order_by(c.read, c.id))]
        known = None
    latest = Snapshot.summed([known, *added] if known else added)
    assert latest is not None, "at least one snapshot was added"
    return latest


def _snapshots_query(
    which: PublicationFilter, moments: Sequence[datetime], dialect: str
) -> Select[tuple[Any, ...]]:
    """Select the last snapshot at each moment, of publications that were out and read since.

    The columns are the publication, the moment's place, whether the snapshot lacks a counter that
    is known now, when it was read, and the public counters.
    """
    p, now = t.publications.c, t.latest.c
    numbered = (
        select(literal(place).label("place"), literal(moment, Instant()).label("at"))
        for place, moment in enumerate(moments)
    )
    when = union_all(*numbered).subquery("moments")
    between = (when.c.at >= p.published) & (when.c.at < now.read)
    out = _OUT.join(t.latest, now.publication == p.id).join(when, between)
    pairs = select(p.id, when.c.place, when.c.at).select_from(out).where(*which.conditions())
    pair, c = pairs.subquery("pair"), t.snapshots.c
    # The index of both columns finds each.
    seek = select(t.snapshots).where(c.publication == pair.c.id, c.read <= pair.c.at)
    seek = seek.order_by(c.read.desc(), c.id.desc()).limit(1)
    last: FromClause
    if dialect == "postgresql":  # which would otherwise read all snapshots instead of seeking each
        last = seek.lateral("last")
        joined = pair.join(last, true())
    else:
        last = t.snapshots.alias("last")
        found = seek.with_only_columns(c.id).correlate(pair).scalar_subquery()
        joined = pair.join(last, last.c.id == found)
    joined = joined.join(t.latest, now.publication == pair.c.id)
    missing = or_(*(last.c[name].is_(None) & now[name].is_not(None) for name in PUBLIC_COUNTERS))
    values = (last.c[name] for name in PUBLIC_COUNTERS)
    columns = (pair.c.id, pair.c.place, missing, last.c.read, *values)
    return select(*columns).select_from(joined)


def _complete_counters(
    connection: Connection, incomplete: Mapping[int, Sequence[datetime]]
) -> Iterator[tuple[datetime, Snapshot]]:
    """Yield the counters of publications whose last snapshot lacks one, from all snapshots."""
    c = t.snapshots.c
    for batch in batched(sorted(incomplete)):
        query = select(t.snapshots).where(c.publication.in_(batch)).order_by(c.read, c.id)
        histories: dict[int, list[Snapshot]] = defaultdict(list)
        for row in connection.execute(query):
            histories[row.publication].append(rows.snapshot(row))
        for publication, history in histories.items():
            for moment in incomplete[publication]:
                known = Snapshot.summed(item for item in history if item.read <= moment)
                if known:
                    public = [getattr(known.counters, name) for name in PUBLIC_COUNTERS]
                    yield moment, Snapshot(publication, known.read, Counters(*public))
