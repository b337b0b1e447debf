"""Campaigns to plan, and a queue that applies the plan's actions."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from bot.model import (
    Account,
    Campaign,
    Content,
    Delivery,
    Occurrence,
    Part,
    Post,
    Slot,
    State,
    Wording,
)
from bot.planning.approval import Verdicts
from bot.planning.diff import Action, Add, AddMissed, Cancel, Change, Revive, TooLate, find_actions
from bot.planning.occurrences import plan_occurrences, planning_window
from bot.planning.slots import fill_slots, slot_keys
from bot.schedules import NextSlot
from helpers.schedules import at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.errors import Problem
    from bot.model import Schedule

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ACCOUNTS = {name: Account(name, "text", name, "http://127.0.0.1:1") for name in ("ours", "partner")}
TOMORROW = "2026-11-26 09:00"


def text_content(*texts: str) -> Content:
    return Content(tuple(Part(text) for text in texts))


def post(
    name: str = "hart",
    when: str | Schedule = TOMORROW,
    text: str = "Take HART off AWS",
    *,
    accounts: Sequence[str] = ("ours",),
    expires: datetime | timedelta | None = None,
    campaign: str = "people",
) -> Post:
    schedule = at(when, "UTC") if isinstance(when, str) else when
    return Post(
        name,
        campaign,
        tuple(accounts),
        schedule,
        (Wording("", text_content(text)),),
        expires=expires,
    )


def campaign(*posts: Post, name: str = "people") -> Campaign:
    return Campaign(name, name.title(), "UTC", ("ours",), (), {}, {}, {}, posts)


def queued_delivery(
    occurrence: Occurrence, number: int = 1, state: State = State.SCHEDULED
) -> Delivery:
    return Delivery(id=number, **_planned_fields(occurrence, state))


def _planned_fields(occurrence: Occurrence, state: State = State.SCHEDULED) -> dict[str, Any]:
    values = {field.name: getattr(occurrence, field.name) for field in fields(Occurrence)}
    return {**values, "state": state, "not_before": occurrence.due}


def apply_actions(queue: Iterable[Delivery], actions: Iterable[Action]) -> list[Delivery]:
    """Return the queue as the actions leave it."""
    after = {delivery.key: delivery for delivery in queue}
    for action in actions:
        match action:
            case Add(occurrence):
                assert occurrence.key not in after
                after[occurrence.key] = queued_delivery(occurrence, len(after) + 1)
            case AddMissed(occurrence):
                assert occurrence.key not in after
                after[occurrence.key] = queued_delivery(occurrence, len(after) + 1, State.MISSED)
            case Change(delivery, occurrence) | Revive(delivery, occurrence):
                after[delivery.key] = replace(delivery, **_planned_fields(occurrence))
            case Cancel(delivery):
                after[delivery.key] = replace(delivery, state=State.CANCELLED)
            case TooLate():
                pass
    return list(after.values())


DAILY = tuple(Slot(day, time(9)) for day in range(7))
OUR_ACCOUNT = Account("ours", "text", "ours", "http://127.0.0.1:1", slots=DAILY)
SLOT_ACCOUNTS = {
    "ours": OUR_ACCOUNT,
    "partner": replace(OUR_ACCOUNT, name="partner", handle="partner"),
}
FIRST_SLOT = NOW + timedelta(hours=21)
"""The first slot after NOW, at 09:00 UTC of the next day."""


def slot_post(name: str, when: Schedule | str | None = None, **other: Any) -> Post:
    """Return a post with unique words that takes the next slot."""
    return post(name, when or NextSlot(), f"About {name}.", **other)


def filled_slots(
    campaigns: Sequence[Campaign],
    queue: Sequence[Delivery] = (),
    now: datetime = NOW,
    accounts: Mapping[str, Account] = SLOT_ACCOUNTS,
    verdicts: Verdicts | None = None,
) -> tuple[tuple[Occurrence, ...], tuple[Problem, ...]]:
    """Plan as the loop does."""
    span = planning_window(now)
    timed = plan_occurrences(campaigns, accounts, *span)
    wanted = {*slot_keys(campaigns), *(occurrence.key for occurrence in timed)}
    known = [
        delivery
        for delivery in queue
        if delivery.key in wanted or span[0] <= delivery.due < span[1]
    ]
    return fill_slots(timed, campaigns, accounts, known, now, span, verdicts or Verdicts())


def planned_actions(
    posts: Sequence[Post],
    queue: Sequence[Delivery] = (),
    now: datetime = NOW,
    accounts: Mapping[str, Account] = SLOT_ACCOUNTS,
) -> tuple[Action, ...]:
    found, _ = filled_slots([campaign(*posts)], queue, now, accounts)
    return find_actions(found, queue, now, planning_window(now))


def replanned_queue(
    posts: Sequence[Post],
    queue: Sequence[Delivery] = (),
    now: datetime = NOW,
    accounts: Mapping[str, Account] = SLOT_ACCOUNTS,
) -> list[Delivery]:
    """Return the queue after planning these posts."""
    return apply_actions(queue, planned_actions(posts, queue, now, accounts))
