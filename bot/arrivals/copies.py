"""Requests that stand in several web logs, such as a month's log and the logs of its days. Pure.

A request has no number. Two lines of different logs are taken for one request if they agree in the
time, the method, the address that was asked for, the answer and the user agent. Two visitors may
agree in all of these, too. As often as a single log has a line, it is therefore counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.arrivals.formats import Request

MOST_REQUESTS = 500_000
"""Most different marked requests that are compared, in some 100 MB. A year of a large campaign has
fewer. Anybody can ask a site for any address."""


class Copies:
    """Which marked requests of a log stand in an earlier log, too.

    Of a request, only a hash is kept, whose key Python draws anew for each process.
    """

    def __init__(self) -> None:
        self.beyond = False
        """Whether there were more requests than are compared."""
        self._earlier: dict[int, int] = {}
        """How often each request stands in that earlier log which has it most often."""
        self._present: dict[int, int] = {}
        """How often each stands in the log that is read at present."""
        self._found = 0

    def has(self, request: Request) -> bool:
        """Return whether an earlier log has this request, too."""
        key = hash(request)
        number = self._present.get(key, 0) + 1
        if number == 1 and len(self._present) >= MOST_REQUESTS:
            self.beyond = True
            return False
        self._present[key] = number
        is_copy = number <= self._earlier.get(key, 0)
        self._found += is_copy
        return is_copy

    def end_log(self) -> int:
        """Return how many requests of the log that ends here an earlier log has, too."""
        for key, number in self._present.items():
            if key in self._earlier or len(self._earlier) < MOST_REQUESTS:
                self._earlier[key] = max(number, self._earlier.get(key, 0))
            else:
                self.beyond = True
        found, self._found, self._present = self._found, 0, {}
        return found
