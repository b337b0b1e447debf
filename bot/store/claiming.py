"""The transaction that claims: what may be due, read for all accounts, and intents written for it.

Whatever it reads stays as it is until it ends: SQLite lets nobody else write meanwhile, and on
PostgreSQL the accounts, the deliveries and the words that are about to be said are locked. Which
are sent is decided by ``bot.delivery.decide``, of what was read here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import DateTime, bindparam, func, insert, select, text, update

from bot.model import State
from bot.store import rows
from bot.store import tables as t
from bot.store.settled import write
from bot.store.twins import fingerprints

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from bot.model import Delivery, Settlement

T = TypeVar("T")

_LOCKED = text(
    "SELECT key FROM unnest(CAST(:keys AS bigint[])) AS key WHERE pg_try_advisory_xact_lock(key)"
)


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


def due_accounts(connection: Connection, until: datetime) -> list[str]:
    """Give the accounts with something to touch by then, those that are due longest first."""
    c = t.deliveries.c
    where = (c.state == State.SCHEDULED) & (c.not_before <= until)
    query = (
        select(c.account).where(where).group_by(c.account).order_by(func.min(c.due), func.min(c.id))
    )
    return list(connection.scalars(query))


def next_due(connection: Connection, after: datetime) -> datetime | None:
    """Give the first instant after ``after`` at which something is to be sent."""
    c = t.deliveries.c
    where = (c.state == State.SCHEDULED) & (c.not_before > after)
    found: datetime | None = connection.scalar(select(func.min(c.not_before)).where(where))
    return found


def ready(
    connection: Connection,
    accounts: Collection[str],
    until: datetime,
    *,
    most: int | None = None,
    lock: bool = False,
) -> list[Delivery]:
    """Give the accounts' deliveries to touch by then, half-out threads first.

    ``most`` is how many of each account; with ``lock``, nobody changes one of them meanwhile.
    """
    c = t.deliveries.c
    where = (c.state == State.SCHEDULED) & (c.not_before <= until) & c.account.in_(sorted(accounts))
    order = (c.next_part == 0, c.due, c.id)
    query = select(*rows.DELIVERY).where(where).order_by(c.account, *order)
    if most is not None:
        rank = func.row_number().over(partition_by=c.account, order_by=order).label("rank")
        ranked = select(c.id, rank).where(where).subquery()
        first = select(ranked.c.id).where(ranked.c.rank <= most)
        query = query.where(c.id.in_(first))
    if lock:
        query = query.with_for_update(skip_locked=True)
    return [rows.delivery(row) for row in connection.execute(query)]


class Claiming:
    """One such transaction, of the worker ``owner``."""

    def __init__(self, connection: Connection, owner: str) -> None:
        self.connection = connection
        self._owner = owner
        self._shared = connection.dialect.name == "postgresql"
        self.claimed = 0
        self.refused = False
        """Whether another worker was at some of what was asked for."""

    def ready(self, accounts: Collection[str], now: datetime, most: int | None) -> list[Delivery]:
        """Give the accounts' deliveries to touch by now, but for what another worker is at.

        Nobody else claims for these accounts, or what says the same, until the transaction ends.
        """
        if not self._shared:  # it is alone anyway
            return ready(self.connection, accounts, now, most=most)
        mine = self._locked({name: f"claim {name}" for name in accounts})
        found = ready(self.connection, mine, now, most=most, lock=True)
        words = fingerprints(self.connection, found)
        names = {one: f"say {one.platform} {one.words}" for one in words.values()}
        sayable = self._locked(names)
        return [one for one in found if words[one.id] in sayable]

    def _locked(self, names: Mapping[T, str]) -> frozenset[T]:
        """Lock what goes by these names; give those that nobody else has locked."""
        keys = {one: _key(name) for one, name in names.items()}
        got = frozenset(self.connection.scalars(_LOCKED, {"keys": [*{*keys.values()}]}))
        found = frozenset(one for one, key in keys.items() if key in got)
        self.refused |= len(found) < len(names)
        return found

    def claim(self, intents: Sequence[Intent], now: datetime, lease_until: datetime) -> list[Claim]:
        """Write the intents, and give what may be sent once this transaction is on disk.

        On PostgreSQL the lease ends by the database's clock, as many seconds from now.
        """
        if not intents:
            return []
        c = t.deliveries.c
        until: Any = lease_until
        if self._shared:
            until = func.clock_timestamp(type_=DateTime(timezone=True)) + (lease_until - now)
        mine = (c.id == bindparam("number")) & (c.fence == bindparam("before"))
        values = {"state": State.SENDING, "fence": c.fence + 1, "owner": self._owner}
        values |= {"lease_until": until, "changed": now}
        numbers = [{"number": one.delivery.id, "before": one.delivery.fence} for one in intents]
        self.connection.execute(update(t.deliveries).where(mine).values(values), numbers)
        opened = [self._opened(one, now) for one in intents]
        query = insert(t.attempts).returning(t.attempts.c.delivery, t.attempts.c.id)
        attempts = {row.delivery: row.id for row in self.connection.execute(query, opened)}
        self.claimed += len(intents)
        return [
            Claim(one.delivery, attempts[one.delivery.id], one.delivery.fence + 1, one.payload)
            for one in intents
        ]

    def _opened(self, intent: Intent, now: datetime) -> dict[str, Any]:
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

    def settle(self, delivery: Delivery, settlement: Settlement, now: datetime) -> None:
        """Settle one that was read here and is not sent: missed, expired, not sayable."""
        write(self.connection, delivery, settlement, same(delivery, delivery.fence), now)


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


def same(delivery: Delivery, fence: int) -> ColumnElement[bool]:
    """Tell whether it is this one, and nobody has claimed it since."""
    return (t.deliveries.c.id == delivery.id) & (t.deliveries.c.fence == fence)
