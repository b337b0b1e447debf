"""Planning again after an edit, and no more of it than the edit touches. Pure.

What becomes of a delivery depends on its own post, on its campaign's header and on the queue's rows
of that post; in a queue slot, on all that its account posts as well. So after an edit, the posts
that it touched are planned, and those that wait for a slot of the same accounts; they are held
against their rows and nothing else, and what comes out is what a whole plan gives for them. What
the accounts post beside them is as the queue has it: it was brought there by a whole plan.

``None`` asks for a whole plan: for very many posts, and where more may have vanished than
``bot.vanishing`` lets go unasked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot import planning, slots
from bot.model import Occurrence, State
from bot.schedules import NextSlot
from bot.vanishing import LEAST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.campaigns.edits import Edits
    from bot.model import Account, Campaign, Delivery, Post
    from bot.planning import Action

MOST_POSTS = 2000
"""Where more posts are touched, a whole plan is hardly dearer."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What is to be planned anew: ``posts`` by campaign and id, some of which may be gone.

    ``campaigns`` have no posts but those; the slots of ``accounts`` are dealt out anew.
    """

    campaigns: tuple[Campaign, ...]
    posts: frozenset[tuple[str, str]]
    accounts: frozenset[str]


def touched(campaigns: Sequence[Campaign], edits: Edits) -> Touched | None:
    """Give what these edits touch; None where everything is to be planned."""
    waiting = [post for one in campaigns for post in one.posts if type(post.when) is NextSlot]
    accounts = _connected(waiting, edits.accounts)
    waiting = [post for post in waiting if not accounts.isdisjoint(post.accounts)]
    posts = edits.posts.union((post.campaign, post.id) for post in waiting)
    if len(posts) > MOST_POSTS:
        return None
    dealt = frozenset(name for post in waiting for name in post.accounts)
    return Touched(_only(campaigns, posts), posts, dealt)


def _connected(waiting: Sequence[Post], accounts: frozenset[str]) -> frozenset[str]:
    """Give these accounts, and those that posts in their slots go out from as well."""
    while True:
        more = [post.accounts for post in waiting if not accounts.isdisjoint(post.accounts)]
        reached = accounts.union(*more)
        if reached == accounts:
            return accounts
        accounts = reached


def _only(campaigns: Iterable[Campaign], posts: frozenset[tuple[str, str]]) -> tuple[Campaign, ...]:
    names = {campaign for campaign, _ in posts}
    return tuple(
        replace(one, posts=tuple(post for post in one.posts if (one.id, post.id) in posts))
        for one in campaigns
        if one.id in names
    )


def plan(
    what: Touched,
    accounts: Mapping[str, Account],
    queued: Sequence[Delivery],
    beside: Iterable[Delivery],
    now: datetime,
    within: tuple[datetime, datetime],
    given: slots.Given,
) -> slots.Filled:
    """Give all that these posts should have in the queue, by due instant, and whom no slot suits.

    ``queued`` are the deliveries of the posts, ``beside`` all of the accounts whose slots are dealt
    out, due ``within`` the span; what these say does not matter. Raises UserError.
    """
    timed = planning.plan(what.campaigns, accounts, *within)
    if not what.accounts:
        return slots.Filled(timed, ())
    others = [one for one in beside if (one.campaign, one.post) not in what.posts]
    fixed = [_as_planned(one) for one in others if one.state is State.SCHEDULED]
    known = [*queued, *others]
    filled = slots.fill([*timed, *fixed], what.campaigns, accounts, known, now, within, given)
    mine = tuple(one for one in filled.occurrences if (one.campaign, one.post) in what.posts)
    return slots.Filled(mine, filled.problems)


def _as_planned(one: Delivery) -> Occurrence:
    return Occurrence(
        key=one.key,
        campaign=one.campaign,
        post=one.post,
        demand=one.demand,
        event=one.event,
        account=one.account,
        platform=one.platform,
        label=one.label,
        due=one.due,
        timezone=one.timezone,
        grace=one.grace,
        expires=one.expires,
        content=one.content,
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
