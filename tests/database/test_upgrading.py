"""A newer version and an older one on the same database: only one of them works on it."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from helpers.databases import NEXT_REVISION, add_next_revision, know_only
from helpers.store import LATER, NOW, ON_POSTGRESQL, ON_SQLITE, Store, opened
from sqlalchemy import insert, text

from bot.database import tables as t
from bot.database.migrations import HEAD
from bot.database.opening import open_database
from bot.database.workers import worker_session
from bot.errors import OlderVersionRuns, StoreError, UpgradedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Open the database as the version before would, which goes on while it is migrated."""
    with opened(url) as store:
        yield store


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], None]:
    """Make this process know a further revision from now on, as the next version does."""
    return lambda: add_next_revision(monkeypatch, tmp_path)


def revision(store: Store) -> str:
    found: str = store.scalar("SELECT version_num FROM alembic_version")
    return found


def copies(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in tmp_path.glob("*.before-*"))


def test_it_is_not_migrated_while_an_older_version_works_on_it(
    store: Store, upgrade: Callable[[], None], tmp_path: Path
) -> None:
    with worker_session(store.database, "server/77/loop", NOW):
        upgrade()
        with pytest.raises(OlderVersionRuns) as caught:
            open_database(store.url)
        assert caught.value.exit_code == 3
        assert "process 77 on server, running since 2026-" in str(caught.value)
        assert "Stop it first" in str(caught.value)
        assert (revision(store), copies(tmp_path)) == (HEAD, [])
        store.add()  # the older version goes on
    with opened(store.url) as newer:
        assert revision(newer) == NEXT_REVISION


@ON_POSTGRESQL
def test_the_worker_that_is_alive_is_named_and_not_a_later_one_that_was_killed(
    store: Store, upgrade: Callable[[], None]
) -> None:
    with worker_session(store.database, "server/77/loop", NOW):
        with store.database.writing() as connection:
            killed = {"name": "server/88/loop", "host": "server", "pid": 88}
            connection.execute(insert(t.workers).values(**killed, started=LATER, seen=LATER))
        upgrade()
        with pytest.raises(OlderVersionRuns, match=r"^process 77 on server"):
            open_database(store.url)


def test_no_worker_of_an_older_version_begins_once_it_is_migrated(
    store: Store, upgrade: Callable[[], None]
) -> None:
    """The older process had opened the database before, and begins its work after."""
    upgrade()
    open_database(store.url).close()
    with (
        pytest.raises(UpgradedError, match=rf"revision {NEXT_REVISION}; this one knows {HEAD}"),
        worker_session(store.database, "server/77/loop", LATER),
    ):
        pass
    assert store.scalar("SELECT count(*) FROM workers") == 0


def test_an_older_program_that_is_still_open_notices_it(
    store: Store, upgrade: Callable[[], None]
) -> None:
    """The control room is such a program, which holds no lock."""
    store.add()
    store.database.data_version()
    upgrade()
    open_database(store.url).close()
    with pytest.raises(UpgradedError, match="Start the newer version"):
        store.database.data_version()


def test_an_older_program_that_is_still_open_writes_nothing_more(
    store: Store, upgrade: Callable[[], None]
) -> None:
    store.add()
    upgrade()
    open_database(store.url).close()
    with pytest.raises(UpgradedError, match="nothing more is sent or changed here"):
        store.add("other")
    assert store.scalar("SELECT count(*) FROM deliveries") == 1


@ON_SQLITE
def test_tables_that_are_only_written_anew_are_no_newer_version(store: Store) -> None:
    before = store.scalar("PRAGMA schema_version")
    with ExitStack() as stack:
        stack.callback(store.database.engine.dispose)
        store.database.query_directly("VACUUM")
    assert store.scalar("PRAGMA schema_version") != before
    store.add()
    store.database.data_version()


@ON_SQLITE
def test_a_look_that_fails_is_an_error_of_the_database(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def execute(self, query: str) -> list[tuple[int]]:
            if "schema" in query:
                raise sqlite3.OperationalError("disk I/O error")
            return [(1,)]

    monkeypatch.setattr(store.database, "_direct", Failing())
    with pytest.raises(StoreError, match="disk I/O error"):
        store.database.data_version()


def test_an_older_version_names_the_copy_to_put_back(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as newer:
        add_next_revision(newer, tmp_path)
        open_database(store.url).close()
    with pytest.raises(StoreError, match=rf"newer Groundswell \(revision {NEXT_REVISION};") as sure:
        open_database(store.url)
    copy = tmp_path / f"groundswell.db.before-{NEXT_REVISION}"
    named = f"Install the newer version, or put back {copy}, the copy" in str(sure.value)
    assert named is copy.exists() is (store.database.path is not None)


@ON_SQLITE
def test_a_lock_that_cannot_be_tried_keeps_the_database_as_it_is(
    store: Store, upgrade: Callable[[], None], tmp_path: Path
) -> None:
    (tmp_path / "groundswell.db.lock").mkdir()  # root, who may run the tests, may open any file
    upgrade()
    with pytest.raises(StoreError, match=r"groundswell\.db\.lock: .* Nothing was changed"):
        open_database(store.url)
    assert (revision(store), copies(tmp_path)) == (HEAD, [])


def test_an_empty_database_needs_no_lock(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    know_only(monkeypatch, tmp_path, "0001")
    with opened(url) as older, older.database.reading() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0001"
