"""Queue slots for posts with ``slot: next``, which have no time of their own. Pure.

Posts take the next free slots in the order of the files. Every plan assigns all waiting posts
again, and inserting, moving or removing one moves the rest. A post that is published, on its way,
or about to be sent keeps its slot. One that could not be sent within its grace takes another slot.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.errors import Problem, UserError
from bot.model import SLOT, Moment, State
from bot.planning.approval import approval_hold
from bot.planning.occurrences import (
    build_occurrence,
    delivery_key,
    embargo_of,
    most_parts,
    stale_from,
)
from bot.schedules import NextSlot
from bot.schedules.account_times import DEFAULT_DAILY_CAP, local_day, quiet_span, slot_instants
from bot.text import join_first

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from bot.model import Account, Campaign, Delivery, Occurrence, Post
    from bot.planning.approval import Verdicts

    Taken = tuple[datetime, int]
    """When a post of an account is due, and how many parts it has."""

SLOT_LOCK = timedelta(minutes=1)
"""A post that is due within this keeps its slot, because a worker may be about to claim it. No
other post takes a slot so soon, because its media would not be uploaded in time."""

MAX_NAMED = 3
"""Posts without a slot that a message names. The others are counted."""

_SENT_OR_SENDING = frozenset({State.PUBLISHED, State.SENDING, State.UNKNOWN, State.NEEDS_HUMAN})
_MISSED_OR_EXPIRED = frozenset({State.MISSED, State.EXPIRED})


def slot_keys(campaigns: Iterable[Campaign]) -> dict[str, str]:
    """Return the keys of all posts that take slots, each with its account.

    ``fill_slots`` needs their deliveries.
    """
    return {
        delivery_key(post, name, SLOT): name
        for campaign in campaigns
        for post in campaign.posts
        if isinstance(post.when, NextSlot)
        for name in post.accounts
    }


def missing_slots(posts: Iterable[Post], accounts: Mapping[str, Account]) -> Iterator[Problem]:
    """Yield a problem for each post that takes the next slot of an account without slots."""
    for post in posts:
        for name in post.accounts if isinstance(post.when, NextSlot) else ():
            account = accounts.get(name)
            if account and not account.slots:
                message = f"{name} has no slots, so the post would never be due on it."
                hint = f'Give it some in the config: slots: ["mon-fri 09:00"] under {name}.'
                yield Problem(*post.mark, "P103", message, hint)


def fill_slots(
    planned: Sequence[Occurrence],
    campaigns: Sequence[Campaign],
    accounts: Mapping[str, Account],
    queued: Sequence[Delivery],
    now: datetime,
    within: tuple[datetime, datetime],
    verdicts: Verdicts,
    staying: Collection[str] = (),
) -> tuple[tuple[Occurrence, ...], tuple[Problem, ...]]:
    """Return all occurrences, by due instant, and a problem for each post without a slot.

    ``planned`` has the occurrences with times of their own. ``queued`` must have the deliveries due
    ``within`` the planned span, and those with one of ``slot_keys``. ``verdicts`` has the
    approvals and refusals, and ``staying`` the keys of deliveries that left the files and keep
    their time for now. No post takes a slot beyond the span. Raise UserError for an account without
    slots.
    """
    problems = [
        found for campaign in campaigns for found in missing_slots(campaign.posts, accounts)
    ]
    if problems:
        raise UserError(problems)
    start, end = within
    by_key = {delivery.key: delivery for delivery in queued}
    requests = [
        _SlotRequest(campaign, post, accounts[name], delivery)
        for campaign in campaigns
        for post in campaign.posts
        if isinstance(post.when, NextSlot)
        for name in post.accounts
        for delivery in [by_key.get(delivery_key(post, name, SLOT))]
        if delivery is None or delivery.state is not State.DROPPED
    ]
    if not requests:
        return tuple(planned), ()
    # Approved posts first, otherwise in the order of the files. The content depends on no slot.
    requests.sort(key=lambda request: bool(approval_hold(request.occurrence_at(now), verdicts)))
    stays = [by_key[key] for key in staying if key in by_key]
    taken = _taken_times([*planned, *stays], queued, by_key, now)
    assigned = _assign_slots(requests, taken, now, end)
    in_slots = [
        request.occurrence_at(due) for request, due in assigned if due and start <= due < end
    ]
    problems += _no_slot_problems((request for request, due in assigned if due is None), end)
    occurrences = sorted([*planned, *in_slots], key=lambda occurrence: occurrence.due)
    return tuple(occurrences), tuple(sorted(problems))


@dataclass(frozen=True, slots=True)
class _SlotRequest:
    """A post that wants a slot of an account, and its delivery so far."""

    campaign: Campaign
    post: Post
    account: Account
    delivery: Delivery | None

    def occurrence_at(self, due: datetime) -> Occurrence:
        """Return the post's occurrence at an instant."""
        moment = Moment(SLOT, due, self.account.timezone)
        return build_occurrence(self.campaign, self.post, self.account, moment)

    def kept_slot(self, now: datetime) -> datetime | None:
        """Return the slot that the post keeps, or None if it takes another."""
        delivery = self.delivery
        if delivery is None:
            return None
        sent = delivery.state in _SENT_OR_SENDING or delivery.state is State.REJECTED
        imminent = delivery.state is State.SCHEDULED and delivery.due <= now + SLOT_LOCK
        keeps = (
            sent
            or delivery.next_part
            or (imminent and now <= self.occurrence_at(delivery.due).deadline)
        )
        return delivery.due if keeps else None

    @property
    def cutoff(self) -> datetime | None:
        """The instant from which the post can no longer be sent, if there is one."""
        expires = self.post.expires
        ends = [stale_from(self.campaign, self.post)]
        ends += [expires] if isinstance(expires, datetime) else []
        return min(filter(None, ends), default=None)


def _assign_slots(
    requests: Sequence[_SlotRequest],
    taken: dict[str, list[Taken]],
    now: datetime,
    end: datetime,
) -> list[tuple[_SlotRequest, datetime | None]]:
    """Return each request with its slot, the kept ones first, then the others in their order."""
    kept = [request.kept_slot(now) for request in requests]
    for request, due in zip(requests, kept, strict=True):
        if due and request.delivery and not _is_out(request.delivery):
            parts = len(request.delivery.content.parts)
            taken.setdefault(request.account.name, []).append((due, parts))
    accounts = {request.account.name: request.account for request in requests}
    earliest = now + SLOT_LOCK + timedelta.resolution
    free = {
        name: _FreeSlots(account, taken.get(name, ()), earliest, end)
        for name, account in accounts.items()
    }
    return [
        (request, due or free[request.account.name].take(request))
        for request, due in zip(requests, kept, strict=True)
    ]


def _taken_times(
    planned: Iterable[Occurrence],
    queued: Iterable[Delivery],
    by_key: Mapping[str, Delivery],
    now: datetime,
) -> dict[str, list[Taken]]:
    """Return by account when its posts with fixed times are due, and when any was published."""
    taken: dict[str, list[Taken]] = {}
    for occurrence in planned:
        delivery = by_key.get(occurrence.key)
        state = delivery.state if delivery else State.CANCELLED
        # Once the plan is applied, a new or a cancelled post waits in the queue, too.
        waits = state in {State.CANCELLED, State.SCHEDULED} or (
            state in _MISSED_OR_EXPIRED and now < occurrence.due
        )
        is_partly_out = delivery is not None and delivery.next_part
        if waits and not is_partly_out and now <= occurrence.deadline:
            parts = len(occurrence.content.parts)
            taken.setdefault(occurrence.account, []).append((occurrence.due, parts))
    for delivery in queued:
        # A post that was found on the timeline after a restore was published before it was due, and
        # takes no slot. One that a person is asked about keeps its own until they have answered.
        asked = delivery.state is State.NEEDS_HUMAN and not delivery.next_part
        if _is_out(delivery) and (asked or delivery.due <= now + SLOT_LOCK):
            parts = len(delivery.content.parts)
            taken.setdefault(delivery.account, []).append((delivery.due, parts))
    return taken


def _is_out(delivery: Delivery) -> bool:
    """Return whether any of it is published, or may be, whatever became of the rest."""
    return delivery.next_part > 0 or delivery.state in _SENT_OR_SENDING


def _no_slot_problems(requests: Iterable[_SlotRequest], end: datetime) -> Iterator[Problem]:
    """Yield a problem for each post that never gets a slot, and for accounts with too few slots."""
    waiting: dict[str, list[Post]] = {}
    for request in requests:
        post, account, cutoff = request.post, request.account.name, request.cutoff
        if cutoff is None or cutoff > end:
            waiting.setdefault(account, []).append(post)
        elif not (request.delivery and request.delivery.state is State.EXPIRED):
            expires = cutoff == post.expires
            why = "it expires" if expires else "a fact that it relies on is due for review"
            message = f"{post.campaign}/{post.id} gets no slot of {account}: none is free before "
            message += f"{why}, {cutoff:%Y-%m-%d %H:%M} UTC."
            hint = "Move it up in the file, give it a time of its own, or let it expire later."
            yield Problem(*post.mark, "P104", message, hint, "warning")
    accounts: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for account, posts in waiting.items():
        accounts.setdefault(tuple((post.campaign, post.id) for post in posts), []).append(account)
    for together in accounts.values():
        posts, account = waiting[together[0]], join_first(together, MAX_NAMED)
        names = join_first([f"{post.campaign}/{post.id}" for post in posts], MAX_NAMED)
        verb = "get" if len(posts) > 1 else "gets"
        message = f"{names} {verb} no slot of {account}: none is free within the planning horizon."
        hint = "Wait for the horizon to move on, or give the account more slots."
        yield Problem(*posts[0].mark, "P111", message, hint, "warning")


class _FreeSlots:
    """The free slots of an account in [start, end), given the times that are ``taken``.

    Each keeps the account's gap to these, its limits for a day, and its quiet hours.
    """

    def __init__(
        self, account: Account, taken: Collection[Taken], start: datetime, end: datetime
    ) -> None:
        self._account = account
        self._taken = sorted(due for due, _ in taken)
        self._days: Counter[date] = Counter(local_day(account, due) for due in self._taken)
        self._parts: Counter[date] = Counter()
        for due, parts in taken:
            self._parts[local_day(account, due)] += parts
        instants = slot_instants(account.slots, account.timezone, start, end)
        self._free = [
            instant
            for instant in instants
            if quiet_span(account.quiet, account.timezone, instant) is None
        ]

    def take(self, request: _SlotRequest) -> datetime | None:
        """Return and take the next free slot for a post; None if none is left before its cutoff."""
        earliest = embargo_of(request.campaign, request.post)
        before, parts = request.cutoff, most_parts(request.post)
        index = bisect_left(self._free, earliest) if earliest else 0
        while index < len(self._free) and (before is None or self._free[index] < before):
            slot = self._free.pop(index)  # taken now, or it never becomes free again
            day = local_day(self._account, slot)
            place = bisect_left(self._taken, slot)
            near = self._taken[max(0, place - 1) : place + 1]
            is_apart = all(slot != due and abs(slot - due) >= self._account.gap for due in near)
            has_room = self._days[day] < (self._account.daily_cap or DEFAULT_DAILY_CAP)
            if is_apart and has_room and self._parts[day] + parts <= self._account.daily_parts:
                insort(self._taken, slot)
                self._days[day] += 1
                self._parts[day] += parts
                return slot
        return None
