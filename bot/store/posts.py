"""The posts that were ever queued, without what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.database import tables as t
from bot.model import PostKey, ScheduleKind

if TYPE_CHECKING:
    from bot.database.opening import Database


def kinds_of_posts(database: Database) -> dict[PostKey, ScheduleKind]:
    """Return the kind of the schedule of every post that was ever queued: it names them."""
    c = t.deliveries.c
    found = database.read(select(c.campaign, c.post, c.label, c.kind).distinct())
    return {PostKey(*key): ScheduleKind(kind) for *key, kind in found}
