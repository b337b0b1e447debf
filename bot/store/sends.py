"""The send of one part, with its intent, its claim, its result and its key.

The key names a send for the platform. A send that did not show up for minutes counts as absent, and
may still arrive, because a queue on the way was long, or the worker stood still. The part is sent
again under the same key if its payload is the same to the byte. A platform that knows such keys
then takes whichever arrives second for the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.database import tables as t
from bot.platforms.base import SendKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.model import Delivery, Transition


@dataclass(frozen=True, slots=True)
class Intent:
    """The next part of a delivery, about to be sent."""

    delivery: Delivery
    payload: str
    """The exact bytes of the request."""
    reply_to: str | None = None
    """The part before it in a thread, as the platform's client names it."""
    used_media: tuple[str, ...] = ()
    """The platform's ids of files in it that can be shown in this post only."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one part once."""

    delivery: Delivery
    attempt: int
    """The id of the open attempt in the database."""
    fence: int
    """The delivery's fence from this claim on: a result with another one changes nothing."""
    payload: str
    """The exact bytes of the request."""
    opened: datetime
    """When it was claimed."""
    repeats: SendKey | None = None
    """The key of the send that this one repeats, if it repeats one."""

    @property
    def send_key(self) -> SendKey:
        """The key of this send."""
        return self.repeats or _send_key(self.delivery, self.fence, self.opened)


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result of a send."""

    claim: Claim
    transition: Transition
    """The change of the delivery that follows from it."""
    outcome: str
    """The outcome's name, such as ``published`` or ``unknown``."""
    detail: str
    """The platform's words, or the address of the post."""
    status: int | None = None
    """The status of the HTTP response, if there was one."""


def _send_key(delivery: Delivery, fence: int, opened: datetime) -> SendKey:
    # Only a send that a restored database does not know can have had the same key.
    return SendKey(f"{delivery.key}/{delivery.next_part + 1}/{fence}", opened)


def repeated_keys(connection: Connection, intents: Sequence[Intent]) -> dict[int, SendKey]:
    """Return the keys of the sends that these repeat, by delivery; most repeat none."""
    c, found = t.attempts.c, {}
    for intent in intents:
        delivery = intent.delivery
        if not delivery.resends:
            continue
        same = (c.part == delivery.next_part) & (c.payload == intent.payload)
        where = (c.delivery == delivery.id) & same
        query = select(c.fence, c.opened).where(where, c.outcome == "unknown").order_by(c.id)
        if first := connection.execute(query.limit(1)).first():
            found[delivery.id] = _send_key(delivery, *first)
    return found
