"""Accounts whose platform answers without a counter of any post, each with the first such read.

A platform that has changed its API may ignore the request for counters. Every figure is "no data"
then, which must not look like a quiet week.
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
        """Note whether a read was without any counter; return whether that is new.

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
        """Return the first read without a counter of any post, by account."""
        known = rows.read(self._database, _KEY) or {}
        return {account: datetime.fromisoformat(since) for account, since in known.items()}
