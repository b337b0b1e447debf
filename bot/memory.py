"""Memory: what is all still needed is not looked through for garbage."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector from walking, again and again, what is all still needed.

    It stops every thread meanwhile, and with it every send: for 0.2 seconds at a time where 10,000
    posts are planned, instead of 0.03. A report takes a fifth longer with it.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
