"""Bring a database to ``HEAD``, the newest revision, by Alembic's scripts in ``versions``."""

from __future__ import annotations

import logging
import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect

from bot.clock import Clock
from bot.database.audit import GROUNDSWELL, record
from bot.database.backup import backup_before_migration, migration_copy
from bot.database.connections import read_revision
from bot.database.types import lock_transaction
from bot.database.worker_locks import keeping_workers_out
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
    """Bring the database to ``HEAD``, under a lock; a file is copied first.

    Raise StoreError, and OlderVersionRuns if an older version works on the database.
    """
    with database.reading() as connection:  # usually there is nothing to do, and no need to wait
        current = _revision(connection)
    if current != HEAD:
        _upgrade(database)
    database.revision = HEAD


def _upgrade(database: Database) -> None:
    with ExitStack() as stack:
        connection = stack.enter_context(database.writing())
        lock_transaction(connection, "migrate")
        current = _revision(connection)
        if current == HEAD:
            return
        if current and current > HEAD:
            raise StoreError(_too_new(database, current))
        copy = None
        if current:
            stack.enter_context(keeping_workers_out(database, connection))
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


def _too_new(database: Database, revision: str) -> str:
    words = (
        f"{database.name} was made by a newer Groundswell (revision {revision}; this one knows "
        f"{HEAD}). Nothing was changed. Install the newer version"
    )
    copy = database.path and migration_copy(database.path, revision)
    if copy and copy.exists():
        words += f", or put back {copy}, the copy that was kept before"
    return f"{words}."


def _revision(connection: Connection) -> str | None:
    """Return the revision of the database, or None if it is empty.

    Raise StoreError if its tables are those of another program.
    """
    tables = {*inspect(connection).get_table_names()}
    revision = None
    if "alembic_version" in tables:
        revision = read_revision(connection)
    if revision is None and not tables & OWN_TABLES - {"alembic_version"}:
        return None
    if revision is None or not _REVISION.fullmatch(str(revision)):
        raise StoreError(
            "the database has tables of another program. Nothing was changed. Set a database that "
            "only Groundswell uses, by database: in the config."
        )
    return str(revision)
