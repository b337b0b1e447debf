"""What left the files, and is neither sent nor cancelled until a person decides. Pure.

The alarm counts posts: deleting one post on three networks is one deletion. What is held are its
deliveries, all of them that left the files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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
"""Fewer posts are never asked about, however few are scheduled."""

MASS_CANCEL_HINT = "Put them back, or cancel them: groundswell plan --force"


@dataclass(frozen=True, slots=True)
class MassCancel:
    """So many cancellations at once that a person must confirm them."""

    keys: frozenset[str]
    """The deliveries that left the files."""
    posts: int
    """The posts that these belong to. One that leaves only some of its accounts counts as well."""
    partly: int
    """Those of the posts that are still scheduled on other accounts, and go out there."""
    scheduled: int
    """All posts that are scheduled."""

    def __str__(self) -> str:
        """Return how much it is."""
        words = f"{self.posts} of {self.scheduled} scheduled posts left the campaign files at once"
        if not self.partly:
            return f"{words}; they will not be sent until you decide"
        which = "on" if self.partly == self.posts else f"{self.partly} of them on"
        return f"{words}, {which} some accounts only; they will not be sent there until you decide"


def left_files_reason(delivery: Delivery) -> str:
    """Return since when it waits because it left the files, and what ends that."""
    since = f" at {format_local(at, delivery.timezone)}" if (at := delivery.left_files) else ""
    return f"left the files{since}; put it back, or cancel it: groundswell plan --force"


def find_mass_cancel(
    cancelled: Iterable[Delivery],
    planned: Sequence[Occurrence],
    queued: Iterable[Delivery],
    campaigns: Sequence[Campaign],
) -> MassCancel | None:
    """Return what is not to be cancelled without asking, or None.

    That is what has waited for an answer already, many posts at once, and all that is queued if no
    campaign is left in the files. Deliveries do not count if their post is still in the files, nor
    if their content is planned again on the same account, as after a renaming.
    """
    subjects = {
        Subject(post.campaign, post.id, account)
        for campaign in campaigns
        for post in campaign.posts
        for account in post.accounts
    }
    contents = {(occurrence.account, occurrence.content.digest) for occurrence in planned}
    gone = [
        delivery
        for delivery in cancelled
        if delivery.subject not in subjects
        and (delivery.account, delivery.content.digest) not in contents
    ]
    if not gone:
        return None
    scheduled = [delivery for delivery in queued if delivery.state is State.SCHEDULED]
    left = _count_posts(gone, scheduled)
    too_many = left.posts >= MASS_CANCEL_MINIMUM and left.posts > MASS_CANCEL_SHARE * left.scheduled
    if too_many or not campaigns:
        return left
    # A post that waits for an answer waits wherever it is gone by now.
    waiting = {PostKey.of(delivery) for delivery in gone if delivery.left_files}
    held = [delivery for delivery in gone if PostKey.of(delivery) in waiting]
    return _count_posts(held, scheduled) if held else None


def _count_posts(gone: Iterable[Delivery], scheduled: Sequence[Delivery]) -> MassCancel:
    keys = frozenset(delivery.key for delivery in gone)
    posts = {PostKey.of(delivery) for delivery in scheduled if delivery.key in keys}
    going_on = {PostKey.of(delivery) for delivery in scheduled if delivery.key not in keys}
    return MassCancel(keys, len(posts), len(posts & going_on), len(posts | going_on))


def hold_back(actions: Iterable[Action], held: MassCancel | None) -> tuple[Action, ...]:
    """Return the actions, with what is held back waiting instead of being cancelled."""
    keys = held.keys if held else frozenset()
    return tuple(
        Hold(action.delivery, action.why)
        if isinstance(action, Cancel) and action.delivery.key in keys
        else action
        for action in actions
    )


GIVEN_UP = "Y119"
"""The code of the problem that ended the reading: nobody knows what is in the files."""


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
    """Return what to hold of a queue whose files have mistakes: posts that are certainly missing.

    A post is missing if it could not be read, and no file with a mistake names it or has its words.
    What may be there keeps to the last good plan. What was held is released only if it was read: a
    file that only mentions its name is no word of a person.
    """
    if any(problem.code == GIVEN_UP for problem in checked.errors):
        return []
    texts = checked.broken_texts
    names = {name for text in texts for name in _NAME.findall(text)}
    found = {
        Subject(post.campaign, post.id, account)
        for post in checked.posts
        for account in post.accounts
    }
    actions: list[Action] = []
    for delivery in scheduled:
        is_there = delivery.subject in found
        if delivery.waits_for_word:
            actions += [Release(delivery)] * is_there
        elif not (is_there or delivery.post in names or _has_words_of(delivery, texts)):
            actions.append(Hold(delivery, "the campaign files cannot be read as a whole"))
    return actions


_NAME = re.compile(r"[\w-]+")
"""What may be the id of a post in a text."""

_FIRST_WORDS = 20
"""Characters of a text that stand for it: an entry without an id has its words."""


def _has_words_of(delivery: Delivery, texts: Iterable[str]) -> bool:
    begin = delivery.content.text.partition("\n")[0][:_FIRST_WORDS].strip()
    return bool(begin) and any(begin in text for text in texts)
