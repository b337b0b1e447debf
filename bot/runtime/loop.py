"""The loop from start to signal."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model import State
from bot.store.queue import UNFINISHED
from bot.store.queued_posts import count_unfinished
from bot.store.safeguards import log_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from bot.runtime.app import App

log = logging.getLogger("groundswell")

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
        log.warning("%s", warning)
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
        log.warning(
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
    log.info("queue: %s", ", ".join(posts) or "empty")


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
