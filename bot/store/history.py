"""What reports are based on: what is out, its counters now, and its counters earlier.

A report never reads all the snapshots. It reads the latest counters of each publication, and for a
few earlier instants the last snapshot by then, found by its index.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal, or_, select, true, union_all

from bot.database import rows
from bot.database import tables as t
from bot.database.types import Instant, batched
from bot.model import PUBLIC_COUNTERS, Counters, LatestCounters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, FromClause, Join, Select, Subquery

    from bot.database.opening import Database
    from bot.model import Delivery, Part, Publication, Snapshot

_OUT = rows.PUBLICATIONS_WITH_DELIVERIES


@dataclass(frozen=True, slots=True)
class PublicationFilter:
    """Which publications: of one campaign or all, published in [since, until)."""

    campaign: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions for the database."""
        conditions: list[ColumnElement[bool]] = []
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
            (self.campaign is None or delivery.campaign == self.campaign)
            and (self.since is None or delivery.due >= self.since)
            and (self.until is None or delivery.due < self.until)
        )


class History:
    """Publications and their counters, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def published(self, which: PublicationFilter) -> list[tuple[Publication, Part]]:
        """Return what is out, oldest first, each with its part of the post."""
        c = t.publications.c
        query = select(*rows.PUBLICATION_COLUMNS).select_from(_OUT).where(*which.conditions())
        query = query.order_by(c.published, c.id)
        with self._database.reading() as connection:
            return [rows.publication_with_part(row) for row in connection.execute(query).all()]

    def latest(self, which: PublicationFilter) -> dict[int, LatestCounters]:
        """Return the counters now of each publication that was ever read."""
        joined = _OUT.join(t.latest, t.latest.c.publication == t.publications.c.id)
        query = select(*rows.LATEST_COLUMNS).select_from(joined).where(*which.conditions())
        with self._database.reading() as connection:
            return {row[0]: rows.latest(row) for row in connection.execute(query).all()}

    def counters_at(
        self, which: PublicationFilter, moments: Sequence[datetime]
    ) -> dict[datetime, dict[int, Counters]]:
        """Return the last known values of the public counters at each moment, by publication.

        Only for publications that have been read since; for all others those are the values now.
        """
        counters: dict[datetime, dict[int, Counters]] = {moment: {} for moment in moments}
        incomplete: dict[int, list[datetime]] = defaultdict(list)
        if not moments:
            return counters
        with self._database.reading() as connection:
            query = _snapshots_query(which, moments, connection.dialect.name)
            for publication, place, missing, *values in connection.execute(query).all():
                counters[moments[place]][publication] = Counters(*values)
                if missing:
                    incomplete[publication].append(moments[place])
            for publication, moment, complete in _complete_counters(connection, incomplete):
                counters[moment][publication] = complete
        return counters


def _snapshots_query(
    which: PublicationFilter, moments: Sequence[datetime], dialect: str
) -> Select[tuple[Any, ...]]:
    """Select the last snapshot of each publication at each moment.

    The columns are the publication, the moment's place, whether the snapshot lacks a counter that
    is known, and the public counters.
    """
    pair, now = _pairs(which, moments), t.latest.c
    joined, last = join_last_snapshots(pair, dialect)
    joined = joined.join(t.latest, now.publication == pair.c.id)
    missing = or_(*(last.c[name].is_(None) & now[name].is_not(None) for name in PUBLIC_COUNTERS))
    columns = (pair.c.id, pair.c.place, missing, *(last.c[name] for name in PUBLIC_COUNTERS))
    return select(*columns).select_from(joined)


def join_last_snapshots(
    pair: Subquery, dialect: str, *where: ColumnElement[bool]
) -> tuple[Join, FromClause]:
    """Join pairs of a publication (``id``) and an instant (``at``) to its last snapshot by then.

    Each is found by the index of both columns. ``where`` are conditions on the snapshots.
    """
    c = t.snapshots.c
    last = select(t.snapshots).where(c.publication == pair.c.id, c.read <= pair.c.at, *where)
    last = last.order_by(c.read.desc(), c.id.desc()).limit(1)
    if dialect == "postgresql":  # which would otherwise read all snapshots instead of seeking each
        lateral = last.lateral("last")
        return pair.join(lateral, true()), lateral
    alias = t.snapshots.alias("last")
    seek = last.with_only_columns(c.id).correlate(pair).scalar_subquery()
    return pair.join(alias, alias.c.id == seek), alias


def _pairs(which: PublicationFilter, moments: Sequence[datetime]) -> Subquery:
    """Pair each publication with the moments at which it was out and still to be read again."""
    p = t.publications.c
    numbered = (
        select(literal(place).label("place"), literal(moment, Instant()).label("at"))
        for place, moment in enumerate(moments)
    )
    when = union_all(*numbered).subquery("moments")
    between = (when.c.at >= p.published) & (when.c.at < t.latest.c.read)
    joined = _OUT.join(t.latest, t.latest.c.publication == p.id).join(when, between)
    query = select(p.id, when.c.place, when.c.at).select_from(joined)
    return query.where(*which.conditions()).subquery("pair")


def _complete_counters(
    connection: Connection, incomplete: Mapping[int, Sequence[datetime]]
) -> Iterator[tuple[int, datetime, Counters]]:
    """Read the whole history where the last snapshot lacks a counter that an earlier one had."""
    c = t.snapshots.c
    for batch in batched(sorted(incomplete)):
        query = select(t.snapshots).where(c.publication.in_(batch)).order_by(c.read, c.id)
        histories: dict[int, list[Snapshot]] = defaultdict(list)
        for row in connection.execute(query):
            histories[row.publication].append(rows.snapshot(row))
        for publication, history in histories.items():
            for moment in incomplete[publication]:
                known = LatestCounters.from_snapshots(
                    snapshot for snapshot in history if snapshot.read <= moment
                )
                if known:
                    yield publication, moment, known.counters.public_only
