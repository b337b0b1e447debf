"""A database on a network file system is refused, because its locks do not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.database.opening import open_database
from bot.errors import StoreError
from bot.files import NETWORK_FILE_SYSTEMS, find_file_system

MOUNTS = """\
/dev/vda1 / ext4 rw,relatime 0 0
server:/export /srv nfs4 rw,vers=4.2 0 0
/dev/vdb /srv/local ext4 rw 0 0
//server/share /mnt/our\\040share cifs rw 0 0
me@host: /home/me/far fuse.sshfs rw 0 0
host /mnt/host 9p rw 0 0
tmpfs /twice tmpfs rw 0 0
server:/twice /twice nfs rw 0 0
broken line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/groundswell.db", "ext4"),
        ("/srv/groundswell.db", "nfs4"),
        ("/srv/local/groundswell.db", "ext4"),
        ("/srvx/groundswell.db", "ext4"),
        ("/mnt/our share/deep/down/groundswell.db", "cifs"),
        ("/home/me/far/groundswell.db", "fuse.sshfs"),
        ("/mnt/host/groundswell.db", "9p"),
        ("/twice/groundswell.db", "nfs"),
    ],
)
def test_the_nearest_and_latest_mount_counts(path: str, kind: str) -> None:
    assert find_file_system(Path(path), MOUNTS) == kind
    assert (kind in NETWORK_FILE_SYSTEMS) is (kind != "ext4")


def test_nothing_is_known_where_nothing_is_mounted() -> None:
    assert find_file_system(Path("/var/lib/groundswell.db"), "") == ""


def test_it_is_refused_on_one_line_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda1 / ext4 rw 0 0\nserver:/x {tmp_path}/far nfs4 rw 0 0\n")
    far = tmp_path / "far"
    far.mkdir()
    monkeypatch.setattr("bot.files.MOUNTS", str(mounts))
    with pytest.raises(StoreError, match=r"network file system \(nfs4\).* local disk") as caught:
        open_database(f"sqlite:///{far}/groundswell.db")
    assert "\n" not in str(caught.value)
    assert list(far.iterdir()) == []
    open_database(f"sqlite:///{tmp_path}/near.db").close()


def test_a_link_to_a_network_is_seen_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {tmp_path}/far nfs rw 0 0\n")
    monkeypatch.setattr("bot.files.MOUNTS", str(mounts))
    with pytest.raises(StoreError, match="network file system"):
        open_database(f"sqlite:///{tmp_path}/near/groundswell.db")
