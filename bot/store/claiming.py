"""The transaction that claims: what may be due, read for all accounts, and intents written for it.

What came of the sends before is written in the same one: a wait for the disk, not two.

Whatever it reads stays as it is until it ends: SQLite lets nobody else write meanwhile, and on
PostgreSQL the accounts, the deliveries and the words that are about to be said are locked. Which
are sent is decided by ``bot.delivery.decide``, of what was read here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    DateTime,
    Interval,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)

from bot.model import State
from bot.store import advisory, rows
from bot.store import tables as t
from bot.store.settled import NUMBERED, write_all
from bot.store.types import SOME, Instant, batched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from bot.model import Delivery, Settlement

T = TypeVar("T")


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
class Answer:
    """What came of a send, and what it makes of the delivery; ``outcome`` is its name."""

    claim: Claim
    settlement: Settlement
    outcome: str
    detail: str
    status: int | None = None


# Each statement is made once: to put one together takes longer than to have it answered.

_UNTIL = bindparam("until", type_=Instant)


def _asked_due() -> Select[Any]:
    c = t.deliveries.c
    first = func.min(c.not_before)
    where = (c.state == State.SCHEDULED) & (c.not_before <= _UNTIL)
    # By an expression: grouped by the column, SQLite would walk the accounts' index through all
    # that is scheduled, and not only through what is due.
    account = c.account.concat(literal_column("''"))
    return select(account).where(where).group_by(account).order_by(first, account)


def _asked_next() -> Select[Any]:
    c = t.deliveries.c
    where = (c.state == State.SCHEDULED) & (c.not_before > bindparam("after", type_=Instant))
    return select(func.min(c.not_before)).where(where)


_DUE, _NEXT = _asked_due(), _asked_next()


def due_accounts(connection: Connection, until: datetime) -> list[str]:
    """Give the accounts with something to touch by then, those that wait longest first."""
    return list(connection.scalars(_DUE, {"until": until}))


def next_due(connection: Connection, after: datetime) -> datetime | None:
    """Give the first instant after ``after`` at which something is to be sent."""
    found: datetime | None = connection.scalar(_NEXT, {"after": after})
    return found


def ready(
    connection: Connection,
    accounts: Sequence[str],
    until: datetime,
    *,
    most: int | None = None,
    lock: bool = False,
) -> list[Delivery]:
    """Give the accounts' deliveries to touch by then, half-out threads first.

    ``most`` is how many of each account; with ``lock``, nobody changes one of them meanwhile.
    """
    query = _READY if most is None else _FIRST
    if lock:
        query = query.with_for_update(skip_locked=True)
    found: list[Delivery] = []
    for some in batched(accounts):
        asked = {"some": some, "until": until, **({"most": most} if most is not None else {})}
        found += [rows.delivery(row) for row in connection.execute(query, asked)]
    return found


_ORDER = (t.deliveries.c.next_part == 0, t.deliveries.c.due, t.deliveries.c.id)


def _asked_ready(*, first: bool) -> Select[Any]:
    """Select what may be touched; with ``first``, only the ``most`` first ones of each account."""
    c = t.deliveries.c
    where: ColumnElement[bool] = (c.state == State.SCHEDULED) & c.account.in_(SOME)
    where &= c.not_before <= _UNTIL
    if first:
        place = func.row_number().over(partition_by=c.account, order_by=_ORDER)
        placed = select(c.id, place.label("place")).where(where).subquery()
        where = c.id.in_(select(placed.c.id).where(placed.c.place <= bindparam("most")))
    return select(*rows.DELIVERY).where(where).order_by(c.account, *_ORDER)


_READY, _FIRST = _asked_ready(first=False), _asked_ready(first=True)


_FENCED = NUMBERED.values(fence=t.deliveries.c.fence + 1)
_CLAIM = _FENCED.values(lease_until=bindparam("until", type_=Instant))
_CLAIM_SHARED = _FENCED.values(
    lease_until=func.clock_timestamp(type_=DateTime(timezone=True))
    + bindparam("until", type_=Interval)
)
_OPEN = insert(t.attempts).returning(t.attempts.c.delivery, t.attempts.c.id)


_ON_THE_WIRE = (t.deliveries.c.state == State.SENDING) & t.deliveries.c.id.in_(SOME)
_FENCES = select(t.deliveries.c.id, t.deliveries.c.fence).where(_ON_THE_WIRE).with_for_update()
_CLOSE = update(t.attempts).where(t.attempts.c.id == bindparam("number"))


class Claiming:
    """One such transaction, of the worker ``owner``."""

    def __init__(self, connection: Connection, owner: str) -> None:
        self.connection = connection
        self._owner = owner
        self._shared = connection.dialect.name == "postgresql"
        self.claimed = 0
        self.closed: list[bool] = []
        self.on_disk = False
        """Whether it is over, and what it has written stays."""
        self.refused = False
        """Whether another worker was at some of what was asked for."""

    def close(self, answers: Sequence[Answer], now: datetime) -> list[bool]:
        """Write what came of sends, with what it cost; of each, False where its fence moved on."""
        fences = _on_the_wire(self.connection, [one.claim.delivery.id for one in answers])
        self.closed = [fences.get(one.claim.delivery.id) == one.claim.fence for one in answers]
        closed = [one for one, ours in zip(answers, self.closed, strict=True) if ours]
        if closed:
            settled = [(one.claim.delivery, one.settlement) for one in closed]
            write_all(self.connection, settled, now)
            self.connection.execute(_CLOSE, [_closing(one, now) for one in closed])
        return self.closed

    def ready(self, accounts: Sequence[str], now: datetime, most: int | None) -> list[Delivery]:
        """Give the accounts' deliveries to touch by now, but for what another worker is at.

        Nobody else claims for these accounts, or what says the same, until the transaction ends.
        """
        if not self._shared:  # it is alone anyway
            return ready(self.connection, accounts, now, most=most)
        mine = self._locked({name: f"claim {name}" for name in accounts})
        found = ready(self.connection, sorted(mine), now, most=most, lock=True)
        names = {one.id: f"say {one.platform} {one.words}" for one in found}
        sayable = self._locked(names)
        return [one for one in found if one.id in sayable]

    def _locked(self, names: Mapping[T, str]) -> frozenset[T]:
        """Lock what goes by these names; give those that nobody else has locked."""
        got = advisory.several(self.connection, names.values())
        found = frozenset(one for one, name in names.items() if name in got)
        self.refused |= len(found) < len(names)
        return found

    def claim(self, intents: Sequence[Intent], now: datetime, lease_until: datetime) -> list[Claim]:
        """Write the intents, and give what may be sent once this transaction is on disk.

        On PostgreSQL the lease ends by the database's clock, as many seconds from now.
        """
        if not intents:
            return []
        values = {"state": State.SENDING, "owner": self._owner, "changed": now}
        claimed = _CLAIM_SHARED if self._shared else _CLAIM
        values["until"] = lease_until - now if self._shared else lease_until
        numbers = [{"number": one.delivery.id, **values} for one in intents]
        self.connection.execute(claimed, numbers)
        opened = [self._opened(one, now) for one in intents]
        attempts = {row.delivery: row.id for row in self.connection.execute(_OPEN, opened)}
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

    def settle(self, settled: Sequence[tuple[Delivery, Settlement]], now: datetime) -> None:
        """Settle what was read here and is not sent: missed, expired, not sayable."""
        if settled:
            write_all(self.connection, settled, now)


def _on_the_wire(connection: Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Give the fences of those that are being sent; they stay so until the transaction ends."""
    return {row.id: row.fence for row in connection.execute(_FENCES, {"some": numbers})}


def _closing(one: Answer, now: datetime) -> dict[str, Any]:
    said = {"outcome": one.outcome, "detail": one.detail, "status": one.status}
    return {"number": one.claim.attempt, "closed": now, **said}


def same(delivery: Delivery, fence: int) -> ColumnElement[bool]:
    """Tell whether it is this one, and nobody has claimed it since."""
    return (t.deliveries.c.id == delivery.id) & (t.deliveries.c.fence == fence)
