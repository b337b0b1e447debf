"""Seeded bugs: each is a mistake that a publisher could well have, planted in one worker.

Every harness must report doubles or losses when one of these is in; a harness that does not is no
proof of anything. They are planted in the worker's own process, by name: a name that is no more
fails loudly.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY, patch

from helpers import machine_bugs
from sqlalchemy import select

from bot.database import rows
from bot.database import tables as t
from bot.delivery import dispatcher, sending
from bot.delivery.probing import Reconciler
from bot.delivery.transitions import transition_for
from bot.model import State, Transition
from bot.platforms.base import Unknown, Unsent
from bot.platforms.x import timeline
from bot.store import claims, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.model import Delivery


def install_bug(bug: str) -> None:
    """Plant a bug in this process; none where the name is empty."""
    if bug:
        BUGS[bug]()


def _replace(thing: Any, name: str, value: Any) -> None:
    patch.object(thing, name, value).start()


def naive_requeue() -> None:
    """What was on the wire when its worker died goes back into the queue."""
    machine_bugs.naive_requeue(SimpleNamespace(setattr=_replace))


def no_rescue() -> None:
    """What was on the wire when its worker died stays there for ever."""
    _replace(Reconciler, "rescue", lambda *_, **__: 0)


def no_deadline() -> None:
    """The boot clock is not compared before the bytes leave."""
    _replace(sending, "LAUNCH_SECONDS", float("inf"))


def blind_resend() -> None:
    """No answer counts as not sent."""

    def naive(delivery: Any, account: Any, outcome: Any, *rest: Any) -> Transition:
        if isinstance(outcome, Unknown):
            outcome = Unsent(outcome.detail)
        return transition_for(delivery, account, outcome, *rest)

    _replace(sending, "transition_for", naive)


def late_intent() -> None:
    """It is sent first and written down afterwards."""
    machine_bugs.late_intent(SimpleNamespace(setattr=_replace))


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
        query = select(*rows.DELIVERY_COLUMNS).where(where).order_by(c.account, c.due, c.id)
        return [rows.delivery(row) for row in connection.execute(query)]

    _replace(claims, "ready", any_state)
    _replace(claims.ClaimTransaction, "_locked", lambda _, names: frozenset(names))
    _replace(dispatcher, "due_accounts", accounts_in_any)
    for module in (claims, outcomes):
        _replace(module, "fence_unchanged", lambda delivery: t.deliveries.c.id == delivery.id)
    _replace(claims, "_sending_fences", lambda _, ids: dict.fromkeys(ids, ANY))


def errors_are_empty() -> None:
    """An answer of errors only counts as a timeline without posts."""
    _replace(timeline, "page_fault", lambda *_: "")


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug
    for bug in (
        *(naive_requeue, no_rescue, no_deadline, blind_resend, late_intent, no_fence),
        errors_are_empty,
    )
}
