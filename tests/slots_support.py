"""Accounts with slots, posts that take them, and a queue that does what the plan says."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from planning_support import NOW, apply, campaign, post

from bot.model import Account, Delivery, Slot
from bot.planning import Action, diff, plan, window
from bot.schedules import NextSlot
from bot.slots import Filled, fill, keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.model import Campaign, Post, Schedule
    from bot.slots import Given

DAILY = tuple(Slot(day, time(9)) for day in range(7))
OURS = Account("ours", "text", "ours", "http://127.0.0.1:1", slots=DAILY)
ACCOUNTS = {"ours": OURS, "partner": replace(OURS, name="partner", handle="partner")}
FIRST = NOW + timedelta(hours=21)
"""The first slot after NOW: 09:00 UTC of the next day."""


def waits(name: str, when: Schedule | str | None = None, **other: Any) -> Post:
    """Give a post that takes the next slot, with words of its own."""
    return post(name, when or NextSlot(), f"About {name}.", **other)


def dealt(
    campaigns: Sequence[Campaign],
    queue: Sequence[Delivery] = (),
    now: datetime = NOW,
    accounts: Mapping[str, Account] = ACCOUNTS,
    given: Given | None = None,
) -> Filled:
    """Plan as the loop does."""
    span = window(now)
    timed = plan(campaigns, accounts, *span)
    wanted = {*keys(campaigns), *(one.key for one in timed)}
    known = [one for one in queue if one.key in wanted or span[0] <= one.due < span[1]]
    return fill(timed, campaigns, accounts, known, now, span, given or {})


def actions(
    posts: Sequence[Post],
    queue: Sequence[Delivery] = (),
    now: datetime = NOW,
    accounts: Mapping[str, Account] = ACCOUNTS,
) -> tuple[Action, ...]:
    found = dealt([campaign(*posts)], queue, now, accounts)
    return diff(found.occurrences, queue, now, window(now))


def brought(
    posts: Sequence[Post],
    queue: Sequence[Delivery] = (),
    now: datetime = NOW,
    accounts: Mapping[str, Account] = ACCOUNTS,
) -> list[Delivery]:
    """Give the queue after planning these posts."""
    return apply(queue, actions(posts, queue, now, accounts))
