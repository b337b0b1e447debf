"""What the parts of delivery work with, and what decides about deliveries: gathered for each.

Both the dispatcher and whatever explains a wait ask here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Protocol

from bot.delivery.decide import CATCH_UP_GAP
from bot.model import Situation
from bot.schedules.account_times import day_span
from bot.store import facts
from bot.store.facts import DeliveryFacts, FactWindows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from bot.clock import Clock
    from bot.database.opening import Database
    from bot.delivery.clients import VerifiedClients
    from bot.delivery.restore_check import ClockGuard
    from bot.model import Account, Delivery, Media, Pause, Spending
    from bot.platforms.base import Charge, Upload
    from bot.store.approvals import Approvals
    from bot.store.claims import Claims
    from bot.store.journal import OutcomeJournal
    from bot.store.ledger import Ledger
    from bot.store.outcomes import Unsettled
    from bot.store.pauses import StopFile
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
    unsettled: Unsettled
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


UPLOAD_MARGIN = timedelta(minutes=10)
"""An upload that expires sooner than this after the post is due is made anew."""

ZERO = Decimal(0)


class BudgetGate(Protocol):
    """Whether the accounts' budgets allow a post, as ``bot.engagement.budget`` knows it."""

    def stops_posts(self, account: str) -> bool:
        """Return whether the account's posts wait once its budget is spent."""
        ...

    def month_start(self) -> datetime:
        """Return from when on spending is counted."""
        ...

    def budget_wait(
        self, delivery: Delivery, spent: Decimal, uploaded: Callable[[Media, datetime], bool]
    ) -> tuple[datetime, str] | None:
        """Return until when it must wait, and why; None where the budget pays for it."""
        ...


@dataclass(frozen=True, slots=True)
class SituationBatch:
    """Several deliveries: the facts that were read about them, and the situation of each."""

    facts: DeliveryFacts
    now: datetime
    by_delivery: Mapping[int, Situation]

    def upload_checker(self, account: str) -> Callable[[Media, datetime], bool]:
        """Return a function: whether the platform holds a file of the account at an instant."""
        return partial(_is_uploaded, self.facts, account)

    def media_ids(self, delivery: Delivery) -> list[str]:
        """Return the platform's ids of the next part's media, as far as they are uploaded."""
        return _media_ids(delivery, self.facts, self.now)


class SituationReader:
    """Reads the situations of many deliveries with a few queries."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        approvals: Approvals,
        budget_gate: BudgetGate,
        stop_file: StopFile | None,
    ) -> None:
        self._accounts = accounts
        self._approvals = approvals
        self._budget_gate = budget_gate
        self._stop_file = stop_file
        self._gap = max([CATCH_UP_GAP, *(account.gap for account in accounts.values())])
        self._payers = frozenset(filter(budget_gate.stops_posts, accounts))

    def read(
        self,
        connection: Connection,
        deliveries: Sequence[Delivery],
        now: datetime,
        *,
        lock: bool = False,
    ) -> SituationBatch:
        """Return the situations; with ``lock``, approvals cannot change within the transaction.

        Raise StoreError.
        """
        known = facts.read(connection, deliveries, now, self._windows(deliveries, now))
        stopped = self._stop_file.pause() if self._stop_file else None
        pauses = [stopped, *known.pauses] if stopped else known.pauses
        missing = self._approvals.missing_approval(connection, deliveries, lock=lock)
        situations = {
            delivery.id: self._situation(delivery, known, pauses, missing.get(delivery.id), now)
            for delivery in deliveries
        }
        return SituationBatch(known, now, situations)

    def _windows(self, deliveries: Sequence[Delivery], now: datetime) -> FactWindows:
        names = {delivery.account for delivery in deliveries}
        accounts = [self._accounts[name] for name in names if name in self._accounts]
        days = {
            account.name: day_span(account, now)[0]
            for account in accounts
            if account.daily_cap is not None
        }
        return FactWindows(self._gap, self._budget_gate.month_start(), days, self._payers)

    def _situation(
        self,
        delivery: Delivery,
        known: DeliveryFacts,
        pauses: Sequence[Pause],
        missing_approval: str | None,
        now: datetime,
    ) -> Situation:
        name = delivery.account
        media = delivery.content.parts[delivery.next_part].media
        spent, is_uploaded = known.spent.get(name, ZERO), partial(_is_uploaded, known, name)
        return Situation(
            self._accounts.get(name),
            pauses,
            last_sent=known.last_sent.get(delivery.id),
            account_busy=delivery.id in known.sending,
            backoff=known.backoffs.get(name),
            duplicate=known.duplicates.get(delivery.id),
            missing_approval=missing_approval,
            posts_today=len(known.posts_out.get(name, {}).keys() - {delivery.id}),
            budget_wait=self._budget_gate.budget_wait(delivery, spent, is_uploaded),
            media_uploaded=len(_media_ids(delivery, known, now)) == len(media),
        )


def _is_uploaded(known: DeliveryFacts, account: str, media: Media, at: datetime) -> bool:
    return known.media_id(account, media, at) is not None


def _media_ids(delivery: Delivery, known: DeliveryFacts, now: datetime) -> list[str]:
    until = max(delivery.due, now) + UPLOAD_MARGIN
    media = delivery.content.parts[delivery.next_part].media
    return [
        media_id
        for item in media
        if (media_id := known.media_id(delivery.account, item, until)) is not None
    ]
