"""Holds every send when the machine's clock is in doubt, until a person has looked at it.

A wrong clock sends at the wrong hour, or takes what is in time for missed. Three witnesses: the
boot clock, which nobody sets; the newest instant that the database has seen; the platform's own
clock in its answers. A machine that slept is no step: the boot clock went on.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.delivery.decide import in_words
from bot.model import Cause, Hold
from bot.store.audit import GROUNDSWELL

if TYPE_CHECKING:
    from datetime import datetime

    from bot.clock import Clock
    from bot.store.queue import Queue
    from bot.store.seen_times import SeenTimes

STEP = timedelta(seconds=120)
"""A step of more than this against the boot clock, or back behind what the database has seen."""

PLATFORM = timedelta(minutes=5)
"""How far the platform's ``Date`` may be off; it has whole seconds, and travels."""

TODO = "check the machine's time, then: groundswell resume"

log = logging.getLogger("groundswell.delivery")


class ClockGuard:
    """Compares; sets a pause of everything, once for each doubt."""

    def __init__(self, queue: Queue, seen: SeenTimes, clock: Clock) -> None:
        self._queue = queue
        self._seen = seen
        self._clock = clock
        self._lock = threading.Lock()
        self._drift = clock.drift()
        self._offsets: dict[str, timedelta] = {}
        self._newest: datetime | None = None

    def begin(self, owner: str) -> None:
        """Compare with what other runs have seen; ``owner`` is the one that begins."""
        newest = self._seen.newest(but=owner)
        if newest and newest != self._seen.accepted():
            self._newest = newest
        self.check()

    def check(self) -> None:
        """Compare with the boot clock; before every send, and now and then."""
        with self._lock:
            self._check_step()
            self._check_newest()

    def heard(self, account: str, platform_time: datetime | None) -> None:
        """Compare with the platform's clock, right after it has answered."""
        if platform_time is None:
            return
        off = self._clock.now() - platform_time
        with self._lock:
            if abs(off - self._offsets.get(account, timedelta(0))) <= PLATFORM:
                return
            if self._hold(f"it is {_distance(off)} the platform's"):
                self._offsets[account] = off

    def _check_step(self) -> None:
        drift = self._clock.drift()
        step = timedelta(seconds=drift - self._drift)
        # The new time is the measure from now on, but only once a person has been told.
        if abs(step) > STEP and self._hold(f"it jumped {_direction(step)}"):
            self._drift = drift

    def _check_newest(self) -> None:
        if self._newest is None:
            return
        behind = self._newest - self._clock.now()
        if behind <= STEP:
            self._newest = None
        elif self._hold(f"it is {in_words(behind)} behind what the database has seen"):
            self._seen.accept(self._newest)
            self._newest = None

    def _hold(self, what: str) -> bool:
        """Pause everything; False where everything is paused already, for another reason."""
        now = self._clock.now()
        why = f"the clock is in doubt: {what}, and says {now:%Y-%m-%d %H:%M} UTC; {TODO}"
        if not self._queue.pause(Hold("all", "", why, Cause.CLOCK), GROUNDSWELL, now):
            return False
        log.error("everything is paused: %s", why)
        return True


def _direction(step: timedelta) -> str:
    return f"{in_words(abs(step))} {'ahead' if step > timedelta(0) else 'back'}"


def _distance(off: timedelta) -> str:
    return f"{in_words(abs(off))} {'ahead of' if off > timedelta(0) else 'behind'}"
