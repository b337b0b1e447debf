"""Which post takes which queue slot: in the order of the files, the next one that is free. Pure.

A post of the kind ``slot: next`` has no time of its own. All that wait are dealt out anew with
every plan, so inserting, moving or removing one brings the rest to where they belong. What is out,
on its way, or about to go keeps the slot that it took. One that could not go out within its grace
takes the next slot again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.approval import counting, lack
from bot.errors import Problem, UserError
from bot.facts import stale_from
from bot.model import SLOT, Moment, State, Subject
from bot.planning import key, occurrence
from bot.schedules import NextSlot
from bot.schedules.slots import FreeSlots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.model import Account, Campaign, Delivery, Occurrence, Post

    Given = Mapping[tuple[Subject, str], Sequence[str]]
    """Who has approved which words, by what they are of and their digest."""

SETTLED = timedelta(minutes=1)
"""What is due within this keeps its slot, and nothing new takes one so near: its media are being
uploaded, and a worker may be about to claim it."""

NAMED = 3
"""So many posts are named that find no slot; the others are counted."""

CODES = {
    "P103": "A post that takes the next slot of an account without slots would wait for ever.",
    "P104": "No slot is free before the post ends, or before a fact of it is due for review.",
    "P105": "No slot is free within the planning horizon: the post waits until the horizon moves.",
}
"""What can be wrong with a post that takes slots, and why it matters."""

_OUT = frozenset({State.PUBLISHED, State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN})
_GIVEN_UP = frozenset({State.MISSED, State.EXPIRED})


@dataclass(frozen=True, slots=True)
class Filled:
    """All that is planned, slots and fixed times, by due instant; and whom no slot suits."""

    occurrences: tuple[Occurrence, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Wish:
    """A post that wants a slot of an account, and what became of it so far."""

    campaign: Campaign
    post: Post
    account: Account
    delivery: Delivery | None

    def at(self, due: datetime) -> Occurrence:
        """Give it at an instant."""
        moment = Moment(SLOT, due, self.account.timezone)
        return occurrence(self.campaign, self.post, self.account, moment)

    def kept(self, now: datetime) -> datetime | None:
        """Give the slot that it took and keeps; None where it takes one anew."""
        one = self.delivery
        if one is None:
            return None
        if one.state in _OUT or one.state is State.REJECTED or one.next_part:
            return one.due
        waits = one.state is State.SCHEDULED and one.due <= now + SETTLED
        return one.due if waits and now <= self.at(one.due).deadline else None

    def unapproved(self, given: Given, now: datetime) -> bool:
        """Tell whether too few people have approved what it is to say."""
        one = self.at(now)  # what it says does not depend on the slot
        if not one.approvals:
            return False
        subject = Subject(one.campaign, one.post, one.account)
        names = counting(given.get((subject, one.approval_digest), ()), one.approvals, one.author)
        return lack(names, one.approvals) is not None

    @property
    def before(self) -> datetime | None:
        """The instant from which on it could not go out any more."""
        expires = self.post.expires
        ends = [stale_from(self.campaign, self.post)]
        ends += [expires] if isinstance(expires, datetime) else []
        return min(filter(None, ends), default=None)


def keys(campaigns: Iterable[Campaign]) -> dict[str, str]:
    """Return the keys of all posts that take slots, each with its account.

    What became of each must be known to ``fill``.
    """
    return {
        key(post, name, SLOT): name
        for campaign in campaigns
        for post in campaign.posts
        if isinstance(post.when, NextSlot)
        for name in post.accounts
    }


def without_slots(posts: Iterable[Post], accounts: Mapping[str, Account]) -> Iterator[Problem]:
    """Give a problem for each post and account of it that has no slot for it to take."""
    for post in posts:
        for name in post.accounts if isinstance(post.when, NextSlot) else ():
            account = accounts.get(name)
            if account and not account.slots:
                message = f"{name} has no slots, so the post would never be due on it."
                hint = f'Give it some in the config: slots: ["mon-fri 09:00"] under {name}.'
                mark = post.mark
                yield Problem(mark.file, mark.line, mark.column, "P103", message, hint)


def fill(
    planned: Sequence[Occurrence],
    campaigns: Sequence[Campaign],
    accounts: Mapping[str, Account],
    queued: Sequence[Delivery],
    now: datetime,
    within: tuple[datetime, datetime],
    given: Given | None = None,
) -> Filled:
    """Give ``planned``, what has a time of its own, and with it every post that takes a slot.

    ``queued`` must hold what is due ``within`` the span that is planned, and whatever has one of
    ``keys``; ``given`` is who has approved what. Beyond the span nothing takes a slot. Raises
    UserError for an account without slots.
    """
    if lacking := [one for each in campaigns for one in without_slots(each.posts, accounts)]:
        raise UserError(lacking)
    start, end = within
    by_key = {one.key: one for one in queued}
    wishes = list(_wishes(campaigns, accounts, by_key))
    if not wishes:
        return Filled(tuple(planned), ())
    wishes.sort(key=lambda wish: wish.unapproved(given or {}, now))  # else in their order
    dealt = _dealt(wishes, _taken(planned, queued, by_key, now), now, end)
    taking = [wish.at(due) for wish, due in dealt if due and start <= due < end]
    left = [wish for wish, due in dealt if due is None]
    problems = [_unsuited(wish) for wish in left if _fails(wish, end)]
    problems += _crowded_out(wish for wish in left if wish.before is None or wish.before > end)
    found = sorted([*planned, *taking], key=lambda one: one.due)
    return Filled(tuple(found), tuple(sorted(problems)))


def _wishes(
    campaigns: Iterable[Campaign],
    accounts: Mapping[str, Account],
    by_key: Mapping[str, Delivery],
) -> Iterator[_Wish]:
    for campaign in campaigns:
        for post in campaign.posts:
            if isinstance(post.when, NextSlot):
                for name in post.accounts:
                    delivery = by_key.get(key(post, name, SLOT))
                    if delivery is None or delivery.state is not State.DROPPED:
                        yield _Wish(campaign, post, accounts[name], delivery)


def _dealt(
    wishes: Sequence[_Wish],
    taken: dict[str, list[datetime]],
    now: datetime,
    end: datetime,
) -> list[tuple[_Wish, datetime | None]]:
    """Give each its slot: first those that keep theirs, then the others in their order."""
    kept = [wish.kept(now) for wish in wishes]
    for wish, due in zip(wishes, kept, strict=True):
        if due and wish.delivery and not _is_out(wish.delivery):
            taken.setdefault(wish.account.name, []).append(due)
    free = {
        name: FreeSlots(account, taken.get(name, ()), now + SETTLED + timedelta.resolution, end)
        for name, account in {wish.account.name: wish.account for wish in wishes}.items()
    }
    return [
        (wish, due or free[wish.account.name].take(wish.campaign.embargo, wish.before))
        for wish, due in zip(wishes, kept, strict=True)
    ]


def _taken(
    planned: Iterable[Occurrence],
    queued: Iterable[Delivery],
    by_key: Mapping[str, Delivery],
    now: datetime,
) -> dict[str, list[datetime]]:
    """Give by account when its posts with a time of their own are due, and when any went out."""
    taken: dict[str, list[datetime]] = {}
    for one in planned:
        if _goes_out(one, by_key.get(one.key), now):
            taken.setdefault(one.account, []).append(one.due)
    for delivery in queued:
        # What was found on the timeline after a restore went out before it was due.
        if _is_out(delivery) and delivery.due <= now + SETTLED:
            taken.setdefault(delivery.account, []).append(delivery.due)
    return taken


def _is_out(delivery: Delivery) -> bool:
    return delivery.state in _OUT or (delivery.state is State.SCHEDULED and delivery.next_part > 0)


def _goes_out(one: Occurrence, delivery: Delivery | None, now: datetime) -> bool:
    """Tell whether it waits in the queue once the plan is applied."""
    if now > one.deadline:
        return False
    if delivery is None or delivery.state is State.CANCELLED:
        return True
    if delivery.state in _GIVEN_UP:
        return now < one.due
    return delivery.state is State.SCHEDULED and not delivery.next_part


def _fails(wish: _Wish, end: datetime) -> bool:
    """Tell whether there is no slot for it, and there will be none when the horizon moves on."""
    if wish.delivery and wish.delivery.state is State.EXPIRED:
        return False
    return wish.before is not None and wish.before <= end


def _crowded_out(wishes: Iterable[_Wish]) -> Iterator[Problem]:
    """Yield a problem for each account that has fewer slots within the horizon than are wanted."""
    by_account: dict[str, list[Post]] = {}
    for wish in wishes:
        by_account.setdefault(wish.account.name, []).append(wish.post)
    for account, posts in by_account.items():
        named = ", ".join(f"{post.campaign}/{post.id}" for post in posts[:NAMED])
        more = f" and {len(posts) - NAMED} more" if len(posts) > NAMED else ""
        verb = "get" if len(posts) > 1 else "gets"
        message = f"{named}{more} {verb} no slot of {account}: none is free within the planning "
        message += "horizon."
        hint = "It takes one as the horizon moves on; to be sooner, give the account more slots."
        mark = posts[0].mark
        yield Problem(mark.file, mark.line, mark.column, "P105", message, hint, "warning")


def _unsuited(wish: _Wish) -> Problem:
    mark, post, before = wish.post.mark, wish.post, wish.before
    assert before is not None
    why = "it expires" if before == post.expires else "a fact that it stands on is due for review"
    message = f"{post.campaign}/{post.id} gets no slot of {wish.account.name}: none is free before "
    message += f"{why}, {before:%Y-%m-%d %H:%M} UTC."
    hint = "Move it up in the file, give it a time of its own, or let it live longer."
    return Problem(mark.file, mark.line, mark.column, "P104", message, hint, "warning")
