"""The loop from start to signal, and its heartbeat by APScheduler, which only this module imports.

APScheduler keeps no state of record: its jobs live in memory, are scheduled again after every run
for the instant that the job itself names, and run every ``TICK_SECONDS`` in any case, so that a
machine that slept, or a clock that was set, is noticed. Late runs are not dropped
(``misfire_grace_time=None``), and a job never runs twice at a time.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from bot.errors import DatabaseReplacedError, GroundswellError, Problem, UserError
from bot.model import State
from bot.store.queue import UNFINISHED
from bot.store.queued_posts import count_unfinished
from bot.store.safeguards import log_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from types import FrameType

    from bot.clock import Clock
    from bot.runtime.app import App

T = TypeVar("T")

TICK_SECONDS = 15.0
"""Longest real time between two runs of a job; a send must not be late by more than 15 s."""

RETRY_SECONDS = 2.0
"""Least real time between two runs of a job that fails."""

SLACK_SECONDS = 1.0
"""A job later than this by the boot clock was armed before the wall clock was set back."""

FAR_DAYS = 36_500
"""Days after which APScheduler would run a job again by itself: it is armed again long before."""

log = logging.getLogger("groundswell.scheduler")
loop_log = logging.getLogger("groundswell")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do: ``run`` it, then ask ``next_wake`` when it wants to run again.

    ``every`` is the longest real time between two runs, in seconds. ``wakes`` names the jobs for
    which a run of this one may make something due earlier: they are asked too, unless the run
    returns False, which means that it has found nothing new.
    """

    name: str
    run: Callable[[], object]
    next_wake: Callable[[], datetime | None]
    every: float = TICK_SECONDS
    wakes: tuple[str, ...] = ()


class JobScheduler:
    """Runs jobs in threads of their own until it is stopped."""

    def __init__(self, jobs: Sequence[Job], clock: Clock) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._jobs = {job.name: job for job in jobs}
        self._clock = clock
        self._armed: dict[str, datetime] = {}
        self._since: dict[str, float] = {}
        # A running job is armed only when it has ended: if two threads armed it at once, the later
        # instant could win. What it was nudged for meanwhile is remembered.
        self._lock = threading.RLock()
        self._running: set[str] = set()
        self._nudged: dict[str, datetime] = {}
        self._failed: set[str] = set()
        self._ended_by: DatabaseReplacedError | None = None
        self._stopped = False
        self._threads = ThreadPoolExecutor(max(1, len(jobs)))
        self._scheduler = BackgroundScheduler(
            executors={"default": self._threads},
            # A second run of the same job ends at once; to APScheduler it is one more.
            job_defaults={"misfire_grace_time": None, "max_instances": 3},
            timezone="UTC",
        )

    def start(self) -> None:
        """Run every job once, and then whenever it is due."""
        for name in self._jobs:
            self._arm(name, self._clock.now())
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing more, and wait for what is running."""
        with self._lock:
            self._stopped = True
        # APScheduler would wait with its job store locked, which a job that ends just then needs to
        # be armed again: a deadlock.
        self._scheduler.shutdown(wait=False)
        self._threads.shutdown(wait=True)

    def nudge(self, name: str, instant: datetime) -> None:
        """Run a job at ``instant``, if it would run only later."""
        with self._lock:
            if name in self._failed:  # two failing jobs must not wake each other forever
                instant = max(instant, self._clock.after(RETRY_SECONDS))
            if name in self._running:
                self._nudged[name] = min(instant, self._nudged.get(name, instant))
            elif instant < self._armed[name]:
                self._arm(name, instant)

    def check(self) -> None:
        """Wake the jobs that sleep too long after the wall clock was set back; call this regularly.

        APScheduler sleeps until an instant of the wall clock: set back an hour, it would sleep an
        hour too long. Raise DatabaseReplacedError once a job has met it: none of them can go on.
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
                # Not "date": APScheduler removes such a job once it runs, which fails at a stop.
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
        """Run a job; then arm it, and those that it wakes. The loop survives every error."""
        job = self._jobs[name]
        with self._lock:
            if name in self._running:
                self._nudged[name] = self._clock.now()
                return
            self._running.add(name)
            # If it was nudged a moment ago, this may be the run that was due before. The demo's
            # clock waits for it all the same.
            self._clock.arm(name, self._clock.now())
        found, failed = self._try(job, job.run, "%s failed; it will be tried again")
        # The others first: while this one is not armed, the demo's clock stands still.
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
            # What failed (a full disk, say) may still be due: it must not spin.
            earliest = self._clock.after(RETRY_SECONDS if failed else 0)
            self._arm(name, max(min(filter(None, wakes)), earliest))

    def _next_wake_of(self, job: Job) -> datetime | None:
        # An error here APScheduler would swallow, and the demo's clock would stop.
        return self._try(job, job.next_wake, "%s does not know when to run next")[0]

    def _try(self, job: Job, call: Callable[[], T], words: str) -> tuple[T | None, bool]:
        """Return what a call returns, and whether it failed instead, which is logged."""
        try:
            return call(), False
        except DatabaseReplacedError as error:  # ``check`` raises it: said once, not by each job
            self._ended_by = error
        except GroundswellError as error:
            log.error("%s: %s", job.name, error)  # noqa: TRY400 - for a person to fix, not a bug
        except Exception:
            log.exception(words, job.name)
        return None, True


SWITCH_SECONDS = 0.0005
"""A thread that plans yields to one that sends after this. Python's own 5 ms, at each of the many
waits of a send, would add up to a third of a second."""


class StopRequest(threading.Event):
    """A request to stop, and the signal that made it (None: no signal did)."""

    signal: int | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal; a second one interrupts the waiting, as an impatient person expects."""
        del frame
        if self.is_set():
            raise KeyboardInterrupt
        self.signal = number
        self.set()


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn Ctrl-C and SIGTERM into a StopRequest for as long as the block runs."""
    stop = StopRequest()
    before = {
        number: signal.signal(number, stop.handle) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def start_up(app: App) -> None:
    """Bring the queue in line with the campaign files for the first time.

    Raise UserError where nothing could be sent anyway: the files are broken and the queue holds
    nothing, or an account that is about to post has no secrets.
    """
    app.prepare()
    path, accounts = str(app.config.path.resolve()), app.config.accounts
    for warning in log_config(app.database, path, accounts, app.clock.now()):
        loop_log.warning("%s", warning)
    errors = app.queue_sync.refresh()
    if errors and not app.queue.count_by_state().get(State.SCHEDULED):
        # The log has just named each mistake.
        message = (
            "The mistakes above keep these files out of the queue, and nothing else is queued."
        )
        hint = "Correct them, then run again."
        raise UserError([Problem(str(app.config.campaigns), 0, 0, "L101", message, hint)])
    # What waits for accounts that the config does not have stays as it is.
    counts = {f"{state}": app.queue.count_by_account([state]) for state in UNFINISHED}
    unread = app.metrics.next_reads().keys() - app.config.accounts.keys()
    counts["published, whose figures are not read"] = {
        name: app.metrics.count_watched(name) for name in unread
    }
    for name in set().union(*counts.values()) - app.config.accounts.keys():
        loop_log.warning(
            "config.yaml has no account %s: its posts stay as they are (%s). Give the account its "
            "old name back, or see: groundswell queue list",
            name,
            ", ".join(f"{found[name]} {what}" for what, found in counts.items() if name in found),
        )
    if missing := app.clients.missing_secrets(app.queue.count_by_account([State.SCHEDULED])):
        raise UserError(missing)
    app.clients.connect_all()
    states = sorted(count_unfinished(app.database).items())
    posts = (f"{count} {'post' if count == 1 else 'posts'} {state}" for state, count in states)
    loop_log.info("queue: %s", ", ".join(posts) or "empty")


def run_until(app: App, until: Callable[[], bool]) -> None:
    """Run the loop until ``until`` returns True; then wait for what is on its way."""
    sys.setswitchinterval(SWITCH_SECONDS)
    scheduler = app.scheduler()
    scheduler.start()
    try:
        while not until():
            scheduler.check()
    finally:
        for part in (app.notifier, app.dispatcher, app.uploads):
            part.shutdown()
        scheduler.stop()
