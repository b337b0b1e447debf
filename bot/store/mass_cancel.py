"""Deliveries that left the campaign files at once, held back until a person decides."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.database import meta
from bot.database.audit import record

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.database.opening import Database


_HELD_BACK_KEY = "vanished:held"
_PERMIT_KEY = "vanished:leave"


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


class MassCancelStore:
    """What is held back, and the permit to cancel it; each method is one short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold_back(self, keys: Collection[str], scheduled: int, now: datetime) -> None:
        """Keep what is held back, for the inbox; nothing is if ``keys`` is empty."""
        held = self.held_back()
        if (held.keys if held else frozenset()) == frozenset(keys):
            return
        data = {"keys": sorted(keys), "scheduled": scheduled, "at": now.isoformat()}
        with self._database.writing() as connection:
            if keys:
                meta.put(connection, _HELD_BACK_KEY, json.dumps(data))
            else:
                meta.drop(connection, _HELD_BACK_KEY)

    def held_back(self) -> HeldBack | None:
        """Return what is held back, or None if nothing is."""
        with self._database.reading() as connection:
            value = meta.get(connection, _HELD_BACK_KEY)
        if value is None:
            return None
        data = json.loads(value)
        at = datetime.fromisoformat(data["at"])
        return HeldBack(frozenset(data["keys"]), data["scheduled"], at)

    def permit(self, keys: Collection[str], who: str, now: datetime) -> None:
        """Keep a person's permit to cancel these once."""
        data = {"keys": sorted(keys)}
        with self._database.writing() as connection:
            meta.put(connection, _PERMIT_KEY, json.dumps({**data, "who": who}))
            record(connection, who, "plan --force", "", data, now)

    def permitted(self) -> CancelPermit | None:
        """Return the permit that has not been used yet."""
        with self._database.reading() as connection:
            value = meta.get(connection, _PERMIT_KEY)
        data = json.loads(value) if value else None
        return CancelPermit(frozenset(data["keys"]), data["who"]) if data else None

    def forget_permit(self) -> None:
        """Delete the permit once it has been used."""
        with self._database.writing() as connection:
            meta.drop(connection, _PERMIT_KEY)
