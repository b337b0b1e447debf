"""What names a send for the platform, so that a repetition of it is not a second post.

What did not show up for minutes, and counts as absent, may still arrive: a queue on the way was
long, or its worker stood still. It is sent again under the key that it had, if it is the same to
the byte: where keys count, whichever comes later changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.database import tables as t
from bot.platforms.base import SendKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.model import Delivery
    from bot.store.claims import Intent


def send_key(delivery: Delivery, fence: int, opened: datetime) -> SendKey:
    """Return what names a send. Only what left after a restored backup may have had the same."""
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
            found[delivery.id] = send_key(delivery, *first)
    return found
