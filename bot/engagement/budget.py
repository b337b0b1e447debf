"""The cost of calls to a platform, by its dated prices, and the accounts' budgets.

Every call is booked. A budget is in US dollars, for a UTC month. Once it is spent, counters are no
longer read, and posts wait too if the config says so.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.clock import utc_month
from bot.model import STOP_AT, BudgetStatus, Content, Spending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date, datetime

    from bot.clock import Clock
    from bot.model import Account, Delivery, Media, Part
    from bot.platforms.base import Charge, Platform, Upload
    from bot.store.ledger import Ledger

    FindUpload = Callable[[str, Media, datetime], str | None]
    """Returns the id of an account's upload that is still usable at an instant, or None."""

log = logging.getLogger("groundswell.budget")


def content_to_pay(
    parts: Iterable[Part], account: str, at: datetime, find_upload: FindUpload
) -> Content:
    """Return parts without the media that are uploaded and still usable at an instant.

    These were booked with their uploads.
    """
    to_pay = []
    for part in parts:
        media = tuple(item for item in part.media if find_upload(account, item, at) is None)
        to_pay.append(replace(part, media=media) if part.media else part)
    return Content(tuple(to_pay))


def publishing_cost(platform: Platform, content: Content, on: datetime) -> Decimal:
    """Return the cost of publishing a content on that day, in dollars. Pure."""
    charges = platform.charges(content)
    return sum((platform.price(charge, on) for charge in charges), start=Decimal(0))


@dataclass(slots=True)
class Budgets:
    """Books the cost of calls, compares it with the budgets, and logs once that one is spent."""

    ledger: Ledger
    accounts: Mapping[str, Account]
    get_platform: Callable[[str], Platform]
    clock: Clock
    _prices: dict[tuple[str, int, date], Decimal] = field(default_factory=dict)

    # --- booking ---

    def bill(
        self, delivery: Delivery, find_upload: FindUpload | None = None
    ) -> tuple[Spending, ...]:
        """Return the cost of publishing the next part, without media that are uploaded already.

        The outcome's transaction books it (see ``Transition``). Without ``find_upload``, the
        database is asked for uploads.
        """
        parts = [delivery.content.parts[delivery.next_part]]
        find_upload = find_upload or self.ledger.find_upload
        content = content_to_pay(parts, delivery.account, delivery.due, find_upload)
        charges = self.get_platform(delivery.platform).charges(content)
        return self._spending(delivery.platform, delivery.account, delivery.campaign, charges)

    def record_upload(self, delivery: Delivery, media: Media, upload: Upload) -> None:
        """Remember an upload, and book its cost, whether or not a post ever shows it."""
        account = delivery.account
        bill = self._spending(delivery.platform, account, delivery.campaign, upload.charges)
        self.ledger.record_upload(account, media, upload.media_id, upload.expires, bill)
        self.check(account)

    def book(self, platform: str, account: str, charges: Iterable[Charge]) -> None:
        """Book reads; a resource that was read before on the same day costs nothing.

        The day is the platform's if its answer named one, because at midnight the clocks may
        differ.
        """
        from bot.store.ledger import book, newly_billed  # late, because check has no database

        today = self.get_platform(platform).billed_on(self.clock.now())
        charges = tuple(charges)
        reads = [
            [((charge.day or today).isoformat(), resource) for resource in charge.ids]
            for charge in charges
        ]
        unpaid = []
        with self.ledger.booking() as connection:
            new = newly_billed(connection, account, [pair for read in reads for pair in read])
            for charge, read in zip(charges, reads, strict=True):
                billed = new.intersection(read)
                new -= billed  # another charge may name the same resources
                unpaid.append(replace(charge, quantity=len(billed)) if read else charge)
            paid_for = [charge for charge in unpaid if charge.quantity]
            book(connection, self._spending(platform, account, None, paid_for))
        self.check(account)

    def _spending(
        self, platform: str, account: str, campaign: str | None, charges: Iterable[Charge]
    ) -> tuple[Spending, ...]:
        now, prices = self.clock.now(), self.get_platform(platform)
        return tuple(
            Spending(
                now, account, campaign, charge.item, charge.quantity, prices.price(charge, now)
            )
            for charge in charges
        )

    # --- budgets ---

    def statuses(self) -> Iterator[BudgetStatus]:
        """Return the status of each account that has a budget."""
        budgeted = [name for name, known in self.accounts.items() if known.budget is not None]
        spent = self.ledger.spent_by_each(budgeted, *utc_month(self.clock.now()))
        return filter(None, (self._status(name, spent.get(name, Decimal(0))) for name in budgeted))

    def status(self, account: str, *, planned: bool = False) -> BudgetStatus | None:
        """Return an account's status; None if it has no budget, or its platform charges nothing.

        The cost of its queued posts is only included if ``planned``.
        """
        known = self.accounts.get(account)
        if known is None or known.budget is None:
            return None
        spent = self.ledger.spent(account, *utc_month(self.clock.now()))
        return self._status(account, spent, planned=planned)

    def _status(
        self, account: str, spent: Decimal, *, planned: bool = False
    ) -> BudgetStatus | None:
        known, now = self.accounts[account], self.clock.now()
        since, until = utc_month(now)
        if known.budget is None or (not spent and not any(self.reading_cost(account))):
            return None
        reserve, platform = Decimal(0), self.get_platform(known.platform)
        for due, digest, next_part, content in (
            self.ledger.unpublished(account, until) if planned else ()
        ):
            on = max(due, now)
            key = (digest, next_part, platform.priced_since(on))
            if key not in self._prices:
                left = Content.from_json(content).parts[next_part:]
                self._prices[key] = publishing_cost(platform, Content(left), on)
            reserve += self._prices[key]
        return BudgetStatus(account, since, until, known.budget, spent, reserve)

    def budget_wait(
        self, delivery: Delivery, spent: Decimal, find_upload: FindUpload
    ) -> tuple[datetime, str] | None:
        """Return when and why the budget blocks a post, or None.

        ``spent`` is the account's cost this month. A thread that is half out goes on.
        """
        account = self.accounts.get(delivery.account)
        if delivery.next_part or account is None or not account.stops_when_budget_is_spent:
            return None
        now = self.clock.now()
        at = max(delivery.due, now)
        to_pay = content_to_pay(delivery.content.parts, account.name, at, find_upload)
        cost = publishing_cost(self.get_platform(account.platform), to_pay, now)
        budget = account.budget or Decimal(0)
        if spent <= budget - cost:
            return None
        status = BudgetStatus(account.name, *utc_month(now), budget, spent)
        return status.until, f"it costs ${cost}, and its account has spent {status}"

    def reading_cost(self, account: str) -> tuple[Decimal, Decimal]:
        """Return the usual and the highest cost of reading one post on a day, in dollars."""
        known = self.accounts[account]
        return self.get_platform(known.platform).read_price(known, self.clock.now())

    def why_not_read(self, account: str) -> str | None:
        """Return why the budget keeps an account's counters from being read now, or None."""
        status = self.status(account, planned=True)
        if status is None or status.left_for_reads >= self.reading_cost(account)[1]:
            return None
        return status.why_not_read

    def check(self, account: str) -> None:
        """Log that a threshold is reached, each once a month, also across restarts."""
        status = self.status(account)
        if status is None or not status.threshold:
            return
        if self.ledger.first_time(f"budget {account} {status.since:%Y-%m} {status.threshold}"):
            stops = self.accounts[account].budget_stops_posts
            log.warning("%s", threshold_message(status, stops=stops))


def threshold_message(status: BudgetStatus, *, stops: bool) -> str:
    """Return the log line of a threshold; ``stops`` is whether posts wait once all is spent."""
    if status.threshold < STOP_AT:
        then = "Once all of it is spent, its counters are no longer read"
    else:
        then = f"Its counters are not read until {status.until:%Y-%m-%d}, and its posts "
        then += "wait too" if stops else "still go out"
    return f"{status.account} has spent {status.threshold} % of its budget ({status}). {then}"
