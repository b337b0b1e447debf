"""A container made anew is the same machine; a copy of the folder is another database."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from store_support import Store, said, sqlite_url

from bot.model import Settlement, State
from bot.store.restoring import Restoring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COPIED = "this database was copied here, or another machine worked on it last"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a database that has sent something."""
    found = tmp_path / "data"
    found.mkdir()
    work(found)
    return found


def work(folder: Path) -> None:
    """Send something from this database."""
    with opened(folder) as store:
        send(store)
        store.sending.rest()


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    with sqlite_url(folder) as url:
        store = Store(url)
        yield store
        store.database.close()


def send(store: Store) -> None:
    name = f"post-{len(store.queue.all())}"
    claim = store.claimed(store.add(name, content=said(name)))
    store.close(claim, Settlement(State.REJECTED, reason="Too long."), "rejected")


def doubt(folder: Path) -> str | None:
    with sqlite_url(folder) as url:
        store = Store(url)
        try:
            return Restoring(store.database).doubt()
        finally:
            store.database.close()


# --- containers ---


def container(tmp_path: Path, patch: pytest.MonkeyPatch, name: str, machine_id: str = "") -> None:
    """Let it look as in a container: a host name of its own, and what the image has in /etc."""
    etc = tmp_path / f"etc-{name}"
    etc.mkdir()
    if machine_id:
        (etc / "machine-id").write_text(machine_id)
    mounts = tmp_path / f"mounts-{name}"
    mounts.write_text(f"overlay / overlay rw 0 0\n/dev/vda {tmp_path}/data ext4 rw 0 0\n")
    patch.setattr("socket.gethostname", lambda: name)
    patch.setattr("bot.store.identity._MACHINE_ID", etc / "machine-id")
    patch.setattr("bot.store.mounts.MOUNTS", str(mounts))


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
    assert doubt(data) is None


def test_new_owner_and_mode_of_the_files_are_no_doubt(folder: Path) -> None:
    """An image's first command often gives the volume to its user, at every start."""
    mark = folder / "groundswell.db.mark"
    mark.chmod(0o640)
    mark.chmod(0o600)
    shutil.chown(mark, mark.owner(), mark.group())
    assert doubt(folder) is None


def test_moved_folder_is_no_doubt(folder: Path, tmp_path: Path) -> None:
    moved = folder.rename(tmp_path / "elsewhere")
    assert doubt(moved) is None


def test_ordinary_restart_is_no_doubt(folder: Path) -> None:
    for _ in range(3):
        assert doubt(folder) is None
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
    """All that a copy can take along is taken: names, times, owners, extended attributes."""
    COPIES[way](folder, tmp_path / "copy")
    assert doubt(tmp_path / "copy") == COPIED
    assert doubt(folder) is None


def test_folder_put_back_over_itself_is_another_database(folder: Path, tmp_path: Path) -> None:
    """The mark is as old as the database then, and says so of both."""
    cp(folder, tmp_path / "copy")
    work(folder)
    for file in (tmp_path / "copy").iterdir():
        cp(file, folder)
    assert doubt(folder) == COPIED


def test_folder_copied_between_two_claims_is_another_database_once_all_is_sent(
    folder: Path, tmp_path: Path
) -> None:
    """The claims of a burst write over one mark; after it, the mark is a new file."""
    mark = folder / "groundswell.db.mark"
    with opened(folder) as store:
        send(store)
        before = mark.stat().st_ino
        cp(folder, tmp_path / "copy")
        send(store)
        assert mark.stat().st_ino == before
        store.sending.rest()
    for file in (tmp_path / "copy").iterdir():
        cp(file, folder)
    assert doubt(folder) == COPIED


def test_mark_that_was_taken_away_is_put_down_anew(folder: Path) -> None:
    with opened(folder) as store:
        send(store)
        (folder / "groundswell.db.mark").unlink()
        send(store)
    assert doubt(folder) is None


def test_clone_of_the_disk_on_another_machine_is_told_by_its_machine_id(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "machine-id").write_text("another")
    monkeypatch.setattr("bot.store.identity._MACHINE_ID", tmp_path / "machine-id")
    assert doubt(folder) == COPIED


def test_what_tells_the_machine_is_not_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "machine-id").write_text("e08d2021fbdd6f89\n")
    monkeypatch.setattr("bot.store.identity._MACHINE_ID", tmp_path / "machine-id")
    work(tmp_path)
    assert "e08d2021fbdd6f89" not in (tmp_path / "groundswell.db.mark").read_text()
    assert doubt(tmp_path) is None
