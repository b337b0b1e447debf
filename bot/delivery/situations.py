"""What decides about deliveries, gathered for each of them.

Both the dispatcher and the views that explain a wait ask here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.clock import utc_month
from bot.delivery.decide import CATCH_UP_GAP, LATE_AFTER
from bot.model import DayCount, Situation
from bot.schedules.account_times import midnights
from bot.store.situations import read_situations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from bot.model import Account, Delivery, Media, Pause
    from bot.secrecy import KnownSecrets
    from bot.store.approvals import Approvals
    from bot.store.pauses import StopFile
    from bot.store.situations import StoredSituations

    BudgetWait = Callable[
        [Delivery, Decimal, Callable[[str, Media, datetime], str | None]],
        tuple[datetime, str] | None,
    ]
    """Returns until when a post waits for its account's budget, and why, or None."""


UPLOAD_MARGIN = timedelta(minutes=10)
"""An upload that expires sooner than this after the post is due is made again."""

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class SituationBatch:
    """The situations of several deliveries, and the database's share of them."""

    stored: StoredSituations
    by_delivery: Mapping[int, Situation]


class SituationReader:
    """Reads the situations of many deliveries with a few queries."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        approvals: Approvals,
        budget_wait: BudgetWait,
        stop_file: StopFile | None,
        secrets: KnownSecrets,
    ) -> None:
        self._accounts = accounts
        self._approvals = approvals
        self._budget_wait = budget_wait
        self._stop_file = stop_file
        self._secrets = secrets
        self._gap = max([CATCH_UP_GAP, *(account.gap for account in accounts.values())])
        self._payers = {
            name for name, account in accounts.items() if account.stops_when_budget_is_spent
        }

    def read(
        self,
        connection: Connection,
        deliveries: Sequence[Delivery],
        now: datetime,
        *,
        lock: bool = False,
    ) -> SituationBatch:
        """Return the situations of these deliveries. Raise StoreError.

        With ``lock``, approvals cannot change within the transaction.
        """
        names = {delivery.account for delivery in deliveries}
        known_accounts = [self._accounts[name] for name in names if name in self._accounts]
        late = {
            delivery.account
            for delivery in deliveries
            if now - delivery.due > LATE_AFTER and not delivery.next_part
        }
        month, _ = utc_month(now)
        known = read_situations(
            connection,
            deliveries,
            now,
            gap=self._gap,
            month=month,
            days=midnights(known_accounts, now),
            budgeted=self._payers,
            late=late,
        )
        stopped = self._stop_file.pause() if self._stop_file else None
        pauses = [stopped, *known.pauses] if stopped else known.pauses
        held = self._approvals.holds(connection, deliveries, known.refused, lock=lock)
        situations = {
            delivery.id: self._situation(delivery, known, pauses, held.get(delivery.id), now)
            for delivery in deliveries
        }
        return SituationBatch(known, situations)

    def _situation(
        self,
        delivery: Delivery,
        known: StoredSituations,
        pauses: Sequence[Pause],
        approval_hold: str | None,
        now: datetime,
    ) -> Situation:
        name = delivery.account
        media = delivery.content.parts[delivery.next_part].media
        begun = known.begun.get(name, DayCount(0, 0))
        return Situation(
            self._accounts.get(name),
            pauses,
            last_sent=known.last_sent.get(delivery.id),
            account_busy=delivery.id in known.sending,
            backoff=known.backoffs.get(name),
            duplicate=known.duplicates.get(delivery.id),
            approval_hold=approval_hold,
            posts_today=begun.posts,
            parts_today=begun.parts,
            budget_wait=self._budget_wait(delivery, known.spent.get(name, ZERO), known.media_id),
            media_uploaded=len(media_ids(delivery, known, now)) == len(media),
            holds_secret=any(self._secrets.are_in(text) for _, text in delivery.content.texts),
            late_deadlines=known.late_deadlines.get(name, ()),
        )


def media_ids(delivery: Delivery, known: StoredSituations, now: datetime) -> list[str]:
    """Return the platform's ids of the next part's media, as far as they are uploaded."""
    media = delivery.content.parts[delivery.next_part].media
    if not media:
        return []
    until = max(delivery.due, now) + UPLOAD_MARGIN
    found = (known.media_id(delivery.account, item, until) for item in media)
    return [media_id for media_id in found if media_id is not None]
