"""Seeded bugs: each is a mistake that a publisher could well have, planted in one worker.

Every harness must report doubles or losses when one of these is in; a harness that does not is no
proof of anything. They are planted in the worker's own process, by name: a name that is no more
fails loudly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from bot.delivery import publisher
from bot.delivery.overdue import Overdue
from bot.delivery.reconciler import Reconciler
from bot.delivery.settle import settle
from bot.model import Settlement, State
from bot.platforms.base import Unknown, Unsent
from bot.platforms.x import timeline
from bot.store import sending
from bot.store import tables as t
from bot.store.sending import Claim, Sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.model import Attempt, Delivery


def plant(bug: str) -> None:
    """Plant a bug in this process; none where the name is empty."""
    if bug:
        BUGS[bug]()


def _set(thing: Any, name: str, value: Any) -> None:
    patch.object(thing, name, value).start()


def naive_requeue() -> None:
    """What was on the wire when its worker died goes back into the queue."""

    def rescue(self: Reconciler, delivery: Delivery, attempt: Attempt, now: datetime) -> None:
        self._desk.sending.rescue(delivery, attempt, Settlement(State.SCHEDULED, now), now)

    _set(Reconciler, "_rescue", rescue)
    _set(Overdue, "settlement", lambda *_: None)  # it would find what is out already


def no_rescue() -> None:
    """What was on the wire when its worker died stays there for ever."""
    _set(Reconciler, "rescue", lambda *_, **__: 0)


def no_deadline() -> None:
    """The boot clock is not compared before the bytes leave."""
    _set(publisher, "LAUNCH_SECONDS", float("inf"))


def blind_resend() -> None:
    """No answer counts as not sent."""

    def naive(delivery: Any, account: Any, outcome: Any, *rest: Any) -> Settlement:
        if isinstance(outcome, Unknown):
            outcome = Unsent(outcome.detail)
        return settle(delivery, account, outcome, *rest)

    _set(publisher, "settle", naive)


def late_intent() -> None:
    """The intent is written with the outcome, after the bytes have left."""
    claim, close = Sending.claim, Sending.close

    def later(_: Sending, delivery: Delivery, payload: str, **rest: Any) -> Claim:
        claimed = Claim(delivery, 0, 0, payload)
        _AWAITED[delivery.key] = (delivery, payload, rest)
        return claimed

    def both(self: Sending, claimed: Claim, settlement: Settlement, **rest: Any) -> bool:
        delivery, payload, intent = _AWAITED.pop(claimed.delivery.key)
        made = claim(self, delivery, payload, **intent)
        return made is not None and close(self, made, settlement, **rest)

    _set(Sending, "claim", later)
    _set(Sending, "close", both)


_AWAITED: dict[str, tuple[Delivery, str, dict[str, Any]]] = {}


def no_fence() -> None:
    """A claim takes the delivery in whatever state it is by now."""
    _set(sending, "claimable", lambda delivery, *_, **__: t.deliveries.c.id == delivery.id)
    _set(sending, "same", lambda delivery, _: t.deliveries.c.id == delivery.id)


def errors_are_empty() -> None:
    """An answer of errors only counts as a timeline without posts."""
    _set(timeline, "fault", lambda *_: "")


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug
    for bug in (
        *(naive_requeue, no_rescue, no_deadline, blind_resend, late_intent, no_fence),
        errors_are_empty,
    )
}
