"""What a worker writes about sends: intent before, outcome after, both guarded by the fence.

A claim, its frozen payload and the open attempt are one transaction, on disk once the block of
``claiming`` ends. Whatever closes an attempt must name the fence it was claimed with: a worker that
slept through its lease changes nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, or_, select, update

from bot.database import rows
from bot.database import tables as t
from bot.database.fingerprint import FingerprintFile, advance_generation
from bot.database.types import scalar_instant
from bot.model import PLANNED_FIELDS, State
from bot.store.claiming import DATABASE_NOW, ClaimTransaction
from bot.store.transitions import apply_transition, fence_unchanged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from bot.database.opening import Database
    from bot.model import Attempt, Delivery, Probe, Transition
    from bot.store.claiming import SendResult


UNSETTLED = (State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN)
"""The states in which nobody can say whether the last part is out."""

_PLAN_COLUMNS = tuple(name for name in PLANNED_FIELDS if name != "content")


class Claims:
    """Claims, attempts and their outcomes. ``owner`` names this worker."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._fingerprint_file = FingerprintFile(database)
        self.owner = owner

    @contextmanager
    def claiming(self) -> Iterator[ClaimTransaction]:
        """Yield a transaction that claims and records results: on disk once the block ends."""
        fingerprint = None
        with self._database.writing() as connection:
            claiming = ClaimTransaction(connection, self.owner)
            yield claiming
            if claiming.claimed and self._fingerprint_file.enabled:
                fingerprint = advance_generation(connection)
        claiming.committed = True
        if fingerprint:  # never ahead of the database, and on disk before anything is sent
            self._fingerprint_file.save(fingerprint)

    def flush(self) -> None:
        """Note that nothing is sent for a while; see ``FingerprintFile.flush``."""
        self._fingerprint_file.flush()

    def record_results(self, results: Sequence[SendResult], now: datetime) -> list[bool]:
        """Write the results of sends only; see ``ClaimTransaction.record_results``."""
        with self.claiming() as claiming:
            return claiming.record_results(results, now)

    def give_up(self, delivery: Delivery, transition: Transition, now: datetime) -> bool:
        """Close a scheduled delivery that was never claimed: missed, expired, upload refused."""
        where = (t.deliveries.c.state == State.SCHEDULED) & fence_unchanged(delivery)
        where &= plan_unchanged(delivery)
        with self._database.writing() as connection:
            return apply_transition(connection, delivery, transition, where, now)

    # --- after a crash ---

    def orphans(self, now: datetime, *, sole: bool) -> list[tuple[Delivery, Attempt | None]]:
        """Return deliveries in ``sending`` that nobody works on, each with its open attempt.

        With ``sole`` (this worker holds the database alone) every one of another owner is an
        orphan; otherwise only those whose lease has passed, on PostgreSQL by the database's clock.
        """
        c = t.deliveries.c
        orphaned = c.lease_until < (now if self._database.path else DATABASE_NOW)
        if sole:
            orphaned = or_(orphaned, c.owner != self.owner)
        query = rows.select_deliveries(c.state == State.SENDING, orphaned, order=[c.id])
        with self._database.reading() as connection:
            deliveries = rows.read_deliveries(connection, query)
            return [(delivery, _open_attempt(connection, delivery.id)) for delivery in deliveries]

    def rescue(
        self,
        delivery: Delivery,
        attempt: Attempt | None,
        transition: Transition,
        now: datetime,
    ) -> bool:
        """Settle an orphan, and raise its fence, so that its old owner can write nothing more."""
        where = (t.deliveries.c.state == State.SENDING) & fence_unchanged(delivery)
        fence = delivery.fence + 1
        with self._database.writing() as connection:
            if not apply_transition(connection, delivery, transition, where, now, fence=fence):
                return False
            if attempt:
                values = {"closed": now, "outcome": "unknown", "detail": transition.reason}
                query = update(t.attempts).where(t.attempts.c.id == attempt.id)
                connection.execute(query.values(values))
        return True

    # --- probing for unknown sends ---

    def due_probes(self, now: datetime) -> list[tuple[Delivery, Attempt]]:
        """Return the unknown deliveries to look for by now, each with its last attempt."""
        c = t.deliveries.c
        due = (c.state == State.UNKNOWN) & (c.not_before <= now)
        query = rows.select_deliveries(due, order=[c.not_before])
        with self._database.reading() as connection:
            deliveries = rows.read_deliveries(connection, query)
            return [(delivery, _last_attempt(connection, delivery.id)) for delivery in deliveries]

    def next_probe(self) -> datetime | None:
        """Return when the next unknown delivery is to be looked for."""
        c = t.deliveries.c
        with self._database.reading() as connection:
            query = select(func.min(c.not_before)).where(c.state == State.UNKNOWN)
            return scalar_instant(connection, query)

    def next_lease_end(self) -> datetime | None:
        """Return when the next claim expires: its worker may have died."""
        c = t.deliveries.c
        with self._database.reading() as connection:
            query = select(func.min(c.lease_until)).where(c.state == State.SENDING)
            return scalar_instant(connection, query)

    def first_attempted_at(self, delivery: int, part: int) -> datetime | None:
        """Return when this part was first attempted: it may be visible since then."""
        c = t.attempts.c
        where = (c.delivery == delivery) & (c.part == part)
        with self._database.reading() as connection:
            return scalar_instant(connection, select(func.min(c.opened)).where(where))

    def known_remote_ids(self, account: str) -> frozenset[str]:
        """Return the platform's ids that belong to a delivery already."""
        query = select(t.publications.c.remote_id).where(t.publications.c.account == account)
        with self._database.reading() as connection:
            return frozenset(connection.scalars(query))

    def unsettled_payloads(self, delivery: Delivery) -> list[str]:
        """Return what was sent for the account's other deliveries that may or may not be out."""
        a, d = t.attempts.c, t.deliveries.c
        query = select(a.payload).distinct().join(t.deliveries, d.id == a.delivery)
        query = query.where(a.account == delivery.account, a.delivery != delivery.id)
        query = query.where(a.part == d.next_part, d.state.in_(UNSETTLED))
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def record_probe(self, attempt: Attempt, probe: Probe) -> None:
        """Keep the result of a probe: it is the evidence that a person will ask for."""
        values = {
            "attempt": attempt.id,
            "at": probe.at,
            "readable": int(probe.readable),
            "matches": rows.matches_json(probe.matches),
            "evidence": probe.evidence,
        }
        with self._database.writing() as connection:
            connection.execute(insert(t.looks).values(values))

    def resolve(
        self,
        delivery: Delivery,
        transition: Transition,
        now: datetime,
        *,
        resent: bool = False,
        by: str | None = None,
        allowed: bool = False,
    ) -> bool:
        """Settle an unknown delivery, or one that a person decided on: ``by`` is who.

        ``allowed`` is their permission to repeat what the account has posted before.
        """
        c = t.deliveries.c
        where = c.state.in_((State.UNKNOWN, State.NEEDS_HUMAN)) & fence_unchanged(delivery)
        more: dict[str, Any] = {
            "fence": delivery.fence + 1,
            "resends": delivery.resends + int(resent),
        }
        if allowed:
            more["allowed"] = True
        with self._database.writing() as connection:
            return apply_transition(connection, delivery, transition, where, now, by=by, **more)


def plan_unchanged(delivery: Delivery) -> ColumnElement[bool]:
    """Return the condition that the plan is as it was read: an edit may have come in between."""
    c = t.deliveries.c
    return and_(
        c.digest == delivery.content.digest,
        *(c[name].is_not_distinct_from(getattr(delivery, name)) for name in _PLAN_COLUMNS),
    )


def _open_attempt(connection: Connection, delivery: int) -> Attempt | None:
    where = (t.attempts.c.delivery == delivery) & t.attempts.c.closed.is_(None)
    row = connection.execute(select(t.attempts).where(where)).first()
    return rows.attempt(row) if row else None


def _last_attempt(connection: Connection, delivery: int) -> Attempt:
    query = select(t.attempts).where(t.attempts.c.delivery == delivery)
    row = connection.execute(query.order_by(t.attempts.c.id.desc()).limit(1)).one()
    return rows.attempt(row)
