"""The least number of approvals of a campaign or post. A file can only raise it. Pure.

A queued post keeps its number, and so does a campaign, until a person confirms a lower one.
Otherwise an editor of the files could publish a post that two people should have read. The files
cannot change the number of an account in ``config.yaml`` at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.model import State
from bot.planning.diff import Add, Change, Revive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bot.model import Campaign, Delivery, Occurrence
    from bot.planning.diff import Action

    SaysTheSame = Callable[[Occurrence, Occurrence], bool]
    """Returns whether two posts say the same, on whichever platforms."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The least number of approvals that a campaign needs."""

    needed: int
    """The number that the files have asked for, or that a person has confirmed since."""
    asked: int
    """The number that the files ask for now."""
    place: str
    """The place of that number, as ``file:line``."""

    @property
    def is_held(self) -> bool:
        """Whether the files ask for fewer, and nobody has confirmed that yet."""
        return self.asked < self.needed


def with_floors(campaigns: Iterable[Campaign], floors: Mapping[str, Floor]) -> list[Campaign]:
    """Return the campaigns, with the approvals of their floors if they ask for fewer."""
    return [
        replace(campaign, require_approval=floor.needed)
        if (floor := floors.get(campaign.id)) and campaign.require_approval < floor.needed
        else campaign
        for campaign in campaigns
    ]


def next_floor(floor: Floor | None, campaign: Campaign) -> Floor | None:
    """Return the floor of a campaign, given the one before; None if it needs no approvals."""
    asked = campaign.require_approval
    needed = max(asked, floor.needed if floor else 0)
    place = f"{campaign.approval_mark.file}:{campaign.approval_mark.line}"
    return Floor(needed, asked, place) if needed else None


@dataclass(frozen=True, slots=True)
class Moved:
    """A planned post that keeps the number of approvals of one that left the files."""

    occurrence: Occurrence
    """The planned post, with the number of approvals that it needs."""
    asked: int
    """The number that the files ask for."""
    before: Delivery
    """The post that said the same and left the files."""


MAX_COMPARED = 40_000
"""Pairs of posts that are compared. With more, as after renaming all posts, each new post keeps the
highest number."""


def keep_moved_floors(
    actions: Sequence[Action],
    planned: Iterable[Occurrence],
    queued: Iterable[Delivery],
    says_the_same: SaysTheSame,
) -> tuple[tuple[Action, ...], list[Moved]]:
    """Return the actions with the approvals that moved posts keep, and these posts.

    A post that is renamed, or moved to another campaign or account, needs as many approvals as it
    did before, even if it was missed or dropped before it was approved.
    """
    keys = {occurrence.key for occurrence in planned}
    left = [
        delivery
        for delivery in queued
        if delivery.approvals and delivery.key not in keys and delivery.state is not State.PUBLISHED
    ]
    left.sort(key=lambda delivery: delivery.approvals)
    # One for each content, the one that needs most approvals; those that need most come first.
    gone = [*{delivery.content.digest: delivery for delivery in left}.values()]
    gone.sort(key=lambda delivery: -delivery.approvals)
    new = [action for action in actions if isinstance(action, Add | Change | Revive)]
    any_counts = len(gone) * len(new) > MAX_COMPARED
    moved: list[Moved] = []

    def keep(action: Action) -> Action:
        if not isinstance(action, Add | Change | Revive):
            return action
        occurrence = action.occurrence
        for before in gone:
            if before.approvals <= occurrence.approvals:
                break
            if any_counts or says_the_same(occurrence, before):
                kept = replace(occurrence, approvals=before.approvals)
                moved.append(Moved(kept, occurrence.approvals, before))
                return replace(action, occurrence=kept)
        return action

    return tuple(map(keep, actions)), moved
