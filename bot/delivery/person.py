"""What a person's decision makes of a delivery that only a person can settle. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.delivery.settle import settle
from bot.model import Published, Settlement, State

if TYPE_CHECKING:
    from datetime import datetime

    from bot.model import Account, Delivery, Twin


def sent(
    delivery: Delivery,
    account: Account,
    published: Published,
    who: str,
    now: datetime,
) -> Settlement:
    """It is out, as ``published``; a thread goes on with its next part."""
    settlement = settle(delivery, account, published, now)
    return replace(settlement, reason=f"{who} found it on the platform")


def not_sent(delivery: Delivery, who: str, now: datetime, twin: Twin | None = None) -> Settlement:
    """It is not out: it goes back into the queue where it is still in time, or else is missed.

    Of a thread whose first parts are out, the rest stays with the person when it is too late.
    ``twin`` is another post that has said the same, if that is what they were asked about.
    """
    why = f"{who} says that it is not on the platform"
    if twin:
        why = f"{who} lets it say again what {twin.post} has said on {twin.account}"
    if now <= delivery.deadline:
        return Settlement(State.SCHEDULED, now, why, absent=twin is None)
    if delivery.next_part:
        return Settlement(State.DROPPED, reason=f"{why}; too late for the rest of the thread")
    return Settlement(State.MISSED, reason=f"{why}; too late to send it")


def drop(who: str) -> Settlement:
    """It is left as it is, and nothing more is sent."""
    return Settlement(State.DROPPED, reason=f"dropped by {who}")
