"""The heartbeat of the loop, by APScheduler, which only this module imports.

APScheduler keeps no state of record. Its jobs live in memory, and are scheduled again after every
run for the instant that the job names. They also run every ``TICK_SECONDS``, which notices that a
machine slept or that a clock was set. Late runs are not dropped (``misfire_grace_time=None``), and
a job never runs twice at a time.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bot.database.workers import lease
from bot.errors import GroundswellError, RestartNeededError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.clock import Clock
    from bot.database.connections import Database

T = TypeVar("T")

TICK_SECONDS = 15.0
"""Longest real time between two runs of a job, because a send must not be 15 s late."""

RETRY_SECONDS = 2.0
"""Least real time between two runs of a job that fails."""

SLACK_SECONDS = 1.0
"""A job that is later by the boot clock was armed before the wall clock was set back."""

WATCH_SECONDS = 1.0
"""How often the campaign files, and changes by other commands, are checked."""

FAR_DAYS = 36_500
"""Days after which APScheduler would repeat a job by itself; we arm it long before."""

log = logging.getLogger("groundswell.scheduler")


@dataclass(frozen=True, slots=True)
class Job:
    """A part of the loop's work, which runs again and again."""

    name: str
    run: Callable[[], object]
    """Does the work; returns False if it has found nothing new."""
    next_wake: Callable[[], datetime | None]
    """Returns when the job should run next, or None."""
    every: float = TICK_SECONDS
    """The longest real time between two runs, in seconds."""
    wakes: tuple[str, ...] = ()
    """The jobs that may be due earlier after a run that has found something."""


class Leases:
    """Runs jobs that only one of several workers may do at a time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._elsewhere: frozenset[str] = frozenset()

    def run(self, job: str, *steps: Callable[[], object]) -> None:
        """Run the steps of a job, unless another worker holds its lease."""
        with lease(self._database, job) as mine:
            self._elsewhere = self._elsewhere - {job} if mine else self._elsewhere | {job}
            if mine:
                for step in steps:
                    step()

    def defer(self, job: str, wake: datetime | None) -> datetime | None:
        """Return when a job wants to run, or later if another worker is running it."""
        soon = self._clock.after(WATCH_SECONDS)
        return max(wake, soon) if wake and job in self._elsewhere else wake


class JobScheduler:
    """Runs jobs in threads of their own until it is stopped."""

    def __init__(self, jobs: Sequence[Job], clock: Clock) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._jobs = {job.name: job for job in jobs}
        self._clock = clock
        self._armed: dict[str, datetime] = {}
        self._since: dict[str, float] = {}
        # A running job is armed only after its end, and nudges meanwhile are remembered. If two
        # threads armed it at once, the later instant could win.
        self._lock = threading.RLock()
        self._running: set[str] = set()
        self._nudged: dict[str, datetime] = {}
        self._failed: set[str] = set()
        self._ended_by: RestartNeededError | None = None
        self._stopped = False
        self._threads = ThreadPoolExecutor(max(1, len(jobs)))
        self._scheduler = BackgroundScheduler(
            executors={"default": self._threads},
            # A second run of a job ends at once, but counts as an instance for APScheduler.
            job_defaults={"misfire_grace_time": None, "max_instances": 3},
            timezone="UTC",
        )

    def start(self) -> None:
        """Run every job once, and then each time that it is due."""
        for name in self._jobs:
            self._arm(name, self._clock.now())
        self._scheduler.start()

    def stop(self) -> None:
        """Start no more runs, and wait for those in progress."""
        with self._lock:
            self._stopped = True
        # APScheduler would wait with its job store locked. A job that ends just then needs the
        # store to be armed again, which would be a deadlock.
        self._scheduler.shutdown(wait=False)
        self._threads.shutdown(wait=True)

    def nudge(self, name: str, instant: datetime) -> None:
        """Run a job at ``instant`` if it would run later."""
        with self._lock:
            if name in self._failed:  # two failing jobs must not wake each other forever
                instant = max(instant, self._clock.after(RETRY_SECONDS))
            if name in self._running:
                self._nudged[name] = min(instant, self._nudged.get(name, instant))
            elif instant < self._armed[name]:
                self._arm(name, instant)

    def check(self) -> None:
        """Wake jobs that would sleep too long after the wall clock was set back; call it regularly.

        APScheduler sleeps until an instant of the wall clock. If the clock is set back an hour, it
        would sleep an hour too long. Raise RestartNeededError if a job has met it, because no
        job can go on then.
        """
        if self._ended_by:
            raise self._ended_by
        with self._lock:
            for name, job in self._jobs.items():
                late = self._clock.uptime() - self._since[name] > job.every + SLACK_SECONDS
                if late and name not in self._running:
                    self._arm(name, self._clock.now())

    def _arm(self, name: str, instant: datetime) -> None:
        with self._lock:
            self._armed[name] = instant
            self._since[name] = self._clock.uptime()
            wake = self._clock.arm(name, instant)
            if not self._stopped:
                # APScheduler removes a job of kind "date" once it runs, which fails at a stop.
                self._scheduler.add_job(
                    self._run_job,
                    "interval",
                    days=FAR_DAYS,
                    next_run_time=wake,
                    args=[name],
                    id=name,
                    replace_existing=True,
                )

    def _run_job(self, name: str) -> None:
        """Run a job, then arm it and the jobs that it wakes. The loop survives every error."""
        job = self._jobs[name]
        with self._lock:
            if name in self._running:
                self._nudged[name] = self._clock.now()
                return
            self._running.add(name)
            # If it was nudged a moment ago, this may be an earlier run, for which the demo's clock
            # waits too.
            self._clock.arm(name, self._clock.now())
        found, failed = self._try(job, job.run, "%s failed; it will be tried again")
        # The other jobs come first. The demo's clock stands still while this one is not armed.
        for other in job.wakes if found is not False else ():
            if wake := self._next_wake_of(self._jobs[other]):
                self.nudge(other, wake)
        with self._lock:
            self._failed.discard(name)
            if failed:
                self._failed.add(name)
            self._running.discard(name)
            wakes = [
                self._next_wake_of(job),
                self._nudged.pop(name, None),
                self._clock.after(job.every),
            ]
            # Failed work may still be due, for instance on a full disk, and must not spin.
            earliest = self._clock.after(RETRY_SECONDS if failed else 0)
            self._arm(name, max(min(filter(None, wakes)), earliest))

    def _next_wake_of(self, job: Job) -> datetime | None:
        # APScheduler would swallow an error here, and the demo's clock would stop.
        return self._try(job, job.next_wake, "%s does not know when to run next")[0]

    def _try(self, job: Job, call: Callable[[], T], words: str) -> tuple[T | None, bool]:
        """Return the result of a call, or None, and whether it failed; log the failure."""
        try:
            return call(), False
        except RestartNeededError as error:  # ``check`` raises it, once for all jobs
            self._ended_by = error
        except GroundswellError as error:
            log.error("%s: %s", job.name, error)  # noqa: TRY400 - for a person to correct, not a bug
        except Exception:
            log.exception(words, job.name)
        return None, True
