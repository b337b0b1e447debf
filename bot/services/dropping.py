"""Take posts out of the queue, on all of their accounts or on some."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model import State, post_number
from bot.services.posts import places_of
from bot.services.views_queue import DroppedPost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model import Delivery
    from bot.runtime.app import App
    from bot.services.posts import NamedPost

_NEVER_SENT = frozenset({State.DROPPED, State.REJECTED})
"""The states of deliveries that were not sent and never will be."""


@dataclass(frozen=True, slots=True)
class DroppedPosts:
    """The result of dropping posts."""

    dropped: tuple[DroppedPost, ...]
    """The posts that will not be sent, on some accounts or on all."""
    problems: tuple[Problem, ...]
    """Why other posts cannot be dropped, such as posts that are out."""


def drop_posts(app: App, posts: Iterable[NamedPost], who: str) -> DroppedPosts:
    """Take the named deliveries of these posts out of the queue for good, as far as possible."""
    dropped: list[DroppedPost] = []
    problems: list[Problem] = []
    for named in posts:
        post = named.post
        done, refused = _drop(app, named.deliveries, who)
        if done:
            rest = any(of not in done and of.state not in _NEVER_SENT for of in post.deliveries)
            accounts = tuple(delivery.account for delivery in done)
            on = places_of(post, done) if rest else ""
            dropped.append(DroppedPost(post.name, post_number(post), accounts, on))
        for problem, group in refused.items():
            # It is no problem if the post was dropped on one account before and now on the others.
            if not done or any(delivery.state not in _NEVER_SENT for delivery in group):
                is_part = len(group) < len(post.deliveries)
                on = f" on {places_of(post, group)}" if is_part else ""
                problems.append(replace(problem, file=f"{post.name}{on}"))
    return DroppedPosts(tuple(dropped), tuple(problems))


def _drop(
    app: App, deliveries: Iterable[Delivery], who: str
) -> tuple[list[Delivery], dict[Problem, list[Delivery]]]:
    """Drop these deliveries; return the dropped ones, and the refused ones by problem."""
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
