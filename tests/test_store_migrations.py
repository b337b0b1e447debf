from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from store_support import OnPostgreSQL, OnSQLite, Store

from bot.store.tables import metadata


class MigrationContract(OnSQLite):
    """The tables that the migrations make are the tables that the program speaks of."""

    def test_migrations_arrive_at_the_tables(self, store: Store) -> None:
        with store.database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            assert compare_metadata(context, metadata) == []


class TestMigrationsOnSQLite(MigrationContract):
    pass


class TestMigrationsOnPostgreSQL(OnPostgreSQL, MigrationContract):
    pass
