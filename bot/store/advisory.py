"""Advisory locks of a PostgreSQL: whoever has one is seen to have it, and nothing is written."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_SESSION = text("SELECT pg_try_advisory_lock(:number)")
_TRANSACTION = text("""
    SELECT pg_try_advisory_xact_lock(:number),
           set_config('idle_in_transaction_session_timeout', :milliseconds, true)
""")
_SEVERAL = text(
    "SELECT key FROM unnest(CAST(:keys AS bigint[])) AS key WHERE pg_try_advisory_xact_lock(key)"
)
_HELD = text("""
    SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
    JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND locktype = 'advisory' AND objsubid = 1 AND granted
""")


def for_session(connection: Connection, name: str) -> bool:
    """Take the lock for as long as this connection lives; False where another one has it."""
    return bool(connection.scalar(_SESSION, {"number": number(name)}))


def for_transaction(connection: Connection, name: str, seconds: float) -> bool:
    """Take the lock until this transaction ends; False where another one has it.

    A transaction that stands still for ``seconds`` is ended by the server.
    """
    values = {"number": number(name), "milliseconds": f"{seconds * 1000:.0f}"}
    return bool(connection.scalar(_TRANSACTION, values))


def several(connection: Connection, names: Iterable[str]) -> frozenset[str]:
    """Take those that nobody else has, until this transaction ends; give them."""
    keys = {number(name): name for name in names}
    return frozenset(keys[key] for key in connection.scalars(_SEVERAL, {"keys": [*keys]}))


def held(connection: Connection, names: Iterable[str]) -> frozenset[str]:
    """Return those of the names whose lock somebody has."""
    found = frozenset(connection.scalars(_HELD))
    return frozenset(name for name in names if number(name) in found)


def number(name: str) -> int:
    """Return the number that stands for a name on the server."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
