"""The safe start of a database that may be behind, and the posts that may be out all the same.

A post in a queue slot has no date that would show whether it went out before. In a new or restored
database, each such post that the files name is therefore unverified until its account's timeline
was searched for it. The same holds for an account that is new to the database, which may have been
renamed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from bot.database import rows
from bot.database import tables as t
from bot.database.audit import GROUNDSWELL, record
from bot.database.fingerprint import FingerprintFile, advance_generation, read_identity
from bot.database.types import batched
from bot.model import PauseCause, PauseRequest, ScheduleKind, State
from bot.store.approvals import withdraw_all
from bot.store.outcomes import DATABASE_NOW, apply_transition, fence_unchanged
from bot.store.pauses import insert_pause, lift_pauses
from bot.store.sign_ins import revoke_all
from bot.store.verdicts import RESTORED
from bot.text import pluralize

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import ColumnElement, Connection

    from bot.database.connections import Database
    from bot.database.fingerprint import DatabaseFingerprint
    from bot.model import Delivery, Transition


LOOK_BACK = timedelta(days=180)
"""How far back a new database searches. It is the length of a campaign, at $0.001 a post."""

UNVERIFIED_KEY = "slots:doubt"
_SETS = ("keys", "accounts", "due")
_ACCOUNTS_KEY = "slots:accounts"


@dataclass(frozen=True, slots=True)
class Unverified:
    """Posts that may be out although the database does not know it."""

    since: datetime
    """The earliest instant at which one of them may have gone out."""
    keys: frozenset[str] | None
    """The deliveries in queue slots; None until the files are read, for all of them."""
    accounts: frozenset[str] | None = None
    """The accounts whose queue slots these are; None for all."""
    due: frozenset[str] = frozenset()
    """The deliveries that were due before a safe start or in it, even if they were moved since."""

    def covers(self, delivery: Delivery) -> bool:
        """Return whether a delivery may be out although the database does not know it."""
        return delivery.key in self.due or (
            delivery.kind is ScheduleKind.SLOT
            and (self.keys is None or delivery.key in self.keys)
            and (self.accounts is None or delivery.account in self.accounts)
        )


def mark_unverified(
    connection: Connection, since: datetime, accounts: Collection[str] | None = None
) -> None:
    """Mark as unverified all slots of these accounts, or of all."""
    c = t.deliveries.c
    # A person's word that a part is not out was given before the doubt, and may be wrong by now.
    where = c.absent if accounts is None else c.absent & c.account.in_(accounts)
    connection.execute(update(t.deliveries).where(where).values(absent=False))
    names, due = None if accounts is None else frozenset(accounts), frozenset[str]()
    known = read_unverified(connection)
    if known:
        since, due = min(since, known.since), known.due
        names = None if names is None or known.accounts is None else names | known.accounts
    _write_unverified(connection, Unverified(since, None, names, due))


def read_unverified(connection: Connection) -> Unverified | None:
    """Return the unverified posts, or None if none are left."""
    return unverified_in({UNVERIFIED_KEY: rows.get(connection, UNVERIFIED_KEY)})


def unverified_in(found: Mapping[str, Any]) -> Unverified | None:
    """Return the unverified posts from values that were read by ``UNVERIFIED_KEY``, or None."""
    data = found.get(UNVERIFIED_KEY)
    if data is None:
        return None
    sets = {name: frozenset(data[name]) for name in _SETS if data[name] is not None}
    return Unverified(**{**data, **sets, "since": datetime.fromisoformat(data["since"])})


def clear_unverified(database: Database, key: str) -> None:
    """Remove a delivery that the timeline was searched for."""
    with database.writing() as connection:
        known = read_unverified(connection)
        if known:
            keys = None if known.keys is None else known.keys - {key}
            _write_unverified(connection, replace(known, keys=keys, due=known.due - {key}))


def remember_due(connection: Connection, now: datetime) -> None:
    """Mark the posts that are due by now in a safe start, before the files move them."""
    if start := _read_safe_start(connection):
        due = connection.scalars(select(t.deliveries.c.key).where(_unsent_since(start.since, now)))
        known = read_unverified(connection) or Unverified(start.since, frozenset())
        _write_unverified(connection, replace(known, due=known.due.union(due)))


def _write_unverified(connection: Connection, unverified: Unverified) -> None:
    if unverified.keys == frozenset() and not unverified.due:
        rows.drop(connection, UNVERIFIED_KEY)
        return
    sets = {name: getattr(unverified, name) for name in _SETS}
    data = {name: None if names is None else sorted(names) for name, names in sets.items()}
    rows.put(connection, UNVERIFIED_KEY, {**data, "since": unverified.since.isoformat()})


MARGIN = timedelta(hours=1)
"""How long before the last attempt that the database knows the gap may have begun."""

BELIEVED_UNSENT = (State.SCHEDULED, State.MISSED, State.EXPIRED)
"""The states in which nothing is out, unless the database is behind."""

_BY_ACCOUNT = (t.deliveries.c.account, *rows.DUE_ORDER)
_SAFE_START_KEY = "safe_start"
_REASON = (
    "safe start: {why}. Nothing is sent until every account's timeline has been read. If this does "
    "not end, run groundswell accounts check. Or look at the accounts' pages yourself, drop the "
    "posts that are out already, and run groundswell resume"
)
_REFUSALS_LOST = (
    "{lost}. Read the posts with groundswell queue list, refuse again what must not go out, and "
    "then run groundswell resume"
)
_ACCEPTED_KEY = "clock:accepted"


@dataclass(frozen=True, slots=True)
class SafeStart:
    """A safe start that is not over."""

    pause: int
    """The id of its pause."""
    since: datetime
    """The instant from which on posts may be out that the database does not know of."""
    why: str
    approvals: int = 0
    """How many approvals it has just withdrawn, because the database may be behind."""


class RestoreStore:
    """Begins, reads and ends the safe start of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.fingerprint_file = FingerprintFile(database)

    def begin(self, why: str, now: datetime) -> SafeStart:
        """Pause everything, and remember how far back the timelines are to be read.

        A safe start that is not over yet goes on. Posts are marked as unverified again, because the
        copy that was put back may have been made during an earlier safe start.
        """
        recorded, _ = self.fingerprint_file.read() or (None, False)
        with self._database.writing() as connection:
            last_sent = connection.scalar(select(func.max(t.attempts.c.opened)))
            begun = connection.scalar(select(func.min(t.deliveries.c.created)))
            since = (last_sent or begun or now) - MARGIN
            start = _read_safe_start(connection)
            if start is None:
                # A person may have paused everything too. Each pause is lifted on its own.
                request = PauseRequest("all", "", _REASON.format(why=why), PauseCause.RESTORED)
                pause = insert_pause(connection, request, GROUNDSWELL, now)
                start = SafeStart(pause, since, why)
                data = {"pause": pause, "since": since.isoformat(), "why": why}
                rows.put(connection, _SAFE_START_KEY, data)
            if lost := _lost_refusals(connection, recorded):
                # Only a person ends this pause, because nobody else knows what was refused.
                words = _REFUSALS_LOST.format(lost=lost)
                request = PauseRequest("all", "", words, PauseCause.RESTORED)
                insert_pause(connection, request, GROUNDSWELL, now)
            mark_unverified(connection, since if last_sent else now - LOOK_BACK)
            remember_due(connection, now)
            above = recorded.generation if recorded else 0
            fingerprint = advance_generation(connection, above=above, rename=True)
            lapsed = withdraw_all(connection, RESTORED, now)
            revoke_all(connection, RESTORED, now)  # who signed out may be signed in again by it
            detail = {"why": why, "since": start.since, "approvals": lapsed}
            record(connection, GROUNDSWELL, "safe start", "all", detail, now)
        self.fingerprint_file.save(fingerprint)
        return replace(start, approvals=lapsed)

    def mark_new_accounts(self, accounts: Collection[str], now: datetime) -> None:
        """Mark posts in queue slots as unverified, of accounts that are new to the database.

        Either the database is new, or such an account may have been renamed.
        """
        with self._database.writing() as connection:
            known = frozenset(rows.get(connection, _ACCOUNTS_KEY) or ())
            rows.put(connection, _ACCOUNTS_KEY, sorted(known | {*accounts}))
            if new := frozenset(accounts) - known:
                mark_unverified(connection, now - LOOK_BACK, new)

    def unverified_slots(self) -> tuple[Unverified | None, list[Delivery]]:
        """Return the unverified queue slots, and the deliveries in them, by account."""
        c = t.deliveries.c
        in_slot = (c.state == State.SCHEDULED) & (c.kind == ScheduleKind.SLOT) & ~c.absent
        with self._database.reading() as connection:
            slots = read_unverified(connection)
            if slots is None or slots.keys is None:
                return slots, []
            deliveries = rows.read_deliveries(connection, in_slot, order=_BY_ACCOUNT)
        return slots, [delivery for delivery in deliveries if slots.covers(delivery)]

    def set_slot_keys(self, keys: Mapping[str, str]) -> None:
        """Remember the posts in queue slots that the files name, unless they are known already.

        ``keys`` has each delivery's account.
        """
        with self._database.reading() as connection:  # usually there is nothing to write
            slots = read_unverified(connection)
        if slots is None or slots.keys is not None:
            return
        with self._database.writing() as connection:
            slots = read_unverified(connection)
            if slots and slots.keys is None:
                named = frozenset(
                    key
                    for key, account in keys.items()
                    if slots.accounts is None or account in slots.accounts
                )
                _write_unverified(connection, replace(slots, keys=named))

    def pending(self) -> SafeStart | None:
        """Return the safe start that is not over, or None; a person may have lifted its pause."""
        with self._database.reading() as connection:
            return _read_safe_start(connection)

    def end(self, start: SafeStart, adopted: int, now: datetime) -> bool:
        """Lift the pause of a safe start, and no other; return False if it is over already."""
        with self._database.writing() as connection:
            lifted = lift_pauses(connection, t.pauses.c.id == start.pause, GROUNDSWELL, now)
            rows.drop(connection, _SAFE_START_KEY)
            if lifted:
                if known := read_unverified(connection):
                    _write_unverified(connection, replace(known, due=frozenset()))
                detail = {"found": adopted}
                record(connection, GROUNDSWELL, "safe start over", "all", detail, now)
        return bool(lifted)

    def candidates(self, start: SafeStart, now: datetime) -> list[Delivery]:
        """Return the deliveries due since then that count as unsent, by account and due instant.

        They include those that the files have moved since, which may have been sent at their
        earlier time.
        """
        c = t.deliveries.c
        wheres = [_unsent_since(start.since, now)]
        with self._database.reading() as connection:
            known = read_unverified(connection)
            wheres += [
                c.state.in_(BELIEVED_UNSENT) & c.key.in_(keys)
                for keys in batched(sorted(known.due if known else ()))
            ]
            found = {
                delivery.id: delivery
                for where in wheres
                for delivery in rows.read_deliveries(connection, where, order=_BY_ACCOUNT)
            }
        return sorted(found.values(), key=attrgetter("account", "due", "id"))

    # --- the clock ---

    def latest_activity(self, excluding: str) -> datetime | None:
        """Return when a worker other than ``excluding`` was last seen or began a send.

        Return None if a person was warned already that the clock is behind that instant.
        """
        workers = select(func.max(t.workers.c.seen)).where(t.workers.c.name != excluding)
        attempts = select(func.max(t.attempts.c.opened)).where(t.attempts.c.owner != excluding)
        with self._database.reading() as connection:
            instants = [connection.scalar(workers), connection.scalar(attempts)]
            accepted = rows.get(connection, _ACCEPTED_KEY)
        newest = max(filter(None, instants), default=None)
        return newest if newest and newest.isoformat() != accepted else None

    def accept_clock(self, newest: datetime) -> None:
        """Remember that a person was warned of this instant, so that they are not warned again."""
        rows.write(self._database, _ACCEPTED_KEY, newest.isoformat())

    def database_time(self) -> datetime | None:
        """Return the time by the clock of PostgreSQL; None if the database is a file."""
        return None if self._database.path else self._database.read_value(select(DATABASE_NOW))

    # --- results of reading the timelines ---

    def apply_transition(self, delivery: Delivery, transition: Transition, now: datetime) -> bool:
        """Change a candidate as the timeline shows; return False if it has moved on."""
        where = t.deliveries.c.state.in_(BELIEVED_UNSENT) & fence_unchanged(delivery)
        fence = delivery.fence + 1
        with self._database.writing() as connection:
            return apply_transition(connection, delivery, transition, where, now, fence=fence)


def _unsent_since(since: datetime, now: datetime) -> ColumnElement[bool]:
    c = t.deliveries.c
    return c.state.in_(BELIEVED_UNSENT) & (c.due >= since) & (c.due <= now)


def _lost_refusals(connection: Connection, recorded: DatabaseFingerprint | None) -> str | None:
    """Return, in words, which refusals a restored backup has lost or may have lost, or None.

    This machine's last database has recorded how many there were. Of any other database, nobody
    knows. If people refuse posts there at all, some may have been refused since it was copied.
    """
    instance, _, count = read_identity(connection)
    # A copy from before the first approval, refusal and claim has no name yet.
    if recorded and instance in {None, recorded.instance}:
        lost = recorded.refusals - count
        if lost <= 0:
            return None
        are = "is" if lost == 1 else "are"
        return f"{pluralize(lost, 'refusal')} given since the backup was made {are} lost"
    refuses = count or (recorded and recorded.refusals)
    return "refusals that were given since this copy was made are lost" if refuses else None


def _read_safe_start(connection: Connection) -> SafeStart | None:
    data = rows.get(connection, _SAFE_START_KEY)
    if data is None:
        return None
    c = t.pauses.c
    query = select(c.id).where(c.id == data["pause"], c.lifted.is_(None))
    if connection.scalar(query) is None:  # a person has decided that it is over
        return None
    return SafeStart(data["pause"], datetime.fromisoformat(data["since"]), data["why"])
