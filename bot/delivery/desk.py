"""What the uploads, the publisher and the reconciler work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from bot.clock import Clock
    from bot.delivery.clockguard import ClockGuard
    from bot.model import Account, Delivery, Media, Spending
    from bot.platforms.base import Charge, Client, Upload
    from bot.store.guards import Guards
    from bot.store.ledger import Ledger
    from bot.store.queue import Queue
    from bot.store.sending import Sending
    from bot.store.spill import Spill


class Purse(Protocol):
    """What the accounts' budgets say of posts, where they may stop them."""

    def unpaid(self, delivery: Delivery) -> tuple[datetime, str] | None:
        """Give until when, and why, it must wait; None where it is paid for."""
        ...

    def bound(self, delivery: Delivery) -> tuple[datetime, Decimal] | None:
        """Give the most that may have been spent before it, and since when; None where no bound."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """The store's parts, the accounts, their clients, the clock.

    ``bill`` says what publishing the next part costs, and ``booked`` is told for which account it
    was written down.
    """

    queue: Queue
    sending: Sending
    guards: Guards
    ledger: Ledger
    accounts: Mapping[str, Account]
    client: Callable[[str], Client]
    bill: Callable[[Delivery], tuple[Spending, ...]]
    booked: Callable[[str], None]
    keep_upload: Callable[[Delivery, Media, Upload], None]
    book_reads: Callable[[str, str, Iterable[Charge]], None]
    clock: Clock
    clockguard: ClockGuard
    spill: Spill
    purse: Purse
