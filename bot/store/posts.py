"""The posts that were ever queued, without their content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, true, tuple_

from bot.database import rows
from bot.database import tables as t
from bot.database.types import batched
from bot.model import PostKey

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.database.connections import Database
    from bot.model import ScheduleKind


def kinds_of_posts(
    database: Database, posts: Collection[tuple[str, str]] | None = None
) -> dict[PostKey, ScheduleKind]:
    """Return the kind of schedule of every post that was ever queued, which names of posts need.

    With ``posts``, only of these, each a campaign and an id.
    """
    c = t.deliveries.c
    name = tuple_(c.campaign, c.post)
    wanted = [true()] if posts is None else [name.in_(batch) for batch in batched(sorted(posts))]
    query = select(c.campaign, c.post, c.label, c.kind).distinct()
    found = [row for where in wanted for row in database.read(query.where(where))]
    return {PostKey(*key): rows.kind(kind) for *key, kind in found}
