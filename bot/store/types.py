"""Column types, and an insert, that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import BigInteger, DateTime, bindparam
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import BindParameter, Connection, Dialect, Table
    from sqlalchemy.dialects.postgresql import Insert


T = TypeVar("T")


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC; a naive one is refused, since its hour would be a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn it into UTC. Raises ValueError for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: an instant needs its offset")
        utc = value.astimezone(UTC)
        # SQLite compares text: without an offset all values have one shape and sort as they should.
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Give what reads it back: SQLite's text in one step, as a report reads it so often."""
        if dialect.name == "sqlite":
            return _aware
        return super().result_processor(dialect, coltype)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give it back aware, in UTC."""
        return None if value is None else value.astimezone(UTC)


def _aware(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


class Span(TypeDecorator[timedelta]):
    """A length of time, kept in whole microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn it into microseconds."""
        return None if value is None else value // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give it back as a span."""
        return None if value is None else timedelta(microseconds=value)


class Dollars(TypeDecorator[Decimal]):
    """US dollars, kept in whole millionths: SQLite has no exact decimal of its own."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn it into millionths of a dollar."""
        return None if value is None else int(value * 1_000_000)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give it back as dollars."""
        return None if value is None else Decimal(int(value)) / 1_000_000


AT_ONCE = 500
"""Values named in one statement: well below SQLite's limit on its parameters."""


SOME: BindParameter[Any] = bindparam("some", expanding=True)
"""The values of one lot, in a statement that is made once."""


def batched(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield them in lots that one statement can name."""
    for first in range(0, len(values), AT_ONCE):
        yield values[first : first + AT_ONCE]


def insert_new(connection: Connection, table: Table, key: Sequence[str]) -> Insert:
    """Give an insert that leaves out rows whose unique key is there already."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    return insert(table).on_conflict_do_nothing(index_elements=key)
