"""The heartbeat: runs each job when it next has something to do. The only importer of APScheduler.

APScheduler keeps no truth here: its jobs live in memory, are armed anew after every run for the
instant that the job itself names, and beat every ``TICK_SECONDS`` in any case, so that a machine
that slept, or a clock that was set, is noticed. Late beats are run, not dropped
(``misfire_grace_time=None``), several at once run as one (``coalesce``), and never two of the same
job at a time (``max_instances=1``).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.errors import GroundswellError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.clock import Clock

TICK_SECONDS = 15.0
"""Longest real time between two beats of a job (reliability bar: at most 15 s)."""

RETRY_SECONDS = 2.0
"""Least real time between two runs of a job that fails."""

log = logging.getLogger("groundswell.scheduler")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do: ``run`` it, then ask ``next_wake`` when it wants to run again.

    ``every`` is the longest real time between two runs, in seconds.
    """

    name: str
    run: Callable[[], object]
    next_wake: Callable[[], datetime | None]
    every: float = TICK_SECONDS


class Heartbeat:
    """Runs jobs in threads of their own until it is stopped."""

    def __init__(self, jobs: Sequence[Job], clock: Clock) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._jobs = {job.name: job for job in jobs}
        self._clock = clock
        self._armed: dict[str, datetime] = {}
        self._failed: set[str] = set()
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(max(1, len(jobs)))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )

    def start(self) -> None:
        """Beat once for every job, and go on."""
        from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MAX_INSTANCES

        # Arming from within the job would find it still running; its event comes right after.
        self._scheduler.add_listener(self._rearm, EVENT_JOB_EXECUTED | EVENT_JOB_MAX_INSTANCES)
        for job in self._jobs.values():
            self._scheduler.add_job(
                self._beat,
                "interval",
                seconds=job.every,
                next_run_time=self._arm(job.name, self._clock.now()),
                args=[job],
                id=job.name,
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing more, and wait for what is running."""
        self._scheduler.shutdown(wait=True)

    def nudge(self, name: str, instant: datetime) -> None:
        """Let a job run at ``instant`` already, if it would only run later."""
        if instant < self._armed[name]:
            self._scheduler.modify_job(name, next_run_time=self._arm(name, instant))

    def _arm(self, name: str, instant: datetime) -> datetime:
        self._armed[name] = instant
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

    def _rearm(self, event: Any) -> None:
        job = self._jobs[event.job_id]
        latest = self._clock.after(job.every)
        # What failed (a full disk, say) may be due still: it must not spin.
        earliest = self._clock.after(RETRY_SECONDS if job.name in self._failed else 0)
        wake = max(min(self._ask(job) or latest, latest), earliest)
        if self._scheduler.get_job(job.name):
            self._scheduler.modify_job(job.name, next_run_time=self._arm(job.name, wake))

    def _ask(self, job: Job) -> datetime | None:
        try:
            return job.next_wake()
        except GroundswellError as error:
            log.error("%s: %s", job.name, error)  # noqa: TRY400 - it is a person's to mend, not a bug
            return None
