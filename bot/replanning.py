"""Planning again after an edit, and no more of it than the edit touches. Pure.

What becomes of a delivery depends on its own post, on its campaign's header and on the queue's rows
of that post. So after an edit, the posts that it touched are planned, held against their rows and
nothing else, and what comes out is what a whole plan gives for them. Where that is not so, or where
the whole must be seen, ``None`` asks for a whole plan: for very many posts, and where more may have
vanished than ``bot.vanishing`` lets go unasked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot import planning
from bot.schedules import NextSlot
from bot.vanishing import LEAST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.campaigns.edits import Edits
    from bot.model import Campaign, Delivery, Occurrence
    from bot.planning import Action

MOST_POSTS = 2000
"""Where more posts are touched, a whole plan is hardly dearer."""


def touched(campaigns: Sequence[Campaign], edits: Edits) -> tuple[Campaign, ...] | None:
    """Give the campaigns with no posts but those to plan anew; None: plan them all."""
    if len(edits.posts) > MOST_POSTS or _takes_slots(campaigns, edits.accounts):
        return None
    names = {campaign for campaign, _ in edits.posts}
    return tuple(
        replace(
            campaign,
            posts=tuple(post for post in campaign.posts if (campaign.id, post.id) in edits.posts),
        )
        for campaign in campaigns
        if campaign.id in names
    )


def _takes_slots(campaigns: Iterable[Campaign], accounts: frozenset[str]) -> bool:
    return any(
        isinstance(post.when, NextSlot) and not accounts.isdisjoint(post.accounts)
        for campaign in campaigns
        for post in campaign.posts
    )


def relevant(
    queued: Iterable[Delivery],
    planned: Iterable[Occurrence],
    within: tuple[datetime, datetime],
) -> list[Delivery]:
    """Give of these deliveries what a whole plan would have looked at."""
    keys = {one.key for one in planned}
    start, end = within
    return [one for one in queued if start <= one.due < end or one.key in keys]


def may_have_vanished(actions: Iterable[Action], campaigns: Iterable[Campaign]) -> bool:
    """Tell whether so much leaves the queue that the whole must be looked at."""
    posts = {
        (post.campaign, post.id, name)
        for campaign in campaigns
        for post in campaign.posts
        for name in post.accounts
    }
    gone = [
        one.delivery
        for one in actions
        if isinstance(one, planning.Cancel)
        and (one.delivery.campaign, one.delivery.post, one.delivery.account) not in posts
    ]
    return len(gone) >= LEAST
