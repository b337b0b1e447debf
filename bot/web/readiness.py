"""Whether the database can be read, looked at once a second however many ask."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bot.database.connections import SELECT_REVISION
from bot.errors import StoreError

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.database.connections import Database

LOOK_SECONDS = 1.0
"""Least seconds between two looks at the database."""

PATIENCE_SECONDS = 5.0
"""A look that takes longer than this has failed, whatever it finds."""


class Readiness:
    """Whether the database can be read. Several threads may ask at once, and none of them waits."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._looking = threading.Lock()
        # It has just been opened.
        self._readable, self._looked = True, clock.uptime()

    def is_readable(self) -> bool:
        """Return whether the database could be read at the last look, after a new one if due."""
        if self._clock.uptime() < self._looked + LOOK_SECONDS:
            return self._readable
        if self._looking.acquire(blocking=False):
            try:
                self._readable = self._look()
                self._looked = self._clock.uptime()
            finally:
                self._looking.release()
            return self._readable
        recent = self._clock.uptime() < self._looked + LOOK_SECONDS + PATIENCE_SECONDS
        return self._readable and recent

    def _look(self) -> bool:
        try:
            return bool(self._database.query_directly(SELECT_REVISION))
        except StoreError:
            return False
