"""Running: begin, beat until told to stop, end in good order. `run` and the demo use the same."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model import State
from bot.store.queue import WAITING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from bot.app import App

log = logging.getLogger("groundswell")

SWITCH_SECONDS = 0.0005
"""A thread that plans gives way to one that sends after this; Python's own 5 ms, at each of the
many waits of a send, would add up to a third of a second."""


class Stop:
    """A request to stop, and the signal that made it (None: nobody's)."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.signal: int | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take a signal; a second one interrupts the waiting, as an impatient person expects."""
        del frame
        if self.event.is_set():
            raise KeyboardInterrupt
        self.signal = number
        self.event.set()


@contextmanager
def signals() -> Iterator[Stop]:
    """Turn Ctrl-C and SIGTERM into a Stop for as long as the block runs."""
    stop = Stop()
    before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def begin(app: App) -> None:
    """Bring the queue to the campaign files for the first time.

    Raises UserError where nothing could be sent anyway: the files are broken and the queue holds
    nothing, or an account that is about to post has no secrets.
    """
    app.on_guard()
    errors = app.intake.refresh()
    if errors and not app.queue.counts().get(State.SCHEDULED):
        raise UserError([_nothing(app)])
    _tell_left_behind(app)
    if lacking := app.clients.lacking(app.queue.waiting_accounts()):
        raise UserError(lacking)
    app.clients.make_ready()
    counts = sorted(app.queue.counts().items())
    log.info("queue: %s", ", ".join(f"{count} {state}" for state, count in counts) or "empty")


def _tell_left_behind(app: App) -> None:
    """Say what waits for accounts that the config does not have: it stays as it is."""
    left: dict[str, list[str]] = {}
    for state in WAITING:
        for name, count in app.queue.count_by_account([state]).items():
            left.setdefault(name, []).append(f"{count} {state}")
    for name in left.keys() - app.config.accounts.keys():
        log.warning(
            "config.yaml has no account %s: its posts in the queue stay as they are (%s). Give the "
            "account its old name back, or see: groundswell queue list",
            name,
            ", ".join(left[name]),
        )


def _nothing(app: App) -> Problem:
    """Give the problem that nothing can be done; the log has just told each mistake."""
    message = "The mistakes above keep these files out of the queue, and nothing else is queued."
    return Problem(str(app.config.campaigns), 0, 0, "L101", message, "Mend them, then run again.")


def beat(app: App, until: Callable[[], bool]) -> None:
    """Run the loop until ``until`` gives True; what is on the wire then is waited for."""
    sys.setswitchinterval(SWITCH_SECONDS)
    heartbeat = app.heartbeat()
    heartbeat.start()
    try:
        while not until():
            heartbeat.check()
    finally:
        for one in (app.teller, app.dispatcher, app.uploads):
            one.leave()
        heartbeat.stop()
