"""When much that is scheduled leaves the files at once: a mishap more often than a decision. Pure.

A file that was deleted, a branch that was switched, a folder that is not mounted: the plan would
cancel it all. More than a fifth, and at least three, is held back until a person says so. What an
event's cancelling or a new time of day takes out of the queue is deliberate, and so is a new name
for the same words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.model import State
from bot.planning import Cancel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.model import Campaign, Delivery, Occurrence
    from bot.planning import Action

SHARE = 0.2
LEAST = 3


@dataclass(frozen=True, slots=True)
class Vanished:
    """What would be cancelled for having left the files: ``keys``, out of so many scheduled."""

    keys: frozenset[str]
    scheduled: int

    def __str__(self) -> str:
        """Say how much it is."""
        count = f"{len(self.keys)} of {self.scheduled}"
        return f"{count} scheduled posts left the campaign files at once; they stay queued"


def vanished(
    actions: Iterable[Action],
    planned: Sequence[Occurrence],
    queued: Iterable[Delivery],
    campaigns: Iterable[Campaign],
) -> Vanished | None:
    """Give what is too much to cancel unasked; None where it is not."""
    cancelled = [one.delivery for one in actions if isinstance(one, Cancel)]
    if len(cancelled) < LEAST:
        return None
    names = {
        (post.campaign, post.id, name)
        for campaign in campaigns
        for post in campaign.posts
        for name in post.accounts
    }
    left = [one for one in cancelled if (one.campaign, one.post, one.account) not in names]
    if len(left) < LEAST:
        return None
    words = {(one.account, one.content.digest) for one in planned}
    gone = frozenset(one.key for one in left if (one.account, one.content.digest) not in words)
    scheduled = sum(delivery.state is State.SCHEDULED for delivery in queued)
    too_many = len(gone) >= LEAST and len(gone) > SHARE * scheduled
    return Vanished(gone, scheduled) if too_many else None


def kept_back(actions: Iterable[Action], held: Vanished) -> tuple[Action, ...]:
    """Give the actions without the cancelling of what vanished."""
    return tuple(
        action
        for action in actions
        if not (isinstance(action, Cancel) and action.delivery.key in held.keys)
    )
