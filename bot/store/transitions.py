"""Transitions written to the database: the delivery's row, and everything that follows from it.

What is published, what it cost, a backoff, a pause and the entry in the audit log belong to one
transaction.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, update

from bot.database import tables as t
from bot.database.audit import GROUNDSWELL, record
from bot.model import State
from bot.store.ledger import book
from bot.store.pauses import clear_backoffs, set_backoff, set_pause

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from bot.model import Delivery, RemotePost, Transition

AUDITED_STATES = frozenset({State.NEEDS_HUMAN, State.REJECTED, State.MISSED, State.EXPIRED})
"""Where a delivery ends without having gone out: the audit log records it."""

UPDATE_BY_ID = update(t.deliveries).where(t.deliveries.c.id == bindparam("row_id"))
"""An update of deliveries by their ids, each passed as ``row_id``."""

_INSERT_PUBLICATIONS = insert(t.publications)


def apply_transitions(
    connection: Connection, changes: Sequence[tuple[Delivery, Transition]], now: datetime
) -> None:
    """Change deliveries, one or more, that nobody else can change before this transaction ends."""
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
    """Change the row that is found by ``where``; return False if there is none.

    ``by`` is the person who decided it, if one did; ``more`` are further values for the row.
    """
    values = _transition_values(delivery, transition, now) | more
    if not connection.execute(update(t.deliveries).where(where).values(values)).rowcount:
        return False
    _apply_effects(connection, [(delivery, transition)], now, by)
    return True


def fence_unchanged(delivery: Delivery) -> ColumnElement[bool]:
    """Return the condition that a row is this delivery, and that nobody has claimed it since."""
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
        _publication_values(delivery, transition.published)
        for delivery, transition in changes
        if transition.published
    ]
    if published:
        connection.execute(_INSERT_PUBLICATIONS, published)
        clear_backoffs(connection, sorted({values["account"] for values in published}))
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


def _publication_values(delivery: Delivery, published: RemotePost) -> dict[str, Any]:
    return {
        "delivery": delivery.id,
        "part": delivery.next_part,
        "account": delivery.account,
        "remote_id": published.remote_id,
        "url": published.url,
        "reply": published.reply,
        "published": published.at,
        "next_read": published.at,
    }
