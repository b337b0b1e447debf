"""Single values that the database keeps by a key, read and written within a transaction."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.database import tables as t
from bot.database.types import BATCH_PARAM, batched, dialect_insert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection
    from sqlalchemy.dialects.postgresql import Insert


_IN_BATCH = t.meta.c.key.in_(BATCH_PARAM)
_GET = select(t.meta.c.key, t.meta.c.value).where(_IN_BATCH)
_DROP = delete(t.meta).where(_IN_BATCH)


@cache
def _put(dialect: str) -> Insert:
    query = dialect_insert(dialect, t.meta)
    return query.on_conflict_do_update(index_elements=["key"], set_={"value": query.excluded.value})


def get(connection: Connection, key: str) -> str | None:
    """Return the value, or None."""
    return connection.scalar(select(t.meta.c.value).where(t.meta.c.key == key))


def get_all(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Return the values of those keys that exist."""
    values: dict[str, str] = {}
    for batch in batched(keys):
        values |= {row.key: row.value for row in connection.execute(_GET, {"batch": batch})}
    return values


def put(connection: Connection, key: str, value: str) -> None:
    """Write the value, whether or not the key exists."""
    connection.execute(_put(connection.dialect.name), {"key": key, "value": value})


def drop_all(connection: Connection, keys: Sequence[str]) -> None:
    """Delete the values of these keys."""
    for batch in batched(keys):
        connection.execute(_DROP, {"batch": batch})


def drop(connection: Connection, key: str) -> None:
    """Delete the value of this key."""
    drop_all(connection, [key])
