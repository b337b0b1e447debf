"""The transaction that claims parts before they are sent, and records the results afterwards.

A claim, its frozen payload and the open attempt are one transaction, on disk once the block of
``Claims.claiming`` ends. A result must name the fence of its claim, so that a worker that slept
through its lease changes nothing. A send without a result is settled in ``bot.store.outcomes``.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Interval, and_, bindparam, func, insert, literal_column, select, update

from bot.database import rows, workers
from bot.database import tables as t
from bot.database.fingerprint import FingerprintFile
from bot.database.types import BATCH_PARAM, Instant, batched
from bot.model import PLANNED_FIELDS, State
from bot.store.ledger import use_up
from bot.store.outcomes import (
    DATABASE_NOW,
    UPDATE_BY_ID,
    apply_transition,
    apply_transitions,
    fence_unchanged,
)
from bot.store.sends import Claim, repeated_keys
from bot.store.voices import fill, keep_first, record_voices, take_turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.database.connections import Database
    from bot.model import Delivery, Transition
    from bot.store.sends import Intent, SendResult


# --- due deliveries ---

# Each statement is built only once, because building one takes longer than answering it.

_DELIVERIES = t.deliveries.c
_IS_SCHEDULED = _DELIVERIES.state == State.SCHEDULED
_IS_DUE = _IS_SCHEDULED & (_DELIVERIES.not_before <= bindparam("until", type_=Instant))

# An expression, because SQLite would use the accounts' index to group by the column, and walk
# through all scheduled deliveries instead of the due ones.
_ACCOUNT = _DELIVERIES.account.concat(literal_column("''"))
_DUE_ACCOUNTS = select(_ACCOUNT).where(_IS_DUE).group_by(_ACCOUNT)
_DUE_ACCOUNTS = _DUE_ACCOUNTS.order_by(func.min(_DELIVERIES.not_before), _ACCOUNT)

_NEXT = select(func.min(_DELIVERIES.not_before)).where(
    _IS_SCHEDULED, _DELIVERIES.not_before > bindparam("after", type_=Instant)
)

_ORDER = (_DELIVERIES.next_part == 0, *rows.DUE_ORDER)
_OF_ACCOUNTS = _IS_DUE & _DELIVERIES.account.in_(BATCH_PARAM)
_DUE_DELIVERIES = rows.select_deliveries(_OF_ACCOUNTS, order=[_DELIVERIES.account, *_ORDER])

_PLACE = func.row_number().over(partition_by=_DELIVERIES.account, order_by=_ORDER).label("place")
_PLACED = select(_DELIVERIES.id, _PLACE).where(_OF_ACCOUNTS).subquery()
_FIRST_DUE = rows.select_deliveries(
    _DELIVERIES.id.in_(select(_PLACED.c.id).where(_PLACED.c.place <= bindparam("limit"))),
    order=[_DELIVERIES.account, *_ORDER],
)
"""The first ``limit`` deliveries of each account."""


def due_accounts(connection: Connection, until: datetime) -> list[str]:
    """Return the accounts with a delivery due by then, those that wait longest first."""
    return list(connection.scalars(_DUE_ACCOUNTS, {"until": until}))


def next_due(connection: Connection, after: datetime) -> datetime | None:
    """Return the first instant after ``after`` at which a delivery is to be sent."""
    instant: datetime | None = connection.scalar(_NEXT, {"after": after})
    return instant


def due_deliveries(
    connection: Connection,
    accounts: Sequence[str],
    until: datetime,
    *,
    max_per_account: int | None = None,
    lock: bool = False,
) -> list[Delivery]:
    """Return the accounts' deliveries that are due by then, half-sent threads first.

    With ``lock``, no other transaction changes one of them until this one ends, and deliveries that
    another one has locked are left out.
    """
    query = _DUE_DELIVERIES if max_per_account is None else _FIRST_DUE
    if lock:
        query = query.with_for_update(skip_locked=True)
    params = {"until": until} | ({"limit": max_per_account} if max_per_account is not None else {})
    deliveries: list[Delivery] = []
    for batch in batched(accounts):
        result = connection.execute(query, {"batch": batch, **params})
        deliveries += [rows.delivery(row) for row in result]
    return deliveries


# --- the transaction that claims ---


def claim_lock(account: str) -> str:
    """Return the name of the lock under which a worker on PostgreSQL claims for an account."""
    return f"claim {account}"


_FENCED = UPDATE_BY_ID.values(fence=t.deliveries.c.fence + 1)
_CLAIM = _FENCED.values(lease_until=bindparam("until", type_=Instant))
_CLAIM_SHARED = _FENCED.values(lease_until=DATABASE_NOW + bindparam("until", type_=Interval))
_OPEN_ATTEMPT = insert(t.attempts).returning(t.attempts.c.delivery, t.attempts.c.id)
_CLOSE_ATTEMPT = update(t.attempts).where(t.attempts.c.id == bindparam("row_id"))

_IN_SENDING = (t.deliveries.c.state == State.SENDING) & t.deliveries.c.id.in_(BATCH_PARAM)
_FENCES = select(t.deliveries.c.id, t.deliveries.c.fence).where(_IN_SENDING).with_for_update()


class ClaimTransaction:
    """A transaction of the worker ``owner`` that claims deliveries and records results."""

    def __init__(self, connection: Connection, owner: str, *, voices_filled: bool) -> None:
        self.connection = connection
        self.voices_filled = voices_filled
        """Whether the index of voices has all posts that were sent before it existed."""
        self._owner = owner
        self._shared = connection.dialect.name == "postgresql"
        self.claimed = 0
        self.closed: list[bool] = []
        self.committed = False
        """Whether it is over, and all that it has written stays."""
        self.contended = False
        """Whether another worker held some of the accounts or platforms."""

    def record_results(self, results: Sequence[SendResult], now: datetime) -> list[bool]:
        """Write the results of sends, and their cost.

        Return for each whether it was written. It is not if the delivery's fence has moved on.
        """
        fences = _sending_fences(self.connection, [result.claim.delivery.id for result in results])
        self.closed = [
            fences.get(result.claim.delivery.id) == result.claim.fence for result in results
        ]
        ours = [result for result, closed in zip(results, self.closed, strict=True) if closed]
        if ours:
            changes = [(result.claim.delivery, result.transition) for result in ours]
            apply_transitions(self.connection, changes, now)
            closing = [
                {
                    "row_id": result.claim.attempt,
                    "closed": now,
                    "outcome": result.outcome,
                    "detail": result.detail,
                    "status": result.status,
                }
                for result in ours
            ]
            self.connection.execute(_CLOSE_ATTEMPT, closing)
        return self.closed

    def claimable(
        self, accounts: Sequence[str], now: datetime, max_per_account: int | None
    ) -> list[Delivery]:
        """Return the accounts' deliveries that are due, except those that another worker has.

        No other worker claims for these accounts, or on their platforms, until the transaction
        ends.
        """
        if not self.voices_filled:
            fill(self.connection, now)
            self.voices_filled = True
        if not self._shared:  # SQLite has one writer at a time
            return due_deliveries(self.connection, accounts, now, max_per_account=max_per_account)
        free = self._lock_accounts(accounts)
        deliveries = due_deliveries(
            self.connection, free, now, max_per_account=max_per_account, lock=True
        )
        platforms = {delivery.platform for delivery in deliveries}
        ours = take_turn(self.connection, platforms)
        self.contended |= len(ours) < len(platforms)
        return [delivery for delivery in deliveries if delivery.platform in ours]

    def _lock_accounts(self, accounts: Sequence[str]) -> list[str]:
        """Lock the accounts for which no other worker claims now, and return them."""
        names = {claim_lock(name): name for name in accounts}
        taken = workers.try_locks(self.connection, names)
        self.contended |= len(taken) < len(names)
        return sorted(names[name] for name in taken)

    def claim(self, intents: Sequence[Intent], now: datetime, lease_until: datetime) -> list[Claim]:
        """Write the intents, and return claims, which hold once this transaction is on disk.

        Of several deliveries that say the same on a platform, only the first is claimed. On
        PostgreSQL the lease ends by the database's clock, as many seconds from now.
        """
        if not intents:
            return []
        first = {delivery.id for delivery in keep_first(intent.delivery for intent in intents)}
        intents = [intent for intent in intents if intent.delivery.id in first]
        claimed = {
            "state": State.SENDING,
            "owner": self._owner,
            "changed": now,
            "until": lease_until - now if self._shared else lease_until,
        }
        self.connection.execute(
            _CLAIM_SHARED if self._shared else _CLAIM,
            [{"row_id": intent.delivery.id, **claimed} for intent in intents],
        )
        opened = [_attempt_values(intent, self._owner, now) for intent in intents]
        attempts = {row.delivery: row.id for row in self.connection.execute(_OPEN_ATTEMPT, opened)}
        deliveries = [intent.delivery for intent in intents]
        record_voices(self.connection, [new for new in deliveries if not new.next_part])
        used = {intent.delivery.account: intent.used_media for intent in intents}
        use_up(self.connection, used, now)
        self.claimed += len(intents)
        keys = repeated_keys(self.connection, intents)
        return [
            Claim(sent, attempts[sent.id], sent.fence + 1, payload, now, keys.get(sent.id))
            for sent, payload in ((intent.delivery, intent.payload) for intent in intents)
        ]

    def apply_transitions(
        self, changes: Sequence[tuple[Delivery, Transition]], now: datetime
    ) -> None:
        """Change deliveries that were read here and are given up, such as missed ones."""
        if changes:
            apply_transitions(self.connection, changes, now)


def _attempt_values(intent: Intent, owner: str, now: datetime) -> dict[str, Any]:
    delivery, payload = intent.delivery, intent.payload
    return {
        "delivery": delivery.id,
        "account": delivery.account,
        "part": delivery.next_part,
        "fence": delivery.fence + 1,
        "owner": owner,
        "payload": payload,
        "payload_sha256": hashlib.sha256(payload.encode()).hexdigest(),
        "reply_to": intent.reply_to,
        "opened": now,
    }


def _sending_fences(connection: Connection, deliveries: Sequence[int]) -> dict[int, int]:
    """Return the fences of deliveries that are being sent; the rows are locked."""
    return {row.id: row.fence for row in connection.execute(_FENCES, {"batch": deliveries})}


_PLAN_COLUMNS = tuple(name for name in PLANNED_FIELDS if name != "content")


class Claims:
    """The claims of the worker ``owner``, and the results of its sends."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._fingerprint_file = FingerprintFile(database)
        self._owner = owner
        self._voices_filled = False

    @contextmanager
    def claiming(self) -> Iterator[ClaimTransaction]:
        """Yield a transaction that claims and records results, on disk once the block ends."""
        with self._database.writing() as connection:
            claiming = ClaimTransaction(connection, self._owner, voices_filled=self._voices_filled)
            yield claiming
            fingerprint = self._fingerprint_file.advance(connection) if claiming.claimed else None
        claiming.committed = True
        self._voices_filled = claiming.voices_filled
        if fingerprint:  # never ahead of the database, and on disk before a claim is sent
            self._fingerprint_file.save(fingerprint)

    def flush(self) -> None:
        """Write the fingerprint out, because nothing is sent for a while."""
        self._fingerprint_file.flush()

    def record_results(self, results: Sequence[SendResult], now: datetime) -> list[bool]:
        """Write the results of sends in a transaction that claims nothing."""
        with self.claiming() as claiming:
            return claiming.record_results(results, now)

    def give_up(self, delivery: Delivery, transition: Transition, now: datetime) -> bool:
        """Settle a scheduled delivery that was never claimed, because its upload failed, say.

        Return whether it was still as it was read.
        """
        # The plan is compared too, because an edit may have come in between.
        c = t.deliveries.c
        unchanged = and_(
            c.digest == delivery.content.digest,
            *(c[name].is_not_distinct_from(getattr(delivery, name)) for name in _PLAN_COLUMNS),
        )
        where = (c.state == State.SCHEDULED) & fence_unchanged(delivery) & unchanged
        with self._database.writing() as connection:
            return apply_transition(connection, delivery, transition, where, now)
