"""What a team has been told, and what it is still to be told: once for each channel.

A row is there before anything is sent, unique by what happened and by channel. Sending takes a
claim first, which moves the next try on: of several workers one sends, and after a crash the row is
tried again later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, literal, or_, select, update

from bot.store import meta, rows
from bot.store import tables as t
from bot.store.history import newest
from bot.store.types import Instant, batched, insert_new

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import timedelta

    from sqlalchemy import Row

    from bot.model import Delivery, Publication, Snapshot, State
    from bot.store.database import Database


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to tell on one channel; ``tries`` counts the claims so far."""

    id: int
    key: str
    channel: str
    kind: str
    text: str
    noted: datetime
    tries: int = 0


class Alerts:
    """The alerts in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begun(self, channel: str, now: datetime) -> datetime:
        """Give since when the channel is there; from now on, where it is new.

        One that began in the future (the clock was ahead then) begins now.
        """
        key = f"alerts:begun:{channel}"
        with self._database.reading() as connection:
            found = meta.get(connection, key)
        if found and (since := datetime.fromisoformat(found)) <= now:
            return since
        with self._database.writing() as connection:
            meta.put(connection, key, now.isoformat())
        return now

    def known(self, channel: str, keys: Collection[str]) -> set[str]:
        """Give which of these keys are noted for the channel already."""
        c, wanted, found = t.alerts.c, list(keys), set[str]()
        with self._database.reading() as connection:
            for some in batched(wanted):
                query = select(c.key).where(c.channel == channel, c.key.in_(some))
                found |= set(connection.scalars(query))
        return found

    def note(self, wanted: Iterable[tuple[str, str, str, str]], now: datetime) -> None:
        """Note (key, channel, kind, text) to be told; what is noted already stays as it is."""
        added = [
            {"key": key, "channel": channel, "kind": kind, "text": text}
            | {"noted": now, "not_before": now, "tries": 0}
            for key, channel, kind, text in wanted
        ]
        if added:
            with self._database.writing() as connection:
                query = insert_new(connection, t.alerts, ["key", "channel"])
                connection.execute(query, added)

    def due(self, now: datetime, most_tries: int, longest: timedelta) -> list[Alert]:
        """Give what is to be told now, oldest first.

        What waits for longer than the ``longest`` wait was set by a clock that was ahead: due too.
        """
        c = t.alerts.c
        when = or_(c.not_before <= now, c.not_before > now + longest)
        where = c.sent.is_(None) & (c.tries < most_tries) & when
        with self._database.reading() as connection:
            found = connection.execute(select(t.alerts).where(where).order_by(c.id))
            return [_alert(row) for row in found]

    def claim(self, alerts: Iterable[Alert], again: datetime) -> list[Alert]:
        """Take these for a try; give those that nobody else took. ``again`` is the next try."""
        c = t.alerts.c
        taken = []
        with self._database.writing() as connection:
            for one in alerts:
                where = (c.id == one.id) & (c.tries == one.tries) & c.sent.is_(None)
                query = update(t.alerts).where(where)
                values = {"tries": one.tries + 1, "not_before": again}
                if connection.execute(query.values(values)).rowcount:
                    taken.append(one)
        return taken

    def sent(self, alerts: Iterable[Alert], now: datetime) -> None:
        """Say that these have been told."""
        where = t.alerts.c.id.in_([one.id for one in alerts])
        with self._database.writing() as connection:
            connection.execute(update(t.alerts).where(where).values(sent=now))

    # --- what there may be to tell ---

    def ended(self, states: Collection[State], since: datetime) -> list[Delivery]:
        """Give the deliveries that came into one of these states since then, oldest first."""
        c = t.deliveries.c
        where = c.state.in_(states) & (c.changed >= since)
        query = select(*rows.DELIVERY).where(where).order_by(c.due, c.id)
        with self._database.reading() as connection:
            return [rows.delivery(row) for row in connection.execute(query)]

    def firsts(
        self, account: str, since: datetime, until: datetime, limit: int | None = None
    ) -> list[Publication]:
        """Give the account's first parts that were published in [since, until), newest first."""
        c = t.publications.c
        joined = t.publications.join(t.deliveries, c.delivery == t.deliveries.c.id)
        where = (c.account == account) & (c.part == 0) & (c.published >= since)
        query = select(*rows.PUBLICATION).select_from(joined)
        query = query.where(where, c.published < until).order_by(c.published.desc(), c.id.desc())
        with self._database.reading() as connection:
            return [rows.publication(row) for row in connection.execute(query.limit(limit))]

    def standing(self, at: datetime) -> dict[int, Snapshot]:
        """Give of each publication its last reading of counters that is no later than ``at``."""
        c, out = t.snapshots.c, t.publications.c
        counted = func.coalesce(c.impressions, c.likes, c.reposts, c.replies).is_not(None)
        pair = select(out.id, literal(at, Instant()).label("at")).where(out.published <= at)
        with self._database.reading() as connection:
            joined, one = newest(pair.subquery(), connection.dialect.name, counted)
            found = connection.execute(select(*one.c).select_from(joined))
            return {row.publication: rows.snapshot(row) for row in found}


def _alert(row: Row[Any]) -> Alert:
    return Alert(row.id, row.key, row.channel, row.kind, row.text, row.noted, row.tries)
