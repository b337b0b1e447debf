"""The result of the loop's last check of the campaign files, for others who look at the same files.

A check takes longer than everything else that ``status`` does. Its result holds for a few hours,
because some rules depend on the day, and only for the very files, config and version.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot import __version__
from bot.database import rows
from bot.yamlsource.folder import folder_fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bot.config import Config
    from bot.database.connections import Database

MAX_AGE = timedelta(hours=6)
"""Everything is checked again after this, because some rules depend on the day."""

RENEWED_AFTER = timedelta(hours=1)
"""The same result is not written more often than this."""

_KEY = "files:check"


class FileChecks:
    """The result of the last check, for the config that a program has read."""

    def __init__(self, database: Database, config: Config) -> None:
        self._database = database
        self._folder = config.campaigns
        self._judged_by = f"{__version__} {config.fingerprint}"
        self._seen: dict[Path, Any] = {}
        """What ``folder_fingerprint`` keeps, so that a server need not read all files again."""

    def record(self, files: str, mistakes: Sequence[str], now: datetime) -> None:
        """Record the mistakes in the files with the fingerprint ``files``. Raise StoreError."""
        value = {"of": f"{self._judged_by} {files}", "mistakes": [*mistakes]}
        before = rows.read(self._database, _KEY) or {}
        is_known = all(before.get(key) == value[key] for key in value)
        if not (is_known and _is_younger(before, now, RENEWED_AFTER)):
            with self._database.writing() as connection:
                rows.put(connection, _KEY, {**value, "at": now.isoformat()})

    def read(self, now: datetime) -> tuple[str, ...] | None:
        """Return the mistakes in the files as they are, or None if nobody knows."""
        known = rows.read(self._database, _KEY)
        if not known or not _is_younger(known, now, MAX_AGE):
            return None
        files = folder_fingerprint(self._folder, self._seen)
        return tuple(known["mistakes"]) if known["of"] == f"{self._judged_by} {files}" else None


def _is_younger(known: dict[str, str], now: datetime, age: timedelta) -> bool:
    return timedelta() <= now - datetime.fromisoformat(known["at"]) < age
