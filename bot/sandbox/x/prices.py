"""The prices of requests to X, and the ledger of charges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

_APRIL_2026 = date(2026, 4, 1)
PRICES = (
    (_APRIL_2026, "post", Decimal("0.015")),
    (_APRIL_2026, "post_with_url", Decimal("0.200")),
    (_APRIL_2026, "summoned_reply", Decimal("0.010")),
    (_APRIL_2026, "owned_read", Decimal("0.001")),
    (_APRIL_2026, "post_read", Decimal("0.005")),
    (_APRIL_2026, "user_read", Decimal("0.010")),
    (_APRIL_2026, "media_metadata", Decimal("0.005")),
    (_APRIL_2026, "delete", Decimal("0.005")),
)
"""(UTC day from which the price holds, item, dollars for one of it), oldest first.

A new price belongs into ``bot.platforms.x.prices``. A test fails until this list has it, too, which
is separate because the sandbox imports nothing of the program.
"""


def price(item: str, at: datetime) -> Decimal:
    """Return the dollars for one of an item at an instant."""
    day = at.astimezone(UTC).date()
    rows = [(start, dollars) for start, name, dollars in PRICES if name == item]
    return next((dollars for start, dollars in reversed(rows) if start <= day), rows[0][1])


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A line of the ledger."""

    at: datetime
    account: str
    item: str
    quantity: int
    dollars: Decimal
