"""Puts together what decides about deliveries: what the database knows, the config, the stop file.

Whoever sends and whoever explains a wait asks here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from bot.delivery.decide import CATCH_UP_GAP
from bot.model import Situation
from bot.schedules.hours import day_span
from bot.store import facts
from bot.store.facts import Facts, Since

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from bot.model import Account, Delivery, Media, Pause
    from bot.store.approvals import Approvals
    from bot.store.stopfile import StopFile

UPLOAD_MARGIN = timedelta(minutes=10)
"""An upload that expires sooner than this after the post is due is made anew."""

NOTHING = Decimal(0)


class Purse(Protocol):
    """What the accounts' budgets say of posts, where they may stop them."""

    def stops_posts(self, account: str) -> bool:
        """Say whether the posts of an account wait once its budget is spent."""
        ...

    def since(self) -> datetime:
        """Give from when on is counted what is spent."""
        ...

    def unpaid(
        self, delivery: Delivery, spent: Decimal, uploaded: Callable[[Media, datetime], bool]
    ) -> tuple[datetime, str] | None:
        """Give until when, and why, it must wait; None where it is paid for."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """Some deliveries as they stand: what was read of them, and what decides about each."""

    facts: Facts
    now: datetime
    of: Mapping[int, Situation]

    def uploaded(self, account: str) -> Callable[[Media, datetime], bool]:
        """Give what says whether the platform holds a file of the account at an instant."""
        return lambda media, at: self.facts.media_id(account, media, at) is not None

    def media_ids(self, delivery: Delivery) -> list[str]:
        """Give the platform's ids of what the next part shows, as far as it is uploaded."""
        return _media_ids(delivery, self.facts, self.now)


class Situations:
    """Reads what decides, a few questions for all."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        approvals: Approvals,
        purse: Purse,
        stop: StopFile | None,
    ) -> None:
        self._accounts = accounts
        self._approvals = approvals
        self._purse = purse
        self._stop = stop
        self._gap = max([CATCH_UP_GAP, *(account.gap for account in accounts.values())])
        self._payers = frozenset(filter(purse.stops_posts, accounts))

    def read(
        self,
        connection: Connection,
        deliveries: Sequence[Delivery],
        now: datetime,
        *,
        lock: bool = False,
    ) -> Seen:
        """Read what decides about these; with ``lock``, approvals stay until the transaction ends.

        Raises StoreError.
        """
        known = facts.read(connection, deliveries, now, self._since(deliveries, now))
        stopped = self._stop.pause() if self._stop else None
        pauses = [stopped, *known.pauses] if stopped else known.pauses
        lacking = self._approvals.lacking(connection, deliveries, lock=lock)
        found = {}
        for one in deliveries:
            found[one.id] = self._situation(one, known, pauses, lacking.get(one.id), now)
        return Seen(known, now, found)

    def _since(self, deliveries: Sequence[Delivery], now: datetime) -> Since:
        accounts = {self._accounts.get(name) for name in {one.account for one in deliveries}}
        capped = (one for one in accounts if one and one.daily_cap is not None)
        days = {one.name: day_span(one, now)[0] for one in capped}
        return Since(self._gap, self._purse.since(), days, self._payers)

    def _situation(
        self,
        one: Delivery,
        known: Facts,
        pauses: Sequence[Pause],
        lacking: str | None,
        now: datetime,
    ) -> Situation:
        name = one.account
        spent = known.spent.get(name, NOTHING)
        shown = one.content.parts[one.next_part].media

        def uploaded(media: Media, at: datetime) -> bool:
            return known.media_id(name, media, at) is not None

        return Situation(
            self._accounts.get(name),
            pauses,
            last_sent=known.sent.get(one.id),
            sending=one.id in known.sending,
            rest=known.rests.get(name),
            said_before=known.twins.get(one.id),
            lacking=lacking,
            today=len(known.out.get(name, {}).keys() - {one.id}),
            unpaid=self._purse.unpaid(one, spent, uploaded),
            uploaded=len(_media_ids(one, known, now)) == len(shown),
        )


def _media_ids(delivery: Delivery, known: Facts, now: datetime) -> list[str]:
    until = max(delivery.due, now) + UPLOAD_MARGIN
    shown = delivery.content.parts[delivery.next_part].media
    found = (known.media_id(delivery.account, one, until) for one in shown)
    return [one for one in found if one]
