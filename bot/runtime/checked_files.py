"""The campaign files as last checked, for a program that shows them again and again.

A whole check of many files takes seconds. The result is kept, therefore, until a file changes.
"""

from __future__ import annotations

from threading import Lock, Thread
from typing import TYPE_CHECKING

from bot.checking import Checker
from bot.store.file_checks import MAX_AGE

if TYPE_CHECKING:
    from datetime import datetime

    from bot.checking import CheckResult
    from bot.clock import Clock
    from bot.config import Config

PATIENCE_SECONDS = 1.0
"""A page waits this long for the files. A check of thousands of changed posts takes longer."""


class CheckedFiles:
    """Checks the campaign files on demand, with all warnings. Several threads may ask at once."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._lock = Lock()
        self._checker: Checker | None = None
        self._made: datetime | None = None
        """When the checker was made, which keeps the results of single files."""
        self._fingerprint = ""
        self._kept: CheckResult | None = None
        self._starting = Lock()
        self._checking: Thread | None = None

    def read_soon(self) -> CheckResult | None:
        """Return the checked files after ``PATIENCE_SECONDS`` at most.

        If a check takes longer, it goes on beside. Until it ends, this returns the result before
        it, or None if there is none.
        """
        with self._starting:
            if self._checking is None or not self._checking.is_alive():
                self._checking = Thread(target=self.read, name="check", daemon=True)
                self._checking.start()
            checking = self._checking
        checking.join(PATIENCE_SECONDS)
        return self._kept

    def read(self) -> CheckResult:
        """Return the checked files; only changed files are checked again.

        While another thread checks them, this returns the result before that, if there is one.
        """
        kept = self._kept
        if not self._lock.acquire(blocking=kept is None):
            assert kept is not None, "the lock was not waited for"
            return kept
        try:
            return self._read(self._clock.now())
        finally:
            self._lock.release()

    def _read(self, now: datetime) -> CheckResult:
        checker = self._checker
        is_old = self._made is None or not self._made <= now < self._made + MAX_AGE
        if checker is None or is_old:
            checker = self._checker = Checker.of(self._config)
            self._made = now
        fingerprint = checker.fingerprint()
        if self._kept is None or is_old or fingerprint != self._fingerprint:
            # A file that changes meanwhile has another fingerprint, and is read again.
            self._kept, self._fingerprint = checker.check(now), fingerprint
        return self._kept
