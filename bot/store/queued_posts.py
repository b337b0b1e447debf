"""The posts that deliveries in the queue belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model import PostKey, group_posts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model import Delivery, PlannedPost
    from bot.store.queue import Queue


def posts_of(queue: Queue, deliveries: Iterable[Delivery]) -> list[PlannedPost[Delivery]]:
    """Return the posts of these deliveries, each with all of its deliveries, the next due first.

    So what a post is on another account is never hidden, whichever deliveries were asked for.
    """
    wanted = {PostKey.of(delivery) for delivery in deliveries}
    siblings = queue.of_posts({(key.campaign, key.post) for key in wanted})
    members = [delivery for delivery in siblings if PostKey.of(delivery) in wanted]
    return group_posts(members, siblings)
