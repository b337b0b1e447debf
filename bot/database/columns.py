"""What all tables share: their registry, ids, and indexes over some of the rows."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)

# SQLite assigns row ids only to INTEGER; PostgreSQL should not run out of them.
Id = BigInteger().with_variant(Integer, "sqlite")


def id_column() -> Column[int]:
    """Return the column of a row's number."""
    return Column("id", Id, primary_key=True)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index over the rows that meet a condition.

    The migrations create it on PostgreSQL with the same condition. To name that here would import
    all of PostgreSQL's drivers for every command.
    """
    return Index(name, *columns, unique=unique, sqlite_where=text(where))
