"""Memory: what a large plan took and left is given back to the system."""

from __future__ import annotations

import gc


def give_back() -> None:
    """Return freed memory to the operating system, where the C library is glibc; else do nothing.

    Planning takes tens of MB for a moment. glibc keeps what was freed for the thread that freed it,
    and the loop plans in another thread each time: with 10,000 posts, it was at rest at 116 MB
    after five edits of a file, and grew; so it is at 99 MB (benchmarks/bench_footprint.py).
    """
    import ctypes

    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):  # macOS and musl have other allocators, without such habits
        return
    trim(0)
