"""The only reader of the wall clock, and a clock that runs faster for the demo.

Pure code takes ``now`` as an argument; what acts takes a Clock. All instants are UTC.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

# Linux's CLOCK_MONOTONIC stands still while the machine sleeps, CLOCK_BOOTTIME does not; macOS has
# only the first, and there it goes on during sleep.
_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """What time it is, and when to wake."""

    def now(self) -> datetime:
        """Give the current instant."""
        ...

    def boot(self) -> float:
        """Give real seconds since the machine started, sleep included: never set, never stepped."""
        ...

    def drift(self) -> float:
        """Give the seconds from boot to wall clock: a step changes them, sleep does not."""
        ...

    def after(self, seconds: float) -> datetime:
        """Give the instant that it will be when so many real seconds have passed."""
        ...

    def arm(self, job: str, instant: datetime) -> datetime:
        """Give the wall-clock instant at which ``job`` must wake so that it then is ``instant``."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Give the wall clock's time."""
        return datetime.now(UTC)

    def boot(self) -> float:
        """Give seconds since the machine started."""
        return time.clock_gettime(_BOOT)

    def drift(self) -> float:
        """Give the seconds between the two."""
        return time.time() - time.clock_gettime(_BOOT)

    def after(self, seconds: float) -> datetime:
        """Give now plus the seconds."""
        return self.now() + timedelta(seconds=seconds)

    def arm(self, job: str, instant: datetime) -> datetime:  # noqa: ARG002 - real time waits for no job
        """Give the instant itself."""
        return instant


class DemoClock:
    """Time that runs ``factor`` times as fast, from ``start``, and never past an armed job.

    It stands still until a first job is armed, then at the earliest instant that some job is armed
    for, until that job has run and is armed anew: so a slow machine makes the demo longer, not its
    posts late. At ``end`` it stops for good.
    """

    def __init__(
        self,
        start: datetime,
        factor: float,
        *,
        end: datetime | None = None,
        system: Clock | None = None,
    ) -> None:
        self._system = system or SystemClock()
        self._factor = factor
        self._end = end.astimezone(UTC) if end else datetime.max.replace(tzinfo=UTC)
        self._base = start.astimezone(UTC)
        self._base_boot = self._system.boot()
        self._armed: dict[str, datetime] = {}
        self._lock = threading.RLock()

    def now(self) -> datetime:
        """Give the demo's time."""
        with self._lock:
            if not self._armed:
                return self._base
            elapsed = (self._system.boot() - self._base_boot) * self._factor
            free = self._base + timedelta(seconds=elapsed)
            return max(self._base, min([free, self._end, *self._armed.values()]))

    def boot(self) -> float:
        """Give real seconds: leases and timeouts are about the network, which runs no faster."""
        return self._system.boot()

    def drift(self) -> float:
        """Give 0: this time is nobody's to set."""
        return 0.0

    def after(self, seconds: float) -> datetime:
        """Give the demo instant that so many real seconds lead to."""
        return self.now() + timedelta(seconds=seconds * self._factor)

    def arm(self, job: str, instant: datetime) -> datetime:
        """Let time run on from where it stands, for this job up to ``instant``."""
        with self._lock:
            self._base, self._base_boot = self.now(), self._system.boot()
            self._armed[job] = instant
            real = (instant - self._base).total_seconds() / self._factor
            return self._system.now() + timedelta(seconds=max(0.0, real))
