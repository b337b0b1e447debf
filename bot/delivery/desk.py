"""What the publisher and the reconciler work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.clock import Clock
    from bot.delivery.clockguard import ClockGuard
    from bot.model import Account, Delivery
    from bot.platforms.base import Charge, Client
    from bot.store.guards import Guards
    from bot.store.ledger import Ledger
    from bot.store.queue import Queue
    from bot.store.sending import Sending
    from bot.store.spill import Spill


@dataclass(frozen=True, slots=True)
class Desk:
    """The store's parts, the accounts, their clients, the clock."""

    queue: Queue
    sending: Sending
    guards: Guards
    ledger: Ledger
    accounts: Mapping[str, Account]
    client: Callable[[str], Client]
    book: Callable[[Delivery], None]
    book_reads: Callable[[str, str, Iterable[Charge]], None]
    clock: Clock
    clockguard: ClockGuard
    spill: Spill
