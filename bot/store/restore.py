"""Safe start: a database that may be behind is paused until the timelines have been read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from bot.database import meta, rows
from bot.database import tables as t
from bot.database.audit import GROUNDSWELL, record
from bot.database.fingerprint import FingerprintFile, assign_new_identity, has_attempts
from bot.database.types import scalar_instant
from bot.model import PauseCause, PauseRequest, ScheduleKind, State
from bot.store import unverified
from bot.store.pauses import insert_pause
from bot.store.transitions import apply_transition, fence_unchanged

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from bot.database.opening import Database
    from bot.model import Delivery, Transition

MARGIN = timedelta(hours=1)
"""How long before the last attempt that the database knows the gap may have begun."""

BELIEVED_UNSENT = (State.SCHEDULED, State.MISSED, State.EXPIRED)
"""In these states nothing is out; in a database that is behind, they may be wrong."""

_BY_ACCOUNT = (t.deliveries.c.account, *rows.DUE_ORDER)
_SAFE_START_KEY = "safe_start"


@dataclass(frozen=True, slots=True)
class SafeStart:
    """A safe start that is not over: its pause, and since when the database may know nothing."""

    pause: int
    since: datetime
    why: str


class RestoreStore:
    """Begins, reads and ends the safe start of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._fingerprint_file = FingerprintFile(database)

    def mismatch(self) -> str | None:
        """Return why this may not be the database that was worked on last; None if it is."""
        return self._fingerprint_file.mismatch()

    def begin(self, why: str, now: datetime) -> SafeStart:
        """Pause everything, and remember since when the timelines are to be read.

        A safe start that is not over yet goes on as it is.
        """
        recorded = self._fingerprint_file.read()
        with self._database.writing() as connection:
            start = _read_safe_start(connection)
            if start is None:
                start = _write_safe_start(connection, why, now)
                since = start.since if has_attempts(connection) else now - unverified.LOOK_BACK
                unverified.mark_unverified(connection, since)
            fingerprint = assign_new_identity(connection, recorded)
            detail = {"why": why, "since": start.since}
            record(connection, GROUNDSWELL, "safe start", "all", detail, now)
        self._fingerprint_file.save(fingerprint)
        return start

    def mark_new_accounts(self, accounts: Collection[str], now: datetime) -> None:
        """Mark posts in queue slots as unverified, of accounts that the database did not know.

        It cannot know whether they are out: it is new, or the account was renamed.
        """
        with self._database.writing() as connection:
            if new := unverified.register_accounts(connection, accounts):
                unverified.mark_unverified(connection, now - unverified.LOOK_BACK, new)

    def unverified_slots(self) -> tuple[unverified.UnverifiedSlots | None, list[Delivery]]:
        """Return the unverified queue slots, and the deliveries in them, by account."""
        c = t.deliveries.c
        in_slot = (c.state == State.SCHEDULED) & (c.kind == ScheduleKind.SLOT)
        with self._database.reading() as connection:
            slots = unverified.read_unverified(connection)
            if slots is None or slots.keys is None:
                return slots, []
            query = rows.select_deliveries(in_slot, order=_BY_ACCOUNT)
            deliveries = rows.read_deliveries(connection, query)
        return slots, [delivery for delivery in deliveries if slots.covers(delivery)]

    def set_slot_keys(self, keys: Mapping[str, str]) -> None:
        """Keep which posts in queue slots the files name, unless that is known already.

        ``keys`` has the account of each.
        """
        with self._database.reading() as connection:
            slots = unverified.read_unverified(connection)
        if slots and slots.keys is None:
            with self._database.writing() as connection:
                unverified.name_unverified(connection, keys)

    def clear_unverified(self, keys: Collection[str]) -> None:
        """Remove the keys that were searched for in the timeline."""
        with self._database.writing() as connection:
            unverified.clear_unverified(connection, keys)

    def pending(self) -> SafeStart | None:
        """Return the safe start that is not over; also None if a person has lifted its pause."""
        with self._database.reading() as connection:
            return _read_safe_start(connection)

    def end(self, start: SafeStart, adopted: int, now: datetime) -> bool:
        """Lift its pause, and no other; return False if it is over already."""
        c = t.pauses.c
        query = update(t.pauses).where(c.id == start.pause, c.lifted.is_(None))
        with self._database.writing() as connection:
            lifted = connection.execute(query.values(lifted=now, lifted_by=GROUNDSWELL)).rowcount
            meta.drop(connection, _SAFE_START_KEY)
            if lifted:
                detail = {"found": adopted}
                record(connection, GROUNDSWELL, "safe start over", "all", detail, now)
        return bool(lifted)

    def candidates(self, start: SafeStart, now: datetime) -> list[Delivery]:
        """Return what was due since then and is believed unsent, by account and due instant."""
        c = t.deliveries.c
        where = c.state.in_(BELIEVED_UNSENT) & (c.due >= start.since) & (c.due <= now)
        query = rows.select_deliveries(where, order=_BY_ACCOUNT)
        with self._database.reading() as connection:
            return rows.read_deliveries(connection, query)

    def apply_transition(self, delivery: Delivery, transition: Transition, now: datetime) -> bool:
        """Change a candidate by what the timeline shows; return False if it has moved on."""
        where = t.deliveries.c.state.in_(BELIEVED_UNSENT) & fence_unchanged(delivery)
        fence = delivery.fence + 1
        with self._database.writing() as connection:
            return apply_transition(connection, delivery, transition, where, now, fence=fence)


def _write_safe_start(connection: Connection, why: str, now: datetime) -> SafeStart:
    last_attempt = scalar_instant(connection, select(func.max(t.attempts.c.opened)))
    first_delivery = scalar_instant(connection, select(func.min(t.deliveries.c.created)))
    since = (last_attempt or first_delivery or now) - MARGIN
    reason = (
        f"safe start: {why}. Nothing is sent until every account's timeline has been read. If this "
        "does not end, run groundswell accounts check; or look at the accounts' pages yourself, "
        "drop what is out already, and run groundswell resume"
    )
    # Beside a person's pause of everything, if there is one: each is lifted on its own.
    request = PauseRequest("all", "", reason, PauseCause.RESTORED)
    start = SafeStart(insert_pause(connection, request, GROUNDSWELL, now), since, why)
    data = {"pause": start.pause, "since": since.isoformat(), "why": why}
    meta.put(connection, _SAFE_START_KEY, json.dumps(data))
    return start


def _read_safe_start(connection: Connection) -> SafeStart | None:
    value = meta.get(connection, _SAFE_START_KEY)
    if value is None:
        return None
    data = json.loads(value)
    c = t.pauses.c
    query = select(c.id).where(c.id == data["pause"], c.lifted.is_(None))
    if connection.scalar(query) is None:  # a person has decided that it is over
        return None
    return SafeStart(data["pause"], datetime.fromisoformat(data["since"]), data["why"])
