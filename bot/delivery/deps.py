"""What the parts of delivery work with. ``bot.runtime.app`` makes it, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.clock import Clock
    from bot.database.connections import Database
    from bot.delivery.clients import VerifiedClients
    from bot.delivery.clockguard import ClockGuard
    from bot.delivery.situations import SituationReader
    from bot.model import Account, Delivery, Media, Spending
    from bot.platforms.base import Charge, Upload
    from bot.store.claims import Claims
    from bot.store.journal import OutcomeJournal
    from bot.store.ledger import Ledger
    from bot.store.outcomes import Unsettled
    from bot.store.queue import Queue


@dataclass(frozen=True, slots=True)
class DeliveryDeps:
    """The database, the accounts and their clients, the clock, and the booking of costs."""

    database: Database
    queue: Queue
    claims: Claims
    unsettled: Unsettled
    """Deliveries whose send may have reached the platform."""
    ledger: Ledger
    journal: OutcomeJournal
    """The file beside the database for outcomes that the database could not take."""
    situations: SituationReader
    accounts: Mapping[str, Account]
    """The accounts of config.yaml, by name."""
    client: VerifiedClients
    clock: Clock
    clockguard: ClockGuard
    bill: Callable[..., tuple[Spending, ...]]
    """Returns what publishing a delivery's next part costs; see ``Budgets.bill``."""
    on_booked: Callable[[str], None]
    """Called with the account once a published part of it is booked."""
    record_upload: Callable[[Delivery, Media, Upload], None]
    """Remembers an upload, and books its cost."""
    book_reads: Callable[[str, str, Iterable[Charge]], None]
    """Books the reads of a platform for an account."""
