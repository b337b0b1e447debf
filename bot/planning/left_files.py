"""Posts that left the files, and are neither sent nor cancelled until a person decides. Pure.

The alarm counts posts, because deleting a post on three networks is one deletion. All of the
post's deliveries that left the files are held.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.link_marks import unmarked
from bot.model import PostKey, State, Subject
from bot.planning.diff import Cancel, Hold, Release
from bot.schedules.local_time import format_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.errors import Problem
    from bot.model import Campaign, Delivery, Occurrence, Post
    from bot.planning.diff import Action

MASS_CANCEL_SHARE = 0.2
"""The share of the scheduled posts that may leave the files without a question."""

MASS_CANCEL_MINIMUM = 3
"""With fewer posts, nobody is asked, however few are scheduled."""

MASS_CANCEL_HINT = "Put them back, or cancel them: groundswell plan --force"


@dataclass(frozen=True, slots=True)
class MassCancel:
    """Many cancellations at once, which a person must confirm."""

    keys: frozenset[str]
    """The deliveries that left the files."""
    posts: int
    """The number of their posts. One that leaves only some of its accounts counts as well."""
    partly: int
    """The number of these posts that are still scheduled on other accounts, and go out there."""
    scheduled: int
    """The number of all posts that are scheduled."""

    def __str__(self) -> str:
        """Return how many posts left the files, and that they will not be sent."""
        words = f"{self.posts} of {self.scheduled} scheduled posts left the campaign files at once"
        if not self.partly:
            return f"{words}; they will not be sent until you decide"
        which = "on" if self.partly == self.posts else f"{self.partly} of them on"
        return f"{words}, {which} some accounts only; they will not be sent there until you decide"


def left_files_reason(delivery: Delivery) -> str:
    """Return since when a delivery has waited because it left the files, and how to end that."""
    since = f" at {format_local(at, delivery.timezone)}" if (at := delivery.left_files) else ""
    return f"left the files{since}; put it back, or cancel it: groundswell plan --force"


def find_mass_cancel(
    cancelled: Iterable[Delivery],
    planned: Sequence[Occurrence],
    queued: Iterable[Delivery],
    campaigns: Sequence[Campaign],
) -> MassCancel | None:
    """Return the cancellations that a person must confirm, or None.

    These are many posts at once, posts that already wait for a person, and the whole queue if no
    campaign is left in the files. Deliveries do not count if their post is still in the files, nor
    if their content is planned again on the same account, as after a renaming. The marks of links
    do not count, which name the post.
    """
    subjects = _subjects(post for campaign in campaigns for post in campaign.posts)
    contents = {(item.account, unmarked(item.content).digest) for item in planned}
    gone = [
        delivery
        for delivery in cancelled
        if delivery.subject not in subjects
        and (delivery.account, unmarked(delivery.content).digest) not in contents
    ]
    if not gone:
        return None
    scheduled = [delivery for delivery in queued if delivery.state is State.SCHEDULED]
    left = _count_posts(gone, scheduled)
    too_many = left.posts >= MASS_CANCEL_MINIMUM and left.posts > MASS_CANCEL_SHARE * left.scheduled
    if too_many or not campaigns:
        return left
    # A post that already waits for an answer waits on each account that it has left by now.
    waiting = {PostKey.of(delivery) for delivery in gone if delivery.left_files}
    held = [delivery for delivery in gone if PostKey.of(delivery) in waiting]
    return _count_posts(held, scheduled) if held else None


def _subjects(posts: Iterable[Post]) -> set[Subject]:
    return {Subject(post.campaign, post.id, name) for post in posts for name in post.accounts}


def _count_posts(gone: Iterable[Delivery], scheduled: Sequence[Delivery]) -> MassCancel:
    keys = frozenset(delivery.key for delivery in gone)
    posts = {PostKey.of(delivery) for delivery in scheduled if delivery.key in keys}
    going_on = {PostKey.of(delivery) for delivery in scheduled if delivery.key not in keys}
    return MassCancel(keys, len(posts), len(posts & going_on), len(posts | going_on))


def hold_back(actions: Iterable[Action], held: MassCancel | None) -> tuple[Action, ...]:
    """Return the actions, in which the held deliveries wait instead of being cancelled."""
    keys = held.keys if held else frozenset()
    return tuple(
        Hold(action.delivery, action.why)
        if isinstance(action, Cancel) and action.delivery.key in keys
        else action
        for action in actions
    )


GIVEN_UP = "Y119"
"""The code of the problem that ended the reading. Nobody knows what is in the files then."""


class CheckedFiles(Protocol):
    """The campaign files as far as they could be read."""

    @property
    def posts(self) -> Sequence[Post]:
        """The posts that could be read."""
        ...

    @property
    def errors(self) -> Sequence[Problem]:
        """The mistakes that keep the files from being followed."""
        ...

    @property
    def broken_texts(self) -> Sequence[str]:
        """The texts of the files with these mistakes."""
        ...


def find_missing(scheduled: Iterable[Delivery], checked: CheckedFiles) -> list[Action]:
    """Return the actions for posts that are certainly missing from files with mistakes.

    A post is missing if it could not be read, and no file with a mistake names it or has its words.
    Any other post keeps to the last good plan. A held post is released only if it was read. That
    a broken file mentions its name is not a person's decision.
    """
    if any(problem.code == GIVEN_UP for problem in checked.errors):
        return []
    texts = checked.broken_texts
    names = {name for text in texts for name in _NAME.findall(text)}
    found = _subjects(checked.posts)
    actions: list[Action] = []
    for delivery in scheduled:
        is_there = delivery.subject in found
        if delivery.waits_for_word:
            if is_there:
                actions.append(Release(delivery))
        elif not (is_there or delivery.post in names or _has_words_of(delivery, texts)):
            actions.append(Hold(delivery, "some campaign files cannot be read"))
    return actions


_NAME = re.compile(r"[\w-]+")
"""A word in a text that may be the id of a post."""

_FIRST_WORDS = 20
"""The first characters of a text by which an entry without an id is found."""


def _has_words_of(delivery: Delivery, texts: Iterable[str]) -> bool:
    begin = delivery.content.text.partition("\n")[0][:_FIRST_WORDS].strip()
    return bool(begin) and any(begin in text for text in texts)
