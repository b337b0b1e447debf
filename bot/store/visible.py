"""What of a send others can see, or may be able to: what counts as said, and as sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_

from bot.model import State
from bot.store import tables as t

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

VISIBLE = ("published", "unknown", "duplicate")
"""The outcomes of an attempt that can be seen by others, or may be."""

MAYBE_OUT = (
    State.SENDING,
    State.UNKNOWN,
    State.NEEDS_HUMAN,
    State.PUBLISHED,
    State.DROPPED,
)
"""Of these, a send whose outcome nobody knows may be visible; of the others it proved absent."""


def visible() -> ColumnElement[bool]:
    """Tell of an attempt whether others can see it, or may be able to."""
    return or_(t.attempts.c.outcome.is_(None), t.attempts.c.outcome.in_(VISIBLE))
