"""What the dispatcher, the uploads and the reconciler work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.clock import Clock
    from bot.delivery.clockguard import ClockGuard
    from bot.delivery.identity import Identity
    from bot.delivery.situations import Situations
    from bot.model import Account, Delivery, Media, Spending
    from bot.platforms.base import Charge, Upload
    from bot.store.database import Database
    from bot.store.ledger import Ledger
    from bot.store.queue import Queue
    from bot.store.sending import Sending
    from bot.store.spill import Spill


@dataclass(frozen=True, slots=True)
class Desk:
    """The store's parts, the accounts, their clients, the clock.

    ``bill`` says what publishing the next part costs, and ``booked`` is told for which account it
    was written down.
    """

    database: Database
    queue: Queue
    sending: Sending
    ledger: Ledger
    accounts: Mapping[str, Account]
    client: Identity
    bill: Callable[..., tuple[Spending, ...]]
    booked: Callable[[str], None]
    keep_upload: Callable[[Delivery, Media, Upload], None]
    book_reads: Callable[[str, str, Iterable[Charge]], None]
    clock: Clock
    clockguard: ClockGuard
    spill: Spill
    situations: Situations
