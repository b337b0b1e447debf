"""The YAML files of a folder, and whether anything in the folder has changed.

YAML files are compared by their bytes. Pictures and videos, which are too large to be read every
second, are compared by their stamps: sizes, times and identities from the file system. So are YAML
files that have not changed for a while. Some file systems note times only to two seconds, and a
stamp may miss a second change within them.
"""

from __future__ import annotations

import hashlib
import os
import stat
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from bot.files import walk
from bot.yamlsource.nodes import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

MEDIA_FOLDER = "media"
_YAML_SUFFIXES = (".yaml", ".yml")


def yaml_files(
    folder: Path, unreadable: Callable[[OSError], object] | None = None
) -> tuple[Path, ...]:
    """Return the YAML files of the folder and its sub-folders, sorted.

    Hidden folders and media folders are left out. ``unreadable`` is called with the error of each
    folder that cannot be listed.
    """
    paths: list[Path] = []
    for top, folders, names in walk(folder, unreadable):
        folders[:] = [name for name in folders if name != MEDIA_FOLDER]
        paths += [_path(top, name) for name in names if name.endswith(_YAML_SUFFIXES)]
    return tuple(sorted(paths, key=attrgetter("parts")))


_path = lru_cache(maxsize=4096)(Path)  # the loop needs the same ones every second


# --- Whether files have changed -------------------------------------------------------------------

Stamp = tuple[int, ...]
"""Size, last change of content and of status in nanoseconds, inode, device and mode."""


def content_fingerprint(path: Path) -> str:
    """Return the sha256 of a YAML file's bytes in hex, or the reason why it cannot be read."""
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > MAX_BYTES:
            return f"unread {_stamp(state)}"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError) as error:
        return f"unreadable {error}"


MAX_REREADS = 4
"""Checks in a row that read a file although its stamp is the same; they span over two seconds."""


def folder_fingerprint(folder: Path, seen: dict[Path, tuple[Stamp | None, str, int]]) -> str:
    """Return a fingerprint of everything in a folder, in hex. It changes when any file changes.

    From one call to the next, ``seen`` keeps each YAML file's stamp and fingerprint, and how often
    the file was read with that stamp.
    """
    yaml_paths = yaml_files(folder)
    for gone in seen.keys() - {*yaml_paths}:
        seen.pop(gone, None)  # another thread may have done so
    lines = []
    for path in yaml_paths:
        try:
            stamp = _stamp(path.stat())  # of the target of a link
        except (OSError, ValueError):
            stamp = None
        before, fingerprint, times = seen.get(path, (None, "", 0))
        if stamp is None or stamp != before:
            times = 0
        if times < MAX_REREADS:
            fingerprint = content_fingerprint(path)
            seen[path] = stamp, fingerprint, times + 1
        lines.append(f"{path}\0{fingerprint}\0")
    known = frozenset(map(str, yaml_paths))
    for top, _, names in walk(folder):
        for name in sorted(names):
            other = os.path.join(top, name)  # noqa: PTH118 - ten times as fast, for thousands
            if other not in known:
                lines.append(f"{other}\0{stamp_of(other)}\0")
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


def stamp_of(path: Path | str) -> Stamp | None:
    """Return the stamp of a file or of a symbolic link itself, or None if there is none."""
    try:
        return _stamp(os.lstat(path))
    except (OSError, ValueError):
        return None


def path_stamps(root: Path, relative: str) -> tuple[Stamp | None, ...]:
    """Return the identity of each folder on the way to a file, and the stamp of the file."""
    *folders, _ = relative.split(os.sep)  # noqa: PTH206 - lexical
    paths = list(accumulate(folders, "{}/{}".format, initial=str(root)))[1:]
    identities = [stamp and stamp[3:] for stamp in map(stamp_of, paths)]
    return (*identities, stamp_of(f"{root}/{relative}"))


def _stamp(state: os.stat_result) -> Stamp:
    times = state.st_mtime_ns, state.st_ctime_ns
    return (state.st_size, *times, state.st_ino, state.st_dev, state.st_mode)
