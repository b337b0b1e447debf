"""Bugs that a publisher could well have, planted in a worker to test the harnesses themselves.

A harness must report doubles or losses if one of these bugs is planted, or else it proves nothing.
The bugs replace attributes by name in the worker's own process. An unknown name is an error.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from helpers import machine_bugs
from sqlalchemy import select

from bot.database import rows
from bot.database import tables as t
from bot.delivery import dispatcher
from bot.delivery.probing import Reconciler
from bot.model import State
from bot.platforms.base import SendKey, TimelineSearch
from bot.platforms.outcomes import Unknown
from bot.platforms.x import timeline
from bot.store import claims
from bot.store.approvals import Approvals

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from helpers.machine_bugs import Patcher
    from sqlalchemy import Connection

    from bot.model import Delivery, RemotePost


def install_bug(bug: str) -> None:
    """Plant a bug in this process, or none if the name is empty."""
    if bug:
        BUGS[bug](SimpleNamespace(setattr=lambda *what: patch.object(*what).start()))


def no_rescue(patch: Patcher) -> None:
    """A delivery stays in ``sending`` for ever if its worker died."""
    patch.setattr(Reconciler, "rescue", lambda *_, **__: 0)


def no_fence(patch: Patcher) -> None:
    """A claim takes a delivery that another worker has already taken."""
    machine_bugs.fence_ignored(patch)
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

    patch.setattr(claims, "due_deliveries", any_state)
    patch.setattr(claims.ClaimTransaction, "_lock_accounts", lambda _, names: sorted(names))
    patch.setattr(claims, "take_turn", lambda _, platforms: frozenset(platforms))
    patch.setattr(dispatcher, "due_accounts", accounts_in_any)


def errors_are_empty(patch: Patcher) -> None:
    """An answer with errors and no posts counts as an empty timeline."""
    patch.setattr(timeline, "page_fault", lambda *_: "")


def empty_timeline(patch: Patcher) -> None:
    """No search finds a post."""
    for client in _clients():
        patch.setattr(client, "find", lambda *_: TimelineSearch((), "nobody looked"))


def retry(patch: Patcher) -> None:
    """A client repeats a failed send by itself, with the same key."""
    _retry(patch, lambda key: key)


def retry_anew(patch: Patcher) -> None:
    """A client repeats a failed send by itself, with a new key."""
    second = timedelta(seconds=1)
    _retry(patch, lambda key: replace(key, name=f"{key.name} again", at=key.at + second))


def _retry(patch: Patcher, next_key: Callable[[SendKey], SendKey]) -> None:
    for client in _clients():

        def publish(
            self: Any, payload: str, key: SendKey, send: Callable[..., RemotePost] = client.publish
        ) -> RemotePost:
            try:
                return send(self, payload, key)
            except Unknown:
                return send(self, payload, next_key(key))

        patch.setattr(client, "publish", publish)


def _clients() -> tuple[Any, ...]:
    # Imported only when they are needed, because atproto takes a second.
    from bot.platforms.bluesky.client import BlueskyClient
    from bot.platforms.mastodon.client import MastodonClient
    from bot.platforms.x.client import XClient

    return BlueskyClient, MastodonClient, XClient


def no_hold(patch: Patcher) -> None:
    """Posts leave without approvals, and although they are refused."""
    patch.setattr(Approvals, "holds", lambda *_, **__: {})


BUGS: dict[str, Callable[[Patcher], None]] = {
    "naive_requeue": machine_bugs.naive_requeue,
    "no_deadline": machine_bugs.no_launch_deadline,
    "blind_resend": machine_bugs.blind_resend,
    "late_intent": machine_bugs.late_intent,
    "no_rescue": no_rescue,
    "no_fence": no_fence,
    "no_hold": no_hold,
    "no_pause": machine_bugs.no_pause_in_the_claim,
    "errors_are_empty": errors_are_empty,
    "empty_timeline": empty_timeline,
    "retry": retry,
    "retry_anew": retry_anew,
}
