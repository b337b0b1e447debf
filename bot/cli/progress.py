"""A bar for what takes long: on the terminal's stderr, and only where a person sees it."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress

_PATIENCE = 1.0
"""Seconds without a bar: most work is done by then, and rich takes a tenth of one to import."""


@contextmanager
def bar(what: str, *, shown: bool = True) -> Iterator[Callable[[float], None] | None]:
    """Give a function that is told the share that is done, from 0 to 1; None where nobody looks."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    drawn = _Bar(what, time.monotonic() + _PATIENCE)
    try:
        yield drawn.tell
    finally:
        drawn.close()


class _Bar:
    """Appears at ``start``, in seconds of the monotonic clock, and is gone when it is closed."""

    def __init__(self, what: str, start: float) -> None:
        self._what = what
        self._start = start
        self._progress: Progress | None = None

    def tell(self, share: float) -> None:
        """Move on to this share of the whole."""
        if self._progress is None:
            if time.monotonic() < self._start:
                return
            self._progress = _begun(self._what)
        self._progress.update(self._progress.task_ids[0], completed=share)

    def close(self) -> None:
        """Take it off the screen."""
        if self._progress:
            self._progress.stop()


def _begun(what: str) -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True), transient=True)
    progress.add_task(what, total=1.0)
    progress.start()
    return progress
