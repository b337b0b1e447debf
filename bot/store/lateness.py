"""Posts that should be out by now, and signs of a loop that does nothing about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import exists, select

from bot.database import rows
from bot.database import tables as t
from bot.model import State
from bot.model.people import EVERYTHING

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from bot.model import Delivery
    from bot.model.people import Scope

GOING_OUT = (State.SCHEDULED, State.SENDING)
"""The states of a delivery that is sent once it is due, if nothing holds it."""

MAX_OVERDUE = 100
"""Most posts that are examined to see whether the loop acts, those that wait longest first."""


class Late(NamedTuple):
    """The posts that should be out, but are not on at least one account."""

    posts: int
    due: datetime | None
    """When the first of them was due; None if there are none."""
    timezone: str
    """The timezone in which people see that; "" if there are none."""


def read_late(connection: Connection, due_by: datetime, scope: Scope = EVERYTHING) -> Late:
    """Return the posts that were due by an instant and may still go out."""
    c = t.deliveries.c
    where = c.state.in_(GOING_OUT) & (c.due <= due_by) & rows.in_scope(scope)
    first = select(c.due, c.timezone).where(where).order_by(c.due, c.id).limit(1)
    found = connection.execute(first).first()
    if found is None:
        return Late(0, None, "")
    count = connection.scalar(rows.select_post_count(where)) or 0
    return Late(count, found.due, found.timezone)


def read_overdue(connection: Connection, by: datetime) -> list[Delivery]:
    """Return the scheduled deliveries that could be sent from an instant on, at most a hundred."""
    c = t.deliveries.c
    where: ColumnElement[bool] = (c.state == State.SCHEDULED) & (c.not_before <= by)
    return rows.read_deliveries(connection, where, limit=MAX_OVERDUE)


def has_abandoned_sends(connection: Connection, by: datetime) -> bool:
    """Return whether a send is still open although its lease had ended by an instant."""
    c = t.deliveries.c
    open_sends = exists().where((c.state == State.SENDING) & (c.lease_until <= by))
    return bool(connection.scalar(select(open_sends)))


def last_act(connection: Connection) -> datetime | None:
    """Return when a send last began or ended, or anything was written into the audit log."""
    logged, sent = t.audit.c, t.attempts.c
    query = select(logged.at).order_by(logged.id.desc()).limit(1)
    last_send = select(sent.opened, sent.closed).order_by(sent.id.desc()).limit(1)
    instants = [connection.scalar(query), *(connection.execute(last_send).first() or ())]
    return max(filter(None, instants), default=None)
