"""Files are opened and written only where a plain file is meant."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from bot import files


def test_no_more_is_read_than_a_file_had_when_it_was_measured() -> None:
    growing = io.BytesIO(b"0123456789")
    assert list(files.chunks(growing, 7, step=3)) == [b"012", b"345", b"6"]
    assert growing.tell() == 7


def test_a_folder_that_may_not_be_listed_can_be_passed_through(tmp_path: Path) -> None:
    (tmp_path / "closed" / "media").mkdir(parents=True)
    (tmp_path / "closed" / "media" / "a.png").write_bytes(b"hart")
    (tmp_path / "closed").chmod(0o111)
    try:
        with files.reopened(tmp_path / "closed" / "media" / "a.png", 4) as file:
            assert file.read() == b"hart"
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_what_is_opened_is_let_go_whatever_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    before = len(os.listdir("/dev/fd"))
    for name in ("pipe", "folder", "link", "none", "link/a", "none/a"):
        with pytest.raises(OSError), files.opened(tmp_path, name):  # noqa: PT011 - each another one
            pass
    assert len(os.listdir("/dev/fd")) == before
