"""The clocks of the tests, each of which can also be the ``now`` of a sandbox.

``faults_clock`` has a further clock, which several processes share.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from bot.clock import Clock

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class ManualClock(Clock):
    """A clock that stands still until it is advanced, and whose wall clock can be set."""

    def __init__(self, instant: datetime = NOW) -> None:
        self.instant = instant
        self.boot_seconds = 1000.0

    def __call__(self) -> datetime:
        return self.now()

    def now(self) -> datetime:
        return self.instant

    def uptime(self) -> float:
        return self.boot_seconds

    def boot_time(self) -> float:
        return (self.instant - NOW).total_seconds() - self.boot_seconds

    def advance_to(self, instant: datetime) -> None:
        self.boot_seconds += (instant - self.instant).total_seconds()
        self.instant = instant

    def advance(self, **units: float) -> None:
        self.advance_to(self.instant + timedelta(**units))

    def step(self, **units: float) -> None:
        """Set the wall clock, as a person or a time server does; the boot clock goes on."""
        self.instant += timedelta(**units)


class OffsetClock(Clock):
    """The machine's time, moved by as much as the test says."""

    def __init__(self) -> None:
        self._offset = timedelta(0)

    def __call__(self) -> datetime:
        return self.now()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def uptime(self) -> float:
        return time.monotonic()

    def boot_time(self) -> float:
        return 0.0  # time is moved here, not set

    def arm(self, job: str, instant: datetime) -> datetime:  # noqa: ARG002 - waits for no job
        return instant - self._offset

    def advance(self, **units: float) -> None:
        self._offset += timedelta(**units)
