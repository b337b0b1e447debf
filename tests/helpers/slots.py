"""Accounts with slots, posts that take them, and a queue that does what the plan says."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from bot.model import Account, Delivery, Slot
from bot.planning.diff import Action, find_actions
from bot.planning.occurrences import plan_occurrences, planning_window
from bot.planning.slots import SlotPlan, fill_slots, slot_keys
from bot.schedules import NextSlot
from helpers.planning import NOW, apply_actions, campaign, post

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.model import Campaign, Post, Schedule
    from bot.planning.slots import GivenApprovals

DAILY = tuple(Slot(day, time(9)) for day in range(7))
OUR_ACCOUNT = Account("ours", "text", "ours", "http://127.0.0.1:1", slots=DAILY)
ACCOUNTS = {"ours": OUR_ACCOUNT, "partner": replace(OUR_ACCOUNT, name="partner", handle="partner")}
FIRST_SLOT = NOW + timedelta(hours=21)
"""The first slot after NOW: 09:00 UTC of the next day."""


def slot_post(name: str, when: Schedule | str | None = None, **other: Any) -> Post:
    """Return a post that takes the next slot, with words of its own."""
    return post(name, when or NextSlot(), f"About {name}.", **other)


def filled_slots(
    campaigns: Sequence[Campaign],
    queue: Sequence[Delivery] = (),
    now: datetime = NOW,
    accounts: Mapping[str, Account] = ACCOUNTS,
    given: GivenApprovals | None = None,
) -> SlotPlan:
    """Plan as the loop does."""
    span = planning_window(now)
    timed = plan_occurrences(campaigns, accounts, *span)
    wanted = {*slot_keys(campaigns), *(occurrence.key for occurrence in timed)}
    known = [
        delivery
        for delivery in queue
        if delivery.key in wanted or span[0] <= delivery.due < span[1]
    ]
    return fill_slots(timed, campaigns, accounts, known, now, span, given or {})


def planned_actions(
    posts: Sequence[Post],
    queue: Sequence[Delivery] = (),
    now: datetime = NOW,
    accounts: Mapping[str, Account] = ACCOUNTS,
) -> tuple[Action, ...]:
    found = filled_slots([campaign(*posts)], queue, now, accounts)
    return find_actions(found.occurrences, queue, now, planning_window(now))


def replanned_queue(
    posts: Sequence[Post],
    queue: Sequence[Delivery] = (),
    now: datetime = NOW,
    accounts: Mapping[str, Account] = ACCOUNTS,
) -> list[Delivery]:
    """Return the queue after planning these posts."""
    return apply_actions(queue, planned_actions(posts, queue, now, accounts))
