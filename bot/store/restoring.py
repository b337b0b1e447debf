"""Safe start: a database that may be behind is paused until the timelines have been read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, insert, select, update

from bot.model import Cause, Hold, ScheduleKind, State
from bot.store import doubts, meta, rows
from bot.store import tables as t
from bot.store.audit import GROUNDSWELL, record
from bot.store.claiming import same
from bot.store.identity import Marks, renew
from bot.store.settled import write

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from bot.model import Delivery, Settlement
    from bot.store.database import Database

MARGIN = timedelta(hours=1)
"""How long before the last attempt that the database knows of its gap may have begun."""

BELIEVED_UNSENT = (State.SCHEDULED, State.MISSED, State.EXPIRED)
"""By these states nothing is out; in a database that is behind, they may be wrong."""

_KEY = "safe_start"


@dataclass(frozen=True, slots=True)
class SafeStart:
    """One that is not over: its pause, and from when on the database may know nothing."""

    pause: int
    since: datetime
    why: str


class Restoring:
    """Sets, reads and ends the safe start of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._marks = Marks(database)

    def doubt(self) -> str | None:
        """Say why this may not be the database that was worked on last; None where it is."""
        return self._marks.doubt()

    def begin(self, why: str, now: datetime) -> SafeStart:
        """Pause everything, and remember from when on the timelines are to be read.

        One that is not over yet goes on as it is.
        """
        mark = self._marks.read()
        with self._database.writing() as connection:
            start = _pending(connection)
            if start is None:
                start = _begin(connection, why, now)
                doubts.begin(connection, start.since if _sent(connection) else _long_ago(now))
            renewed = renew(connection, mark)
            detail = {"why": why, "since": start.since}
            record(connection, GROUNDSWELL, "safe start", "all", detail, now)
        self._marks.keep(renewed)
        return start

    def fresh(self, accounts: Collection[str], now: datetime) -> None:
        """Doubt posts in queue slots of accounts that the database has not heard of before.

        Whether they are out it cannot know: it is new, or the account was renamed.
        """
        with self._database.writing() as connection:
            if new := doubts.newly_known(connection, accounts):
                doubts.begin(connection, _long_ago(now), new)

    def slots(self) -> tuple[doubts.SlotDoubt | None, list[Delivery]]:
        """Give the doubt about posts in queue slots, and which of them wait, by account."""
        c = t.deliveries.c
        where = (c.state == State.SCHEDULED) & (c.kind == ScheduleKind.SLOT)
        query = select(*rows.DELIVERY).where(where).order_by(c.account, c.due, c.id)
        with self._database.reading() as connection:
            doubt = doubts.read(connection)
            if doubt is None or doubt.keys is None:
                return doubt, []
            found = [rows.delivery(row) for row in connection.execute(query)]
        return doubt, [one for one in found if doubt.covers(one)]

    def name_slots(self, keys: Mapping[str, str]) -> None:
        """Keep which posts in queue slots the files name, if the doubt does not know them yet.

        ``keys`` has the account of each.
        """
        with self._database.reading() as connection:
            doubt = doubts.read(connection)
        if doubt and doubt.keys is None:
            with self._database.writing() as connection:
                doubts.name(connection, keys)

    def dismiss(self, keys: Collection[str]) -> None:
        """Take them out of doubt: the timeline has told."""
        with self._database.writing() as connection:
            doubts.dismiss(connection, keys)

    def pending(self) -> SafeStart | None:
        """Give the safe start that is not over; None too where a person has lifted its pause."""
        with self._database.reading() as connection:
            return _pending(connection)

    def end(self, start: SafeStart, adopted: int, now: datetime) -> bool:
        """Lift its pause, and no other; False where it is over already."""
        c = t.pauses.c
        query = update(t.pauses).where(c.id == start.pause, c.lifted.is_(None))
        with self._database.writing() as connection:
            lifted = connection.execute(query.values(lifted=now, lifted_by=GROUNDSWELL)).rowcount
            meta.drop(connection, _KEY)
            if lifted:
                detail = {"found": adopted}
                record(connection, GROUNDSWELL, "safe start over", "all", detail, now)
        return bool(lifted)

    def candidates(self, start: SafeStart, now: datetime) -> list[Delivery]:
        """Give what was due since then and does not count as out, by account and due instant."""
        c = t.deliveries.c
        where = c.state.in_(BELIEVED_UNSENT) & (c.due >= start.since) & (c.due <= now)
        query = select(*rows.DELIVERY).where(where).order_by(c.account, c.due, c.id)
        with self._database.reading() as connection:
            return [rows.delivery(row) for row in connection.execute(query)]

    def settle(self, delivery: Delivery, settlement: Settlement, now: datetime) -> bool:
        """Settle one of them by what the timeline has shown; False where it has moved on."""
        with self._database.writing() as connection:
            mine = t.deliveries.c.state.in_(BELIEVED_UNSENT) & same(delivery, delivery.fence)
            return write(connection, delivery, settlement, mine, now, fence=delivery.fence + 1)


def _sent(connection: Connection) -> bool:
    return bool(connection.scalar(select(exists().where(t.attempts.c.id > 0))))


def _long_ago(now: datetime) -> datetime:
    return now - doubts.LOOK_BACK


def _begin(connection: Connection, why: str, now: datetime) -> SafeStart:
    last: datetime | None = connection.scalar(select(func.max(t.attempts.c.opened)))
    first: datetime | None = connection.scalar(select(func.min(t.deliveries.c.created)))
    since = (last or first or now) - MARGIN
    words = (
        f"safe start, since {why}. Nothing is sent until every account's timeline has been read. "
        "If this stays: groundswell accounts check; or look at the accounts' pages yourself, drop "
        "what is out, and then groundswell resume"
    )
    # Beside a person's pause of everything, if there is one: each is lifted on its own.
    hold = Hold("all", "", words, Cause.RESTORED)
    values = {**asdict(hold), "who": GROUNDSWELL, "since": now}
    pause = connection.execute(insert(t.pauses).values(values).returning(t.pauses.c.id))
    start = SafeStart(pause.scalar_one(), since, why)
    said = {"pause": start.pause, "since": since.isoformat(), "why": why}
    meta.put(connection, _KEY, json.dumps(said))
    return start


def _pending(connection: Connection) -> SafeStart | None:
    found = meta.get(connection, _KEY)
    if found is None:
        return None
    said = json.loads(found)
    c = t.pauses.c
    query = select(c.id).where(c.id == said["pause"], c.lifted.is_(None))
    if connection.scalar(query) is None:  # a person has decided that it is over
        return None
    return SafeStart(said["pause"], datetime.fromisoformat(said["since"]), said["why"])
