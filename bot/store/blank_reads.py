"""Accounts whose platform answers, and gives no counter of any post: since when.

A platform that has changed its API may ignore what it is asked for. Every figure is "no data" then,
which must not look like a quiet week.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bot.database import rows

if TYPE_CHECKING:
    from bot.database.connections import Database

_KEY = "blank reads"


class BlankReads:
    """Remembers for which accounts reading brings nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, account: str, now: datetime, *, blank: bool) -> bool:
        """Note whether a read gave no counter at all; return whether that is new.

        Raise StoreError.
        """
        if (account in self.since()) == blank:
            return False
        with self._database.writing() as connection:
            known = dict(rows.get(connection, _KEY) or {})
            known.pop(account, None)
            rows.put(connection, _KEY, known | ({account: now.isoformat()} if blank else {}))
        return blank

    def since(self) -> dict[str, datetime]:
        """Return since when the platform gives no counter of any post, by account."""
        with self._database.reading() as connection:
            known = rows.get(connection, _KEY) or {}
        return {account: datetime.fromisoformat(since) for account, since in known.items()}
