"""Books what calls to a platform cost, by its dated prices, and holds that against the budgets.

Every call is booked. A budget is in US dollars, for a UTC month; counters are no longer read once
it is spent, and posts wait as well where the config says so.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.model import Content, Spending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date, datetime

    from bot.clock import Clock
    from bot.model import Account, Delivery, Media, Part
    from bot.platforms.base import Charge, Platform, Upload
    from bot.store.ledger import Ledger

WARN_AT, STOP_AT = 80, 100
"""Percent of a budget at which a warning is logged; at the second, counters are no longer read."""

log = logging.getLogger("groundswell.budget")


# --- prices ---


def content_to_pay(parts: Iterable[Part], uploaded: Callable[[Media], bool]) -> Content:
    """Return parts without the media that the platform holds for the account already. Pure.

    Those were booked when they were uploaded.
    """
    return Content(
        tuple(
            replace(part, media=tuple(media for media in part.media if not uploaded(media)))
            for part in parts
        )
    )


def publishing_cost(platform: Platform, content: Content, on: datetime) -> Decimal:
    """Return the dollars that publishing a content on that day costs. Pure."""
    charges = platform.charges(content)
    return sum((platform.price(charge, on) for charge in charges), start=Decimal(0))


def utc_month(now: datetime) -> tuple[datetime, datetime]:
    """Return the first instant of the UTC month, and of the next one."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, (first + timedelta(days=31)).replace(day=1)


# --- booking ---


class Billing:
    """Turns charges into money in the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        get_platform: Callable[[str], Platform],
        clock: Clock,
        on_booked: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take also ``on_booked``, called with the account for which something was booked."""
        self._ledger = ledger
        self._get_platform = get_platform
        self._clock = clock
        self._on_booked = on_booked

    def bill(
        self, delivery: Delivery, uploaded: Callable[[Media, datetime], bool] | None = None
    ) -> tuple[Spending, ...]:
        """Return what publishing the next part costs; its media were booked with their uploads.

        It is booked with the outcome, in one transaction: see ``Transition``. ``uploaded`` is
        whether the platform holds a file at an instant; by default the database is asked.
        """
        account = delivery.account

        def is_uploaded(media: Media) -> bool:
            if uploaded:
                return uploaded(media, delivery.due)
            return self._ledger.find_upload(account, media, delivery.due) is not None

        content = content_to_pay([delivery.content.parts[delivery.next_part]], is_uploaded)
        platform = self._get_platform(delivery.platform)
        return self._to_spending(delivery, platform.charges(content))

    def record_upload(self, delivery: Delivery, media: Media, upload: Upload) -> None:
        """Remember an upload, and book what it cost, whether or not it is ever shown."""
        bill = self._to_spending(delivery, upload.charges)
        account = delivery.account
        self._ledger.record_upload(account, media, upload.media_id, upload.expires, bill)
        self._on_booked(account)

    def _to_spending(self, delivery: Delivery, charges: Iterable[Charge]) -> tuple[Spending, ...]:
        now, platform = self._clock.now(), self._get_platform(delivery.platform)
        names = (delivery.account, delivery.campaign)
        return tuple(_spending(now, platform, *names, charge) for charge in charges)

    def book(self, platform: str, account: str, charges: Iterable[Charge]) -> None:
        """Book reads; a resource that was read before on the same day costs nothing.

        The day is the platform's, if its answer named it: at midnight the clocks may differ.
        """
        now, module, charges = self._clock.now(), self._get_platform(platform), tuple(charges)
        today = module.billed_on(now)
        reads = [read for charge in charges for read in _billed_reads(charge, today)]
        with self._ledger.booking() as booking:
            new = booking.newly_billed(account, reads)
            unpaid = [_newly_billed(charge, new, today) for charge in charges]
            booking.add(
                _spending(now, module, account, None, charge)
                for charge in unpaid
                if charge.quantity
            )
        self._on_booked(account)


def _spending(
    now: datetime, platform: Platform, account: str, campaign: str | None, charge: Charge
) -> Spending:
    dollars = platform.price(charge, now)
    return Spending(now, account, campaign, charge.item, charge.quantity, dollars)


def _billed_reads(charge: Charge, today: date) -> list[tuple[str, str]]:
    day = charge.day or today
    return [(day.isoformat(), resource) for resource in charge.ids]


def _newly_billed(charge: Charge, new: set[tuple[str, str]], today: date) -> Charge:
    """Return the charge for its new reads only, and remove those from ``new`` for the next."""
    if not charge.ids:
        return charge
    reads = new.intersection(_billed_reads(charge, today))
    new -= reads
    return replace(charge, quantity=len(reads), ids=tuple(resource for _, resource in reads))


# --- budgets ---


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """An account's budget in the month from ``since`` to ``until``, in US dollars.

    ``planned`` is what the posts that are queued for the rest of the month will cost.
    """

    account: str
    since: datetime
    until: datetime
    budget: Decimal
    spent: Decimal
    planned: Decimal = Decimal(0)

    @property
    def threshold(self) -> int:
        """The threshold that is reached: 0, ``WARN_AT`` or ``STOP_AT`` percent."""
        reached = (at for at in (STOP_AT, WARN_AT) if self.spent * 100 >= self.budget * at)
        return next(reached, 0)

    @property
    def left_for_reads(self) -> Decimal:
        """What may be spent on reading: what is left, except for what the planned posts need."""
        return max(Decimal(0), self.budget - self.spent - self.planned)

    @property
    def why_not_read(self) -> str:
        """Why nothing is read, where ``left_for_reads`` does not pay for it."""
        if self.threshold == STOP_AT:
            return f"the budget is spent ({self})"
        if not self.planned:
            return f"what is left of the budget ({self}) is too small for one read"
        return f"what is left of the budget ({self}) is kept for the posts planned this month"

    def __str__(self) -> str:
        """Return what was spent of how much in which month."""
        return f"${self.spent.normalize():f} of ${self.budget:f} for {self.since:%Y-%m}"


class Budgets:
    """Compares what was booked with the budgets, and logs once when a threshold is reached."""

    def __init__(
        self,
        ledger: Ledger,
        accounts: Mapping[str, Account],
        get_platform: Callable[[str], Platform],
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._accounts = accounts
        self._get_platform = get_platform
        self._clock = clock
        self._prices: dict[tuple[str, int, date], Decimal] = {}

    def statuses(self) -> Iterator[BudgetStatus]:
        """Yield the status of each account that has a budget."""
        for account in self._accounts:
            if status := self.status(account):
                yield status

    def status(self, account: str, *, planned: bool = False) -> BudgetStatus | None:
        """Return an account's status; None where it has no budget.

        The cost of its queued posts is computed only where ``planned`` is wanted.
        """
        known = self._accounts.get(account)
        if known is None or known.budget is None:
            return None
        now = self._clock.now()
        since, until = utc_month(now)
        spent = self._ledger.spent(account, since, until)
        reserve = self._planned_cost(known, now, until) if planned else Decimal(0)
        return BudgetStatus(account, since, until, known.budget, spent, reserve)

    def _planned_cost(self, account: Account, now: datetime, until: datetime) -> Decimal:
        platform = self._get_platform(account.platform)
        total = Decimal(0)
        for due, digest, next_part, content in self._ledger.unpublished(account.name, until):
            on = max(due, now)
            key = (digest, next_part, platform.priced_since(on))
            if key not in self._prices:
                left = Content.from_json(content).parts[next_part:]
                self._prices[key] = publishing_cost(platform, Content(left), on)
            total += self._prices[key]
        return total

    def stops_posts(self, account: str) -> bool:
        """Return whether the posts of an account wait once its budget is spent."""
        known = self._accounts.get(account)
        return known is not None and known.budget is not None and known.budget_stops_posts

    def month_start(self) -> datetime:
        """Return from when on spending is counted: the month's first instant."""
        return utc_month(self._clock.now())[0]

    def budget_wait(
        self, delivery: Delivery, spent: Decimal, uploaded: Callable[[Media, datetime], bool]
    ) -> tuple[datetime, str] | None:
        """Return until when, and why, a post waits for its budget; None where it does not.

        ``spent`` is what its account has cost this month, ``uploaded`` whether the platform holds a
        file at an instant. A thread that is half out goes on.
        """
        if delivery.next_part or not self.stops_posts(delivery.account):
            return None
        account, now = self._accounts[delivery.account], self._clock.now()
        at = max(delivery.due, now)
        to_pay = content_to_pay(delivery.content.parts, lambda media: uploaded(media, at))
        cost = publishing_cost(self._get_platform(account.platform), to_pay, now)
        budget = account.budget or Decimal(0)
        if spent <= budget - cost:
            return None
        status = BudgetStatus(account.name, *utc_month(now), budget, spent)
        return status.until, f"it costs ${cost}, and its account has spent {status}"

    def reading_cost(self, account: str) -> tuple[Decimal, Decimal]:
        """Return the dollars for reading one post on a day: usually, and at most."""
        known = self._accounts[account]
        return self._get_platform(known.platform).read_price(known, self._clock.now())

    def why_not_read(self, account: str) -> str | None:
        """Return why its budget keeps its counters from being read now; None where it does not."""
        status = self.status(account, planned=True)
        if status is None:
            return None
        _, most = self.reading_cost(account)
        return status.why_not_read if status.left_for_reads < most else None

    def check(self, account: str) -> None:
        """Log when a threshold is reached: each once a month, also across restarts."""
        status = self.status(account)
        if status is None or not status.threshold:
            return
        if self._ledger.first_time(f"budget {account} {status.since:%Y-%m} {status.threshold}"):
            stops = self._accounts[account].budget_stops_posts
            log.warning("%s", threshold_message(status, stops=stops))


def threshold_message(status: BudgetStatus, *, stops: bool) -> str:
    """Return that a threshold is reached, and what follows; ``stops`` is whether posts wait."""
    if status.threshold < STOP_AT:
        then = "at all of it, its counters are no longer read"
    else:
        then = f"its counters are not read until {status.until:%Y-%m-%d}; its posts "
        then += "wait as well" if stops else "still go out"
    return f"{status.account} has spent {status.threshold} % of its budget ({status}): {then}"
