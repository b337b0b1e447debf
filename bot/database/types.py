"""Column types and statements that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sqlalchemy import BigInteger, DateTime, bindparam, text
from sqlalchemy.types import TypeDecorator

from bot.errors import StoreError
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import BindParameter, Connection, Dialect, Table
    from sqlalchemy.dialects.postgresql import Insert


T = TypeVar("T")

_LOCK_TRANSACTION = text("SELECT pg_advisory_xact_lock(:number)")


def damaged(what: str, value: object = None) -> StoreError:
    """Return the error for a value in a row that Groundswell cannot have written."""
    shown = "" if value is None else f" ({quote_value(str(value))})"
    return StoreError(
        f"the database is damaged, or was changed by hand: {what}{shown} cannot be read. Stop the "
        "loop, and restore a backup"
    )


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC. A naive one is refused, because its hour would be a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC. Raise ValueError for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: an instant needs its offset")
        utc = value.astimezone(UTC)
        # SQLite compares text. Without an offset, all values have one shape and sort by time.
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Return the reader of values; that of SQLite's text is fast, for reports."""
        if dialect.name == "sqlite":
            return _parse_utc
        return super().result_processor(dialect, coltype)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the instant as an aware datetime in UTC."""
        return None if value is None else value.astimezone(UTC)


def _parse_utc(value: str | None) -> datetime | None:
    try:
        return None if value is None else datetime.fromisoformat(f"{value}+00:00")
    except ValueError:
        raise damaged("an instant", value) from None


class Duration(TypeDecorator[timedelta]):
    """A length of time, kept in whole microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the length in microseconds."""
        return None if value is None else value // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the length as a timedelta."""
        try:
            return None if value is None else timedelta(microseconds=value)
        except (TypeError, OverflowError):
            raise damaged("a length of time", value) from None


_MAX_DOLLARS = 10**9
"""An amount that no team can have spent."""


class Dollars(TypeDecorator[Decimal]):
    """US dollars, kept in whole millionths, because SQLite has no exact decimal of its own."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the amount in millionths of a dollar."""
        return None if value is None else int(value * 1_000_000)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the amount in dollars."""
        try:
            dollars = None if value is None else Decimal(int(value)) / 1_000_000
        except ValueError:
            raise damaged("an amount", value) from None
        if dollars and abs(dollars) > _MAX_DOLLARS:
            raise damaged("an amount", value)
        return dollars


def read_json(text: str) -> Any:
    """Return the value of a JSON column."""
    try:
        return json.loads(text)
    except ValueError:  # SQLAlchemy handles a TypeError: SQLite returns a bare number as one
        raise damaged("a value", text) from None


BATCH_SIZE = 500
"""The number of values in one statement, well below SQLite's limit on parameters."""

BATCH_PARAM: BindParameter[Any] = bindparam("batch", expanding=True)
"""The values of one batch, in a statement that is built once."""


def batched(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the values in batches that fit into one statement."""
    for first in range(0, len(values), BATCH_SIZE):
        yield values[first : first + BATCH_SIZE]


def dialect_insert(dialect: str, table: Table) -> Insert:
    """Return an insert that can handle conflicts, which both dialects spell alike."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    return insert(table)


def insert_new(connection: Connection, table: Table, key: Sequence[str]) -> Insert:
    """Return an insert that leaves out rows whose unique key exists already."""
    query = dialect_insert(connection.dialect.name, table)
    return query.on_conflict_do_nothing(index_elements=key)


def lock_number(name: str) -> int:
    """Return the number of a lock's name on PostgreSQL."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


def lock_transaction(
    connection: Connection, lock: Literal["migrate", "plan", "audit", "voices"]
) -> None:
    """Wait until no other transaction holds the lock, and hold it until this one ends."""
    if connection.dialect.name == "postgresql":  # SQLite's writers wait for each other anyway
        connection.execute(_LOCK_TRANSACTION, {"number": lock_number(lock)})
