"""Bring a database to ``HEAD``, the newest revision, by Alembic's scripts in ``versions``."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from bot.clock import Clock
from bot.database.audit import GROUNDSWELL, record
from bot.database.backup import backup_before_migration
from bot.database.types import lock_transaction
from bot.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.database.connections import Database

log = logging.getLogger("groundswell.store")

HEAD = "0010"
OWN_TABLES = frozenset({"alembic_version", "deliveries", "attempts", "publications"})
"""Tables that a database of Groundswell has had since its first revision."""
_REVISION = re.compile(r"\d{4}")
SCRIPTS = Path(__file__).parent


def migrate(database: Database) -> None:
    """Bring the database to ``HEAD``, under a lock; a file is copied first. Raise StoreError."""
    with database.reading() as connection:  # usually there is nothing to do, and no need to wait
        if _revision(connection) == HEAD:
            return
    with database.writing() as connection:
        lock_transaction(connection, "migrate")
        current = _revision(connection)
        if current == HEAD:
            return
        if current and current > HEAD:
            raise StoreError(
                f"{database.name} was made by a newer Groundswell (revision {current}; this one "
                f"knows {HEAD}). Install the newer version; nothing was changed.",
            )
        copy = None
        if current and database.path:
            copy = backup_before_migration(database.path, HEAD)
            log.warning("migrating the database to revision %s; a copy is kept as %s", HEAD, copy)
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if current:
            detail = {"from": current, "to": HEAD, "copy": copy and str(copy)}
            record(connection, GROUNDSWELL, "migrated", "", detail, Clock().now())


def _revision(connection: Connection) -> str | None:
    """Return the revision of the database, or None if it is empty.

    Raise StoreError if its tables are those of another program.
    """
    tables = {*inspect(connection).get_table_names()}
    revision = None
    if "alembic_version" in tables:
        revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is None and not tables & OWN_TABLES - {"alembic_version"}:
        return None
    if revision is None or not _REVISION.fullmatch(str(revision)):
        raise StoreError(
            "the database has tables of another program. Nothing was changed. Set a database that "
            "only Groundswell uses, by database: in the config."
        )
    return str(revision)
