"""A recreated container is the same machine; a copy of the folder is another database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from helpers.store import Store, opened, sqlite_url, text_content

from bot.database.backup import copy_database
from bot.database.fingerprint import FingerprintFile, advance_generation
from bot.errors import DatabaseReplacedError
from bot.model import State, Transition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COPIED = "this database was copied here, or another machine worked on it last"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a database that has sent something."""
    data = tmp_path / "data"
    data.mkdir()
    work(data)
    return data


def work(folder: Path) -> None:
    """Send something from this database."""
    with opened(sqlite_url(folder)) as store:
        send(store)
        store.claims.flush()


def send(store: Store) -> None:
    name = f"post-{len(store.queue.all())}"
    claim = store.must_claim(store.add(name, content=text_content(name)))
    store.close(claim, Transition(State.REJECTED, reason="Too long."), "rejected")


def mismatch(folder: Path) -> str | None:
    with opened(sqlite_url(folder)) as store:
        return FingerprintFile(store.database).mismatch()


# --- containers ---


def container(tmp_path: Path, patch: pytest.MonkeyPatch, name: str, machine_id: str = "") -> None:
    """Let this process run as in a container, with a host name of its own and the image's /etc."""
    etc = tmp_path / f"etc-{name}"
    etc.mkdir()
    if machine_id:
        (etc / "machine-id").write_text(machine_id)
    mounts = tmp_path / f"mounts-{name}"
    mounts.write_text(f"overlay / overlay rw 0 0\n/dev/vda {tmp_path}/data ext4 rw 0 0\n")
    patch.setattr("socket.gethostname", lambda: name)
    patch.setattr("bot.database.fingerprint._MACHINE_ID", etc / "machine-id")
    patch.setattr("bot.files.MOUNTS", str(mounts))


@pytest.mark.parametrize("ids", [("", ""), ("image-1", "image-1"), ("image-1", "image-2")])
def test_recreated_container_is_the_same_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ids: tuple[str, str]
) -> None:
    """Its host name is new, and the machine-id of its image is that of another build."""
    container(tmp_path, monkeypatch, "4f5c1a2b", ids[0])
    data = tmp_path / "data"
    data.mkdir()
    work(data)
    container(tmp_path, monkeypatch, "9be07c3d", ids[1])
    assert mismatch(data) is None


def test_new_owner_and_mode_of_the_files_are_no_mismatch(folder: Path) -> None:
    """An image's first command often hands the volume to its user, at every start."""
    fingerprint = folder / "groundswell.db.mark"
    fingerprint.chmod(0o640)
    fingerprint.chmod(0o600)
    shutil.chown(fingerprint, fingerprint.owner(), fingerprint.group())
    assert mismatch(folder) is None


@pytest.mark.parametrize("mode", [0o600, 0o660])
def test_file_has_the_permissions_of_the_database(folder: Path, mode: int) -> None:
    """The control room may be another user of the same group, and writes it as well."""
    (folder / "groundswell.db").chmod(mode)
    work(folder)
    assert (folder / "groundswell.db.mark").stat().st_mode & 0o777 == mode


def test_moved_folder_is_not_a_mismatch(folder: Path, tmp_path: Path) -> None:
    moved = folder.rename(tmp_path / "elsewhere")
    assert mismatch(moved) is None


def test_ordinary_restart_is_not_a_mismatch(folder: Path) -> None:
    for _ in range(3):
        assert mismatch(folder) is None
        work(folder)


# --- copies ---


def command(name: str, *args: str | Path) -> None:
    program = shutil.which(name)
    assert program
    subprocess.run([program, *map(str, args)], check=True)


def cp(source: Path, target: Path) -> None:
    command("cp", "-a", source, target)


def tar(source: Path, target: Path) -> None:
    target.mkdir()
    packed = source.with_suffix(".tar")
    command("tar", "-C", source, "-cf", packed, ".")
    command("tar", "-C", target, "-xpf", packed)


COPIES: dict[str, Callable[[Path, Path], object]] = {
    "cp -a": cp,
    "tar": tar,
    "as Python does": shutil.copytree,
}


@pytest.mark.parametrize("way", COPIES)
def test_copied_folder_is_another_database(folder: Path, tmp_path: Path, way: str) -> None:
    """The copy takes along all that it can, also times, owners and extended attributes."""
    COPIES[way](folder, tmp_path / "copy")
    assert mismatch(tmp_path / "copy") == COPIED
    assert mismatch(folder) is None


def test_folder_restored_over_itself_is_another_database(folder: Path, tmp_path: Path) -> None:
    """The fingerprint is as old as the database then, and agrees with it."""
    cp(folder, tmp_path / "copy")
    work(folder)
    for file in (tmp_path / "copy").iterdir():
        cp(file, folder)
    assert mismatch(folder) == COPIED


def test_folder_copied_between_two_claims_is_another_database_once_all_is_sent(
    folder: Path, tmp_path: Path
) -> None:
    """The claims of a burst overwrite one file; after it, the fingerprint is in a new file."""
    fingerprint = folder / "groundswell.db.mark"
    with opened(sqlite_url(folder)) as store:
        send(store)
        before = fingerprint.stat().st_ino
        cp(folder, tmp_path / "copy")
        send(store)
        assert fingerprint.stat().st_ino == before
        store.claims.flush()
    for file in (tmp_path / "copy").iterdir():
        cp(file, folder)
    assert mismatch(folder) == COPIED


def test_copy_that_is_restored_into_the_file_that_is_in_use_claims_nothing(folder: Path) -> None:
    """``.restore`` of SQLite's shell puts older content into the same file."""
    with opened(sqlite_url(folder)) as store:
        with (
            closing(sqlite3.connect(folder / "groundswell.db")) as now,
            closing(sqlite3.connect(folder / "copy.db")) as copy,
        ):
            now.backup(copy)
            send(store)
            copy.backup(now)
        with pytest.raises(DatabaseReplacedError, match="restored while it was in use"):
            send(store)
    assert mismatch(folder) == (
        "this database is older than the last send, approval, withdrawal or refusal here (was a "
        "backup restored?)"
    )


def test_copy_that_is_restored_in_use_claims_nothing_even_before_the_first_claim(
    folder: Path,
) -> None:
    """The process before this one may have sent posts that this one has not claimed."""
    copy_database(folder / "groundswell.db", folder / "copy.db", force=False)
    with opened(sqlite_url(folder)) as store:
        send(store)
    with opened(sqlite_url(folder)) as store:
        with (
            closing(sqlite3.connect(folder / "groundswell.db")) as now,
            closing(sqlite3.connect(folder / "copy.db")) as copy,
        ):
            copy.backup(now)
        with pytest.raises(DatabaseReplacedError, match="restored while it was in use"):
            send(store)
    assert mismatch(folder) is not None


def test_copy_that_is_moved_over_the_database_in_use_stays_unchanged(folder: Path) -> None:
    """SQLite would apply the old file's log to the one in its place."""
    path = folder / "groundswell.db"
    copy_database(path, folder / "copy.db", force=False)
    with opened(sqlite_url(folder)) as store:
        send(store)
        store.queue.pauses()  # as a loop does all the time
        (folder / "copy.db").replace(path)
        with pytest.raises(DatabaseReplacedError):
            store.queue.all()
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("SELECT count(*) FROM attempts").fetchone() == (1,)
    assert mismatch(folder) == (
        "this database is older than the last send, approval, withdrawal or refusal here (was a "
        "backup restored?)"
    )


def test_deleted_fingerprint_is_written_again(folder: Path) -> None:
    with opened(sqlite_url(folder)) as store:
        send(store)
        (folder / "groundswell.db.mark").unlink()
        send(store)
    assert mismatch(folder) is None


def test_clone_of_the_disk_on_another_machine_is_recognised_by_its_machine_id(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "machine-id").write_text("another")
    monkeypatch.setattr("bot.database.fingerprint._MACHINE_ID", tmp_path / "machine-id")
    assert mismatch(folder) == COPIED


def test_the_machine_id_is_not_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "machine-id").write_text("e08d2021fbdd6f89\n")
    monkeypatch.setattr("bot.database.fingerprint._MACHINE_ID", tmp_path / "machine-id")
    work(tmp_path)
    assert "e08d2021fbdd6f89" not in (tmp_path / "groundswell.db.mark").read_text()
    assert mismatch(tmp_path) is None


def test_two_processes_may_write_it_at_the_same_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody approves while the loop claims. Neither takes the other's file away."""
    fsync = os.fsync
    with opened(sqlite_url(folder)) as store, opened(sqlite_url(folder)) as other:

        def approve_meanwhile(descriptor: int) -> None:
            monkeypatch.setattr(os, "fsync", fsync)
            with other.database.writing() as connection:
                fingerprint = advance_generation(connection)
            FingerprintFile(other.database).save(fingerprint)
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", approve_meanwhile)
        send(store)
        assert os.fsync is fsync
    assert mismatch(folder) is None
    assert [path.name for path in folder.glob("*.new")] == []


@pytest.mark.parametrize("work_before", [True, False], ids=["used", "new"])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("is_after", [True, False], ids=["after", "before"])
def test_work_of_another_process_meanwhile_is_not_a_mismatch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int, *, work_before: bool, is_after: bool
) -> None:
    """The control room starts while posts leave. Nobody may be signed out by that."""
    if work_before:
        work(tmp_path)
    read, left = FingerprintFile.read, [nth]
    with opened(sqlite_url(tmp_path)) as store, opened(sqlite_url(tmp_path)) as other:

        def work_meanwhile() -> None:
            left[0] -= 1
            if not left[0]:
                monkeypatch.setattr(FingerprintFile, "read", read)
                send(other)
                other.claims.flush()

        def reading(self: FingerprintFile) -> object:
            if is_after:
                found = read(self)
                work_meanwhile()
                return found
            work_meanwhile()
            return read(self)

        monkeypatch.setattr(FingerprintFile, "read", reading)
        assert FingerprintFile(store.database).mismatch() is None
