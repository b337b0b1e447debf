"""What the database knows of itself: a value by a key, read and written within a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.store import tables as t
from bot.store.types import batched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


def get(connection: Connection, key: str) -> str | None:
    """Give the value, or None."""
    return connection.scalar(select(t.meta.c.value).where(t.meta.c.key == key))


def get_all(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Give the values of those of the keys that there are."""
    found: dict[str, str] = {}
    for some in batched(keys):
        query = select(t.meta.c.key, t.meta.c.value).where(t.meta.c.key.in_(some))
        found |= {row.key: row.value for row in connection.execute(query)}
    return found


def put(connection: Connection, key: str, value: str) -> None:
    """Write it, whether or not there is one."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    query = insert(t.meta).values(key=key, value=value)
    query = query.on_conflict_do_update(index_elements=["key"], set_={"value": value})
    connection.execute(query)


def drop(connection: Connection, key: str) -> None:
    """Forget it."""
    connection.execute(delete(t.meta).where(t.meta.c.key == key))
