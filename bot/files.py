"""Opening and writing plain files, and the file systems that they lie on.

Between a check of a path and its use, somebody may put something else there, such as a symbolic
link to a private file, a pipe that nobody writes to, or a device without an end. Files are
therefore opened first, and the opened file is checked.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import mkstemp
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PRIVATE_MODE = 0o600
"""Permissions of a file that only its owner may read."""

CHUNK_BYTES = 1024 * 1024
"""Bytes that are read at once if the whole file need not be in memory."""

MAX_FOLDERS = 20
"""The deepest level of folders that is walked through."""

_PATH_ONLY = getattr(os, "O_PATH", os.O_RDONLY)
"""A flag, on systems that have it, to pass through a folder that may not be listed."""

_LINK_ERRNOS = (errno.ELOOP, errno.ENOTDIR)
"""The errors for a step of a path that is a symbolic link, or not a folder."""

_FILE_TYPES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

NETWORK_FILE_SYSTEMS = frozenset(
    {"9p", "afs", "cifs", "fuse.sshfs", "glusterfs", "lustre", "nfs", "nfs4", "smb3", "smbfs"},
)
"""File systems of a network, as Linux names them, which SQLite does not support
(https://sqlite.org/faq.html#q5)."""

IMAGE_FILE_SYSTEMS = frozenset({"aufs", "fuse-overlayfs", "overlay"})
"""File systems of a container's image. Changes in them are lost with the container."""

MOUNTS = "/proc/self/mounts"

_OCTAL_ESCAPE = re.compile(r"\\([0-7]{3})")


class WrongFileError(OSError):
    """The path leads to something other than a plain file. ``what`` names it, as ``a folder``."""

    def __init__(self, path: Path | str, what: str) -> None:
        super().__init__(f"{path} is {what}")
        self.what = what
        self.strerror = f"it is {what}"


class SymlinkError(WrongFileError):
    """The path is a symbolic link, or leads through one or through something but a folder."""


# --- Reading --------------------------------------------------------------------------------------


@contextmanager
def open_below(root: Path, relative: str) -> Iterator[tuple[IO[bytes], os.stat_result]]:
    """Open a plain file below ``root``, folder by folder, without following any symbolic link.

    Yield the file and its stat result. Never wait for a pipe. Raise WrongFileError for anything
    but a plain file, another OSError, or ValueError for an impossible file name.
    """
    *folders, name = relative.split(os.sep)  # noqa: PTH206 - lexical
    try:
        handle = os.open(root, os.O_DIRECTORY | _PATH_ONLY | os.O_CLOEXEC)
        for folder in folders:
            handle = _open_step(handle, folder, os.O_DIRECTORY | _PATH_ONLY)
        handle = _open_step(handle, name, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno not in _LINK_ERRNOS:
            raise
        raise SymlinkError(relative, "a symbolic link, or is not in a real folder") from None
    state = require_plain(handle, relative)
    with os.fdopen(handle, "rb") as file:
        yield file, state


def _open_step(handle: int, name: str, flags: int) -> int:
    try:
        return os.open(name, os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=handle)
    finally:
        os.close(handle)


def require_plain(handle: int, path: Path | str) -> os.stat_result:
    """Return the state of an open plain file. Close anything else, and raise WrongFileError."""
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode):
        os.close(handle)
        raise WrongFileError(path, file_type(state))
    return state


@contextmanager
def open_found(path: Path) -> Iterator[tuple[IO[bytes], os.stat_result]]:
    """Open a file found earlier, at an absolute path without links; yield it and its stat result.

    No links are followed. Raise WrongFileError if it is not a plain file any more, or another
    OSError.
    """
    with open_below(Path(path.anchor), str(path.relative_to(path.anchor))) as opened:
        yield opened


def read_chunks(file: IO[bytes], limit: int, step: int = CHUNK_BYTES) -> Iterator[bytes]:
    """Yield a file's bytes in pieces, at most ``limit`` of them even if the file grows."""
    while limit > 0 and (chunk := file.read(min(step, limit))):
        limit -= len(chunk)
        yield chunk


def sha256(file: IO[bytes], limit: int) -> str:
    """Return the sha256 of a file's next ``limit`` bytes, in hex."""
    digest = hashlib.sha256()
    for chunk in read_chunks(file, limit):
        digest.update(chunk)
    return digest.hexdigest()


def file_type(state: os.stat_result) -> str:
    """Return a name for something that is not a plain file, such as ``a folder``."""
    return _FILE_TYPES.get(stat.S_IFMT(state.st_mode), "something else")


def walk(
    folder: Path, unreadable: Callable[[OSError], object] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each folder from this one on, its sub-folders and its files, without hidden ones.

    The caller can take sub-folders out of their list, which are not entered then. ``unreadable`` is
    called with the error for a folder that cannot be listed or is deeper than ``MAX_FOLDERS``.
    """
    base = len(folder.parts)
    for top, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if folders and len(Path(top).parts) - base >= MAX_FOLDERS:
            if unreadable:
                message = f"there are folders more than {MAX_FOLDERS} deep in it"
                unreadable(OSError(errno.ENAMETOOLONG, message, top))
            folders.clear()
        yield top, folders, [name for name in names if not name.startswith(".")]


# --- Writing --------------------------------------------------------------------------------------


def write_atomically(path: Path, data: bytes | str, *, mode: int = PRIVATE_MODE) -> None:
    """Write a file completely or not at all, by renaming a temporary file.

    It is on disk when this returns. An existing file keeps its permissions, and a new one gets
    ``mode``. Raise WrongFileError if the path is anything but a plain file, or another OSError.
    """
    with suppress(FileNotFoundError):
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode):
            what = f"{file_type(state)}, which is not overwritten; name another file"
            raise WrongFileError(path, what)
        mode = stat.S_IMODE(state.st_mode)
    handle, beside = mkstemp(".new", ".groundswell-", path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(handle)
        Path(beside).replace(path)
        sync(path.parent)
    except BaseException:
        with suppress(OSError):
            Path(beside).unlink()
        raise


def sync(path: Path) -> None:
    """Write a file, or a folder's entries, to disk, so that they survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def create_private(path: Path) -> None:
    """Create an empty file for its owner alone, unless it exists. Raise OSError."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_MODE))


def remove_public_access(path: Path) -> None:
    """Make a file private that everybody can access, as copies often are.

    Access of a group is deliberate, and stays if it is the only one.
    """
    with suppress(OSError):  # it does not exist, or its owner has to do it
        if path.stat().st_mode & stat.S_IRWXO:
            path.chmod(PRIVATE_MODE)


def open_for_writing(path: Path) -> int:
    """Open a plain file to read and write, or create a private one.

    Return the descriptor. Raise WrongFileError for a link or anything but a plain file, or
    another OSError.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, PRIVATE_MODE)
    except OSError as error:
        if error.errno not in _LINK_ERRNOS:
            raise
        raise SymlinkError(path, "a symbolic link") from None
    require_plain(handle, path)
    return handle


# --- File systems ---------------------------------------------------------------------------------


def inode(path: Path) -> tuple[int, int] | None:
    """Return the device and inode of the file at this path, or None if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def file_system_of(path: Path) -> str:
    """Return the type of the file system that a path lies on; "" if the system has no list."""
    try:
        mounts = Path(MOUNTS).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    return find_file_system(path.resolve(), mounts)


def find_file_system(path: Path, mounts: str) -> str:
    """Return the type of the file system that an absolute path lies on; "" if none is listed.

    ``mounts`` is the text of ``/proc/self/mounts``. If two mounts have one place, the later counts.
    """
    pure = PurePosixPath(path)
    file_system, depth = "", -1
    for line in mounts.split("\n"):
        fields = line.split(" ")
        if len(fields) < 3:  # noqa: PLR2004 - device, place, type
            continue
        place = PurePosixPath(_OCTAL_ESCAPE.sub(lambda octal: chr(int(octal[1], 8)), fields[1]))
        if pure.is_relative_to(place) and len(place.parts) >= depth:
            file_system, depth = fields[2], len(place.parts)
    return file_system
