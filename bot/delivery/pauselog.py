"""Says in the log what is paused and what no longer is, whoever did it and from where."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.model import Pause

log = logging.getLogger("groundswell")


class PauseLog:
    """Compares the pauses in force with those of the last look."""

    def __init__(self, pauses: Callable[[], Iterable[Pause]]) -> None:
        self._pauses = pauses
        self._known: dict[tuple[int, str], Pause] = {}

    def look(self) -> None:
        """Log what is new and what is gone; at the first look, whatever is in force."""
        now = {(pause.id, pause.why): pause for pause in self._pauses()}
        for key, pause in now.items():
            if key not in self._known:
                log.warning("%s, since %s", pause, f"{pause.since:%Y-%m-%d %H:%M} UTC")
        for key, pause in self._known.items():
            if key not in now:
                log.warning("resumed; it was %s", pause)
        self._known = now
