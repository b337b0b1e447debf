"""What the parts of delivery work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.clock import Clock
    from bot.database.opening import Database
    from bot.delivery.clients import VerifiedClients
    from bot.delivery.clockguard import ClockGuard
    from bot.delivery.situations import SituationReader
    from bot.model import Account, Delivery, Media, Spending
    from bot.platforms.base import Charge, Upload
    from bot.store.claims import Claims
    from bot.store.journal import OutcomeJournal
    from bot.store.ledger import Ledger
    from bot.store.queue import Queue


@dataclass(frozen=True, slots=True)
class PublisherDeps:
    """The store's parts, the accounts, their clients, the clock.

    ``bill`` returns what publishing a delivery's next part costs, and ``on_booked`` is called with
    the account for which that was booked.
    """

    database: Database
    queue: Queue
    claims: Claims
    ledger: Ledger
    accounts: Mapping[str, Account]
    client: VerifiedClients
    bill: Callable[..., tuple[Spending, ...]]
    on_booked: Callable[[str], None]
    record_upload: Callable[[Delivery, Media, Upload], None]
    book_reads: Callable[[str, str, Iterable[Charge]], None]
    clock: Clock
    clockguard: ClockGuard
    journal: OutcomeJournal
    situations: SituationReader
