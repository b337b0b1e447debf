"""Books what calls cost, by the platform's dated prices. Every call is booked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.model import Content, Spending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.clock import Clock
    from bot.model import Delivery, Part
    from bot.platforms.base import Charge, Kind, Upload
    from bot.store.ledger import Ledger


class Spend:
    """Turns charges into money in the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        kind: Callable[[str], Kind],
        clock: Clock,
        booked: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``booked`` is told for which account something was booked."""
        self._ledger = ledger
        self._kind = kind
        self._clock = clock
        self._booked = booked

    def published(self, delivery: Delivery) -> None:
        """Book the part that has just been published; its media were booked with their uploads."""
        part = delivery.content.parts[delivery.next_part]
        content = unpaid(self._ledger, delivery.account, [part], delivery.due)
        charges = self._kind(delivery.platform).charges(content)
        self.book(delivery.platform, delivery.account, charges, delivery.campaign)

    def uploaded(self, delivery: Delivery, upload: Upload) -> None:
        """Book what handing over one of its files cost, whether or not it is ever shown."""
        self.book(delivery.platform, delivery.account, upload.charges, delivery.campaign)

    def book(
        self,
        platform: str,
        account: str,
        charges: Iterable[Charge],
        campaign: str | None = None,
    ) -> None:
        """Book charges; a resource that was read before on the same UTC day costs nothing.

        The day is the platform's, where its answer told it: at midnight the clocks may differ.
        """
        now = self._clock.now()
        kind = self._kind(platform)
        fresh = (self._fresh(account, charge, now) for charge in charges)
        self._ledger.book(
            Spending(now, account, campaign, one.item, one.quantity, kind.price(one, now))
            for one in fresh
            if one.quantity
        )
        self._booked(account)

    def _fresh(self, account: str, charge: Charge, now: datetime) -> Charge:
        if not charge.ids:
            return charge
        day = charge.day or now.date()
        new = self._ledger.newly_billed(account, day.isoformat(), charge.ids)
        return replace(charge, quantity=len(new), ids=tuple(new))


def unpaid(ledger: Ledger, account: str, parts: Iterable[Part], at: datetime) -> Content:
    """Give parts without those of their media that the platform holds for the account at ``at``.

    What they cost was booked when they were handed over.
    """

    def left(part: Part) -> Part:
        media = (one for one in part.media if ledger.upload(account, one, at) is None)
        return replace(part, media=tuple(media))

    return Content(tuple(map(left, parts)))


def price(kind: Kind, content: Content, on: datetime) -> Decimal:
    """Give the dollars that publishing a content on that day costs. Pure."""
    charges = kind.charges(content)
    return sum((kind.price(charge, on) for charge in charges), start=Decimal(0))
