"""Counts and instants over all posts, by a few queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.database import rows
from bot.database import tables as t
from bot.database.connections import read_revision
from bot.model import State

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def count_by_state(connection: Connection) -> dict[tuple[str, str, State], int]:
    """Return how many posts each account has in each state, by account, platform and state."""
    c = t.deliveries.c
    group = (c.account, c.platform, c.state)
    query = select(*group, func.count()).group_by(*group).order_by(*group)
    found = connection.execute(query)
    return {(name, platform, rows.state(state)): count for name, platform, state, count in found}


def count_unknown(connection: Connection) -> int:
    """Return how many posts have an unknown outcome on at least one account."""
    query = rows.select_post_count(t.deliveries.c.state == State.UNKNOWN)
    return connection.scalar(query) or 0


def first_due(connection: Connection) -> datetime | None:
    """Return when the next scheduled post is due, or None."""
    due = t.deliveries.c.due
    query = select(due).where(t.deliveries.c.state == State.SCHEDULED).order_by(due).limit(1)
    found: datetime | None = connection.scalar(query)
    return found


def newest_reads(connection: Connection) -> dict[str, datetime]:
    """Return when the newest counters of each account's posts were read."""
    account, read = t.publications.c.account, t.latest.c.read
    joined = t.latest.join(t.publications, t.latest.c.publication == t.publications.c.id)
    query = select(account, func.max(read, type_=read.type)).select_from(joined).group_by(account)
    return {row[0]: row[1] for row in connection.execute(query)}


def schema_revision(connection: Connection) -> int:
    """Return the revision of the tables, which a newer version may have raised."""
    return int(read_revision(connection) or 0)
