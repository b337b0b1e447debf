"""The heartbeat: runs each job when it next has something to do. The only importer of APScheduler.

APScheduler keeps no truth here: its jobs live in memory, are armed anew after every run for the
instant that the job itself names, and beat every ``TICK_SECONDS`` in any case, so that a machine
that slept, or a clock that was set, is noticed. Late beats are run, not dropped
(``misfire_grace_time=None``), several at once run as one (``coalesce``), and never two of the same
job at a time (``max_instances=1``).
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.errors import GroundswellError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.clock import Clock

TICK_SECONDS = 15.0
"""Longest real time between two beats of a job (reliability bar: at most 15 s)."""

RETRY_SECONDS = 2.0
"""Least real time between two runs of a job that fails."""

SLACK_SECONDS = 1.0
"""A job that is later than this by the boot clock was armed by a wall clock that has been set."""

log = logging.getLogger("groundswell.scheduler")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do: ``run`` it, then ask ``next_wake`` when it wants to run again.

    ``every`` is the longest real time between two runs, in seconds. ``wakes`` names the jobs for
    which a run of this one may make something due earlier: they are asked too.
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
        self._handed_over = {job.name: threading.Semaphore(0) for job in jobs}
        self._failed: set[str] = set()
        # Held while a job is armed: of two that arm it at once, the later instant must not win.
        self._arming = threading.RLock()
        self._threads = ThreadPoolExecutor(max(1, len(jobs)))
        self._scheduler = BackgroundScheduler(
            executors={"default": self._threads},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )

    def start(self) -> None:
        """Beat once for every job, and go on."""
        from apscheduler import events

        # Arming from within the job would find it still running; its event comes right after.
        ended = events.EVENT_JOB_EXECUTED | events.EVENT_JOB_ERROR
        self._scheduler.add_listener(self._rearm, ended | events.EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_listener(self._hand_over, events.EVENT_JOB_SUBMITTED)
        for job in self._jobs.values():
            self._scheduler.add_job(
                self._beat,
                _every(job.every),
                next_run_time=self._arm(job.name, self._clock.now()),
                args=[job],
                id=job.name,
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing more, and wait for what is running."""
        # APScheduler would wait with its job store locked, which a job that ends just then needs to
        # be armed anew: both would wait for ever.
        self._scheduler.shutdown(wait=False)
        self._threads.shutdown(wait=True)

    def nudge(self, name: str, instant: datetime) -> None:
        """Let a job run at ``instant`` already, if it would only run later."""
        with self._arming:
            if name in self._failed:  # two that fail must not wake each other for ever
                instant = max(instant, self._clock.after(RETRY_SECONDS))
            if instant < self._armed[name]:
                self._move(name, instant)

    def check(self) -> None:
        """Wake the jobs that a wall clock set back has left asleep; to be called now and then.

        APScheduler sleeps until an instant of the wall clock: set back an hour, it would sleep an
        hour too long.
        """
        with self._arming:
            for name, job in self._jobs.items():
                if self._clock.boot() - self._since[name] > job.every + SLACK_SECONDS:
                    self._move(name, self._clock.now())

    def _move(self, name: str, instant: datetime) -> None:
        wake = self._arm(name, instant)
        if self._scheduler.get_job(name):  # there is none any more once it is stopped
            self._scheduler.modify_job(name, next_run_time=wake)

    def _arm(self, name: str, instant: datetime) -> datetime:
        self._armed[name] = instant
        self._since[name] = self._clock.boot()
        return self._clock.arm(name, instant)

    def _beat(self, job: Job) -> None:
        """Run it. A job that fails is told of and runs again: the loop outlives every error."""
        self._failed.add(job.name)
        try:
            job.run()
            self._failed.discard(job.name)
        except GroundswellError as error:
            log.error("%s: %s", job.name, error)  # noqa: TRY400 - it is a person's to mend, not a bug
        except Exception:
            log.exception("%s failed; it will be tried again", job.name)
        finally:
            # APScheduler sets its own idea of the next run once it has handed a job to a thread: a
            # job that ended before that would be armed for nothing, and up to a tick late.
            self._handed_over[job.name].acquire(timeout=TICK_SECONDS)

    def _hand_over(self, event: Any) -> None:
        self._handed_over[event.job_id].release()

    def _rearm(self, event: Any) -> None:
        job = self._jobs[event.job_id]
        # The others first: as long as this one is not armed anew, the demo's time stands still.
        for name in job.wakes:
            if wake := self._ask(self._jobs[name]):
                self.nudge(name, wake)
        with self._arming:
            asked = self._ask(job)
            latest = self._clock.after(job.every)
            # What failed (a full disk, say) may be due still: it must not spin.
            earliest = self._clock.after(RETRY_SECONDS if job.name in self._failed else 0)
            self._move(job.name, max(min(asked or latest, latest), earliest))

    def _ask(self, job: Job) -> datetime | None:
        try:
            return job.next_wake()
        except GroundswellError as error:
            log.error("%s: %s", job.name, error)  # noqa: TRY400 - it is a person's to mend, not a bug
        except Exception:  # APScheduler would swallow it, and the demo's clock stand still
            log.exception("%s does not know when to run next", job.name)
        return None


def _every(seconds: float) -> Any:
    """Give a trigger that counts from now on: a clock set ahead by years leaves no backlog."""
    from apscheduler.triggers.base import BaseTrigger

    class Every(BaseTrigger):  # type: ignore[misc]  # untyped library
        def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
            return now + timedelta(seconds=seconds)

    return Every()
