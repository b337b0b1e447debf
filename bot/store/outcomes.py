"""The transitions that follow from sends, and the sends whose outcome nobody knows.

A transition changes the delivery's row. With it, one transaction writes all that follows: the
publication, its cost, a backoff, a pause, and the entry in the audit log.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, bindparam, func, insert, or_, select, update

from bot.database import rows
from bot.database import tables as t
from bot.database.audit import GROUNDSWELL, record
from bot.model import FIRST_READ_AGE, State
from bot.store.ledger import book
from bot.store.pauses import clear_backoffs, set_backoff, set_pause
from bot.store.voices import record_voices

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from bot.database.connections import Database
    from bot.model import Attempt, Delivery, Probe, Transition

AUDITED_STATES = frozenset({State.NEEDS_HUMAN, State.REJECTED, State.MISSED, State.EXPIRED})
"""The states without a publication that the audit log records."""

UPDATE_BY_ID = update(t.deliveries).where(t.deliveries.c.id == bindparam("row_id"))
"""An update of deliveries by their ids, each passed as ``row_id``."""

UNSETTLED = (State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN)
"""The states in which nobody can say whether the last part is out."""

DATABASE_NOW: ColumnElement[datetime] = func.clock_timestamp(type_=DateTime(timezone=True))
"""The present by the clock of PostgreSQL, which workers on several machines share."""

# Each statement is built only once, because building one takes longer than answering it.

_INSERT_PUBLICATIONS = insert(t.publications)
_NEXT_PROBE = select(func.min(t.deliveries.c.not_before)).where(
    t.deliveries.c.state == State.UNKNOWN
)
_NEXT_LEASE_END = select(func.min(t.deliveries.c.lease_until)).where(
    t.deliveries.c.state == State.SENDING
)


def apply_transitions(
    connection: Connection, changes: Sequence[tuple[Delivery, Transition]], now: datetime
) -> None:
    """Change one or more deliveries, which no other transaction can change before this one ends."""
    values = [
        {"row_id": delivery.id, **_transition_values(delivery, transition, now)}
        for delivery, transition in changes
    ]
    connection.execute(UPDATE_BY_ID, values)
    _apply_effects(connection, changes, now)


def apply_transition(
    connection: Connection,
    delivery: Delivery,
    transition: Transition,
    where: ColumnElement[bool],
    now: datetime,
    *,
    by: str | None = None,
    **more: Any,
) -> bool:
    """Change the row that meets ``where``; return False if there is none.

    ``by`` is the person who decided it, if one did. ``more`` are further values for the row.
    """
    values = _transition_values(delivery, transition, now) | more
    if not connection.execute(update(t.deliveries).where(where).values(values)).rowcount:
        return False
    if transition.published and not delivery.next_part:  # this database may have no attempt of it
        record_voices(connection, [delivery])
    _apply_effects(connection, [(delivery, transition)], now, by)
    return True


def fence_unchanged(delivery: Delivery) -> ColumnElement[bool]:
    """Return the condition that a row is this delivery, and was not claimed since it was read."""
    return (t.deliveries.c.id == delivery.id) & (t.deliveries.c.fence == delivery.fence)


def _transition_values(delivery: Delivery, transition: Transition, now: datetime) -> dict[str, Any]:
    return {
        "state": transition.state,
        "not_before": transition.not_before or delivery.not_before,
        "next_part": delivery.next_part + int(transition.published is not None),
        "reason": transition.reason,
        "absent": transition.absent,
        "tries": delivery.tries + 1 if transition.counts_as_try else 0,
        "owner": None,
        "lease_until": None,
        "changed": now,
    }


def _apply_effects(
    connection: Connection,
    changes: Sequence[tuple[Delivery, Transition]],
    now: datetime,
    by: str | None = None,
) -> None:
    published = [
        {
            "delivery": delivery.id,
            "part": delivery.next_part,
            "account": delivery.account,
            "remote_id": transition.published.remote_id,
            "url": transition.published.url,
            "reply": transition.published.reply,
            "published": transition.published.at,
            "next_read": min(transition.published.at, now) + FIRST_READ_AGE,
        }
        for delivery, transition in changes
        if transition.published
    ]
    if published:
        connection.execute(_INSERT_PUBLICATIONS, published)
    if over := {delivery.account for delivery, change in changes if change.ends_backoff}:
        clear_backoffs(connection, sorted(over))
    book(connection, chain.from_iterable(transition.bill for _, transition in changes))
    for delivery, transition in changes:
        if transition.backoff:
            set_backoff(connection, delivery.account, transition.backoff)
        if transition.pause_request:
            set_pause(connection, transition.pause_request, GROUNDSWELL, now)
        if by or transition.state in AUDITED_STATES:
            what = "settle" if by else transition.state.value
            detail = {"state": transition.state.value, "why": transition.reason}
            record(connection, by or GROUNDSWELL, what, delivery.key, detail, now)


class Unsettled:
    """Sends whose outcome nobody knows, because their worker died or no answer came.

    ``owner`` names this worker.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    # --- after a crash ---

    def orphans(self, now: datetime, *, sole: bool) -> list[tuple[Delivery, Attempt | None]]:
        """Return deliveries in ``sending`` that no worker has, each with its open attempt.

        A delivery is an orphan if its lease has passed, on PostgreSQL by the database's clock. With
        ``sole``, this worker holds the database alone, and all of other owners are orphans.
        """
        c = t.deliveries.c
        orphaned = c.lease_until < (now if self._database.path else DATABASE_NOW)
        if sole:
            orphaned = or_(orphaned, c.owner != self._owner)
        with self._database.reading() as connection:
            where = (c.state == State.SENDING) & orphaned
            deliveries = rows.read_deliveries(connection, where, order=[c.id])
            if not deliveries:
                return []
            opened = select(t.attempts).where(t.attempts.c.closed.is_(None))
            attempts = {row.delivery: rows.attempt(row) for row in connection.execute(opened)}
        return [(delivery, attempts.get(delivery.id)) for delivery in deliveries]

    def rescue(
        self,
        delivery: Delivery,
        attempt: Attempt | None,
        transition: Transition,
        now: datetime,
    ) -> bool:
        """Settle an orphan, and raise its fence, so that its old owner can write nothing more.

        Return whether it was still an orphan.
        """
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
        """Return the unknown deliveries that a probe is due for, each with its last attempt."""
        c = t.deliveries.c
        due = (c.state == State.UNKNOWN) & (c.not_before <= now)
        probes = []
        with self._database.reading() as connection:
            for delivery in rows.read_deliveries(connection, due, order=[c.not_before]):
                attempts = select(t.attempts).where(t.attempts.c.delivery == delivery.id)
                last = connection.execute(attempts.order_by(t.attempts.c.id.desc()).limit(1)).one()
                probes.append((delivery, rows.attempt(last)))
        return probes

    def next_probe(self) -> datetime | None:
        """Return when the next probe for an unknown delivery is due."""
        return self._database.read_value(_NEXT_PROBE)

    def next_lease_end(self) -> datetime | None:
        """Return when the next lease ends, after which its worker counts as dead."""
        return self._database.read_value(_NEXT_LEASE_END)

    def first_attempted_at(self, delivery: int, part: int) -> datetime | None:
        """Return when this part was first attempted. Others may see it since then."""
        c = t.attempts.c
        query = select(func.min(c.opened)).where(c.delivery == delivery, c.part == part)
        return self._database.read_value(query)

    def known_remote_ids(self, account: str) -> frozenset[str]:
        """Return the platform's ids of the account's publications."""
        query = select(t.publications.c.remote_id).where(t.publications.c.account == account)
        with self._database.reading() as connection:  # streamed, because there may be many
            return frozenset(connection.scalars(query))

    def own_posts(self, delivery: Delivery) -> tuple[frozenset[str], list[str]]:
        """Return the ids of the account's publications, and payloads of unsettled sends.

        The payloads are those of other deliveries, which may be out. A delivery that another thread
        settles meanwhile is in one of the two.
        """
        a, d, p = t.attempts.c, t.deliveries.c, t.publications.c
        unsettled = select(a.payload).distinct().join(t.deliveries, d.id == a.delivery)
        unsettled = unsettled.where(a.account == delivery.account, a.delivery != delivery.id)
        unsettled = unsettled.where(a.part == d.next_part, d.state.in_(UNSETTLED))
        known = select(p.remote_id).where(p.account == delivery.account)
        with self._database.reading() as connection:
            # The order matters. On PostgreSQL each query sees the rows as they are when it begins.
            payloads = list(connection.scalars(unsettled))
            return frozenset(connection.scalars(known)), payloads

    def record_probe(self, attempt: Attempt, probe: Probe) -> None:
        """Keep the result of a probe, as evidence for a person who has to decide."""
        values = {
            "attempt": attempt.id,
            "at": probe.at,
            "readable": int(probe.readable),
            "matches": json.dumps([asdict(post) for post in probe.matches], default=str),
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
        """Settle an unknown delivery, or one that the person ``by`` decided on.

        ``resent`` counts it as sent again. ``allowed`` is the person's permission to repeat an
        earlier post of the account. Return whether it was still as it was read.
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
