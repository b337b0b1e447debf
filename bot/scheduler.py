"""The heartbeat: runs each job when it next has something to do. The only importer of APScheduler.

APScheduler keeps no truth here: its jobs live in memory, are armed anew after every run for the
instant that the job itself names, and beat every ``TICK_SECONDS`` in any case, so that a machine
that slept, or a clock that was set, is noticed. Late beats are run, not dropped
(``misfire_grace_time=None``), and never two of the same job at a time.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import GroundswellError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.clock import Clock

TICK_SECONDS = 15.0
"""Longest real time between two beats of a job (reliability bar: at most 15 s)."""

RETRY_SECONDS = 2.0
"""Least real time between two runs of a job that fails."""

SLACK_SECONDS = 1.0
"""A job that is later than this by the boot clock was armed by a wall clock that has been set."""

FAR_DAYS = 36_500
"""After so many days APScheduler would run a job again by itself: it is armed anew long before."""

log = logging.getLogger("groundswell.scheduler")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do: ``run`` it, then ask ``next_wake`` when it wants to run again.

    ``every`` is the longest real time between two runs, in seconds. ``wakes`` names the jobs for
    which a run of this one may make something due earlier: they are asked too, but not where the
    run gives False: then it has found nothing new.
    """

    name: str
    run: Callable[[], object]
    next_wake: Callable[[], datetime | None]
    every: float = TICK_SECONDS
    wakes: tuple[str, ...] = ()


class Heartbeat:
    """Runs jobs in threads of their own until it is stopped."""

    def __init__(self, jobs: Sequence[Job], clock: Clock) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._jobs = {job.name: job for job in jobs}
        self._clock = clock
        self._armed: dict[str, datetime] = {}
        self._since: dict[str, float] = {}
        # A job that runs is armed when it has ended, and by nobody else: of two that arm it at
        # once, the later instant must not win. What it was nudged for meanwhile is remembered.
        self._lock = threading.RLock()
        self._running: set[str] = set()
        self._nudged: dict[str, datetime] = {}
        self._failed: set[str] = set()
        self._stopped = False
        self._threads = ThreadPoolExecutor(max(1, len(jobs)))
        self._scheduler = BackgroundScheduler(
            executors={"default": self._threads},
            # A second run of the same job ends at once; to APScheduler it is one more.
            job_defaults={"misfire_grace_time": None, "max_instances": 3},
            timezone="UTC",
        )

    def start(self) -> None:
        """Beat once for every job, and go on."""
        for name in self._jobs:
            self._arm(name, self._clock.now())
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing more, and wait for what is running."""
        with self._lock:
            self._stopped = True
        # APScheduler would wait with its job store locked, which a job that ends just then needs to
        # be armed anew: both would wait for ever.
        self._scheduler.shutdown(wait=False)
        self._threads.shutdown(wait=True)

    def nudge(self, name: str, instant: datetime) -> None:
        """Let a job run at ``instant`` already, if it would only run later."""
        with self._lock:
            if name in self._failed:  # two that fail must not wake each other for ever
                instant = max(instant, self._clock.after(RETRY_SECONDS))
            if name in self._running:
                self._nudged[name] = min(instant, self._nudged.get(name, instant))
            elif instant < self._armed[name]:
                self._arm(name, instant)

    def check(self) -> None:
        """Wake the jobs that a wall clock set back has left asleep; to be called now and then.

        APScheduler sleeps until an instant of the wall clock: set back an hour, it would sleep an
        hour too long.
        """
        with self._lock:
            for name, job in self._jobs.items():
                late = self._clock.boot() - self._since[name] > job.every + SLACK_SECONDS
                if late and name not in self._running:
                    self._arm(name, self._clock.now())

    def _arm(self, name: str, instant: datetime) -> None:
        with self._lock:
            self._armed[name] = instant
            self._since[name] = self._clock.boot()
            wake = self._clock.arm(name, instant)
            if not self._stopped:
                # Not "date": APScheduler takes such a job out once it runs, which fails at a stop.
                self._scheduler.add_job(
                    self._beat,
                    "interval",
                    days=FAR_DAYS,
                    next_run_time=wake,
                    args=[name],
                    id=name,
                    replace_existing=True,
                )

    def _beat(self, name: str) -> None:
        """Run it, and arm it and those that it wakes anew. The loop outlives every error."""
        job = self._jobs[name]
        with self._lock:
            if name in self._running:
                self._nudged[name] = self._clock.now()
                return
            self._running.add(name)
            # Where it was nudged a moment ago, this may be a run of before: the demo's time waits
            # for it all the same.
            self._clock.arm(name, self._clock.now())
        failed, new = self._run(job)
        # The others first: as long as this one is not armed anew, the demo's time stands still.
        for other in job.wakes if new else ():
            if wake := self._ask(self._jobs[other]):
                self.nudge(other, wake)
        with self._lock:
            self._failed.discard(name)
            if failed:
                self._failed.add(name)
            self._running.discard(name)
            asked = [self._ask(job), self._nudged.pop(name, None), self._clock.after(job.every)]
            # What failed (a full disk, say) may be due still: it must not spin.
            earliest = self._clock.after(RETRY_SECONDS if failed else 0)
            self._arm(name, max(min(filter(None, asked)), earliest))

    def _run(self, job: Job) -> tuple[bool, bool]:
        """Run it; tell whether it failed, and whether there may be something new."""
        try:
            return False, job.run() is not False
        except GroundswellError as error:
            log.error("%s: %s", job.name, error)  # noqa: TRY400 - it is a person's to mend, not a bug
        except Exception:
            log.exception("%s failed; it will be tried again", job.name)
        return True, True

    def _ask(self, job: Job) -> datetime | None:
        try:
            return job.next_wake()
        except GroundswellError as error:
            log.error("%s: %s", job.name, error)  # noqa: TRY400 - it is a person's to mend, not a bug
        except Exception:  # APScheduler would swallow it, and the demo's clock stand still
            log.exception("%s does not know when to run next", job.name)
        return None
