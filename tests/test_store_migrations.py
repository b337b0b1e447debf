from __future__ import annotations

from importlib import import_module

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from store_support import OnPostgreSQL, OnSQLite, Store, said

from bot.store.tables import metadata


class MigrationContract(OnSQLite):
    """The tables that the migrations make are the tables that the program speaks of."""

    def test_migrations_arrive_at_the_tables(self, store: Store) -> None:
        with store.database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            assert compare_metadata(context, metadata) == []

    def test_what_is_there_gets_the_fingerprint_of_its_words(self, store: Store) -> None:
        for number in range(3):
            store.add(f"{number}", content=said(f"Say {number}."))
        query = "SELECT words FROM deliveries WHERE id = :number"
        words = [store.scalar(query, number=number) for number in (1, 2, 3)]
        migration = import_module("bot.store.migrations.versions.0008_words")
        with store.database.writing() as connection:
            connection.execute(text("UPDATE deliveries SET words = ''"))
            migration._fill(connection)
        assert len(set(words)) == 3
        assert words == [store.scalar(query, number=number) for number in (1, 2, 3)]


class TestMigrationsOnSQLite(MigrationContract):
    pass


class TestMigrationsOnPostgreSQL(OnPostgreSQL, MigrationContract):
    pass
