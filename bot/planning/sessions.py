"""When a session, or a login link, has ended. Pure.

A clock that was set back must not prolong anything. A session that was used later than it is now
has ended, therefore, and so has a link that was made later.
"""

from __future__ import annotations

from datetime import datetime, timedelta

IDLE_LIMIT = timedelta(hours=24)
"""A session ends if it is not used for this long."""

ABSOLUTE_LIMIT = timedelta(days=14)
"""A session ends after this time, however often it is used."""

LINK_LIFE = timedelta(minutes=10)
"""How long a login link can be used, once."""

SEEN_EVERY = timedelta(minutes=5)
"""The last use of a session is written down at most this often, which costs it as much of its
``IDLE_LIMIT``."""

CLOCK_STEP = timedelta(minutes=2)
"""Clocks of two machines, or one that a time server corrects, may differ by this much."""


def session_is_over(opened: datetime, seen: datetime, now: datetime) -> bool:
    """Return whether a session has ended by itself."""
    if now < max(opened, seen) - CLOCK_STEP:
        return True
    return now - opened >= ABSOLUTE_LIMIT or now - seen >= IDLE_LIMIT


def link_is_over(made: datetime, now: datetime) -> bool:
    """Return whether it is too late to use a login link."""
    return now < made - CLOCK_STEP or now - made >= LINK_LIFE
