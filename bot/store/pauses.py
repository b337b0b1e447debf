"""Pauses: rows in the database, and a file that stops everything.

The file is for when the database cannot be written, or cannot be trusted. It is called ``PAUSE``
and lies beside ``config.yaml``: while it exists, nothing is sent from this machine, and its first
line is the reason.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from bot import files
from bot.database import rows
from bot.database import tables as t
from bot.database.audit import lock_audit_log, record
from bot.errors import StoreError
from bot.model import Pause, PauseCause

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from bot.model import PauseRequest

FILE_NAME = "PAUSE"
_MAX_REASON = 200

_PAUSES = select(t.pauses).where(t.pauses.c.lifted.is_(None)).order_by(t.pauses.c.id)


def read_pauses(connection: Connection) -> list[Pause]:
    """Return the pauses in force, within a transaction."""
    return [rows.pause(row) for row in connection.execute(_PAUSES)]


def set_pause(connection: Connection, request: PauseRequest, who: str, now: datetime) -> bool:
    """Set a pause within a transaction; return False if the same one is in force already."""
    lock_audit_log(connection)  # two workers that are refused at once must not both set it
    in_force = {(pause.scope, pause.name) for pause in read_pauses(connection)}
    if (request.scope, request.name) in in_force:
        return False
    insert_pause(connection, request, who, now)
    subject = f"{request.scope} {request.name}".strip()
    record(connection, who, "pause", subject, {"why": request.why}, now)
    return True


def insert_pause(connection: Connection, request: PauseRequest, who: str, now: datetime) -> int:
    """Insert a pause, whatever is in force already, and return its id."""
    values = {**asdict(request), "who": who, "since": now}
    query = insert(t.pauses).values(values).returning(t.pauses.c.id)
    return int(connection.execute(query).scalar_one())


class StopFile:
    """The file at this path, whether or not it exists."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def beside(cls, config: Path) -> StopFile:
        """Return the stop file of a config file."""
        return cls(config.absolute().with_name(FILE_NAME))

    def pause(self) -> Pause | None:
        """Return the pause that the file means; None only if it certainly does not exist."""
        try:
            since = datetime.fromtimestamp(os.lstat(self.path).st_mtime, UTC)
            why = self._reason()
        except FileNotFoundError:
            return None
        except OSError as error:  # a file that cannot be examined may exist
            since, why = datetime.fromtimestamp(0, UTC), str(error)
        who = f"the file {self.path.name}"
        return Pause(0, "all", "", why, who, since, PauseCause.PERSON)

    def _reason(self) -> str:
        try:
            with files.open_below(self.path.parent, self.path.name) as (file, _):
                first = file.readline(4 * _MAX_REASON).decode(errors="replace")[:_MAX_REASON]
        except files.WrongFileError as error:
            return f"{self.path.name} is {error.what}, which gives no reason"
        except OSError:
            first = ""
        return " ".join(first.split()) or "no reason given"

    def write(self, why: str) -> None:
        """Create the file, on disk when this returns. Raises OSError.

        Anything else of that name stops everything as it is, and is left alone.
        """
        with suppress(files.WrongFileError):
            files.write_atomically(self.path, " ".join(why.split()) + "\n")

    def remove(self) -> bool:
        """Delete the file; return False if there was none. Raises StoreError if it stays."""
        existed = os.path.lexists(self.path)
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            what = "a folder" if self.path.is_dir() else "there"
            raise StoreError(
                f"{self.path} is {what} and cannot be deleted ({error.strerror}). Everything is "
                "stopped until it is gone: delete it by hand",
            ) from error
        return existed
