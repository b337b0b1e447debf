"""Pauses, the stop file, backoffs, and posts that are held because many left the files at once.

The stop file is for a database that cannot be written, or cannot be trusted. It is called ``PAUSE``
and lies beside ``config.yaml``. While it exists, nothing is sent from this machine. Its first line
is the reason.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from bot import files
from bot.database import rows
from bot.database import tables as t
from bot.database.audit import record
from bot.database.types import lock_transaction
from bot.errors import StoreError
from bot.model import Backoff, Pause, PauseCause, State
from bot.planning.left_files import MassCancel

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection

    from bot.database.connections import Database
    from bot.model import PauseRequest

# --- Pauses in the database -----------------------------------------------------------------------

_PAUSES = select(t.pauses).where(t.pauses.c.lifted.is_(None)).order_by(t.pauses.c.id)


def read_pauses(connection: Connection) -> list[Pause]:
    """Return the pauses in force, within a transaction."""
    return [
        Pause(row.id, row.scope, row.name, row.why, row.who, row.since, PauseCause(row.cause))
        for row in connection.execute(_PAUSES)
    ]


def set_pause(connection: Connection, request: PauseRequest, who: str, now: datetime) -> bool:
    """Set a pause within a transaction; return False if the same one is in force already."""
    # Two workers that are refused at once must not both set it.
    lock_transaction(connection, "audit")
    in_force = {(pause.scope, pause.name) for pause in read_pauses(connection)}
    if (request.scope, request.name) in in_force:
        return False
    insert_pause(connection, request, who, now)
    subject = f"{request.scope} {request.name}".strip()
    record(connection, who, "pause", subject, {"why": request.why}, now)
    return True


def insert_pause(connection: Connection, request: PauseRequest, who: str, now: datetime) -> int:
    """Insert a pause beside those that are in force, and return its id."""
    values = {**asdict(request), "who": who, "since": now}
    query = insert(t.pauses).values(values).returning(t.pauses.c.id)
    return int(connection.execute(query).scalar_one())


def lift_pauses(connection: Connection, where: ColumnElement[bool], who: str, now: datetime) -> int:
    """Lift the pauses in force that meet a condition, and return how many."""
    query = update(t.pauses).where(where, t.pauses.c.lifted.is_(None))
    return connection.execute(query.values(lifted=now, lifted_by=who)).rowcount


# --- The stop file --------------------------------------------------------------------------------

FILE_NAME = "PAUSE"
_MAX_REASON = 200


class StopFile:
    """The stop file at this path, whether or not it exists."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def beside(cls, config: Path) -> StopFile:
        """Return the stop file of a config file."""
        return cls(config.absolute().with_name(FILE_NAME))

    def pause(self) -> Pause | None:
        """Return the file's pause, or None if the file certainly does not exist."""
        try:
            since = datetime.fromtimestamp(os.lstat(self.path).st_mtime, UTC)
        except FileNotFoundError:
            return None
        except OSError as error:  # a file that cannot be examined may exist
            since, why = datetime.fromtimestamp(0, UTC), str(error)
        else:
            try:
                with files.open_below(self.path.parent, self.path.name) as (file, _):
                    line = file.readline(4 * _MAX_REASON).decode(errors="replace")[:_MAX_REASON]
                why = " ".join(line.split()) or "no reason given"
            except files.WrongFileError as error:
                why = f"{self.path.name} is {error.what}, which gives no reason"
            except OSError:
                why = "no reason given"
        who = f"the file {self.path.name}"
        return Pause(0, "all", "", why, who, since, PauseCause.PERSON)

    def write(self, why: str) -> None:
        """Create the file, on disk when this returns. Raise OSError.

        A folder or a link of that name stops everything too, and is left as it is.
        """
        with suppress(files.WrongFileError):
            files.write_atomically(self.path, " ".join(why.split()) + "\n")

    def remove(self) -> bool:
        """Delete the file; return False if there was none. Raise StoreError if it stays."""
        # A read-only folder, as services have it, refuses to delete even a file that is not there.
        if self.pause() is None:
            return False
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            what = "a folder" if self.path.is_dir() else "there"
            raise StoreError(
                f"{self.path} is {what} and cannot be deleted ({error.strerror}). Everything stays "
                "stopped until you delete it by hand",
            ) from error
        return True


# --- Backoffs, in which an account waits after a refusal ------------------------------------------


def read_backoff(database: Database, account: str) -> Backoff | None:
    """Return the account's last backoff, even if it is over."""
    with database.reading() as connection:
        return read_backoffs(connection, [account]).get(account)


def read_backoffs(connection: Connection, accounts: Sequence[str]) -> dict[str, Backoff]:
    """Return the last backoff of each account that has one, within a transaction."""
    return backoffs_in(rows.get_all(connection, [*map(backoff_key, accounts)]), accounts)


def backoffs_in(found: Mapping[str, Any], accounts: Sequence[str]) -> dict[str, Backoff]:
    """Return these accounts' backoffs from values that were read by ``backoff_key``."""
    backoffs = {}
    for account in accounts:
        if data := found.get(backoff_key(account)):
            until = datetime.fromisoformat(data["until"])
            backoffs[account] = Backoff(until, data["why"], data["times"])
    return backoffs


def set_backoff(connection: Connection, account: str, backoff: Backoff) -> None:
    """Write a backoff, within the transaction that records the refusal."""
    data = {"until": backoff.until.isoformat(), "why": backoff.why, "times": backoff.times}
    rows.put(connection, backoff_key(account), data)


def clear_backoffs(connection: Connection, accounts: Sequence[str]) -> None:
    """Forget the accounts' backoffs, because the platform takes their posts again."""
    rows.drop(connection, *map(backoff_key, accounts))


def backoff_key(account: str) -> str:
    """Return the key of an account's backoff in ``meta``."""
    return f"rest:{account}"


# --- Mass cancels, in which posts that left the files at once wait for a person -------------------

_PERMIT_KEY = "vanished:leave"

_SCHEDULED = t.deliveries.c.state == State.SCHEDULED
_HELD_BACK = select(t.deliveries.c.key, t.deliveries.c.left_files).where(
    t.deliveries.c.left_files.is_not(None), _SCHEDULED
)
_BY_POST = (
    select(func.count(t.deliveries.c.left_files).label("held"), func.count().label("deliveries"))
    .where(_SCHEDULED)
    .group_by(*rows.POST_COLUMNS)
    .subquery()
)
_COUNTS = select(
    func.count().filter(_BY_POST.c.held > 0),
    func.count().filter(_BY_POST.c.held.between(1, _BY_POST.c.deliveries - 1)),
    func.count(),
).select_from(_BY_POST)
"""The numbers of posts that are held on some account, of those not held on all, and of all."""


@dataclass(frozen=True, slots=True)
class HeldBack(MassCancel):
    """The deliveries that wait because they left the campaign files."""

    at: datetime
    """When the last of them left."""


class MassCancelStore:
    """The posts held back, and the permit to cancel them; each method is a short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held_back(self) -> HeldBack | None:
        """Return the deliveries that are held back, or None if there are none."""
        with self._database.reading() as connection:
            held = {row.key: row.left_files for row in connection.execute(_HELD_BACK)}
            if not held:
                return None
            posts, partly, scheduled = connection.execute(_COUNTS).one()
        return HeldBack(frozenset(held), posts, partly, scheduled, max(held.values()))

    def permit(self, keys: Collection[str], posts: Sequence[str], who: str, now: datetime) -> None:
        """Keep a person's permit to cancel these deliveries once; the log names ``posts``.

        If other deliveries leave the files afterwards, the person is asked again.
        """
        with self._database.writing() as connection:
            rows.put(connection, _PERMIT_KEY, {"keys": sorted(keys), "who": who})
            record(connection, who, "plan --force", "", {"posts": [*posts]}, now)

    def permitted_by(self, keys: Collection[str]) -> str | None:
        """Return the person whose unused permit allows to cancel these, or None."""
        data = rows.read(self._database, _PERMIT_KEY)
        return data["who"] if data and set(keys) <= set(data["keys"]) else None

    def end_permit(self) -> None:
        """Forget a permit that was used up, because nothing is held back any more."""
        if self.permitted_by(()):
            with self._database.writing() as connection:
                rows.drop(connection, _PERMIT_KEY)
