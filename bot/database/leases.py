"""Advisory locks of PostgreSQL: others can see who holds one, and nothing is written."""

from __future__ import annotations

import hashlib
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.database.opening import translate_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from bot.database.opening import Database


LEASE_SECONDS = 120.0
"""How long a lease lasts at most: longer than reading a timeline takes, timeouts included."""

log = logging.getLogger("groundswell.store")

_TRY_SESSION_LOCK = text("SELECT pg_try_advisory_lock(:number)")
_TRY_TRANSACTION_LOCK = text("""
    SELECT pg_try_advisory_xact_lock(:number),
           set_config('idle_in_transaction_session_timeout', :milliseconds, true)
""")
_TRY_LOCKS = text(
    "SELECT key FROM unnest(CAST(:keys AS bigint[])) AS key WHERE pg_try_advisory_xact_lock(key)"
)
_LOCKED = text("""
    SELECT classid::bigint << 32 | objid::bigint FROM pg_locks
    JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND locktype = 'advisory' AND objsubid = 1 AND granted
""")


def try_session_lock(connection: Connection, name: str) -> bool:
    """Take the lock for as long as this connection lives; return False if another one has it."""
    return bool(connection.scalar(_TRY_SESSION_LOCK, {"number": lock_number(name)}))


def try_transaction_lock(connection: Connection, name: str, seconds: float) -> bool:
    """Take the lock until this transaction ends; return False if another one has it.

    The server ends a transaction that is idle for ``seconds``.
    """
    values = {"number": lock_number(name), "milliseconds": f"{seconds * 1000:.0f}"}
    return bool(connection.scalar(_TRY_TRANSACTION_LOCK, values))


def try_locks(connection: Connection, names: Iterable[str]) -> frozenset[str]:
    """Take the locks that nobody else has, until this transaction ends, and return their names."""
    keys = {lock_number(name): name for name in names}
    return frozenset(keys[key] for key in connection.scalars(_TRY_LOCKS, {"keys": [*keys]}))


def locked_names(connection: Connection, names: Iterable[str]) -> frozenset[str]:
    """Return the names whose lock somebody has."""
    locked = frozenset(connection.scalars(_LOCKED))
    return frozenset(name for name in names if lock_number(name) in locked)


def lock_number(name: str) -> int:
    """Return the number that stands for a name on the server."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


@contextmanager
def lease(database: Database, name: str, seconds: float = LEASE_SECONDS) -> Iterator[bool]:
    """Hold a lease within the block; yield False if another worker has it."""
    if database.path:
        yield True
        return
    with translate_errors(database.engine):
        connection = database.engine.connect()
    try:
        with translate_errors(database.engine):
            taken = try_transaction_lock(connection, f"turn {name}", seconds)
        if not taken:
            connection.rollback()
        yield taken
    finally:
        try:
            connection.rollback()
        except DBAPIError:  # the server has ended it
            log.warning("%s took too long; another worker may have started it, too", name)
            connection.invalidate()
        connection.close()
