"""What the database knows of itself: a value by a key, read and written within a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.store import tables as t

if TYPE_CHECKING:
    from sqlalchemy import Connection


def get(connection: Connection, key: str) -> str | None:
    """Give the value, or None."""
    return connection.scalar(select(t.meta.c.value).where(t.meta.c.key == key))


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
