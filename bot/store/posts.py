"""The posts that were ever queued, without what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.database import rows
from bot.database import tables as t
from bot.model import PostKey

if TYPE_CHECKING:
    from bot.database.opening import Database
    from bot.model import ScheduleKind


def kinds_of_posts(database: Database) -> dict[PostKey, ScheduleKind]:
    """Return the kind of the schedule of every post that was ever queued: it names them."""
    c = t.deliveries.c
    found = database.read(select(c.campaign, c.post, c.label, c.kind).distinct())
    return {PostKey(*key): rows.kind(kind) for *key, kind in found}
