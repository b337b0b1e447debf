"""What an account may spend in a month, what it has spent, and what is left for reading.

A month is a calendar month by UTC, as X's bills are. Reading counters never touches what the posts
planned for the rest of the month need, and ends with the budget; posts go out even so, unless the
account's ``budget_stops_posts`` says that they wait.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.engagement.spend import price, unpaid
from bot.model import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date, datetime

    from bot.clock import Clock
    from bot.model import Account, Delivery, Media
    from bot.platforms.base import Kind
    from bot.store.ledger import Ledger

WARN_AT, STOP_AT = 80, 100
"""Percent of a budget at which it is told; at the second, counters are read no more."""

log = logging.getLogger("groundswell.budget")


def month(now: datetime) -> tuple[datetime, datetime]:
    """Give the first instant of the UTC month, and of the next one."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, (first + timedelta(days=31)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands in the month that begins at ``since``, in US dollars.

    ``planned`` is what the posts that are queued for the rest of the month will cost.
    """

    account: str
    since: datetime
    until: datetime
    budget: Decimal
    spent: Decimal
    planned: Decimal = Decimal(0)

    @property
    def mark(self) -> int:
        """The mark that is reached: 0, ``WARN_AT`` or ``STOP_AT`` percent."""
        marks = (STOP_AT, WARN_AT)
        return next((one for one in marks if self.spent * 100 >= self.budget * one), 0)

    @property
    def for_reads(self) -> Decimal:
        """What may be spent on reading: what is left, but for what the planned posts need."""
        return max(Decimal(0), self.budget - self.spent - self.planned)

    @property
    def held(self) -> str:
        """Why nothing is read, where ``for_reads`` does not pay for it."""
        if self.mark == STOP_AT:
            return f"the budget is spent ({self})"
        if not self.planned:
            return f"what is left of the budget ({self}) pays for no read"
        return f"what is left of the budget ({self}) is kept for the posts planned this month"

    def __str__(self) -> str:
        """Say it as a person would: spent so much of so much in a month."""
        return f"${self.spent.normalize():f} of ${self.budget:f} for {self.since:%Y-%m}"


class Budgets:
    """Holds what was booked against the budgets, and says once when a mark is reached."""

    def __init__(
        self,
        ledger: Ledger,
        accounts: Mapping[str, Account],
        kind: Callable[[str], Kind],
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._accounts = accounts
        self._kind = kind
        self._clock = clock
        self._prices: dict[tuple[str, int, date], Decimal] = {}

    def standings(self) -> Iterator[Standing]:
        """Yield how each account stands that has a budget."""
        for account in self._accounts:
            if standing := self.standing(account):
                yield standing

    def standing(self, account: str, *, planned: bool = False) -> Standing | None:
        """Give how an account stands; None where it has no budget.

        What its posts will cost is looked up where ``planned`` is wanted.
        """
        known = self._accounts.get(account)
        if known is None or known.budget is None:
            return None
        now = self._clock.now()
        since, until = month(now)
        spent = self._ledger.spent(account, since, until)
        reserve = self._planned(known, now, until) if planned else Decimal(0)
        return Standing(account, since, until, known.budget, spent, reserve)

    def _planned(self, account: Account, now: datetime, until: datetime) -> Decimal:
        kind = self._kind(account.platform)
        sums = Decimal(0)
        for due, digest, next_part, content in self._ledger.to_publish(account.name, until):
            on = max(due, now)
            key = (digest, next_part, kind.priced_since(on))
            if key not in self._prices:
                left = Content.from_json(content).parts[next_part:]
                self._prices[key] = price(kind, Content(left), on)
            sums += self._prices[key]
        return sums

    def stops_posts(self, account: str) -> bool:
        """Say whether the posts of an account wait once its budget is spent."""
        known = self._accounts.get(account)
        return known is not None and known.budget is not None and known.budget_stops_posts

    def since(self) -> datetime:
        """Give from when on is counted what is spent: the month's first instant."""
        return month(self._clock.now())[0]

    def unpaid(
        self, delivery: Delivery, spent: Decimal, uploaded: Callable[[Media, datetime], bool]
    ) -> tuple[datetime, str] | None:
        """Give until when, and why, a post waits for its budget; None where it does not.

        ``spent`` is what its account has cost this month, ``uploaded`` whether the platform holds a
        file at an instant. A thread that is half out goes on.
        """
        if delivery.next_part or not self.stops_posts(delivery.account):
            return None
        account, now = self._accounts[delivery.account], self._clock.now()
        since, until = month(now)
        at = max(delivery.due, now)
        to_pay = unpaid(delivery.content.parts, lambda media: uploaded(media, at))
        cost = price(self._kind(account.platform), to_pay, now)
        budget = account.budget or Decimal(0)
        if spent <= budget - cost:
            return None
        standing = Standing(account.name, since, until, budget, spent)
        return until, f"it costs ${cost}, and its account has spent {standing}"

    def reading(self, account: str) -> tuple[Decimal, Decimal]:
        """Give the dollars for reading one post of it on a day: as a rule, and at the most."""
        known = self._accounts[account]
        return self._kind(known.platform).reading(known, self._clock.now())

    def held(self, account: str) -> str | None:
        """Give why its counters are not read now, by its budget; None where they are."""
        standing = self.standing(account, planned=True)
        if standing is None:
            return None
        _, most = self.reading(account)
        return standing.held if standing.for_reads < most else None

    def check(self, account: str) -> None:
        """Say in the log when a mark is reached; each once a month, after restarts too."""
        standing = self.standing(account)
        if standing is None or not standing.mark:
            return
        key = f"budget {account} {standing.since:%Y-%m} {standing.mark}"
        if self._ledger.first_time(key):
            log.warning("%s", told(standing, stops=self._accounts[account].budget_stops_posts))


def told(standing: Standing, *, stops: bool) -> str:
    """Say that a mark is reached, and what follows from it."""
    if standing.mark < STOP_AT:
        then = "at all of it, its counters are no longer read"
    else:
        then = f"its counters are not read until {standing.until:%Y-%m-%d}; its posts "
        then += "wait as well" if stops else "still go out"
    return f"{standing.account} has spent {standing.mark} % of its budget ({standing}): {then}"
