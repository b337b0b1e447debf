"""Memory: what a large plan took and left is given back to the system."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector from walking, again and again, what is all still needed.

    It takes more than half of the time of loading 100,000 posts.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def release() -> None:
    """Let the garbage collector see everything again, before much of it is let go."""
    gc.unfreeze()


def give_back() -> None:
    """Return freed memory to the operating system, where the C library is glibc; else do nothing.

    Planning takes tens of MB for a moment. glibc keeps what was freed for the thread that freed it,
    and the loop plans in another thread each time: with 10,000 posts, it was at rest at 116 MB
    after five edits of a file, and grew; so it is at 99 MB (benchmarks/bench_footprint.py).

    What is left is needed for long, such as 100,000 posts: the garbage collector does not look at
    it again until ``release``. It would stop everything for half a second each time.
    """
    import ctypes

    gc.collect()
    gc.freeze()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):  # macOS and musl have other allocators, without such habits
        return
    trim(0)
