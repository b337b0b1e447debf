"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from helpers.cli import WAIT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable


def wait_until(
    holds: Callable[[], object], seconds: float = WAIT_SECONDS, said: Callable[[], str] = str
) -> None:
    """Wait until a condition holds. The failure shows what was ``said`` meanwhile."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"waited in vain; {said()}"
        time.sleep(0.005)
