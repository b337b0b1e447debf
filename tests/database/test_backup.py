"""Copies of the database, made while it is written to, and before a migration."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from helpers.databases import NEXT_REVISION, add_next_revision
from helpers.store import NOW, ON_POSTGRESQL, ON_SQLITE, Store, opened

from bot.database.audit import read_entries, verify
from bot.database.backup import backup
from bot.database.migrations import HEAD
from bot.database.opening import open_database
from bot.errors import StoreError
from bot.model import PauseCause, PauseRequest

if TYPE_CHECKING:
    from pathlib import Path


def copied(store: Store, target: Path, *, force: bool = False) -> int:
    return backup(store.database, target, "Ana", NOW, force=force)


def full(_path: Path) -> None:
    raise OSError(28, "No space left on device")


def count(file: Path, table: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        [number] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a name of ours
    return int(number)


@ON_SQLITE
class TestSQLite:
    def test_a_copy_is_one_file_for_its_owner_and_holds_everything(
        self, store: Store, tmp_path: Path
    ) -> None:
        delivery = store.add()
        store.must_claim(delivery)
        target = tmp_path / "copies" / "monday.db"
        target.parent.mkdir()
        assert copied(store, target) == target.stat().st_size
        assert [path.name for path in target.parent.iterdir()] == ["monday.db"]
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        again = Store(f"sqlite:///{target}")
        assert again.get(delivery.key) == store.now(delivery)
        again.database.close()
        assert (read_entries(store.database)[-1].what) == "backup"

    def test_it_is_whole_whatever_is_written_meanwhile(self, store: Store, tmp_path: Path) -> None:
        stop = threading.Event()

        def write() -> None:
            number = 0
            while not stop.is_set():
                store.add(f"post {number}")
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(5):
                copied(store, tmp_path / f"{number}.db")
        finally:
            stop.set()
            writer.join()
        for number in range(5):
            # Each post is one transaction with one entry in the log.
            file = tmp_path / f"{number}.db"
            assert count(file, "deliveries") == count(file, "audit") - number
        assert verify(store.database) is None

    def test_a_file_that_is_there_is_written_over_only_if_one_says_so(
        self, store: Store, tmp_path: Path
    ) -> None:
        target = tmp_path / "precious.db"
        target.write_text("precious")
        with pytest.raises(StoreError, match=r"G121 It exists already\. .* or use --force"):
            copied(store, target)
        assert target.read_text() == "precious"
        copied(store, target, force=True)
        assert count(target, "deliveries") == 0

    @pytest.mark.parametrize("name", ["groundswell.db", "here/../groundswell.db"])
    def test_it_is_never_copied_over_itself(self, store: Store, tmp_path: Path, name: str) -> None:
        (tmp_path / "here").mkdir()
        with pytest.raises(StoreError, match="G121 It is the database itself"):
            copied(store, tmp_path / name, force=True)

    def test_a_place_that_cannot_be_written_is_reported_and_nothing_left(
        self, store: Store, tmp_path: Path
    ) -> None:
        with pytest.raises(StoreError, match=r"copy\.db: G121 The folder .*nowhere does not exist"):
            copied(store, tmp_path / "nowhere" / "copy.db")

    @pytest.mark.parametrize("force", [False, True])
    def test_a_folder_as_target_is_reported(
        self, store: Store, tmp_path: Path, force: bool
    ) -> None:
        with pytest.raises(StoreError, match=r"G121 It is a folder\. Name a file in it\."):
            copied(store, tmp_path, force=force)

    def test_a_failure_half_way_leaves_no_copy(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.files.sync", full)
        folder = tmp_path / "copies"
        folder.mkdir()
        with pytest.raises(StoreError, match=r"G121 .* \(No space left on device\)\. Choose"):
            copied(store, folder / "copy.db")
        assert list(folder.iterdir()) == []

    def test_a_damaged_database_is_not_copied(self, store: Store, tmp_path: Path) -> None:
        file = tmp_path / "groundswell.db"
        for number in range(50):
            store.add(f"post {number}")
        store.database.close()
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole = bytearray(file.read_bytes())
        whole[8192:24576] = b"\x5a" * 16384
        file.write_bytes(whole)
        with pytest.raises(StoreError, match=r"damaged|malformed"):
            copied(store, tmp_path / "copy.db")
        assert not (tmp_path / "copy.db").exists()


@ON_POSTGRESQL
class TestPostgreSQL:
    def test_it_names_the_tool_and_the_database_and_no_password(
        self, store: Store, tmp_path: Path
    ) -> None:
        with pytest.raises(StoreError, match="pg_dump --format=custom") as caught:
            copied(store, tmp_path / "copy.db")
        name = store.database.engine.url.database
        assert name
        assert f"/{name}" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_password_is_left_out(tmp_path: Path) -> None:
    from sqlalchemy import create_engine

    from bot.database.connections import Database

    url = "postgresql+psycopg://ana:canary@db.example/ours?password=canary&host=db"
    database = Database(create_engine(url))
    with pytest.raises(StoreError) as caught:
        backup(database, tmp_path / "copy.db", "Ana", NOW, force=False)
    database.close()
    assert "canary" not in str(caught.value)
    assert "postgresql://ana@db.example/ours?host=db" in str(caught.value)


# --- before a migration ---


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a database with a pause in it, which is one revision behind."""
    file = tmp_path / "groundswell.db"
    with opened(f"sqlite:///{file}") as store:
        hold = PauseRequest("all", "", "the lawyer", PauseCause.PERSON)
        store.queue.pause(hold, "Ana", NOW)
    add_next_revision(monkeypatch, tmp_path)
    return file


def version(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        [revision] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(revision)


def test_a_migration_keeps_a_copy(old: Path) -> None:
    store = Store(f"sqlite:///{old}")
    [pause] = store.queue.pauses()
    assert pause.why == "the lawyer"
    copy = old.with_name(f"groundswell.db.before-{NEXT_REVISION}")
    assert (version(old), version(copy), count(copy, "pauses")) == (NEXT_REVISION, HEAD, 1)
    entry = read_entries(store.database)[-1]
    assert entry.what == "migrated"
    assert entry.detail == {"from": HEAD, "to": NEXT_REVISION, "copy": str(copy)}
    store.database.close()
    open_database(store.url).close()
    assert [path.name for path in old.parent.glob("*.before-*")] == [copy.name]


def test_an_earlier_copy_is_never_written_over(old: Path) -> None:
    first = old.with_name(f"groundswell.db.before-{NEXT_REVISION}")
    aside = old.with_name("aside")
    shutil.copy(old, aside)
    open_database(f"sqlite:///{old}").close()
    before = first.read_bytes()
    shutil.copy(aside, old)
    open_database(f"sqlite:///{old}").close()
    second = old.with_name(f"groundswell.db.before-{NEXT_REVISION}-2")
    assert (first.read_bytes(), version(second)) == (before, HEAD)


def test_without_a_copy_nothing_is_migrated(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("bot.files.sync", full)
        with pytest.raises(StoreError, match="No space left on device"):
            open_database(f"sqlite:///{old}")
    assert version(old) == HEAD
    open_database(f"sqlite:///{old}").close()
    assert version(old) == NEXT_REVISION


def test_a_new_database_has_nothing_to_be_kept(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'groundswell.db'}")
    assert read_entries(store.database) == []
    assert list(tmp_path.glob("*.before-*")) == []
    store.database.close()
