"""Calls of the loop that have waited long for a platform, which ``groundswell status`` shows.

The loop writes them only when they change. At rest there are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from bot.database import rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bot.database.connections import Database
    from bot.platforms.calls import Call

_KEY = "waiting"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that has waited long for an account's platform."""

    account: str
    platform: str
    since: datetime
    limit: float
    """Seconds after which the call is given up."""

    def describe(self, now: datetime) -> str:
        """Return the account, the platform and the seconds, as a line."""
        seconds = (now - self.since).total_seconds()
        platform = self.platform.capitalize()
        return f"{self.account}: waiting for {platform} for {seconds:.0f} s"


class WaitingCalls:
    """Keeps the waiting calls of this worker in the database."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._written: tuple[Call, ...] = ()

    def note(self, calls: Iterable[Call], now: datetime) -> None:
        """Write the waiting calls, if they are others than before. Raise StoreError."""
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
    """Return the waiting calls of these workers, longest first; calls past their limit are over."""
    by_owner = rows.read(database, _KEY) or {}
    found = [
        Waiting(**{**entry, "since": datetime.fromisoformat(entry["since"])})
        for worker in workers
        for entry in by_owner.get(worker, ())
    ]
    lasting = (call for call in found if (now - call.since).total_seconds() <= call.limit + 1)
    return sorted(lasting, key=attrgetter("since"))
