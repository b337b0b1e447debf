"""Which page says that an account is automated, as a person has read it: kept in the audit log.

A record holds for this page and this account only: under another handle, or with another address
in ``disclosed_at``, a person has to read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.database.audit import chained_entries, record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.database.opening import Database
    from bot.model import Account

DISCLOSED, MARKED = "disclosed", "marked as automated"
"""What the entries of the audit log are called."""


class Disclosures:
    """Who has read an account's page, and who had an account marked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_read(self, account: Account) -> bool:
        """Return whether a person has recorded that the account's ``disclosed_at`` says so."""
        if account.disclosed_at is None:
            return False
        with self._database.reading() as connection:
            entries = chained_entries(connection, [DISCLOSED], [account.name])
        about = _about(account)
        return any(dict(entry.detail) == about for entry in entries)

    def record_read(self, account: Account, who: str, now: datetime) -> None:
        """Record that a person has read the account's page, and that it says so."""
        record(self._database, who, DISCLOSED, account.name, _about(account), now)

    def record_mark(self, account: Account, who: str, now: datetime) -> None:
        """Record that a person had the platform's own mark set."""
        detail = {"platform": account.platform, "handle": account.handle}
        record(self._database, who, MARKED, account.name, detail, now)


def _about(account: Account) -> Mapping[str, str | None]:
    handle = account.handle.lstrip("@").casefold()
    return {"page": account.disclosed_at, "platform": account.platform, "handle": handle}
