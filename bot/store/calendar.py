"""The times of queued posts without their content, and the content of a few of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from bot.database import rows
from bot.database import tables as t
from bot.database.types import batched

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bot.database.connections import Database
    from bot.model import Delivery, State


class QueuedTime(NamedTuple):
    """A delivery with its time and its state, and without its content."""

    number: int
    """The delivery's number."""
    campaign: str
    post: str
    label: str
    """The schedule's name for the moment."""
    account: str
    platform: str
    due: datetime
    timezone: str
    """The timezone of its audience."""
    demand: str | None
    state: State


_COLUMNS = tuple(
    t.deliveries.c["id" if name == "number" else name] for name in QueuedTime._fields[:-1]
)


def queued_times(database: Database, start: datetime, end: datetime) -> list[QueuedTime]:
    """Return all deliveries due in [start, end), by due instant and number. Raise StoreError."""
    c = t.deliveries.c
    query = select(*_COLUMNS, c.state).where(c.due >= start, c.due < end).order_by(c.due, c.id)
    states: dict[str, State] = {}
    found = []
    for *values, name in database.read(query):
        state = states.get(name) or states.setdefault(name, rows.state(name))
        found.append(QueuedTime._make((*values, state)))
    return found


def states_by_key(database: Database, keys: Collection[str]) -> dict[str, State]:
    """Return the state of each delivery that has one of these keys. Raise StoreError."""
    c = t.deliveries.c
    queries = (select(c.key, c.state).where(c.key.in_(batch)) for batch in batched([*keys]))
    return {key: rows.state(name) for query in queries for key, name in database.read(query)}


def read_by_number(database: Database, numbers: Collection[int]) -> list[Delivery]:
    """Return the deliveries with these numbers, by due instant. Raise StoreError."""
    found: list[Delivery] = []
    with database.reading() as connection:
        for batch in batched(sorted(numbers)):
            found += rows.read_deliveries(connection, t.deliveries.c.id.in_(batch))
    return sorted(found, key=lambda delivery: (delivery.due, delivery.id))
