"""The report on the money spent."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.table import Column, Table
from bot.reports.totals import booked_total

if TYPE_CHECKING:
    from datetime import datetime

    from bot.reports.evidence import Evidence

ITEM_NAMES = {
    "post": "posts without a link",
    "post_with_link": "posts with a link",
    "media_metadata": "alt texts",
    "owned_read": "reads of own posts",
    "post_read": "reads of posts at the full price",
    "user_read": "looks at the own profile",
}
"""Names of the items of the price list, in which each part of a thread is a post."""

_SPEND_COLUMNS = (
    Column("account", "Account", "text"),
    Column("what", "What", "text"),
    Column("item", "Item", "text", machine_only=True),
    Column("quantity", "Quantity", "count", "How many posts, reads or lookups were billed."),
    Column("dollars", "Spend", "money", "By the platform's prices, in US dollars.", bar=True),
)


def spend_table(evidence: Evidence, now: datetime) -> Table:  # noqa: ARG001 - as every report
    """List the money spent, by account and kind of call."""
    money: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    quantity = Counter[tuple[str, str]]()
    for booking in evidence.spending or ():
        key = (booking.account, booking.item)
        money[key] += booking.dollars
        quantity[key] += booking.quantity
    rows = tuple(
        (
            evidence.names.account(account),
            ITEM_NAMES.get(item, item),
            item,
            quantity[account, item],
            money[account, item],
        )
        for account, item in sorted(money, key=lambda key: (-money[key], key))
    )
    if evidence.spending is None:
        note = "Spending was not asked for."
    elif rows:
        note = "As Groundswell booked it, by the platform's prices of the day; the bill may differ."
    else:
        note = "Nothing was spent."
    total = ("Total", None, None, quantity.total(), booked_total(evidence)) if rows else None
    return Table("spend", "Spend", _SPEND_COLUMNS, rows, (note,), total=total)
