"""The posts that deliveries in the queue belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.database import rows
from bot.database.tables import deliveries as table
from bot.model import PostKey, group_posts
from bot.model.people import EVERYTHING
from bot.store.queue import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.database.connections import Database
    from bot.model import Delivery, PlannedPost, State
    from bot.model.people import Scope
    from bot.store.queue import Queue


def posts_of(
    queue: Queue, deliveries: Iterable[Delivery], scope: Scope = EVERYTHING
) -> list[PlannedPost[Delivery]]:
    """Return the posts of these deliveries, each with all of its deliveries, the next due first.

    A post's state on another account is thus never hidden, unless it is outside the scope.
    """
    wanted = {PostKey.of(delivery) for delivery in deliveries}
    siblings = queue.of_posts({(key.campaign, key.post) for key in wanted})
    members = [
        of for of in siblings if PostKey.of(of) in wanted and scope.sees(of.campaign, of.account)
    ]
    return group_posts(members, siblings)


def count_unfinished(database: Database) -> dict[State, int]:
    """Return how many posts have a delivery in each state that is not final."""
    posts = select(table.c.state, *rows.POST_COLUMNS).where(table.c.state.in_(UNFINISHED))
    found = posts.distinct().subquery()
    query = select(found.c.state, func.count()).group_by(found.c.state)
    return {rows.state(name): count for name, count in database.read(query)}


def read_campaign_names(database: Database) -> set[str]:
    """Return the ids of all campaigns that ever had a post in the queue."""
    return {row[0] for row in database.read(select(table.c.campaign).distinct())}
