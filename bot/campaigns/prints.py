"""Whether files are still those that were read: YAML by its bytes, others by their stamps.

A stamp is what the file system notes at every change. It is enough for pictures and videos, which
are too large to be read every second, and for YAML that has been still for a while: some file
systems note the time of a change to two seconds only, and the next one within them may go unseen.
"""

from __future__ import annotations

import hashlib
import os
import stat
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.campaigns.encoding import MOST_BYTES
from bot.campaigns.source import yaml_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Stamp = tuple[int, ...]
"""Size, times of change of content and of the rest in ns, inode, device and mode."""


def print_of(path: Path) -> str:
    """Give the sha256 of a YAML file's bytes, in hex, or something else of one not to be read."""
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > MOST_BYTES:
            return f"unread {_stamp(state)}"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError) as error:
        return f"unreadable {error}"


READ_AGAIN = 4
"""So many looks in a row read a file although its stamp is the same: they take over two seconds."""


class Folder:
    """The campaigns folder as it is looked at again and again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: dict[Path, tuple[Stamp | None, str, int]] = {}
        """Of each YAML file its stamp, its print, and how often it was read since that changed."""

    def digest(self) -> str:
        """Give a fingerprint of everything in it, in hex: it changes when a file does."""
        yaml = yaml_files(self._path)
        self._read = {path: self._look(path) for path in yaml}
        whole = hashlib.sha256()
        for path, (_, print_, _) in self._read.items():
            whole.update(f"{path}\0{print_}\0".encode(errors="surrogateescape"))
        for other in _others(self._path, frozenset(map(str, yaml))):
            whole.update(f"{other}\0{stamp_of(other)}\0".encode(errors="surrogateescape"))
        return whole.hexdigest()

    def _look(self, path: Path) -> tuple[Stamp | None, str, int]:
        try:
            stamp = _stamp(path.stat())  # of what a link leads to
        except (OSError, ValueError):
            stamp = None
        before, known, times = self._read.get(path, (None, "", 0))
        if stamp is None or stamp != before:
            return stamp, print_of(path), 1
        return (stamp, print_of(path), times + 1) if times < READ_AGAIN else (stamp, known, times)


def stamp_of(path: Path | str) -> Stamp | None:
    """Give a file's stamp, of a symbolic link its own; None where there is no such file."""
    try:
        return _stamp(os.lstat(path))
    except (OSError, ValueError):
        return None


def way_to(root: Path, relative: str) -> tuple[Stamp | None, ...]:
    """Give the stamp of a file, and before it what each folder on the way to it is."""
    *folders, _ = relative.split(os.sep)  # noqa: PTH206 - lexical
    way = list(accumulate(folders, "{}/{}".format, initial=str(root)))[1:]
    kinds = [found and found[3:] for found in map(stamp_of, way)]
    return (*kinds, stamp_of(f"{root}/{relative}"))


def _stamp(state: os.stat_result) -> Stamp:
    times = state.st_mtime_ns, state.st_ctime_ns
    return (state.st_size, *times, state.st_ino, state.st_dev, state.st_mode)


def _others(folder: Path, yaml: frozenset[str]) -> Iterator[str]:
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(top, name)  # noqa: PTH118 - ten times as fast, for thousands
            if not name.startswith(".") and path not in yaml:
                yield path
