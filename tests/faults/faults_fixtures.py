"""Fixtures of the fault harness: a pytest plugin."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults_nursery import Nursery, nursery
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from bot.store.database import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def home() -> Iterator[Nursery]:
    """Give a nursery that lasts for a module's tests."""
    with nursery() as made:
        yield made


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Path]:
    """Give a folder for stages, in memory where that can be: kill -9 loses nothing written."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own there
    usable = os.access(memory, os.W_OK)
    folder = Path(tempfile.mkdtemp(prefix="faults", dir=memory)) if usable else tmp_path
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def databases(postgresql: str) -> Iterator[Databases]:
    """Give what makes databases on a real PostgreSQL."""
    made = Databases(postgresql)
    yield made
    made.close()


class Databases:
    """Empty, migrated databases on one server, each copied from the first: that takes no time."""

    def __init__(self, server: str) -> None:
        self._server = make_url(server)
        self._count = 0
        self._engine = create_engine(server, isolation_level="AUTOCOMMIT")
        self._do("CREATE DATABASE faults_template")
        open_database(self._url("faults_template")).close()

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Give the URL of an empty one; it is gone afterwards."""
        self._count += 1
        name = f"faults_{self._count}"
        self._do(f"CREATE DATABASE {name} TEMPLATE faults_template")
        yield self._url(name)
        self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._do("DROP DATABASE faults_template")
        self._engine.dispose()

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _do(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))
