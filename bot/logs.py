"""Log lines: for a person by default, one JSON object a line with ``--log-format json``.

Every line passes a redactor, so that no secret that Groundswell knows can reach a log, and what a
terminal would obey is written out: a platform's words are not ours.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any

from bot.text.hidden import visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.secrets import Redactor

_MARKS = {logging.WARNING: "! ", logging.ERROR: "!! ", logging.CRITICAL: "!! "}


def set_up(
    *,
    form: str,
    level: str,
    redactor: Redactor,
    now: Callable[[], datetime],
    handler: logging.Handler | None = None,
    hint: Callable[[str], str] = str,
) -> None:
    """Send Groundswell's log to ``handler`` (standard error if None) in ``form`` text or json.

    ``now`` stamps the lines: in the demo that is the demo's time. Libraries are heard from
    warnings on; none of them below that, as some log the headers that carry tokens. ``hint``
    completes the commands that a message names.
    """
    handler = handler or logging.StreamHandler(sys.stderr)
    handler.setFormatter((_Json if form == "json" else _Text)(now, redactor, hint))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("groundswell").setLevel(level.upper())
    # Its warnings are about its own jobs; ours say the same in the campaign's words.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


class _Text(logging.Formatter):
    """``2026-11-24 09:00:00Z  people-over-profit/hart-price/… published: https://…``."""

    def __init__(
        self, now: Callable[[], datetime], redactor: Redactor, hint: Callable[[str], str] = str
    ) -> None:
        super().__init__()
        self._now = now
        self._redactor = redactor
        self._hint = hint

    def format(self, record: logging.LogRecord) -> str:
        """Give one line: an exception's words are folded into it, a traceback follows a bug."""
        mark = _MARKS.get(record.levelno, "  ")
        message = self._hint(record.getMessage())
        line = f"{self._now():%Y-%m-%d %H:%M:%SZ} {mark}{_one_line(message)}"
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return visible(self._redactor(line))


class _Json(logging.Formatter):
    """One object a line: at, level, message, and the fields that the line carries."""

    def __init__(
        self, now: Callable[[], datetime], redactor: Redactor, hint: Callable[[str], str] = str
    ) -> None:
        super().__init__()
        self._now = now
        self._redactor = redactor
        self._hint = hint

    def format(self, record: logging.LogRecord) -> str:
        """Give one JSON object."""
        data: dict[str, Any] = {
            "at": self._now().isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._hint(record.getMessage()),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            data["exception"] = self.formatException(record.exc_info)
        return visible(json.dumps(self._redactor.inside(data), ensure_ascii=False))


def _one_line(text: str) -> str:
    """Fold away line ends: a post's text must not forge a log line."""
    return text.translate(_FOLDED)


_FOLDED = str.maketrans("\t\r\n", "   ")
