"""Explain why each delivery waits, list the attempts to send it, and list single deliveries."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from bot.database.types import batched
from bot.database.workers import running_workers
from bot.delivery.decide import NOT_DUE, GiveUp, Wait, decide
from bot.model import State
from bot.model.people import EVERYTHING
from bot.schedules.local_time import format_local
from bot.services.concealing import Concealer
from bot.services.views import SingleDelivery
from bot.services.views_queue import AttemptView, LookView
from bot.store.waiting import read_waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.model import Delivery, Occurrence, Scope
    from bot.runtime.app import App
    from bot.services.views import PostView
    from bot.store.waiting import Waiting

GOING_OUT = frozenset({State.SCHEDULED, State.SENDING})
"""The states of a delivery that is sent once it is due, if nothing holds it."""


def format_due(subject: Delivery | Occurrence) -> str:
    """Return when a delivery is due, in the timezone of its audience."""
    return format_local(subject.due, subject.timezone)


def find_seen(app: App, number: str, scope: Scope) -> Delivery | None:
    """Return the delivery with this number, or None if there is none that a person sees."""
    delivery = app.queue.get(number) if number.isdigit() else None
    return delivery if delivery and scope.sees(delivery.campaign, delivery.account) else None


def waiting_calls(app: App) -> list[Waiting]:
    """Return the calls of running loops that have waited for a platform for long."""
    workers = [worker.name for worker in running_workers(app.database)]
    return read_waiting(app.database, workers, app.clock.now())


def explain(app: App, deliveries: Sequence[Delivery]) -> dict[int, str]:
    """Return the reason for each delivery's state by number; "" if it only waits for its time."""
    now = app.clock.now()
    reasons = {delivery.id: delivery.reason for delivery in deliveries}
    going = [found for found in deliveries if found.due <= now and found.state in GOING_OUT]
    stuck = {call.account: call.describe(now) for call in waiting_calls(app)} if going else {}
    for delivery in going:
        sending = delivery.state is State.SENDING
        usual = "" if sending else "goes out now, if the loop runs"
        reasons[delivery.id] = stuck.get(delivery.account, usual)
    for batch in batched([found for found in deliveries if found.state is State.SCHEDULED]):
        with app.database.reading() as connection:
            situations = app.situations.read(connection, batch, now).by_delivery
        for delivery in batch:
            step = decide(delivery, situations[delivery.id], now)
            if isinstance(step, Wait | GiveUp):
                reasons[delivery.id] = "" if step.why == NOT_DUE else step.why
    return reasons


def attempt_views(
    app: App, deliveries: Sequence[Delivery], concealer: Concealer | None = None
) -> tuple[AttemptView, ...]:
    """Return every attempt to send these, with the looks at the timeline that followed.

    Without a concealer, words about them may name any post.
    """
    shown = (concealer or Concealer(app, EVERYTHING)).words
    attempts = app.queue.attempts_of(delivery.id for delivery in deliveries)
    probes = app.queue.probes_of(attempt.id for found in attempts.values() for attempt in found)
    return tuple(
        AttemptView(
            account=delivery.account,
            number=delivery.id,
            part=attempt.part + 1,
            opened=attempt.opened,
            outcome=attempt.outcome,
            detail=shown(attempt.detail),
            status=attempt.status,
            sent=attempt.payload,
            looks=tuple(
                LookView(
                    look.at,
                    look.readable,
                    tuple(of.url for of in look.matches),
                    shown(look.evidence),
                )
                for look in probes.get(attempt.id, ())
            ),
        )
        for delivery in deliveries
        for attempt in attempts.get(delivery.id, ())
    )


def single_deliveries(posts: Iterable[PostView]) -> list[SingleDelivery]:
    """Return the deliveries of these posts, each with the name of its post."""
    return [
        SingleDelivery(
            name=post.name,
            **{field.name: getattr(delivery, field.name) for field in fields(delivery)},
        )
        for post in posts
        for delivery in post.deliveries
    ]
