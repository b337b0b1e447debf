"""The loop from start to signal."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model import State
from bot.model.post_words import STATE_WORDS, describe_counts
from bot.platforms import load_library
from bot.runtime.installed import InstalledProgram
from bot.runtime.later_modules import import_later_modules
from bot.runtime.scheduler import JobScheduler
from bot.runtime.supervision import Supervision
from bot.runtime.systemd import ServiceManager
from bot.store.queue import UNFINISHED
from bot.store.queued_posts import count_unfinished
from bot.store.safeguards import log_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from bot.runtime.loop_app import LoopApp

log = logging.getLogger("groundswell")

SWITCH_SECONDS = 0.0005
"""A thread that plans yields to a thread that sends after this time. Python's default of 5 ms would
add up to a third of a second over the many waits of a send."""


STOP_SECONDS = 8.0
"""Longest wait for answers after SIGTERM, because Docker kills 10 s after it."""

STOP_AGAIN_SECONDS = 0.5
"""After that, whatever still waits is interrupted this often, such as a wait for a lock that a job
holds while its database hangs."""


class StopRequest(threading.Event):
    """A request to stop, with the signal that caused it, if any."""

    signal: int | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Request a stop; a second signal interrupts the wait, as an impatient person expects.

        After SIGTERM, a timer sends the second one, and more.
        """
        del frame
        if self.is_set():
            raise KeyboardInterrupt
        self.signal = number
        if number == signal.SIGTERM:
            signal.signal(signal.SIGALRM, self.handle)
            signal.setitimer(signal.ITIMER_REAL, STOP_SECONDS, STOP_AGAIN_SECONDS)
        self.set()

    def end_timer(self) -> None:
        """Send no more signals after SIGTERM."""
        if self.signal == signal.SIGTERM:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_IGN)  # the last one may be on its way


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn Ctrl-C and SIGTERM into a StopRequest while the block runs."""
    stop = StopRequest()
    before = {
        number: signal.signal(number, stop.handle) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        stop.end_timer()
        for number, handler in before.items():
            signal.signal(number, handler)


def start_up(app: LoopApp) -> None:
    """Let the queue follow the campaign files for the first time.

    Raise UserError if nothing could be sent anyway, because the files have mistakes and the queue
    is empty, or because an account that is about to post has no secrets. Raise it as well if the
    library of any platform is missing or broken.
    """
    path, accounts = str(app.config.path.resolve()), app.config.accounts
    for platform in sorted({account.platform for account in accounts.values()}):
        load_library(platform)
    app.prepare()
    for warning in log_config(app.database, path, accounts, app.clock.now()):
        log.warning("%s", warning)
    errors = app.queue_sync.refresh()
    if errors and not app.queue.count_by_state().get(State.SCHEDULED):
        # The log has just named each mistake.
        message = (
            "The mistakes above keep these posts out of the queue, and no other posts are queued."
        )
        hint = "Correct the mistakes, then start again."
        raise UserError([Problem(str(app.config.campaigns), 0, 0, "L101", message, hint)])
    # Posts that wait for accounts that the config lacks stay as they are.
    counts = {STATE_WORDS[state]: app.queue.count_by_account([state]) for state in UNFINISHED}
    unread = app.metrics.next_reads().keys() - app.config.accounts.keys()
    counts["out, with their figures unread"] = {
        name: app.metrics.count_watched(name) for name in unread
    }
    for name in set().union(*counts.values()) - app.config.accounts.keys():
        log.warning(
            "config.yaml has no account %s. Its posts stay as they are (%s). Give the account its "
            "old name back, or see groundswell queue list",
            name,
            ", ".join(f"{found[name]} {state}" for state, found in counts.items() if name in found),
        )
    if missing := app.clients.missing_secrets(app.queue.count_by_account([State.SCHEDULED])):
        raise UserError(missing)
    app.clients.connect_all()
    log.info("queue: %s", describe_counts(count_unfinished(app.database)) or "empty")


def run_until(
    app: LoopApp, until: Callable[[], bool], manager: ServiceManager | None = None
) -> None:
    """Run the loop until ``until`` returns True, then wait for the requests in progress.

    A service manager is told once the loop runs, how it is, and when it stops. Raise
    RestartNeededError if only a new start can go on.
    """
    program = InstalledProgram()
    import_later_modules(app.config)
    gc.collect()  # once through all that is imported, and not when a post is sent
    sys.setswitchinterval(SWITCH_SECONDS)
    manager = manager or ServiceManager({})  # which tells nobody
    supervision = Supervision(app, manager) if manager.listens else None
    jobs = app.jobs()
    scheduler = JobScheduler(supervision.follow(jobs) if supervision else jobs, app.clock)
    scheduler.start()
    manager.ready()
    try:
        while not until():
            program.check()
            scheduler.check()
            if supervision:
                supervision.report()
    finally:
        manager.stopping()
        for part in (app.notifier, app.dispatcher, app.uploads):
            part.shutdown()
        scheduler.stop()
