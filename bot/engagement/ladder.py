"""When to read a publication's counters next. Pure.

Dense while a post lives its first hours, sparse later, never after 90 days. X bills the same post
once a UTC day however often it is read, so the dense rungs cost no more than one read a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

RUNGS = (
    (timedelta(hours=3), timedelta(minutes=20)),
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=7), timedelta(hours=6)),
    (timedelta(days=30), timedelta(days=1)),
    (timedelta(days=90), timedelta(days=7)),
)
"""(up to this age, read this often), youngest first."""

TOGETHER = timedelta(minutes=10)
"""Reads due within this are made at once: one call can carry a hundred posts."""

FAILED_WAIT = timedelta(minutes=15)
"""Wait after a read that failed without saying when to come back."""


def next_read(published: datetime, now: datetime) -> datetime | None:
    """Give the next read after one at ``now``; None where nothing will change any more."""
    age = now - published
    for until, every in RUNGS:
        if age < until:
            return now + every
    return None
