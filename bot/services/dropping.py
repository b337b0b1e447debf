"""Taking posts out of the queue, on all of their accounts or on some."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model import State, post_number
from bot.services.posts import places_of
from bot.services.views_queue import DroppedPost

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.model import Delivery, PlannedPost
    from bot.runtime.app import App
    from bot.services.posts import NamedPost

_NEVER_SENT = frozenset({State.DROPPED, State.REJECTED})
"""The states in which nothing is left to drop, and nothing was or will be sent."""


@dataclass(frozen=True, slots=True)
class DroppedPosts:
    """What became of posts that a person took out of the queue."""

    dropped: tuple[DroppedPost, ...]
    """The posts that will not be sent, on some accounts or all."""
    problems: tuple[Problem, ...]
    """Why others cannot be dropped: they are out already, or not sent in any case."""


def drop_posts(app: App, posts: Iterable[NamedPost], who: str) -> DroppedPosts:
    """Take posts out of the queue for good, on each account that is meant and where they can be."""
    dropped: list[DroppedPost] = []
    problems: list[Problem] = []
    for named in posts:
        done, refused = _drop(app, named.deliveries, who)
        if done:
            dropped.append(_dropped_post(named.post, done))
        for problem, group in refused.items():
            # If it was dropped on one account already, it is now on all of them: as was asked.
            if not done or any(delivery.state not in _NEVER_SENT for delivery in group):
                on = f" on {places_of(named.post, group)}" if _is_part(named.post, group) else ""
                problems.append(replace(problem, file=f"{named.post.name}{on}"))
    return DroppedPosts(tuple(dropped), tuple(problems))


def _drop(
    app: App, deliveries: Iterable[Delivery], who: str
) -> tuple[list[Delivery], dict[Problem, list[Delivery]]]:
    """Drop what can be; return it, and by each reason the deliveries that cannot be."""
    done: list[Delivery] = []
    refused: dict[Problem, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        try:
            app.queue.drop(delivery, who, app.clock.now())
            done.append(delivery)
        except UserError as error:
            for problem in error.problems:
                refused[replace(problem, file="")].append(delivery)
    return done, refused


def _dropped_post(post: PlannedPost[Delivery], done: Sequence[Delivery]) -> DroppedPost:
    rest = [of for of in post.deliveries if of not in done and of.state not in _NEVER_SENT]
    accounts = tuple(delivery.account for delivery in done)
    return DroppedPost(
        post.name, post_number(post), accounts, places_of(post, done) if rest else ""
    )


def _is_part(post: PlannedPost[Delivery], group: Sequence[Delivery]) -> bool:
    return len(group) < len(post.deliveries)
