"""Files are opened and written only where a plain file is meant."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

import pytest

from bot import files


def test_no_more_is_read_than_a_file_had_when_it_was_measured() -> None:
    growing = io.BytesIO(b"0123456789")
    assert list(files.read_chunks(growing, 7, step=3)) == [b"012", b"345", b"6"]
    assert growing.tell() == 7


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="only Linux can pass through it")
def test_a_folder_that_may_not_be_listed_can_be_passed_through(tmp_path: Path) -> None:
    (tmp_path / "closed" / "media").mkdir(parents=True)
    (tmp_path / "closed" / "media" / "a.png").write_bytes(b"hart")
    (tmp_path / "closed").chmod(0o111)
    try:
        with files.open_found(tmp_path / "closed" / "media" / "a.png") as (file, _):
            assert file.read() == b"hart"
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_what_is_opened_is_let_go_whatever_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    before = len([*Path("/dev/fd").iterdir()])
    for name in ("pipe", "folder", "link", "none", "link/a", "none/a"):
        with pytest.raises(OSError), files.open_below(tmp_path, name):  # noqa: PT011 - each another one
            pass
    assert len([*Path("/dev/fd").iterdir()]) == before


# --- Writing --------------------------------------------------------------------------------------


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_for_its_owner_and_an_old_one_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250)
    files.write_atomically(path, "Zürich\n")
    assert (path.read_bytes(), mode(path)) == ("Zürich\n".encode(), 0o600)
    path.chmod(0o644)
    files.write_atomically(path, b"again")
    assert (path.read_bytes(), mode(path)) == (b"again", 0o644)
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("what", ["link", "dangling", "pipe", "folder"])
def test_nothing_is_written_over_or_through_what_is_no_plain_file(
    tmp_path: Path, what: str
) -> None:
    path, precious = tmp_path / "report.html", tmp_path / "precious"
    precious.write_text("precious")
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        path.symlink_to(precious if what == "link" else tmp_path / "none")
    before = path.lstat()
    with pytest.raises(files.WrongFileError, match="which is not overwritten"):
        files.write_atomically(path, "new")
    assert path.lstat() == before
    assert precious.read_text() == "precious"
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "precious"}


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    files.write_atomically(path, "old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_atomically(path, "new")
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_text() == "old"
