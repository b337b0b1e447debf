"""What reports draw on: what is out, what is known of it now, and what was known earlier.

A report never reads all the snapshots. Of each publication it takes what they come to, and for a
few earlier instants the snapshot that was the last one then, found by its index.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal, or_, select, true, union_all

from bot.model import PUBLIC, Counters, Latest
from bot.store import rows
from bot.store import tables as t
from bot.store.types import Instant, batched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, FromClause, Join, Select, Subquery

    from bot.model import Delivery, Part, Publication, Snapshot
    from bot.store.database import Database

_OUT = t.publications.join(t.deliveries, t.publications.c.delivery == t.deliveries.c.id)


@dataclass(frozen=True, slots=True)
class Which:
    """Which publications: of one campaign or all, published in [since, until)."""

    campaign: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> list[ColumnElement[bool]]:
        """Say it to the database."""
        found: list[ColumnElement[bool]] = []
        if self.campaign is not None:
            found.append(t.deliveries.c.campaign == self.campaign)
        if self.since is not None:
            found.append(t.publications.c.published >= self.since)
        if self.until is not None:
            found.append(t.publications.c.published < self.until)
        return found

    def meant(self, delivery: Delivery) -> bool:
        """Tell of what is not out whether it is of this campaign, and was due within that time."""
        campaign = self.campaign is None or delivery.campaign == self.campaign
        begun = self.since is None or delivery.due >= self.since
        return campaign and begun and (self.until is None or delivery.due < self.until)


class History:
    """What came of publications, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def published(self, which: Which) -> list[tuple[Publication, Part]]:
        """Give what is out, oldest first, each with the part of its post that it is."""
        c = t.publications.c
        query = select(*rows.PUBLICATION).select_from(_OUT).where(*which.where())
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(c.published, c.id)).all()
            return [rows.published(row) for row in found]

    def latest(self, which: Which) -> dict[int, Latest]:
        """Give what is known now of each publication that was ever read."""
        joined = _OUT.join(t.latest, t.latest.c.publication == t.publications.c.id)
        query = select(*rows.LATEST).select_from(joined).where(*which.where())
        with self._database.reading() as connection:
            return {row[0]: rows.latest(row) for row in connection.execute(query).all()}

    def known(
        self, which: Which, moments: Sequence[datetime]
    ) -> dict[datetime, dict[int, Counters]]:
        """Give the last known values of the public counters at each moment, by publication.

        Only of those that have been read since; of all others it is what is known now.
        """
        found: dict[datetime, dict[int, Counters]] = {moment: {} for moment in moments}
        partly: dict[int, list[datetime]] = defaultdict(list)
        if not moments:
            return found
        with self._database.reading() as connection:
            query = _at(which, moments, connection.dialect.name)
            for publication, place, more, *values in connection.execute(query).all():
                found[moments[place]][publication] = Counters(*values)
                if more:
                    partly[publication].append(moments[place])
            for publication, moment, counters in _complete(connection, partly):
                found[moment][publication] = counters
        return found


def _at(which: Which, moments: Sequence[datetime], dialect: str) -> Select[tuple[Any, ...]]:
    """Find the last snapshot of each publication at each moment.

    Gives the publication, the moment's place, whether the snapshot misses something that is known,
    and the public counters.
    """
    pair, now = _pairs(which, moments), t.latest.c
    joined, one = newest(pair, dialect)
    joined = joined.join(t.latest, now.publication == pair.c.id)
    missing = or_(*(one.c[name].is_(None) & now[name].is_not(None) for name in PUBLIC))
    columns = (pair.c.id, pair.c.place, missing, *(one.c[name] for name in PUBLIC))
    return select(*columns).select_from(joined)


def newest(pair: Subquery, dialect: str, *where: ColumnElement[bool]) -> tuple[Join, FromClause]:
    """Join pairs of a publication (``id``) and an instant (``at``) to its last snapshot by then.

    Each is found by the index of both. ``where`` says which snapshots count.
    """
    c = t.snapshots.c
    last = select(t.snapshots).where(c.publication == pair.c.id, c.read <= pair.c.at, *where)
    last = last.order_by(c.read.desc(), c.id.desc()).limit(1)
    if dialect == "postgresql":  # which would rather read all snapshots once than seek each
        lateral = last.lateral("one")
        return pair.join(lateral, true()), lateral
    one = t.snapshots.alias("one")
    seek = last.with_only_columns(c.id).correlate(pair).scalar_subquery()
    return pair.join(one, one.c.id == seek), one


def _pairs(which: Which, moments: Sequence[datetime]) -> Subquery:
    """Pair each publication with the moments at which it was out and still to be read again."""
    p = t.publications.c
    asked = (
        select(literal(place).label("place"), literal(moment, Instant()).label("at"))
        for place, moment in enumerate(moments)
    )
    when = union_all(*asked).subquery("asked")
    between = (when.c.at >= p.published) & (when.c.at < t.latest.c.read)
    joined = _OUT.join(t.latest, t.latest.c.publication == p.id).join(when, between)
    query = select(p.id, when.c.place, when.c.at).select_from(joined)
    return query.where(*which.where()).subquery("pair")


def _complete(
    connection: Connection, partly: Mapping[int, Sequence[datetime]]
) -> Iterator[tuple[int, datetime, Counters]]:
    """Read the whole history where the last snapshot did not tell all that an earlier one had."""
    c = t.snapshots.c
    for some in batched(sorted(partly)):
        query = select(t.snapshots).where(c.publication.in_(some)).order_by(c.read, c.id)
        histories: dict[int, list[Snapshot]] = defaultdict(list)
        for row in connection.execute(query):
            histories[row.publication].append(rows.snapshot(row))
        for publication, history in histories.items():
            for moment in partly[publication]:
                known = Latest.of(each for each in history if each.read <= moment)
                if known:
                    yield publication, moment, known.counters.public
