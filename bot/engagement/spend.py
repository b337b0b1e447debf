"""Books what calls cost, by the platform's dated prices. Every call is booked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.model import Content, Spending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from bot.clock import Clock
    from bot.model import Delivery, Media, Part
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

    def bill(
        self, delivery: Delivery, uploaded: Callable[[Media, datetime], bool] | None = None
    ) -> tuple[Spending, ...]:
        """Return what publishing the next part costs; its media were booked with their uploads.

        It is booked with the outcome, in one transaction: see ``Settlement``. ``uploaded`` says
        whether the platform holds a file at an instant; the database is asked where it is None.
        """
        part, account = delivery.content.parts[delivery.next_part], delivery.account

        def there(media: Media) -> bool:
            if uploaded:
                return uploaded(media, delivery.due)
            return self._ledger.upload(account, media, delivery.due) is not None

        content = unpaid([part], there)
        return self._entries(delivery, self._kind(delivery.platform).charges(content))

    def uploaded(self, delivery: Delivery, media: Media, upload: Upload) -> None:
        """Keep an upload, and book what it cost, whether or not it is ever shown."""
        bill = self._entries(delivery, upload.charges)
        account = delivery.account
        self._ledger.uploaded(account, media, upload.media_id, upload.expires, bill)
        self._booked(account)

    def _entries(self, delivery: Delivery, charges: Iterable[Charge]) -> tuple[Spending, ...]:
        now, kind = self._clock.now(), self._kind(delivery.platform)
        names = (delivery.account, delivery.campaign)
        return tuple(
            Spending(now, *names, one.item, one.quantity, kind.price(one, now)) for one in charges
        )

    def book(self, platform: str, account: str, charges: Iterable[Charge]) -> None:
        """Book reads; a resource that was read before on the same day costs nothing.

        The day is the platform's, where its answer told it: at midnight the clocks may differ.
        """
        now, kind = self._clock.now(), self._kind(platform)
        charges = tuple(charges)
        today = kind.billed_on(now)
        read = [one for charge in charges for one in _read(charge, today)]
        with self._ledger.booking() as booking:
            new = booking.newly_billed(account, read)
            fresh = [_fresh(charge, new, today) for charge in charges]
            booking.add(
                Spending(now, account, None, one.item, one.quantity, kind.price(one, now))
                for one in fresh
                if one.quantity
            )
        self._booked(account)


def _read(charge: Charge, today: date) -> list[tuple[str, str]]:
    day = charge.day or today
    return [(day.isoformat(), one) for one in charge.ids]


def _fresh(charge: Charge, new: set[tuple[str, str]], today: date) -> Charge:
    """Return the charge for what of it is new; what it takes is not new for the next."""
    if not charge.ids:
        return charge
    mine = new.intersection(_read(charge, today))
    new -= mine
    return replace(charge, quantity=len(mine), ids=tuple(one for _, one in mine))


def unpaid(parts: Iterable[Part], uploaded: Callable[[Media], bool]) -> Content:
    """Give parts without those of their media that the platform holds for the account. Pure.

    What they cost was booked when they were handed over.
    """

    def left(part: Part) -> Part:
        return replace(part, media=tuple(one for one in part.media if not uploaded(one)))

    return Content(tuple(map(left, parts)))


def price(kind: Kind, content: Content, on: datetime) -> Decimal:
    """Give the dollars that publishing a content on that day costs. Pure."""
    charges = kind.charges(content)
    return sum((kind.price(charge, on) for charge in charges), start=Decimal(0))
