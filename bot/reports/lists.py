"""The reports that list instead of summing publications: spending, and what needs a person."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.model import State
from bot.reports.table import Column, Table, one_line
from bot.reports.totals import booked_total

if TYPE_CHECKING:
    from datetime import datetime

    from bot.reports.evidence import Evidence

ATTENTION_STATES = {
    State.NEEDS_HUMAN: "Needs a person",
    State.UNKNOWN: "Outcome unknown",
    State.REJECTED: "Refused by the platform",
    State.MISSED: "Missed",
    State.EXPIRED: "Expired unsent",
}
"""The states that a team must hear of, in its words, the most urgent first."""

ITEM_NAMES = {
    "post": "posts without a link",
    "post_with_link": "posts with a link",
    "media_metadata": "alt texts",
    "owned_read": "reads of own posts",
    "post_read": "reads of posts at the full price",
    "user_read": "looks at the own profile",
}
"""What people call the items of the price list; each part of a thread is a post."""

_SPEND_COLUMNS = (
    Column("account", "Account", "text"),
    Column("what", "What", "text"),
    Column("item", "Item", "text", machine_only=True),
    Column("quantity", "Quantity", "count", "How many posts, reads or lookups were billed."),
    Column("dollars", "Spend", "money", "By the platform's prices, in US dollars.", bar=True),
)

_ATTENTION_COLUMNS = (
    Column("state", "State", "text"),
    Column("reason", "Why", "text"),
    Column("post", "Post", "text"),
    Column("post_id", "Id", "text", machine_only=True),
    Column("account", "Account", "text", rank=3),
    Column("due", "Due", "instant", rank=1),
)


def spend_table(evidence: Evidence, now: datetime) -> Table:  # noqa: ARG001 - as every report
    """List what was paid for, by account and kind of call."""
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


def attention_table(evidence: Evidence, now: datetime) -> Table:  # noqa: ARG001 - as every report
    """List what did not go out as planned, the most urgent first."""
    urgency = list(ATTENTION_STATES)
    deliveries = sorted(
        (delivery for delivery in evidence.deliveries if delivery.state in ATTENTION_STATES),
        key=lambda delivery: (urgency.index(delivery.state), delivery.due, delivery.id),
    )
    rows = tuple(
        (
            ATTENTION_STATES[delivery.state],
            delivery.reason,
            one_line(delivery.content.text, 60),
            delivery.post,
            evidence.names.account(delivery.account),
            delivery.due,
        )
        for delivery in deliveries
    )
    notes = () if rows else ("Nothing is waiting for a person.",)
    return Table("attention", "Needs attention", _ATTENTION_COLUMNS, rows, notes)
