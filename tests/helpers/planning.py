"""Campaigns to plan, and a queue that does what the actions say, for the tests of planning."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.model import Account, Campaign, Content, Delivery, Occurrence, Part, Post, State, Wording
from bot.planning.diff import Action, Add, AddMissed, Cancel, Change, Revive, TooLate
from helpers.schedules import at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

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
    values = {field.name: getattr(occurrence, field.name) for field in fields(Occurrence)}
    return Delivery(id=number, state=state, not_before=occurrence.due, **values)


def _replanned(delivery: Delivery, occurrence: Occurrence) -> Delivery:
    values = {field.name: getattr(occurrence, field.name) for field in fields(Occurrence)}
    return replace(delivery, state=State.SCHEDULED, not_before=occurrence.due, **values)


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
                after[delivery.key] = _replanned(delivery, occurrence)
            case Cancel(delivery):
                after[delivery.key] = replace(delivery, state=State.CANCELLED)
            case TooLate():
                pass
    return list(after.values())
