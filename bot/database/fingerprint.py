"""The file beside a SQLite database that shows whether this machine used the database last.

The database has a name of its own, and a generation that rises with every claim, approval, refusal
and withdrawal, and every change of a person's rights. Once a claim is on disk, and before anything
is sent, the fingerprint file (its name ends in ``.mark``) records both. A database that is behind
its fingerprint was restored from a backup. A database with another name, or without a fingerprint,
came from elsewhere. Posts that wait in it may be out already, and approvals may have been
withdrawn. PostgreSQL has no such file. A restored database there is started with ``groundswell run
--safe-start``.

The file also records its own place by the file system's id, and its inode's number and generation.
A copy of a file is always another inode, so a fingerprint in another place was copied with
the database. A container sees nothing else that would do. Its host name changes whenever it is
created. The ``/etc/machine-id`` of an image is missing, or the same wherever the image runs and new
with every build. Owner, mode and ctime change if an image hands the volume to its user at each
start. The inodes of a volume stay. On ext4 the file system's id and the inode's generation are
random. XFS has the generation only, and btrfs the id only, which is enough.

A clone of the whole disk has the same inodes. The machine's own id shows it, unless that is part of
an image. From within a container, it is not recognised.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import uuid
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import exists, or_, select

from bot import files
from bot.database import rows
from bot.database import tables as t
from bot.errors import DatabaseReplacedError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from bot.database.connections import Database

_ENDING = ".mark"
_MACHINE_ID = Path("/etc/machine-id")
_GET_GENERATION = 0x80087601  # FS_IOC_GETVERSION of Linux, on 64 bits

_REFUSALS_KEY = "refusals"
"""The number of refusals so far, in ``meta``."""


@dataclass(frozen=True, slots=True)
class DatabaseFingerprint:
    """A database's name, its generation, and the number of its refusals."""

    instance: str
    generation: int
    refusals: int = 0
    """How many posts people have refused in it so far, those that were taken back included."""


def advance_generation(
    connection: Connection, *, above: int = 0, rename: bool = False
) -> DatabaseFingerprint:
    """Raise the generation, within the transaction of a claim; return the fingerprint to save.

    With ``rename`` the database gets a new name, because another copy has the old one. The
    generation gets higher than ``above``.
    """
    instance, generation, refusals = read_identity(connection)
    if instance is None or rename:
        instance = uuid.uuid4().hex
        rows.put(connection, "instance", instance)
    generation = max(generation, above) + 1
    rows.put(connection, "generation", generation)
    return DatabaseFingerprint(instance, generation, refusals)


def read_identity(connection: Connection) -> tuple[str | None, int, int]:
    """Return the name, the generation and the number of refusals that a database has."""
    values = rows.get_all(connection, ["instance", "generation", _REFUSALS_KEY])
    return values.get("instance"), values.get("generation", 0), values.get(_REFUSALS_KEY, 0)


def count_refusal(connection: Connection) -> None:
    """Count one more refusal, so that a restored backup shows how many it has lost."""
    rows.put(connection, _REFUSALS_KEY, (rows.get(connection, _REFUSALS_KEY) or 0) + 1)


class FingerprintFile:
    """The fingerprint file beside a SQLite database, for one thread at a time."""

    def __init__(self, database: Database) -> None:
        path = database.path
        self._database = database
        # By the real name, which two paths to one file share.
        self._path = Path(f"{path.resolve()}{_ENDING}") if path else None
        self._written: DatabaseFingerprint | None = None
        self._descriptor: int | None = None
        self._overwritten = False

    @cached_property
    def _machine_id(self) -> str:
        """The machine's own id; "" if it has none, or only that of a container's image."""
        if files.file_system_of(_MACHINE_ID) in files.IMAGE_FILE_SYSTEMS:
            return ""
        try:
            return _MACHINE_ID.read_text().strip()
        except OSError:
            return ""

    def advance(self, connection: Connection) -> DatabaseFingerprint | None:
        """Raise the generation, within the transaction of a claim.

        Return the fingerprint to save; None on PostgreSQL. Raise DatabaseReplacedError if the
        database is behind the last saved fingerprint, of this process or the one before. An earlier
        copy was put into the very same file then, as SQLite's ``.restore`` does.
        """
        if self._path is None:
            return None
        last, fingerprint = self._written, advance_generation(connection)
        if last is None and (recorded := self.read()):  # compared or written by the start
            last = recorded[0]
        if last and (
            last.instance != fingerprint.instance or last.generation >= fingerprint.generation
        ):
            raise DatabaseReplacedError(self._database.name)
        return fingerprint

    def save(self, fingerprint: DatabaseFingerprint) -> None:
        """Write the fingerprint. Raise StoreError.

        The first one is a new file, on disk when this returns. Those that follow before ``flush``
        overwrite it in place, and the system writes them to disk in its own time. A machine that
        loses power during a burst has the fingerprint of the beginning, after every earlier backup.
        """
        if self._path:
            self._write(self._path, fingerprint, "nothing was sent")
        self._written = fingerprint

    def flush(self) -> None:
        """Replace a file that was overwritten in place, because nothing is sent for a while.

        If somebody restores the folder of another day over itself, that writes into the existing
        inodes. The fingerprint in the copy then names an inode that is gone. Raise StoreError.
        """
        if self._path and self._descriptor is not None:
            if self._overwritten and self._written:
                self._write(self._path, self._written, "the due posts are sent", replace=True)
            os.close(self._descriptor)
            self._descriptor, self._overwritten = None, False

    def _write(
        self, path: Path, fingerprint: DatabaseFingerprint, sent: str, *, replace: bool = False
    ) -> None:
        """Write the fingerprint, in place if possible; ``sent`` is for the error's message."""
        before = self._descriptor
        try:
            if before is not None and not replace:
                opened = os.fstat(before)
                # If the inode differs, the file was deleted or replaced meanwhile.
                if files.inode(path) == (opened.st_dev, opened.st_ino):
                    os.pwrite(before, _to_json(before, fingerprint, self._machine_id), 0)
                    self._overwritten = True
                    return
            fingerprint = self._newest(fingerprint)
            self._descriptor = _create_file(path, fingerprint, self._machine_id)
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}; {sent}") from error
        if before is not None:
            os.close(before)

    def _newest(self, fingerprint: DatabaseFingerprint) -> DatabaseFingerprint:
        """Return the recorded fingerprint if that is newer, as after another process's withdrawal.

        Raise DatabaseReplacedError if the database itself is behind the recorded one.
        """
        found = self.read()
        if found is None or found[0].instance != fingerprint.instance or found[0] == self._written:
            return fingerprint
        recorded = found[0]
        if recorded.generation < fingerprint.generation:
            return fingerprint
        with self._database.reading() as connection:
            _, generation, _ = read_identity(connection)
        # Each transaction has its own generation. Two share one only in two different copies.
        if recorded.generation == fingerprint.generation or generation < recorded.generation:
            raise DatabaseReplacedError(self._database.name)
        return recorded

    def read(self) -> tuple[DatabaseFingerprint, bool] | None:
        """Return the recorded fingerprint, and whether the file is still the one that was written.

        Return None if there is no file, or none that can be read.
        """
        if self._path is None:
            return None
        try:
            with files.open_below(self._path.parent, self._path.name) as (file, _):
                data = json.load(file)
                in_place = data["place"] == _place_hash(file.fileno(), self._machine_id)
                refusals = data.get("refusals", 0)  # older versions counted none
                recorded = DatabaseFingerprint(data["instance"], data["generation"], refusals)
                return recorded, in_place
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def mismatch(self) -> str | None:
        """Return why this may not be the database that this machine used last, or None.

        Another process may write both meanwhile, the database first. The file is therefore read
        before the database, and a fault only counts if the file is still the same.
        """
        while self._path:
            recorded = self.read()
            why = self._difference(recorded)
            if why is None or self.read() == recorded:
                return why
        return None

    def _difference(self, recorded: tuple[DatabaseFingerprint, bool] | None) -> str | None:
        """Return how the database differs from a recorded fingerprint, or None."""
        with self._database.reading() as connection:
            instance, generation, refusals = read_identity(connection)
            sent = exists().where(t.attempts.c.id > 0)
            approved = exists().where(t.approvals.c.id > 0)
            # Older versions raised no generation for an approval. Their databases have no file
            # before the first claim.
            used = connection.scalar(select(or_(sent, approved) if generation else sent))
            used = used or refusals > 0
        if recorded is None:
            return "this machine has not worked on this database before" if used else None
        fingerprint, in_place = recorded
        if fingerprint.instance != instance:
            return "this is another database than the one this machine worked on last"
        if not in_place:
            return "this database was copied here, or another machine worked on it last"
        if generation < fingerprint.generation:
            return (
                "this database is older than the last send, approval, withdrawal or refusal here "
                "(was a backup restored?)"
            )
        return None


@contextmanager
def sealing(database: Database, *, refusal: bool = False) -> Iterator[Connection]:
    """Yield a write transaction after which an earlier copy of the database is recognised.

    The file of a database that is in doubt already stays, and the next start looks into that. With
    ``refusal``, one more refusal is counted.
    """
    file = FingerprintFile(database)
    trusted = database.path is not None and file.mismatch() is None
    with database.writing() as connection:
        if refusal:
            count_refusal(connection)
        fingerprint = advance_generation(connection) if trusted else None
        yield connection
    if fingerprint:
        file.save(fingerprint)
        file.flush()


def _create_file(path: Path, fingerprint: DatabaseFingerprint, machine_id: str) -> int:
    """Write a new file, whole or not at all, on disk when this returns; return its descriptor.

    It has the permissions of the database, as SQLite gives them to its own files. The control room
    may run as another user of the same group.
    """
    # The name is unique, because a person may approve while the loop writes one.
    new = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        database = path.with_name(path.name.removesuffix(_ENDING))
        os.fchmod(descriptor, stat.S_IMODE(database.stat().st_mode))
        os.write(descriptor, _to_json(descriptor, fingerprint, machine_id))
        os.fsync(descriptor)
        new.replace(path)
        files.sync(path.parent)
    except BaseException:
        os.close(descriptor)
        new.unlink(missing_ok=True)
        raise
    return descriptor


def _to_json(descriptor: int, fingerprint: DatabaseFingerprint, machine_id: str) -> bytes:
    """Return the file's content, which never gets shorter, because its numbers only grow."""
    place = _place_hash(descriptor, machine_id)
    return json.dumps({**asdict(fingerprint), "place": place}).encode()


def _place_hash(descriptor: int, machine_id: str) -> str:
    """Return a hash that differs between a file and every copy of it, and reveals nothing."""
    try:
        import fcntl

        # The generation differs between an inode and earlier ones of its number.
        generation = fcntl.ioctl(descriptor, _GET_GENERATION, bytes(8)).hex()
    except (ImportError, OSError):  # the system keeps none
        generation = ""
    status = os.fstat(descriptor)
    place = (machine_id, os.fstatvfs(descriptor).f_fsid, status.st_ino, generation)
    return hashlib.sha256(f"groundswell {place}".encode()).hexdigest()[:32]
