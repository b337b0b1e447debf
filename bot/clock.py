"""The only reader of the wall clock, and a clock that runs faster for the demo.

Pure code takes ``now`` as an argument. Code with effects takes a Clock. All instants are UTC.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

# Linux's CLOCK_MONOTONIC stands still while the machine sleeps, CLOCK_BOOTTIME does not
# (https://man7.org/linux/man-pages/man2/clock_gettime.2.html). macOS has only the first, and there
# it goes on during sleep.
_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant."""
        return datetime.now(UTC)

    def uptime(self) -> float:
        """Return real seconds since the machine started, with sleep. Nobody can set this clock."""
        return time.clock_gettime(_BOOT_CLOCK)

    def boot_time(self) -> float:
        """Return the wall clock minus the uptime. Setting the clock changes it, sleep does not."""
        return time.time() - time.clock_gettime(_BOOT_CLOCK)

    def after(self, seconds: float) -> datetime:
        """Return the instant after this many real seconds."""
        return self.now() + timedelta(seconds=seconds)

    def arm(self, job: str, instant: datetime) -> datetime:  # noqa: ARG002 - real time waits for no job
        """Return the wall-clock time at which ``job`` must wake for it to be ``instant`` here."""
        return instant


_FARTHEST = 100.0 * 365 * 86_400
"""A century in seconds. A day at a demo's speed may be beyond the last date that there is."""


class DemoClock(Clock):
    """Time that runs ``factor`` times as fast, from ``start``, and never past an armed job.

    It stands still until the first job is armed. It stops again at the earliest armed instant,
    until that job has run and is armed for its next one. So a slow machine makes the demo longer,
    but none of its posts late. At ``end`` it stops for good.
    """

    def __init__(
        self,
        start: datetime,
        factor: float,
        *,
        end: datetime | None = None,
        system: Clock | None = None,
    ) -> None:
        self._system = system or Clock()
        self._factor = factor
        self._end = end.astimezone(UTC) if end else datetime.max.replace(tzinfo=UTC)
        self._base = start.astimezone(UTC)
        self._base_boot = self._system.uptime()
        self._armed: dict[str, datetime] = {}
        self._lock = threading.RLock()

    def now(self) -> datetime:
        """Return the demo's time."""
        with self._lock:
            if not self._armed:
                return self._base
            elapsed = (self._system.uptime() - self._base_boot) * self._factor
            free = self._base + timedelta(seconds=elapsed)
            return max(self._base, min([free, self._end, *self._armed.values()]))

    def uptime(self) -> float:
        """Return real seconds, because leases and timeouts are about the network."""
        return self._system.uptime()

    def boot_time(self) -> float:
        """Return 0, because nobody can set this clock."""
        return 0.0

    def after(self, seconds: float) -> datetime:
        """Return the demo's instant after this many real seconds, at most ``_FARTHEST`` away."""
        return self.now() + timedelta(seconds=min(seconds * self._factor, _FARTHEST))

    def arm(self, job: str, instant: datetime) -> datetime:
        """Let time run on from now, for this job up to ``instant``."""
        with self._lock:
            self._base, self._base_boot = self.now(), self._system.uptime()
            self._armed[job] = instant
            real = (instant - self._base).total_seconds() / self._factor
            return self._system.now() + timedelta(seconds=max(0.0, real))


def utc_month(now: datetime) -> tuple[datetime, datetime]:
    """Return the first instant of the UTC month, and of the next one."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, (first + timedelta(days=31)).replace(day=1)
