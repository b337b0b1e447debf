"""What the database remembers for the guards: what was said, who waits, how late it has been."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.store import doubts, meta
from bot.store import tables as t
from bot.store.approvals import NO_ACCOUNTS, Approvals
from bot.store.audit import record
from bot.store.rests import rest
from bot.store.twins import twins

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.model import Account, Delivery, Rest, Subject, Twin
    from bot.store.database import Database


_ACCEPTED = "clock:accepted"
_HELD_BACK = "vanished:held"
_LEAVE = "vanished:leave"


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Deliveries that left the campaign files, and stay queued until a person says otherwise."""

    keys: frozenset[str]
    scheduled: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Leave:
    """A person's word that these may be cancelled."""

    keys: frozenset[str]
    who: str


class Guards:
    """Questions of the guards; each is one short read."""

    def __init__(self, database: Database, accounts: Mapping[str, Account] = NO_ACCOUNTS) -> None:
        self._database = database
        self.approvals = Approvals(database, accounts)

    def twin(self, delivery: Delivery, now: datetime) -> Twin | None:
        """Return another post that has said the same; see ``bot.store.twins``."""
        with self._database.reading() as connection:
            return twins(connection, [delivery], now).get(delivery.id)

    def rest(self, account: str) -> Rest | None:
        """Give what the account was last told to wait, if it has sent nothing since."""
        return rest(self._database, account)

    def approved(self) -> Mapping[tuple[Subject, str], Sequence[str]]:
        """Give who has approved which words, by what they are of and their digest."""
        return self.approvals.given()

    # --- posts in queue slots ---

    def slot_doubt(self) -> doubts.SlotDoubt | None:
        """Give which posts in queue slots may be out without the database knowing."""
        with self._database.reading() as connection:
            return doubts.read(connection)

    def name_slots(self, keys: Collection[str]) -> None:
        """Say which the files name, if the database has asked."""
        with self._database.writing() as connection:
            doubts.name(connection, keys)

    # --- the clock ---

    def newest(self, but: str) -> datetime | None:
        """Give the newest instant at which a worker was seen or a send began, ``but`` left out."""
        workers = select(func.max(t.workers.c.seen)).where(t.workers.c.name != but)
        attempts = select(func.max(t.attempts.c.opened)).where(t.attempts.c.owner != but)
        with self._database.reading() as connection:
            found = [connection.scalar(workers), connection.scalar(attempts)]
        return max(filter(None, found), default=None)

    def accepted(self) -> datetime | None:
        """Give the newest instant of which a person has been told that the clock is behind it."""
        with self._database.reading() as connection:
            found = meta.get(connection, _ACCEPTED)
        return datetime.fromisoformat(found) if found else None

    def accept(self, newest: datetime) -> None:
        """Keep it: they need not be told again."""
        with self._database.writing() as connection:
            meta.put(connection, _ACCEPTED, newest.isoformat())

    # --- what vanished from the files ---

    def hold_back(self, keys: Collection[str], scheduled: int, now: datetime) -> None:
        """Keep what is held back, for the inbox; nothing, where ``keys`` is empty."""
        held = self.held_back()
        if (held.keys if held else frozenset()) == frozenset(keys):
            return
        data = {"keys": sorted(keys), "scheduled": scheduled, "at": now.isoformat()}
        with self._database.writing() as connection:
            if keys:
                meta.put(connection, _HELD_BACK, json.dumps(data))
            else:
                meta.drop(connection, _HELD_BACK)

    def held_back(self) -> HeldBack | None:
        """Give what is held back."""
        with self._database.reading() as connection:
            found = meta.get(connection, _HELD_BACK)
        if found is None:
            return None
        data = json.loads(found)
        at = datetime.fromisoformat(data["at"])
        return HeldBack(frozenset(data["keys"]), data["scheduled"], at)

    def let_go(self, keys: Collection[str], who: str, now: datetime) -> None:
        """Keep a person's leave to cancel these."""
        with self._database.writing() as connection:
            meta.put(connection, _LEAVE, json.dumps({"keys": sorted(keys), "who": who}))
            record(connection, who, "plan --force", "", {"keys": sorted(keys)}, now)

    def leave(self) -> Leave | None:
        """Give the leave that was not used yet."""
        with self._database.reading() as connection:
            found = meta.get(connection, _LEAVE)
        data = json.loads(found) if found else None
        return Leave(frozenset(data["keys"]), data["who"]) if data else None

    def used(self) -> None:
        """Forget the leave: it was for once."""
        with self._database.writing() as connection:
            meta.drop(connection, _LEAVE)
