"""Claims: the right to send one part once, written before it is sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import DateTime, Interval, bindparam, func, insert, literal_column, select, update

from bot.database import rows, workers
from bot.database import tables as t
from bot.database.types import BATCH_PARAM, Instant, batched, scalar_instant
from bot.model import State
from bot.store.transitions import UPDATE_BY_ID, apply_transitions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from bot.model import Delivery, Transition


T = TypeVar("T")

DATABASE_NOW: ColumnElement[datetime] = func.clock_timestamp(type_=DateTime(timezone=True))
"""The present by the clock of a PostgreSQL, which workers on several machines share."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be sent: the next part of a delivery, as these bytes."""

    delivery: Delivery
    payload: str
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one part once: ``attempt`` is the open row, ``fence`` the proof."""

    delivery: Delivery
    attempt: int
    fence: int
    payload: str


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result of a send, and the transition it leads to; ``outcome`` is the outcome's name."""

    claim: Claim
    transition: Transition
    outcome: str
    detail: str
    status: int | None = None


# Each statement is built once: building one takes longer than the database takes to answer it.

_UNTIL = bindparam("until", type_=Instant)


def _due_query() -> Select[Any]:
    c = t.deliveries.c
    first = func.min(c.not_before)
    where = (c.state == State.SCHEDULED) & (c.not_before <= _UNTIL)
    # By an expression: grouped by the column, SQLite would walk the accounts' index through all
    # that is scheduled, and not only through what is due.
    account = c.account.concat(literal_column("''"))
    return select(account).where(where).group_by(account).order_by(first, account)


_ORDER = (t.deliveries.c.next_part == 0, *rows.DUE_ORDER)


def _ready_query(*, first: bool) -> Select[Any]:
    """Select what may be sent; with ``first``, the first ``limit`` deliveries of each account."""
    c = t.deliveries.c
    where: ColumnElement[bool] = (c.state == State.SCHEDULED) & c.account.in_(BATCH_PARAM)
    where &= c.not_before <= _UNTIL
    if first:
        place = func.row_number().over(partition_by=c.account, order_by=_ORDER)
        placed = select(c.id, place.label("place")).where(where).subquery()
        where = c.id.in_(select(placed.c.id).where(placed.c.place <= bindparam("limit")))
    return rows.select_deliveries(where, order=[c.account, *_ORDER])


_DUE = _due_query()
_NEXT = select(func.min(t.deliveries.c.not_before)).where(
    t.deliveries.c.state == State.SCHEDULED,
    t.deliveries.c.not_before > bindparam("after", type_=Instant),
)
_READY, _FIRST_READY = _ready_query(first=False), _ready_query(first=True)

_FENCED = UPDATE_BY_ID.values(fence=t.deliveries.c.fence + 1)
_CLAIM = _FENCED.values(lease_until=bindparam("until", type_=Instant))
_CLAIM_SHARED = _FENCED.values(lease_until=DATABASE_NOW + bindparam("until", type_=Interval))
_OPEN_ATTEMPT = insert(t.attempts).returning(t.attempts.c.delivery, t.attempts.c.id)
_CLOSE_ATTEMPT = update(t.attempts).where(t.attempts.c.id == bindparam("row_id"))

_IN_SENDING = (t.deliveries.c.state == State.SENDING) & t.deliveries.c.id.in_(BATCH_PARAM)
_FENCES = select(t.deliveries.c.id, t.deliveries.c.fence).where(_IN_SENDING).with_for_update()


def due_accounts(connection: Connection, until: datetime) -> list[str]:
    """Return the accounts with something due by then, those that wait longest first."""
    return list(connection.scalars(_DUE, {"until": until}))


def next_due(connection: Connection, after: datetime) -> datetime | None:
    """Return the first instant after ``after`` at which something is to be sent."""
    return scalar_instant(connection, _NEXT, {"after": after})


def ready(
    connection: Connection,
    accounts: Sequence[str],
    until: datetime,
    *,
    max_per_account: int | None = None,
    lock: bool = False,
) -> list[Delivery]:
    """Return the accounts' deliveries that are due by then, half-sent threads first.

    With ``lock``, nobody else changes one of them until the transaction ends, and those that
    another transaction has locked are left out.
    """
    query = _READY if max_per_account is None else _FIRST_READY
    if lock:
        query = query.with_for_update(skip_locked=True)
    params = {"until": until} | ({"limit": max_per_account} if max_per_account is not None else {})
    deliveries: list[Delivery] = []
    for batch in batched(accounts):
        deliveries += rows.read_deliveries(connection, query, {"batch": batch, **params})
    return deliveries


class ClaimTransaction:
    """A transaction of the worker ``owner`` that claims deliveries and records results."""

    def __init__(self, connection: Connection, owner: str) -> None:
        self.connection = connection
        self._owner = owner
        self._shared = connection.dialect.name == "postgresql"
        self.claimed = 0
        self.closed: list[bool] = []
        self.committed = False
        """Whether it is over, and what it has written stays."""
        self.contended = False
        """Whether another worker held some of what was asked for."""

    def record_results(self, results: Sequence[SendResult], now: datetime) -> list[bool]:
        """Write the results of sends, and what they cost.

        Return for each whether it was written; it is not if its fence has moved on.
        """
        fences = _sending_fences(self.connection, [result.claim.delivery.id for result in results])
        self.closed = [
            fences.get(result.claim.delivery.id) == result.claim.fence for result in results
        ]
        ours = [result for result, closed in zip(results, self.closed, strict=True) if closed]
        if ours:
            changes = [(result.claim.delivery, result.transition) for result in ours]
            apply_transitions(self.connection, changes, now)
            self.connection.execute(
                _CLOSE_ATTEMPT, [_closing_values(result, now) for result in ours]
            )
        return self.closed

    def ready(
        self, accounts: Sequence[str], now: datetime, max_per_account: int | None
    ) -> list[Delivery]:
        """Return the accounts' deliveries that are due, except those another worker works on.

        Nobody else claims for these accounts, or the same words, until the transaction ends.
        """
        if not self._shared:  # it is alone anyway
            return ready(self.connection, accounts, now, max_per_account=max_per_account)
        locked_accounts = self._locked({name: f"claim {name}" for name in accounts})
        deliveries = ready(
            self.connection,
            sorted(locked_accounts),
            now,
            max_per_account=max_per_account,
            lock=True,
        )
        names = {
            delivery.id: f"say {delivery.platform} {delivery.words}" for delivery in deliveries
        }
        locked_words = self._locked(names)
        return [delivery for delivery in deliveries if delivery.id in locked_words]

    def _locked(self, names: Mapping[T, str]) -> frozenset[T]:
        """Lock what goes by these names; return what nobody else has locked."""
        taken = workers.try_locks(self.connection, names.values())
        locked = frozenset(key for key, name in names.items() if name in taken)
        self.contended |= len(locked) < len(names)
        return locked

    def claim(self, intents: Sequence[Intent], now: datetime, lease_until: datetime) -> list[Claim]:
        """Write the intents, and return what may be sent once this transaction is on disk.

        On PostgreSQL the lease ends by the database's clock, as many seconds from now.
        """
        if not intents:
            return []
        query = _CLAIM_SHARED if self._shared else _CLAIM
        values = {
            "state": State.SENDING,
            "owner": self._owner,
            "changed": now,
            "until": lease_until - now if self._shared else lease_until,
        }
        self.connection.execute(
            query, [{"row_id": intent.delivery.id, **values} for intent in intents]
        )
        opened = [self._attempt_values(intent, now) for intent in intents]
        attempts = {row.delivery: row.id for row in self.connection.execute(_OPEN_ATTEMPT, opened)}
        self.claimed += len(intents)
        return [
            Claim(
                intent.delivery,
                attempts[intent.delivery.id],
                intent.delivery.fence + 1,
                intent.payload,
            )
            for intent in intents
        ]

    def _attempt_values(self, intent: Intent, now: datetime) -> dict[str, Any]:
        delivery, payload = intent.delivery, intent.payload
        return {
            "delivery": delivery.id,
            "account": delivery.account,
            "part": delivery.next_part,
            "fence": delivery.fence + 1,
            "owner": self._owner,
            "payload": payload,
            "payload_sha256": hashlib.sha256(payload.encode()).hexdigest(),
            "reply_to": intent.reply_to,
            "opened": now,
        }

    def apply_transitions(
        self, changes: Sequence[tuple[Delivery, Transition]], now: datetime
    ) -> None:
        """Change what was read here and is not sent: missed, expired, not allowed."""
        if changes:
            apply_transitions(self.connection, changes, now)


def _sending_fences(connection: Connection, deliveries: Sequence[int]) -> dict[int, int]:
    """Return the fences of those being sent, by id; they stay so until the transaction ends."""
    return {row.id: row.fence for row in connection.execute(_FENCES, {"batch": deliveries})}


def _closing_values(result: SendResult, now: datetime) -> dict[str, Any]:
    return {
        "row_id": result.claim.attempt,
        "closed": now,
        "outcome": result.outcome,
        "detail": result.detail,
        "status": result.status,
    }
