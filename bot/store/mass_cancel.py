"""What left the campaign files at once and is held back, and a person's permit to cancel it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.store import meta
from bot.store.audit import record

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.store.database import Database

_HELD_BACK = "vanished:held"
_PERMIT = "vanished:leave"


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Deliveries that left the campaign files, and stay queued until a person says otherwise.

    ``scheduled`` is how many deliveries were scheduled in all, at the instant ``at``.
    """

    keys: frozenset[str]
    scheduled: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CancelPermit:
    """A person's permit to cancel these deliveries."""

    keys: frozenset[str]
    who: str


class MassCancels:
    """What is held back, and the permit to cancel it; each method is one short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold_back(self, keys: Collection[str], scheduled: int, now: datetime) -> None:
        """Keep what is held back, for the inbox; nothing is held back where ``keys`` is empty."""
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
        """Return what is held back; None where nothing is."""
        with self._database.reading() as connection:
            found = meta.get(connection, _HELD_BACK)
        if found is None:
            return None
        data = json.loads(found)
        at = datetime.fromisoformat(data["at"])
        return HeldBack(frozenset(data["keys"]), data["scheduled"], at)

    def permit(self, keys: Collection[str], who: str, now: datetime) -> None:
        """Keep a person's permit to cancel these, for once."""
        with self._database.writing() as connection:
            meta.put(connection, _PERMIT, json.dumps({"keys": sorted(keys), "who": who}))
            record(connection, who, "plan --force", "", {"keys": sorted(keys)}, now)

    def permitted(self) -> CancelPermit | None:
        """Return the permit that was not used yet."""
        with self._database.reading() as connection:
            found = meta.get(connection, _PERMIT)
        data = json.loads(found) if found else None
        return CancelPermit(frozenset(data["keys"]), data["who"]) if data else None

    def forget_permit(self) -> None:
        """Forget the permit once it was used."""
        with self._database.writing() as connection:
            meta.drop(connection, _PERMIT)
