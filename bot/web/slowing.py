"""Wrong passwords, counted by address and by name, to slow whoever guesses.

An address waits longer after each wrong password. A name never locks its owner out: guesses from
many addresses only make an attempt take longer, for at most ``NAME_SECONDS``.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_TRIES = 5
"""Wrong passwords of an address that cost no wait."""

LONGEST_WAIT = timedelta(minutes=5)
"""The longest wait of an address between two tries."""

FORGET_AFTER = timedelta(hours=1)
"""After this time without a wrong password, an address or a name starts anew."""

NAME_TRIES = 20
"""Wrong passwords for one name, from all addresses, after which a try takes longer."""

NAME_SECONDS = 2.0
"""By this many seconds."""

MAX_KEPT = 10_000
"""Most addresses and names that are remembered; the ones that were used longest ago go first."""


@dataclass(slots=True)
class _Failures:
    count: int
    last: datetime


class Slowing:
    """The wrong passwords of the past hour. It is kept in memory only."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._lock = threading.Lock()  # several people sign in at once

    def wait(self, address: str, now: datetime) -> timedelta:
        """Return how long this address has to wait before its next try."""
        failures = self._find(("address", address), now)
        over = failures.count - FREE_TRIES if failures else -1
        if failures is None or over < 0:
            return timedelta(0)
        pause = min(timedelta(seconds=2 ** min(over + 1, 20)), LONGEST_WAIT)
        return max(failures.last + pause - now, timedelta(0))

    def delay(self, name: str, now: datetime) -> float:
        """Return for how many seconds a try with this name is held back."""
        failures = self._find(("name", name.casefold()), now)
        return NAME_SECONDS if failures and failures.count >= NAME_TRIES else 0.0

    def note_failure(self, address: str, name: str, now: datetime) -> None:
        """Count a wrong password."""
        with self._lock:
            for key in (("address", address), ("name", name.casefold())):
                failures = self._find(key, now)
                self._failures[key] = _Failures(failures.count + 1 if failures else 1, now)
                self._failures.move_to_end(key)
            while len(self._failures) > MAX_KEPT:
                self._failures.popitem(last=False)

    def note_success(self, address: str) -> None:
        """Forget the wrong passwords of an address whose person has signed in."""
        with self._lock:
            self._failures.pop(("address", address), None)

    def _find(self, key: tuple[str, str], now: datetime) -> _Failures | None:
        found = self._failures.get(key)
        # A clock that was set back must not keep anybody waiting.
        return found if found and abs(now - found.last) < FORGET_AFTER else None
