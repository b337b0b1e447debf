"""The share of the long tests that is run, which are the fault harnesses and state machines.

The environment variable FAULTS is ``full`` for all of it (``make faults``) and ``tenth`` for a
tenth (``.ci/run``); without it, a fiftieth is run (``make test``).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

NAME = os.environ.get("FAULTS") or "fiftieth"
DIVISOR = {"full": 1, "tenth": 10, "fiftieth": 50}[NAME]
FULL = DIVISOR == 1
SEEDS = 1 if NAME == "fiftieth" else 4
"""Number of the state machine's seeds, each of which plays other faults in another order."""


_STRIDE = {"full": 1, "tenth": 7, "fiftieth": 13}[NAME]


def scaled(full: int) -> int:
    """Return how many of the bar's runs to make; at least one."""
    return max(1, full // DIVISOR)


def sampled(cases: Sequence[T]) -> Sequence[T]:
    """Return all cases of a short table, every seventh (CI) or every thirteenth."""
    return cases[::_STRIDE]
