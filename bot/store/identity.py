"""Is this the database that this machine worked on last? A mark beside a SQLite file tells.

The database has a name of its own and a generation that rises with every claim; after the claim is
on disk, and before anything is sent, the mark file says so too. A database that is behind its mark
was put back from a backup; one with another name, or without a mark, came from elsewhere. What it
holds as waiting may be out already. On PostgreSQL there is no mark: a restored one is started with
``groundswell run --safe-start``.

The mark also names its own place: the file system's id, and the number and generation of its inode.
Whoever copies a file makes another inode, by whatever means and with whatever attributes: so a mark
that is not where it says has been copied, with the database beside it, to this machine or another.
Nothing else that a container can see would do. Its host name is new each time it is made anew; the
``/etc/machine-id`` of an image is missing, or the same wherever that image runs and new with every
build; owner, mode and ctime change where an image gives the volume to its user at each start. A
volume's inodes stay. The file system's id and the inode's generation are random on ext4; XFS has
the generation, btrfs the id: together they are enough on each.

A clone of the whole disk has the same inodes. It is told by the machine's own id, if that does not
lie on an image, and not at all from within a container.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import uuid
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from bot import files
from bot.errors import StoreError
from bot.store import meta
from bot.store import tables as t
from bot.store.mounts import IMAGE, lies_on

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.store.database import Database

_MACHINE_ID = Path("/etc/machine-id")
_GET_GENERATION = 0x80087601  # FS_IOC_GETVERSION of Linux, on 64 bits


@dataclass(frozen=True, slots=True)
class Mark:
    """Which database, and how far it has come."""

    instance: str
    generation: int


def advance(connection: Connection) -> Mark:
    """Raise the generation, within the transaction of a claim; give what the mark is to say."""
    instance, generation = _read(connection)
    if instance is None:
        return _say(connection, uuid.uuid4().hex, generation + 1)
    meta.put(connection, "generation", str(generation + 1))
    return Mark(instance, generation + 1)


def renew(connection: Connection, mark: Mark | None) -> Mark:
    """Give the database a new name: whatever else goes by the old one is another copy."""
    _, generation = _read(connection)
    ahead = mark.generation if mark else 0
    return _say(connection, uuid.uuid4().hex, max(generation, ahead) + 1)


def _read(connection: Connection) -> tuple[str | None, int]:
    found = meta.get_all(connection, ["instance", "generation"])
    return found.get("instance"), int(found.get("generation") or 0)


def _say(connection: Connection, instance: str, generation: int) -> Mark:
    meta.put(connection, "instance", instance)
    meta.put(connection, "generation", str(generation))
    return Mark(instance, generation)


class Marks:
    """The mark file beside a SQLite database."""

    def __init__(self, database: Database) -> None:
        path = database.path
        self._database = database
        # By its real name, as the lock: two ways to one file are one database.
        self._path = Path(f"{path.resolve()}.mark") if path else None
        self._kept: Mark | None = None
        self._open: int | None = None
        self._over = False
        self._lock = threading.Lock()

    @cached_property
    def _machine(self) -> str:
        return _machine()

    @property
    def wanted(self) -> bool:
        """Tell whether there is to be a mark: only beside a file."""
        return self._path is not None

    def keep(self, mark: Mark) -> None:
        """Put it on disk; an older one of the same database is left out. Raises StoreError.

        The first one is a new file, on disk when this returns. Those that follow before ``rest``
        are written over it, and the system puts them on disk: a machine that loses its power in
        the midst of a burst remembers its beginning, which is after every backup made before it.
        """
        with self._lock:
            kept = self._kept
            if kept and kept.instance == mark.instance and kept.generation >= mark.generation:
                return
            if self._path:
                self._put(self._path, mark, "nothing was sent")
            self._kept = mark

    def rest(self) -> None:
        """Make what was written over a new file again, now that nothing is sent for a while.

        A folder of another day that is put back over itself writes into the inodes that are there:
        its mark is to name one that is gone by then. Raises StoreError.
        """
        with self._lock:
            if self._path and self._open is not None:
                if self._over and self._kept:
                    self._put(self._path, self._kept, "what was due is sent", anew=True)
                os.close(self._open)
                self._open, self._over = None, False

    def _put(self, path: Path, mark: Mark, sent: str, *, anew: bool = False) -> None:
        before = self._open
        try:
            if before is not None and not anew and _is_at(path, before):
                os.pwrite(before, _said(before, mark, self._machine), 0)
                self._over = True
                return
            self._open = _put_down(path, mark, self._machine)
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}; {sent}") from error
        if before is not None:
            os.close(before)

    def read(self) -> Mark | None:
        """Give what the file says; None where there is none, or none that can be read."""
        found = _taken_up(self._path, self._machine) if self._path else None
        return found and found[0]

    def doubt(self) -> str | None:
        """Say why this may not be the database that was worked on last; None where it is."""
        if self._path is None:
            return None
        with self._database.reading() as connection:
            instance, generation = _read(connection)
            used = bool(connection.scalar(select(exists().where(t.attempts.c.id > 0))))
        found = _taken_up(self._path, self._machine)
        if found is None:
            return "this machine has not worked on this database before" if used else None
        mark, in_place = found
        if mark.instance != instance:
            return "this is another database than the one this machine worked on last"
        if not in_place:
            return "this database was copied here, or another machine worked on it last"
        if generation < mark.generation:
            return "this database is older than what this machine sent last: a backup, put back"
        return None


def _put_down(path: Path, mark: Mark, machine: str) -> int:
    """Write a new file, whole or not at all, and on disk when this returns; give it, open."""
    beside = path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, _said(descriptor, mark, machine))
        os.fsync(descriptor)
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _said(descriptor: int, mark: Mark, machine: str) -> bytes:
    """Give what the file is to say; never less than before: only the generation grows."""
    return json.dumps({**asdict(mark), "place": _place(descriptor, machine)}).encode()


def _is_at(path: Path, descriptor: int) -> bool:
    """Tell whether the open file is the one at this path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _taken_up(path: Path, machine: str) -> tuple[Mark, bool] | None:
    """Return the mark, and whether it is where it was put down; None where none can be read."""
    try:
        with files.opened(path.parent, path.name) as (file, _):
            said = json.load(file)
            return Mark(said["instance"], said["generation"]), said["place"] == _place(
                file.fileno(), machine
            )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _place(descriptor: int, machine: str) -> str:
    """Return what tells an open file from every copy of it, without telling what that is."""
    told = (
        machine,
        os.fstatvfs(descriptor).f_fsid,
        os.fstat(descriptor).st_ino,
        _inode_generation(descriptor),
    )
    return hashlib.sha256(f"groundswell {told}".encode()).hexdigest()[:32]


def _machine() -> str:
    """Return the machine's own id; "" where it has none, or it is that of a container's image."""
    if lies_on(_MACHINE_ID) in IMAGE:
        return ""
    try:
        return _MACHINE_ID.read_text().strip()
    except OSError:
        return ""


def _inode_generation(descriptor: int) -> str:
    """Return what tells the inode from others that had its number; "" where that is not kept."""
    try:
        import fcntl

        return fcntl.ioctl(descriptor, _GET_GENERATION, bytes(8)).hex()
    except (ImportError, OSError):
        return ""
