"""How often a server may be asked, with the headers that say so.

A window opens with its first request. A call counts in each of its limits, also one that is
refused, and its headers are of the limit with the least left, as ``@atproto/xrpc-server`` does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

EVERYTHING = "requests"
LIMITS = {
    "logins": (30, timedelta(minutes=5)),
    "logins in a day": (300, timedelta(days=1)),
    "writes in an hour": (5_000, timedelta(hours=1)),
    "writes in a day": (35_000, timedelta(days=1)),
    "uploads in a day": (1_000, timedelta(days=1)),
    EVERYTHING: (3_000, timedelta(minutes=5)),
}
"""Points in how long: of logins per name, of writes per account, of the others per address of a
client, of which there is one here. A new record costs 3 points, a put 2, a deletion 1."""
_PER_ACCOUNT = frozenset(LIMITS) - {"uploads in a day", EVERYTHING}


@dataclass(slots=True)
class _Window:
    ends: datetime
    used: int = 0


class Limits:
    """The open windows; ``of`` are the limits, which a test may change."""

    def __init__(self) -> None:
        self.of = dict(LIMITS)
        self._windows: dict[tuple[str, str], _Window] = {}

    def count(
        self, now: datetime, points: tuple[tuple[str, int], ...], who: str
    ) -> tuple[bool, dict[str, str]]:
        """Count a request; return whether it is allowed, and the headers of its answer."""
        results = [
            self._count(now, name, cost, who if name in _PER_ACCOUNT else "")
            for name, cost in (*points, (EVERYTHING, 1))
        ]
        refused = [result for result in results if not result[0]]
        _, left, most, length, ends = refused[0] if refused else min(results, key=lambda r: r[1])
        seconds = int(length.total_seconds())
        return not refused, {
            "ratelimit-limit": str(most),
            "ratelimit-remaining": str(left),
            "ratelimit-reset": str(int(ends.timestamp())),
            "ratelimit-policy": f"{most};w={seconds}",
        }

    def _count(
        self, now: datetime, name: str, cost: int, who: str
    ) -> tuple[bool, int, int, timedelta, datetime]:
        most, length = self.of[name]
        window = self._windows.get((name, who))
        if window is None or now >= window.ends:
            window = self._windows[name, who] = _Window(now + length)
        window.used += cost
        return window.used <= most, max(0, most - window.used), most, length, window.ends
