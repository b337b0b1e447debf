"""The wire's side of the queue: intent before, outcome after, both guarded by the fence.

A claim, its frozen payload and the open attempt are one transaction, on disk once the block of
``claiming`` ends. Whatever closes an attempt must name the fence it was claimed with: a worker that
slept through its lease changes nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, and_, func, insert, or_, select, update

from bot.model import PLANNED, Settlement, State
from bot.store import rows
from bot.store import tables as t
from bot.store.claiming import Claiming, same
from bot.store.identity import Marks, advance
from bot.store.settled import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from bot.model import Attempt, Delivery, Look
    from bot.store.claiming import Answer
    from bot.store.database import Database


UNSETTLED = (State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN)
"""Where a delivery stands of which nobody can say whether its last part is out."""


_COMPARED = tuple(name for name in PLANNED if name != "content")


class Sending:
    """Claims, attempts and what became of them. ``owner`` names this worker."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._marks = Marks(database)
        self.owner = owner

    @contextmanager
    def claiming(self) -> Iterator[Claiming]:
        """Give a transaction that claims, and closes: on disk, all of it, once the block ends."""
        with self._database.writing() as connection:
            claiming = Claiming(connection, self.owner)
            yield claiming
            mark = advance(connection) if claiming.claimed and self._marks.wanted else None
        claiming.on_disk = True
        if mark:  # never ahead of the database, and on disk before anything is sent
            self._marks.keep(mark)

    def rest(self) -> None:
        """Nothing more is sent for a while; see ``Marks.rest``. Raises StoreError."""
        self._marks.rest()

    @property
    def _shared(self) -> bool:
        """Tell whether workers on other machines, with clocks of their own, may work on it."""
        return self._database.engine.dialect.name == "postgresql"

    @staticmethod
    def _database_now() -> ColumnElement[datetime]:
        return func.clock_timestamp(type_=DateTime(timezone=True))

    def close(self, answers: Sequence[Answer], now: datetime) -> list[bool]:
        """Write what came of sends, and no more; see ``Claiming.close``. Raises StoreError."""
        with self.claiming() as claiming:
            return claiming.close(answers, now)

    def give_up(self, delivery: Delivery, settlement: Settlement, now: datetime) -> bool:
        """Settle a scheduled delivery that was never claimed: missed, expired, upload refused."""
        with self._database.writing() as connection:
            mine = (t.deliveries.c.state == State.SCHEDULED) & same(delivery, delivery.fence)
            return write(connection, delivery, settlement, mine & unchanged(delivery), now)

    # --- after a crash ---

    def orphans(self, now: datetime, *, sole: bool) -> list[tuple[Delivery, Attempt | None]]:
        """Give deliveries in ``sending`` that nobody works on, with the open attempt of each.

        With ``sole`` (this worker holds the database alone) every one of another owner is an
        orphan; otherwise only those whose lease has passed, on PostgreSQL by the database's clock.
        """
        c = t.deliveries.c
        dead = c.lease_until < (self._database_now() if self._shared else now)
        if sole:
            dead = or_(dead, c.owner != self.owner)
        query = select(*rows.DELIVERY).where(c.state == State.SENDING, dead).order_by(c.id)
        with self._database.reading() as connection:
            found = [rows.delivery(row) for row in connection.execute(query)]
            return [(delivery, _open_attempt(connection, delivery.id)) for delivery in found]

    def rescue(
        self,
        delivery: Delivery,
        attempt: Attempt | None,
        settlement: Settlement,
        now: datetime,
    ) -> bool:
        """Settle an orphan; its fence rises, so that its old owner can write nothing any more."""
        with self._database.writing() as connection:
            mine = (t.deliveries.c.state == State.SENDING) & same(delivery, delivery.fence)
            if not write(connection, delivery, settlement, mine, now, fence=delivery.fence + 1):
                return False
            if attempt:
                closing = {"closed": now, "outcome": "unknown", "detail": settlement.reason}
                row = t.attempts.c.id == attempt.id
                connection.execute(update(t.attempts).where(row).values(closing))
        return True

    # --- looking for the unknown ---

    def unknown_due(self, now: datetime) -> list[tuple[Delivery, Attempt]]:
        """Give the unknown deliveries to look for by now, each with its last attempt."""
        c = t.deliveries.c
        where = (c.state == State.UNKNOWN) & (c.not_before <= now)
        query = select(*rows.DELIVERY).where(where).order_by(c.not_before)
        with self._database.reading() as connection:
            found = [rows.delivery(row) for row in connection.execute(query)]
            return [(delivery, _last_attempt(connection, delivery.id)) for delivery in found]

    def next_look(self) -> datetime | None:
        """Give when the next unknown delivery is to be looked for."""
        c = t.deliveries.c
        query = select(func.min(c.not_before)).where(c.state == State.UNKNOWN)
        with self._database.reading() as connection:
            found: datetime | None = connection.scalar(query)
        return found

    def next_lease_end(self) -> datetime | None:
        """Give when the next claim is good no more: who made it may have died."""
        c = t.deliveries.c
        query = select(func.min(c.lease_until)).where(c.state == State.SENDING)
        with self._database.reading() as connection:
            found: datetime | None = connection.scalar(query)
        return found

    def first_opened(self, delivery: int, part: int) -> datetime | None:
        """Give when this part was first attempted: it may be visible since then."""
        c = t.attempts.c
        where = (c.delivery == delivery) & (c.part == part)
        with self._database.reading() as connection:
            found: datetime | None = connection.scalar(select(func.min(c.opened)).where(where))
        return found

    def known_ids(self, account: str) -> frozenset[str]:
        """Give the platform's ids that belong to a delivery already."""
        query = select(t.publications.c.remote_id).where(t.publications.c.account == account)
        with self._database.reading() as connection:
            return frozenset(connection.scalars(query))

    def unsettled(self, delivery: Delivery) -> list[str]:
        """Return what was sent for the account's other deliveries that may or may not be out."""
        a, d = t.attempts.c, t.deliveries.c
        query = select(a.payload).distinct().join(t.deliveries, d.id == a.delivery)
        query = query.where(a.account == delivery.account, a.delivery != delivery.id)
        query = query.where(a.part == d.next_part, d.state.in_(UNSETTLED))
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def looked(self, attempt: Attempt, look: Look) -> None:
        """Keep what a look has shown: it is the evidence that a person will ask for."""
        values = {
            "attempt": attempt.id,
            "at": look.at,
            "readable": int(look.readable),
            "matches": rows.matches_json(look.matches),
            "evidence": look.evidence,
        }
        with self._database.writing() as connection:
            connection.execute(insert(t.looks).values(values))

    def resolve(
        self,
        delivery: Delivery,
        settlement: Settlement,
        now: datetime,
        *,
        resent: bool = False,
        by: str | None = None,
        allowed: bool = False,
    ) -> bool:
        """Settle an unknown delivery, or one that a person decided on: ``by`` whom.

        ``allowed`` is their leave to say again what the account has said before.
        """
        states = (State.UNKNOWN, State.NEEDS_HUMAN)
        with self._database.writing() as connection:
            mine = t.deliveries.c.state.in_(states) & same(delivery, delivery.fence)
            resends = delivery.resends + int(resent)
            fence = delivery.fence + 1
            more: dict[str, Any] = {"fence": fence, "resends": resends}
            more |= {"allowed": True} if allowed else {}
            return write(connection, delivery, settlement, mine, now, by=by, **more)


def unchanged(delivery: Delivery) -> ColumnElement[bool]:
    """Tell whether the plan still wants what was read: an edit may have come in between."""
    c = t.deliveries.c
    return and_(
        c.digest == delivery.content.digest,
        *(c[name].is_not_distinct_from(getattr(delivery, name)) for name in _COMPARED),
    )


def _open_attempt(connection: Connection, delivery: int) -> Attempt | None:
    where = (t.attempts.c.delivery == delivery) & t.attempts.c.closed.is_(None)
    row = connection.execute(select(t.attempts).where(where)).first()
    return rows.attempt(row) if row else None


def _last_attempt(connection: Connection, delivery: int) -> Attempt:
    query = select(t.attempts).where(t.attempts.c.delivery == delivery)
    row = connection.execute(query.order_by(t.attempts.c.id.desc()).limit(1)).one()
    return rows.attempt(row)
