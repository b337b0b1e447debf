"""Seeded bugs: each is a mistake that a publisher could well have, planted in one worker.

Every harness must report doubles or losses when one of these is in; a harness that does not is no
proof of anything. They are planted in the worker's own process, by name: a name that is no more
fails loudly.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY, patch

import machine_bugs
from sqlalchemy import select

from bot.delivery import answers, dispatcher
from bot.delivery.overdue import Overdue
from bot.delivery.reconciler import Reconciler
from bot.delivery.settle import settle
from bot.model import Settlement, State
from bot.platforms.base import Unknown, Unsent
from bot.platforms.x import timeline
from bot.store import claiming, rows, sending
from bot.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy import Connection

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
    # It would find what is out already.
    _set(Overdue, "unlooked", lambda *_: False)
    _set(Overdue, "settlement", lambda *_: None)


def no_rescue() -> None:
    """What was on the wire when its worker died stays there for ever."""
    _set(Reconciler, "rescue", lambda *_, **__: 0)


def no_deadline() -> None:
    """The boot clock is not compared before the bytes leave."""
    _set(answers, "LAUNCH_SECONDS", float("inf"))


def blind_resend() -> None:
    """No answer counts as not sent."""

    def naive(delivery: Any, account: Any, outcome: Any, *rest: Any) -> Settlement:
        if isinstance(outcome, Unknown):
            outcome = Unsent(outcome.detail)
        return settle(delivery, account, outcome, *rest)

    _set(answers, "settle", naive)


def late_intent() -> None:
    """It is sent first and written down afterwards."""
    machine_bugs.late_intent(SimpleNamespace(setattr=_set))


def no_fence() -> None:
    """A claim takes the delivery in whatever state it is by now."""

    states = (State.SCHEDULED, State.SENDING)

    def accounts_in_any(connection: Connection, until: datetime) -> list[str]:
        c = t.deliveries.c
        where = c.state.in_(states) & (c.not_before <= until)
        return [*connection.scalars(select(c.account).where(where).distinct())]

    def any_state(
        connection: Connection, accounts: Collection[str], until: datetime, **_: Any
    ) -> list[Delivery]:
        c = t.deliveries.c
        where = c.state.in_(states) & (c.not_before <= until) & c.account.in_(sorted(accounts))
        query = select(*rows.DELIVERY).where(where).order_by(c.account, c.due, c.id)
        return [rows.delivery(row) for row in connection.execute(query)]

    _set(claiming, "ready", any_state)
    _set(claiming.Claiming, "_locked", lambda _, names: frozenset(names))
    _set(dispatcher, "due_accounts", accounts_in_any)
    _set(sending, "same", lambda delivery, _: t.deliveries.c.id == delivery.id)
    _set(claiming, "_on_the_wire", lambda _, ids: dict.fromkeys(ids, ANY))


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
