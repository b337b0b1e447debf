"""What a delivery must meet to be claimed, as conditions of the claim's own statement.

What was decided a moment ago is asked once more where nobody can come in between: another worker
may have been quicker, a person may have paused, an edit may have changed it.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, literal, or_, text, true

from bot.model import State
from bot.store import tables as t
from bot.store.twins import has_twin

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from bot.model import Delivery

VISIBLE = ("published", "unknown", "duplicate")
"""The outcomes of an attempt that can be seen by others, or may be."""

NO_GAP = timedelta(0)


def my_turn(connection: Connection, account: str) -> bool:
    """Keep other workers from claiming for the account until the transaction ends.

    False where another one is at it. On SQLite a write transaction is alone anyway.
    """
    if connection.dialect.name != "postgresql":
        return True
    key = int.from_bytes(hashlib.sha256(f"claim {account}".encode()).digest()[:8], signed=True)
    query = text("SELECT pg_try_advisory_xact_lock(:key)")
    return bool(connection.scalar(query, {"key": key}))


def claimable(delivery: Delivery, now: datetime, gap: timedelta) -> ColumnElement[bool]:
    """Tell whether it may be sent now: unchanged, in time, not paused, and the account is free."""
    c = t.deliveries.c
    ready = (c.state == State.SCHEDULED) & (c.not_before <= now) & unchanged(delivery)
    in_time = literal(now <= delivery.deadline)
    return and_(
        same(delivery, delivery.fence),
        ready,
        in_time,
        ~_paused(delivery),
        ~_on_the_wire(delivery),
        ~_sent_after(delivery, now - gap) if gap > NO_GAP else true(),
        true() if delivery.next_part else or_(c.allowed, ~has_twin(delivery, now)),
    )


def same(delivery: Delivery, fence: int) -> ColumnElement[bool]:
    """Tell whether it is this one, and nobody has claimed it since."""
    return (t.deliveries.c.id == delivery.id) & (t.deliveries.c.fence == fence)


def unchanged(delivery: Delivery) -> ColumnElement[bool]:
    """Tell whether the plan still wants what was read: an edit may have come in between."""
    c = t.deliveries.c
    return and_(
        c.due == delivery.due,
        c.grace == delivery.grace,
        c.expires.is_not_distinct_from(delivery.expires),
        c.digest == delivery.content.digest,
    )


def visible() -> ColumnElement[bool]:
    """Tell of an attempt whether others can see it, or may be able to."""
    return or_(t.attempts.c.outcome.is_(None), t.attempts.c.outcome.in_(VISIBLE))


def _paused(delivery: Delivery) -> ColumnElement[bool]:
    p = t.pauses.c
    return exists().where(
        p.lifted.is_(None),
        or_(
            p.scope == "all",
            and_(p.scope == "platform", p.name == delivery.platform),
            and_(p.scope == "account", p.name == delivery.account),
            and_(p.scope == "campaign", p.name == delivery.campaign),
        ),
    )


def _on_the_wire(delivery: Delivery) -> ColumnElement[bool]:
    """Tell whether another one of the account is being sent: its order would be lost."""
    other = t.deliveries.alias("other")
    return exists().where(
        other.c.account == delivery.account,
        other.c.state == State.SENDING,
        other.c.id != delivery.id,
    )


def _sent_after(delivery: Delivery, instant: datetime) -> ColumnElement[bool]:
    """Tell whether another one of the account went out since then, as far as anyone can know."""
    c = t.attempts.c
    mine = (c.account == delivery.account) & (c.delivery != delivery.id)
    return exists().where(mine, visible(), c.opened > instant)
