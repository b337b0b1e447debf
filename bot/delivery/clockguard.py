"""Pauses every send while the machine's clock is in doubt, until a person has checked it.

A wrong clock sends at the wrong hour, or takes what is in time for missed. Three witnesses: the
boot clock, which nobody sets; the newest instant that the database has seen; and the platform's own
clock, in its answers. Sleep is not a step: the boot clock goes on while the machine sleeps.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.database.audit import GROUNDSWELL
from bot.model import PauseCause, PauseRequest
from bot.schedules.durations import format_duration

if TYPE_CHECKING:
    from datetime import datetime

    from bot.clock import Clock
    from bot.database.workers import ClockStore
    from bot.store.queue import Queue

MAX_CLOCK_STEP = timedelta(seconds=120)
"""The largest step against the boot clock, or back behind what the database has seen."""

MAX_PLATFORM_OFFSET = timedelta(minutes=5)
"""How far the platform's ``Date`` may be off: it has whole seconds, and takes time to arrive."""

RESUME_HINT = "check the machine's time, then: groundswell resume"

log = logging.getLogger("groundswell.delivery")


class ClockGuard:
    """Compares the clocks and pauses everything, once for each doubt."""

    def __init__(self, queue: Queue, clock_store: ClockStore, clock: Clock) -> None:
        self._queue = queue
        self._clock_store = clock_store
        self._clock = clock
        self._lock = threading.Lock()
        self._drift = clock.boot_time()
        self._offsets: dict[str, timedelta] = {}
        self._newest_seen: datetime | None = None

    def begin(self, owner: str) -> None:
        """Compare with the newest instant that runs other than ``owner`` have seen."""
        newest = self._clock_store.latest_activity(excluding=owner)
        if newest and newest != self._clock_store.accepted():
            self._newest_seen = newest
        self.check()

    def check(self) -> None:
        """Compare with the boot clock; called before every send, and now and then."""
        with self._lock:
            self._check_step()
            self._check_newest()

    def check_platform_time(self, account: str, platform_time: datetime | None) -> None:
        """Compare with the platform's clock, right after it has answered."""
        if platform_time is None:
            return
        offset = self._clock.now() - platform_time
        with self._lock:
            if abs(offset - self._offsets.get(account, timedelta(0))) <= MAX_PLATFORM_OFFSET:
                return
            direction = "ahead of" if offset > timedelta(0) else "behind"
            if self._pause(f"it is {format_duration(abs(offset))} {direction} the platform's"):
                self._offsets[account] = offset

    def _check_step(self) -> None:
        drift = self._clock.boot_time()
        step = timedelta(seconds=drift - self._drift)
        direction = "ahead" if step > timedelta(0) else "back"
        # The new time becomes the reference, but only once the pause has told a person.
        if abs(step) > MAX_CLOCK_STEP and self._pause(
            f"it jumped {format_duration(abs(step))} {direction}"
        ):
            self._drift = drift

    def _check_newest(self) -> None:
        if self._newest_seen is None:
            return
        behind = self._newest_seen - self._clock.now()
        if behind <= MAX_CLOCK_STEP:
            self._newest_seen = None
        elif self._pause(f"it is {format_duration(behind)} behind what the database has seen"):
            self._clock_store.accept(self._newest_seen)
            self._newest_seen = None

    def _pause(self, doubt: str) -> bool:
        """Pause everything; return whether this was new, and not paused already for a doubt."""
        now = self._clock.now()
        why = f"the clock is in doubt: {doubt}, and says {now:%Y-%m-%d %H:%M} UTC; {RESUME_HINT}"
        if not self._queue.pause(PauseRequest("all", "", why, PauseCause.CLOCK), GROUNDSWELL, now):
            return False
        log.error("everything is paused: %s", why)
        return True
