"""What the database knows of itself: a value by a key, read and written within a transaction."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from bot.store import tables as t
from bot.store.types import SOME, batched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection
    from sqlalchemy.dialects.postgresql import Insert

_NAMED = t.meta.c.key.in_(SOME)
_GET = select(t.meta.c.key, t.meta.c.value).where(_NAMED)
_DROP = delete(t.meta).where(_NAMED)


@cache
def _put(dialect: str) -> Insert:
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    query = insert(t.meta)
    return query.on_conflict_do_update(index_elements=["key"], set_={"value": query.excluded.value})


def get(connection: Connection, key: str) -> str | None:
    """Give the value, or None."""
    return connection.scalar(select(t.meta.c.value).where(t.meta.c.key == key))


def get_all(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Give the values of those of the keys that there are."""
    found: dict[str, str] = {}
    for some in batched(keys):
        found |= {row.key: row.value for row in connection.execute(_GET, {"some": some})}
    return found


def put(connection: Connection, key: str, value: str) -> None:
    """Write it, whether or not there is one."""
    connection.execute(_put(connection.dialect.name), {"key": key, "value": value})


def drop_all(connection: Connection, keys: Sequence[str]) -> None:
    """Forget all of them."""
    for some in batched(keys):
        connection.execute(_DROP, {"some": some})


def drop(connection: Connection, key: str) -> None:
    """Forget it."""
    drop_all(connection, [key])
