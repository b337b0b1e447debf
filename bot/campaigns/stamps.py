"""Whether a file is still the one that was read: by its stamp, and in doubt by its bytes.

A stamp is what the file system notes at every change. It notes the time in steps (of some
milliseconds, on FAT of two seconds), so that a change soon after another one may leave the same
stamp: what was read less than ``DOUBT`` after a change is not relied on, as git does with its index
("racy git", Documentation/technical/racy-git.txt of git).
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.campaigns.encoding import MOST_BYTES
from bot.campaigns.source import yaml_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Stamp = tuple[int, ...]
"""Size, times of change of content and of the rest in ns, inode, device and mode."""

DOUBT = 3_000_000_000
"""Nanoseconds: longer than the steps in which any file system counts time, with some to spare."""


@dataclass(slots=True)
class Prints:
    """Fingerprints of files; a file is read again only where its stamp is new or in doubt."""

    _known: dict[Path, tuple[Stamp, str]] = field(default_factory=dict)

    def of(self, path: Path, wall: int) -> str:
        """Give the sha256 of a YAML file's bytes, in hex, or something else of one not to be read.

        ``wall`` is the time of the machine's clock in ns since 1970.
        """
        try:
            state = path.stat()
            stamp = _stamp(state)
            known = self._known.get(path)
            if known and known[0] == stamp:
                return known[1]
            print_ = _print(path, state)
        except (OSError, ValueError) as error:
            self._known.pop(path, None)
            return f"unreadable {error}"
        if _is_old(state, wall):
            self._known[path] = stamp, print_
        else:
            self._known.pop(path, None)
        return print_

    def keep(self, paths: Iterable[Path]) -> None:
        """Forget all others."""
        self._known = {path: self._known[path] for path in paths if path in self._known}

    def digest(self, folder: Path, wall: int) -> str:
        """Give a fingerprint of everything in the folder, in hex: it changes when a file does.

        Contents count of YAML files; of others, such as videos, only stamps.
        """
        yaml = yaml_files(folder)
        whole = hashlib.sha256()
        for path in yaml:
            whole.update(f"{path}\0{self.of(path, wall)}\0".encode(errors="surrogateescape"))
        for other in _others(folder, frozenset(map(str, yaml))):
            line = f"{other}\0{stamp_of(other)}\0"
            whole.update(line.encode(errors="surrogateescape"))
        self.keep(yaml)
        return whole.hexdigest()


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


def _is_old(state: os.stat_result, wall: int) -> bool:
    return max(state.st_mtime_ns, state.st_ctime_ns) + DOUBT < wall


def _print(path: Path, state: os.stat_result) -> str:
    if not stat.S_ISREG(state.st_mode) or state.st_size > MOST_BYTES:
        return f"unread {_stamp(state)}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _others(folder: Path, yaml: frozenset[str]) -> Iterator[str]:
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(top, name)  # noqa: PTH118 - ten times as fast, for thousands
            if not name.startswith(".") and path not in yaml:
                yield path
