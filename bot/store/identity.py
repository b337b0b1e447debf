"""Is this the database that this machine worked on last? A mark beside a SQLite file tells.

The database has a name of its own and a generation that rises with every claim; after the claim is
on disk, and before anything is sent, the mark file says so too. A database that is behind its mark
was put back from a backup; one with another name, or without a mark, came from elsewhere. What it
holds as waiting may be out already. On PostgreSQL there is no mark: a restored one is started with
``groundswell run --safe-start``.
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from bot import files
from bot.errors import StoreError
from bot.store import meta
from bot.store import tables as t

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.store.database import Database

_MACHINE_ID = Path("/etc/machine-id")


@dataclass(frozen=True, slots=True)
class Mark:
    """Which database, how far it has come, and on which machine."""

    instance: str
    generation: int
    host: str


def advance(connection: Connection) -> Mark:
    """Raise the generation, within the transaction of a claim; give what the mark is to say."""
    instance, generation = _read(connection)
    return _write(connection, instance or uuid.uuid4().hex, generation + 1)


def renew(connection: Connection, mark: Mark | None) -> Mark:
    """Give the database a new name: whatever else goes by the old one is another copy."""
    _, generation = _read(connection)
    ahead = mark.generation if mark else 0
    return _write(connection, uuid.uuid4().hex, max(generation, ahead) + 1)


def _read(connection: Connection) -> tuple[str | None, int]:
    return meta.get(connection, "instance"), int(meta.get(connection, "generation") or 0)


def _write(connection: Connection, instance: str, generation: int) -> Mark:
    meta.put(connection, "instance", instance)
    meta.put(connection, "generation", str(generation))
    return Mark(instance, generation, _host())


class Marks:
    """The mark file beside a SQLite database."""

    def __init__(self, database: Database) -> None:
        path = database.path
        self._database = database
        # By its real name, as the lock: two ways to one file are one database.
        self._path = Path(f"{path.resolve()}.mark") if path else None
        self._kept = ("", 0)
        self._lock = threading.Lock()

    @property
    def wanted(self) -> bool:
        """Tell whether there is to be a mark: only beside a file."""
        return self._path is not None

    def keep(self, mark: Mark) -> None:
        """Put it on disk; an older one of the same database is left out. Raises StoreError."""
        with self._lock:
            name, generation = self._kept
            if self._path is None or (name == mark.instance and generation >= mark.generation):
                return
            try:
                files.write(self._path, json.dumps(asdict(mark)))
            except OSError as error:
                raise StoreError(f"{self._path}: {error.strerror}; nothing was sent") from error
            self._kept = (mark.instance, mark.generation)

    def read(self) -> Mark | None:
        """Give what the file says; None where there is none, or none that can be read."""
        try:
            if self._path is None:
                return None
            with files.opened(self._path.parent, self._path.name) as (file, _):
                return Mark(**json.load(file))
        except (OSError, ValueError, TypeError):
            return None

    def doubt(self) -> str | None:
        """Say why this may not be the database that was worked on last; None where it is."""
        if self._path is None:
            return None
        with self._database.reading() as connection:
            instance, generation = _read(connection)
            used = bool(connection.scalar(select(exists().where(t.attempts.c.id > 0))))
        mark = self.read()
        if mark is None:
            return "this machine has not worked on this database before" if used else None
        if mark.instance != instance:
            return "this is another database than the one this machine worked on last"
        if mark.host != _host():
            return "this database was worked on by another machine last"
        if generation < mark.generation:
            return "this database is older than what this machine sent last: a backup, put back"
        return None


def _host() -> str:
    """Give what tells this machine from others, without telling what that is."""
    try:
        name = _MACHINE_ID.read_text().strip()
    except OSError:
        name = ""
    name = name or socket.gethostname()
    return hashlib.sha256(f"groundswell {name}".encode()).hexdigest()[:16]
