"""Files that are opened and written only where a plain file is meant.

Between a look at a path and its use, somebody may put something else there: a symbolic link to a
private file, a pipe that nobody writes to, a device without an end. What is opened here is looked
at once it is open, so that what was looked at is what is read.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVATE = 0o600
"""Permissions of what is for its owner alone."""

CHUNK = 1024 * 1024
"""Bytes that are read at once where not all of a file has to be in memory."""

_PATH_ONLY = getattr(os, "O_PATH", os.O_RDONLY)
"""Enough to step through a folder that may not be listed, where the system has it."""

_LINKED = (errno.ELOOP, errno.ENOTDIR)
"""How a system says that a step of a path is a symbolic link, or a file where a folder goes."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class WrongFileError(OSError):
    """There is something else than the file that is meant; ``what`` says what, as ``a folder``."""

    def __init__(self, path: Path | str, what: str) -> None:
        super().__init__(f"{path} is {what}")
        self.what = what
        self.strerror = f"it is {what}"


class LinkError(WrongFileError):
    """It is a symbolic link, or the path leads through one or through no folder."""


# --- Reading --------------------------------------------------------------------------------------


@contextmanager
def opened(root: Path, relative: str) -> Iterator[tuple[IO[bytes], os.stat_result]]:
    """Open a plain file below ``root``, step by step, following no link from there on.

    Yields the file and what the system knows of it. Waits for no pipe. Raises WrongFileError where
    it is no plain file, or another OSError, or ValueError for what can be no name.
    """
    *folders, name = relative.split(os.sep)  # noqa: PTH206 - lexical
    try:
        handle = os.open(root, os.O_DIRECTORY | _PATH_ONLY | os.O_CLOEXEC)
        for folder in folders:
            handle = _step(handle, folder, os.O_DIRECTORY | _PATH_ONLY)
        handle = _step(handle, name, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno not in _LINKED:
            raise
        raise LinkError(relative, "a symbolic link, or behind one or behind no folder") from None
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode):
        os.close(handle)
        raise WrongFileError(relative, kind(state))
    with os.fdopen(handle, "rb") as file:
        yield file, state


def _step(handle: int, name: str, flags: int) -> int:
    try:
        return os.open(name, os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=handle)
    finally:
        os.close(handle)


@contextmanager
def reopened(path: Path, size: int) -> Iterator[IO[bytes]]:
    """Open a file that was found before, at an absolute path without links, if it has this size.

    No step of the path is followed where it is a link by now. Raises WrongFileError where it is
    another file, or another OSError.
    """
    with opened(Path(path.anchor), str(path.relative_to(path.anchor))) as (file, state):
        if state.st_size != size:
            raise WrongFileError(path, f"{state.st_size} bytes long, not {size}")
        yield file


def chunks(file: IO[bytes], most: int, step: int = CHUNK) -> Iterator[bytes]:
    """Yield the bytes of a file, no more than ``most`` of them though it grows meanwhile."""
    while most > 0 and (chunk := file.read(min(step, most))):
        most -= len(chunk)
        yield chunk


def sha256(file: IO[bytes], most: int) -> str:
    """Return the sha256 of a file's next ``most`` bytes, in hex."""
    digest = hashlib.sha256()
    for chunk in chunks(file, most):
        digest.update(chunk)
    return digest.hexdigest()


def kind(state: os.stat_result) -> str:
    """Return what it is that is not a plain file, such as ``a folder``."""
    return _KINDS.get(stat.S_IFMT(state.st_mode), "something else")


# --- Writing --------------------------------------------------------------------------------------


def write(path: Path, data: bytes | str, *, mode: int = PRIVATE) -> None:
    """Write a file whole or not at all: beside its place, and then renamed into it.

    It is on disk when this returns. A file that was there keeps its permissions; a new one has
    ``mode``. Raises WrongFileError where there is anything but a plain file, which nothing is
    written through or over, or another OSError.
    """
    kept = _permissions(path)
    handle, beside = mkstemp(".new", ".groundswell-", path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode if kept is None else kept)
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(handle)
        Path(beside).replace(path)
        _sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            Path(beside).unlink()
        raise


def make(path: Path) -> None:
    """Make an empty file for its owner alone, if there is nothing yet. Raises OSError."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))


def keep_private(path: Path) -> None:
    """Leave a file to its owner where everybody has access to it, as a copy often gives.

    Where others have none, a group that has some was let in on purpose, and stays.
    """
    with suppress(OSError):  # there is none, or whoever owns it has to see to it
        if path.stat().st_mode & stat.S_IRWXO:
            path.chmod(PRIVATE)


def opened_to_write(path: Path) -> int:
    """Open a plain file to read and write, made for its owner alone if there is none.

    Returns the descriptor. Raises WrongFileError where it is a link or no plain file, or another
    OSError.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, PRIVATE)
    except OSError as error:
        if error.errno not in _LINKED:
            raise
        raise LinkError(path, "a symbolic link") from None
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode):
        os.close(handle)
        raise WrongFileError(path, kind(state))
    return handle


def _permissions(path: Path) -> int | None:
    """Return those of a file, or None where there is none. Raises WrongFileError."""
    try:
        state = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(state.st_mode):
        raise WrongFileError(path, f"{kind(state)}, which is not written over; name another file")
    return stat.S_IMODE(state.st_mode)


def _sync_folder(folder: Path) -> None:
    """Have the name on disk, too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
