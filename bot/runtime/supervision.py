"""Tell the service manager that the loop does its work, and how it is.

A loop that hangs is silent: its process lives, and no post leaves. So a sign of life goes out only
while the jobs that matter have done their work in time. The thread that gives it does nothing else
but start jobs and wait for a signal, and proves nothing by itself.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from bot.model.post_words import describe_counts
from bot.store.claims import next_due
from bot.store.queued_posts import count_unfinished
from bot.text import pluralize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.model import Pause, State
    from bot.runtime.loop_app import LoopApp
    from bot.runtime.scheduler import Job
    from bot.runtime.systemd import ServiceManager

PATIENCE_SECONDS = {"publish": 180.0, "watch": 1800.0}
"""The jobs that matter, and the longest real time without their work. *publish* writes after 60 s
at the latest, which is the longest time for which it waits for a platform, and then waits 10 s for
the database. *watch* checks the campaign files, and a first check of very many takes minutes. A job
that fails has not done its work."""

STATUS_SECONDS = 15.0
"""Least real time between two counts of the queue for the status."""

_WORDS = {
    "publish": "no post can be sent: the queue was not looked at and written to",
    "watch": "the campaign files were not followed",
}

log = logging.getLogger("groundswell")


class Supervision:
    """Follows the jobs that matter, and tells the service manager about them."""

    def __init__(
        self, app: LoopApp, manager: ServiceManager, now: Callable[[], float] = monotonic
    ) -> None:
        self._app = app
        self._manager = manager
        self._now = now
        self._done_at = dict.fromkeys(PATIENCE_SECONDS, now())
        self._late: tuple[str, ...] = ()
        self._status = ""
        self._stale = True
        self._counted_at = float("-inf")
        self._next_due: datetime | None = None

    def follow(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the jobs; after those that matter, it is noted that they have done their work."""
        steps = {"publish": self._prove_writable, "watch": self._look}
        return [
            replace(job, run=partial(self._run, job, steps[job.name])) if job.name in steps else job
            for job in jobs
        ]

    def report(self) -> None:
        """Tell the service manager how the loop is, and that it is alive if it is."""
        now, done = self._now(), self._done_at
        done_at = {**done, "publish": max(done["publish"], self._app.dispatcher.wrote_at)}
        limits = PATIENCE_SECONDS.items()
        late = tuple(name for name, limit in limits if now - done_at[name] > limit)
        for name in late:
            if name not in self._late:
                log.error("%s for %d s", _WORDS[name], now - done_at[name])
        self._late = late
        self._manager.status(". ".join((*(_WORDS[name] for name in late), self._status)))
        if not late:
            self._manager.alive()

    def _run(self, job: Job, then: Callable[[bool], None]) -> object:
        found = job.run()
        then(found is not False)
        self._done_at[job.name] = self._now()
        return found

    def _prove_writable(self, found: bool) -> None:  # noqa: FBT001 - a step like the other
        """Take the lock for a write and release it, which writes nothing. Raise StoreError."""
        del found
        with self._app.database.writing():
            pass

    def _look(self, changed: bool) -> None:  # noqa: FBT001 - the result of a job
        """Make the status anew if the queue has changed, or the post that it names was due."""
        app, now = self._app, self._app.clock.now()
        self._stale |= changed or (self._next_due is not None and self._next_due <= now)
        if not self._stale or self._now() < self._counted_at + STATUS_SECONDS:
            return
        with app.database.reading() as connection:
            self._next_due = next_due(connection, now)
        counts, mistakes = count_unfinished(app.database), len(app.queue_sync.file_errors)
        self._status = describe(counts, self._next_due, app.queue.pauses(), mistakes)
        self._stale, self._counted_at = False, self._now()


def describe(
    counts: dict[State, int], next_due: datetime | None, pauses: Sequence[Pause], mistakes: int
) -> str:
    """Return how the loop is, in one line for a person."""
    parts = [describe_counts(counts) or "no posts are queued"]
    if next_due:
        parts.append(f"the next is due at {next_due:%Y-%m-%d %H:%M} UTC")
    if pauses:
        named = (f"{pause.scope} {pause.name}".strip() for pause in pauses)
        parts.append(f"paused: {', '.join(named)}")
    if mistakes:
        parts.append(f"the campaign files have {pluralize(mistakes, 'mistake')}, see the log")
    return "; ".join(parts)
