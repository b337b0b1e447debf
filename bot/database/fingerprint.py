"""Is this the database that this machine worked on last? A file beside a SQLite database answers.

The database has a name of its own and a generation that rises with every claim, and whenever
somebody approves a post or withdraws that. After the claim is on disk, and before anything is sent,
the fingerprint file (its name ends in ``.mark``) records both. A database that is behind its
fingerprint was restored from a backup; one with another name, or without a fingerprint, came from
elsewhere. Posts that are waiting in it may be out already, and approvals may have been withdrawn.
On PostgreSQL there is no such file: a restored database is started with ``groundswell run
--safe-start``.

The file also records its own place: the file system's id, and the number and generation of its
inode. Copying a file creates another inode, whatever the means and the attributes: a fingerprint
that is not where it says was copied, with the database beside it, to this machine or another.
Nothing else that a container can see would do. Its host name changes whenever it is created; the
``/etc/machine-id`` of an image is missing, or the same wherever that image runs and new with every
build; owner, mode and ctime change where an image hands the volume to its user at each start. The
inodes of a volume stay. The file system's id and the inode's generation are random on ext4; XFS has
the generation, btrfs the id: together they are enough on each.

A clone of the whole disk has the same inodes. It is recognised by the machine's own id, if that is
not part of an image, and not at all from within a container.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
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
    from sqlalchemy import Connection

    from bot.database.connections import Database

_MACHINE_ID = Path("/etc/machine-id")
_GET_GENERATION = 0x80087601  # FS_IOC_GETVERSION of Linux, on 64 bits


@dataclass(frozen=True, slots=True)
class DatabaseFingerprint:
    """Which database it is, and how far it has come."""

    instance: str
    generation: int


def advance_generation(
    connection: Connection, *, above: int = 0, rename: bool = False
) -> DatabaseFingerprint:
    """Raise the generation, within the transaction of a claim; return what the file is to say.

    With ``rename`` the database gets a new name, as the old one is another copy's. The generation
    passes ``above``.
    """
    instance, generation = _read_identity(connection)
    if instance is None or rename:
        instance = uuid.uuid4().hex
        rows.put(connection, "instance", instance)
    generation = max(generation, above) + 1
    rows.put(connection, "generation", generation)
    return DatabaseFingerprint(instance, generation)


def _read_identity(connection: Connection) -> tuple[str | None, int]:
    values = rows.get_all(connection, ["instance", "generation"])
    return values.get("instance"), values.get("generation", 0)


class FingerprintFile:
    """The fingerprint file beside a SQLite database; for one thread at a time."""

    def __init__(self, database: Database) -> None:
        path = database.path
        self._database = database
        # By its real name, as for the lock file: two ways to one file are one database.
        self._path = Path(f"{path.resolve()}.mark") if path else None
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
        """Raise the generation, within the transaction of a claim; return what to save, if at all.

        Raises DatabaseReplacedError where it does not follow what was saved last, by this process
        or the one before: an earlier copy was put into the very same file, as ``.restore`` does.
        """
        if self._path is None:
            return None
        last, fingerprint = self._written, advance_generation(connection)
        if last is None and (recorded := self.read()):  # which the start has compared, or written
            last = recorded[0]
        if last and (
            last.instance != fingerprint.instance or last.generation >= fingerprint.generation
        ):
            raise DatabaseReplacedError(self._database.name)
        return fingerprint

    def save(self, fingerprint: DatabaseFingerprint) -> None:
        """Write the fingerprint. Raises StoreError.

        The first one is a new file, on disk when this returns. Those that follow before ``flush``
        overwrite it in place, and the system writes them to disk in its own time: a machine that
        loses power during a burst remembers its beginning, which is after every earlier backup.
        """
        if self._path:
            self._write(self._path, fingerprint, "nothing was sent")
        self._written = fingerprint

    def flush(self) -> None:
        """Replace a file that was overwritten in place, as nothing is sent for a while.

        Restoring the folder of another day over itself writes into the existing inodes: the
        fingerprint in it is to name an inode that is gone by then. Raises StoreError.
        """
        if self._path and self._descriptor is not None:
            if self._overwritten and self._written:
                self._write(self._path, self._written, "what was due is sent", replace=True)
            os.close(self._descriptor)
            self._descriptor, self._overwritten = None, False

    def _write(
        self, path: Path, fingerprint: DatabaseFingerprint, sent: str, *, replace: bool = False
    ) -> None:
        """Write it, in place if possible; ``sent`` tells in an error what was sent by then."""
        before = self._descriptor
        try:
            if before is not None and not replace:
                opened = os.fstat(before)
                # Otherwise it was deleted or replaced meanwhile.
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
        """Return what is recorded if another process has recorded more, as after a withdrawal.

        Raises DatabaseReplacedError if the database itself does not know of that.
        """
        found = self.read()
        if found is None or found[0].instance != fingerprint.instance or found[0] == self._written:
            return fingerprint
        recorded = found[0]
        if recorded.generation < fingerprint.generation:
            return fingerprint
        with self._database.reading() as connection:
            _, generation = _read_identity(connection)
        # A generation is of one transaction: two have the same one only in two different copies.
        if recorded.generation == fingerprint.generation or generation < recorded.generation:
            raise DatabaseReplacedError(self._database.name)
        return recorded

    def read(self) -> tuple[DatabaseFingerprint, bool] | None:
        """Return the recorded fingerprint, and whether the file is where it was written.

        None if there is no file, or none that can be read.
        """
        if self._path is None:
            return None
        try:
            with files.open_below(self._path.parent, self._path.name) as (file, _):
                data = json.load(file)
                in_place = data["place"] == _place_hash(file.fileno(), self._machine_id)
                return DatabaseFingerprint(data["instance"], data["generation"]), in_place
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def mismatch(self) -> str | None:
        """Return why this may not be the database that was worked on last; None if it is."""
        if self._path is None:
            return None
        with self._database.reading() as connection:
            instance, generation = _read_identity(connection)
            sent = exists().where(t.attempts.c.id > 0)
            approved = exists().where(t.approvals.c.id > 0)
            # Older versions raised no generation when somebody approved: what they leave has no
            # file beside it before its first claim.
            used = connection.scalar(select(or_(sent, approved) if generation else sent))
        recorded = self.read()
        if recorded is None:
            return "this machine has not worked on this database before" if used else None
        fingerprint, in_place = recorded
        if fingerprint.instance != instance:
            return "this is another database than the one this machine worked on last"
        if not in_place:
            return "this database was copied here, or another machine worked on it last"
        if generation < fingerprint.generation:
            return (
                "this database is older than what was sent, approved or withdrawn here last (was a "
                "backup restored?)"
            )
        return None


def _create_file(path: Path, fingerprint: DatabaseFingerprint, machine_id: str) -> int:
    """Write a new file, whole or not at all, on disk when this returns; return its descriptor."""
    # Of a name of its own: whoever approves may write one while the loop does.
    new = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
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
    """Return the file's content; it never gets shorter, as only the generation grows."""
    place = _place_hash(descriptor, machine_id)
    return json.dumps({**asdict(fingerprint), "place": place}).encode()


def _place_hash(descriptor: int, machine_id: str) -> str:
    """Return what tells an open file from every copy of it, hashed so that it reveals nothing."""
    try:
        import fcntl

        # What tells an inode from earlier ones of its number.
        generation = fcntl.ioctl(descriptor, _GET_GENERATION, bytes(8)).hex()
    except (ImportError, OSError):  # the system keeps none
        generation = ""
    status = os.fstat(descriptor)
    place = (machine_id, os.fstatvfs(descriptor).f_fsid, status.st_ino, generation)
    return hashlib.sha256(f"groundswell {place}".encode()).hexdigest()[:32]
