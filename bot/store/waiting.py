"""Calls of the loop that have waited for a platform for long, for ``groundswell status``.

The loop writes them only when they change: at rest there are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.database import rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bot.database.connections import Database
    from bot.platforms.calls import Call

_KEY = "waiting"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account whose platform has not answered for long."""

    account: str
    platform: str
    since: datetime
    limit: float
    """Seconds after which it is given up."""

    def describe(self, now: datetime) -> str:
        """Return who waits for whom, and for how long: "our-x: waiting for X for 25 s"."""
        seconds = (now - self.since).total_seconds()
        platform = self.platform.capitalize()
        return f"{self.account}: waiting for {platform} for {seconds:.0f} s"


class WaitingCalls:
    """Writes down which calls of this worker wait."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._written: tuple[Call, ...] = ()

    def note(self, calls: Iterable[Call], now: datetime) -> None:
        """Write down which calls wait, if they are others than before. Raise StoreError."""
        current = tuple(calls)
        if current == self._written:
            return
        entries = [
            {
                "account": call.account,
                "platform": call.platform,
                "since": (now - timedelta(seconds=call.seconds)).isoformat(),
                "limit": call.limit,
            }
            for call in current
        ]
        with self._database.writing() as connection:
            by_owner = {**(rows.get(connection, _KEY) or {}), self._owner: entries}
            rows.put(connection, _KEY, {owner: found for owner, found in by_owner.items() if found})
        self._written = current


def read_waiting(database: Database, workers: Collection[str], now: datetime) -> list[Waiting]:
    """Return the calls of these workers that wait, the longest first; none that must be over."""
    with database.reading() as connection:
        by_owner = rows.get(connection, _KEY) or {}
    found = [
        Waiting(**{**entry, "since": datetime.fromisoformat(entry["since"])})
        for worker in workers
        for entry in by_owner.get(worker, ())
    ]
    lasting = (one for one in found if (now - one.since).total_seconds() <= one.limit + 1)
    return sorted(lasting, key=lambda one: one.since)
