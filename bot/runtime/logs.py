"""Write log lines for a person or, with ``--log-format json``, one JSON object a line.

Every line passes a redactor, which removes every secret that Groundswell knows. Characters that a
terminal would obey are escaped, because a platform's messages can contain anything.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any

from bot.text import escape_hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.config.secrets import Redactor
    from bot.model import Pause

log = logging.getLogger("groundswell")

_LEVEL_PREFIXES = {logging.WARNING: "! ", logging.ERROR: "!! ", logging.CRITICAL: "!! "}
_LINE_ENDS_TO_SPACES = str.maketrans("\t\r\n", "   ")


def configure_logging(
    *,
    log_format: str,
    level: str,
    redactor: Redactor,
    now: Callable[[], datetime],
    handler: logging.Handler | None = None,
    hint: Callable[[str], str] = str,
) -> None:
    """Send Groundswell's log to ``handler`` (default: standard error) as "text" or "json".

    ``now`` stamps the lines, in the demo with the demo's time. Libraries log only from warnings up,
    because some log headers with tokens below that. ``hint`` completes the commands that a message
    names.
    """
    handler = handler or logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(now, redactor, hint, as_json=log_format == "json"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("groundswell").setLevel(level.upper())
    # Its warnings are about its own jobs; ours say the same in terms of the campaign.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


class PauseLog:
    """Logs each pause once when it begins and once when it ends, whoever set or ended it."""

    def __init__(self) -> None:
        self._logged: dict[tuple[int, str], Pause] = {}

    def follow(self, pauses: Iterable[Pause]) -> None:
        """Log the pauses that are new among those of now, and those that are over."""
        now = {(pause.id, pause.why): pause for pause in pauses}
        before, self._logged = self._logged, now
        for pause in (pause for key, pause in now.items() if key not in before):
            since = f"since {pause.since:%Y-%m-%d %H:%M} UTC"
            log.warning("%s, %s (%s)", pause, since, pause.resume_command)
        for pause in (pause for key, pause in before.items() if key not in now):
            log.warning("resumed; it was %s", pause)


class LineFormatter(logging.Formatter):
    """Formats a record as a line for a person, or as a JSON object with its own fields."""

    def __init__(
        self,
        now: Callable[[], datetime],
        redactor: Redactor,
        hint: Callable[[str], str] = str,
        *,
        as_json: bool = False,
    ) -> None:
        super().__init__()
        self._now = now
        self._redactor = redactor
        self._hint = hint
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return ``2026-11-24 09:00:00Z  message``, with a traceback below it, or a JSON object."""
        message = self._hint(record.getMessage())
        traceback = self.formatException(record.exc_info) if record.exc_info else ""
        if self._as_json:
            data: dict[str, Any] = {
                "at": self._now().isoformat(),
                "level": record.levelname.lower(),
                "logger": record.name,
                "message": message,
                **getattr(record, "fields", {}),
            }
            if traceback:
                data["exception"] = traceback
            values = self._redactor.redact_values(data)
            return escape_hidden(json.dumps(values, ensure_ascii=False))
        prefix = _LEVEL_PREFIXES.get(record.levelno, "  ")
        # A post's text must not be able to forge a log line.
        message = message.translate(_LINE_ENDS_TO_SPACES)
        line = f"{self._now():%Y-%m-%d %H:%M:%SZ} {prefix}{message}"
        return escape_hidden(self._redactor(f"{line}\n{traceback}" if traceback else line))
