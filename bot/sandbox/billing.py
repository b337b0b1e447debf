"""Credits and what calls cost: pricing.mdx, snapshot of 2026-08-22, in US dollars.

Prices are lists by the day from which they hold; before the first, the first one holds. A post read
twice on one UTC day is charged once; failed and empty replies are free (post-cap.mdx). Prices of
media uploads are not listed and taken as nothing; the price of a deletion is [U].
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

PRICES = (
    (
        date(2026, 4, 1),
        {
            "post": Decimal("0.015"),
            "post_with_url": Decimal("0.200"),
            "summoned_reply": Decimal("0.010"),
            "owned_read": Decimal("0.001"),
            "post_read": Decimal("0.005"),
            "user_read": Decimal("0.010"),
            "media_metadata": Decimal("0.005"),
            "delete": Decimal("0.005"),
        },
    ),
)
"""(From this UTC day on, dollars for one of each item), oldest first."""


def price(item: str, at: datetime) -> Decimal:
    """Return the dollars for one of an item at an instant."""
    day = at.astimezone(UTC).date()
    valid = [table for start, table in PRICES if start <= day] or [PRICES[0][1]]
    return valid[-1][item]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: so many of an item at one instant, for so many dollars."""

    at: datetime
    account: str
    item: str
    quantity: int
    dollars: Decimal


class Ledger:
    """A balance of prepaid credits, and every charge against it."""

    def __init__(self, credit: Decimal) -> None:
        self.balance = credit
        self.entries: list[Entry] = []
        self._read: dict[tuple[str, str], date] = {}

    @property
    def empty(self) -> bool:
        """Whether requests are refused: a zero or negative balance."""
        return self.balance <= 0

    @property
    def spent(self) -> Decimal:
        """All charges together, in dollars."""
        return sum((entry.dollars for entry in self.entries), Decimal(0))

    def charge(self, at: datetime, account: str, item: str, quantity: int = 1) -> None:
        """Book so many of an item."""
        if quantity:
            dollars = price(item, at) * quantity
            self.entries.append(Entry(at, account, item, quantity, dollars))
            self.balance -= dollars

    def charge_read(self, at: datetime, account: str, item: str, ids: Iterable[str]) -> None:
        """Book resources read, each at most once per UTC day and app owner."""
        today = at.date()
        fresh = {key for key in ids if self._read.get((account, key)) != today}
        self._read |= dict.fromkeys(((account, key) for key in fresh), today)
        self.charge(at, account, item, len(fresh))
