"""The loop from start-up until a signal or the caller stops it, and its log of pauses."""

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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

    from bot.model import Pause
    from bot.runtime.app import App

SWITCH_SECONDS = 0.0005
"""A thread that plans yields to one that sends after this. Python's own 5 ms, at each of the many
waits of a send, would add up to a third of a second."""

log = logging.getLogger("groundswell")


class StopRequest:
    """A request to stop, and the signal that made it (None: no signal did)."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.signal: int | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal; a second one interrupts the waiting, as an impatient person expects."""
        del frame
        if self.event.is_set():
            raise KeyboardInterrupt
        self.signal = number
        self.event.set()


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Turn Ctrl-C and SIGTERM into a StopRequest for as long as the block runs."""
    stop = StopRequest()
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
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
    errors = app.queue_sync.refresh()
    if errors and not app.queue.count_by_state().get(State.SCHEDULED):
        # The log has just named each mistake.
        message = (
            "The mistakes above keep these files out of the queue, and nothing else is queued."
        )
        hint = "Correct them, then run again."
        raise UserError([Problem(str(app.config.campaigns), 0, 0, "L101", message, hint)])
    _warn_unknown_accounts(app)
    if missing := app.clients.missing_secrets(app.queue.scheduled_accounts()):
        raise UserError(missing)
    app.clients.connect_all()
    counts = sorted(app.queue.count_by_state().items())
    log.info("queue: %s", ", ".join(f"{count} {state}" for state, count in counts) or "empty")


def _warn_unknown_accounts(app: App) -> None:
    """Log which posts wait for accounts that the config does not have: they stay as they are."""
    counts: dict[str, list[str]] = {}
    for state in UNFINISHED:
        for name, count in app.queue.count_by_account([state]).items():
            counts.setdefault(name, []).append(f"{count} {state}")
    for name in counts.keys() - app.config.accounts.keys():
        log.warning(
            "config.yaml has no account %s: its posts in the queue stay as they are (%s). Give the "
            "account its old name back, or see: groundswell queue list",
            name,
            ", ".join(counts[name]),
        )


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


class PauseLog:
    """Logs what is paused and what no longer is, whoever did it and from where."""

    def __init__(self, pauses: Callable[[], Iterable[Pause]]) -> None:
        self._pauses = pauses
        self._last_pauses: dict[tuple[int, str], Pause] = {}

    def log_changes(self) -> None:
        """Log what has changed since the last call; at the first, all pauses in force."""
        now = {(pause.id, pause.why): pause for pause in self._pauses()}
        for key, pause in now.items():
            if key not in self._last_pauses:
                log.warning("%s, since %s", pause, f"{pause.since:%Y-%m-%d %H:%M} UTC")
        for key, pause in self._last_pauses.items():
            if key not in now:
                log.warning("resumed; it was %s", pause)
        self._last_pauses = now
