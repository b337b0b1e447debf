"""The reports that list instead of summing publications: money, and what asks for a person."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.model import State
from bot.reports.figures import one_line
from bot.reports.numbers import booked
from bot.reports.table import Column, Table

if TYPE_CHECKING:
    from datetime import datetime

    from bot.model import Delivery
    from bot.reports.evidence import Evidence

ATTENTION = {
    State.NEEDS_HUMAN: "Needs a person",
    State.UNKNOWN: "Outcome unknown",
    State.REJECTED: "Refused by the platform",
    State.MISSED: "Missed",
    State.EXPIRED: "Expired unsent",
}
"""The states that a team must hear of, the most urgent first, in its words."""

BOUGHT = {
    "post": "posts without a link",
    "post_with_link": "posts with a link",
    "media_metadata": "alt texts",
    "owned_read": "reads of own posts",
    "post_read": "reads of posts at the full price",
    "user_read": "looks at the own profile",
}
"""What items of the price list are called for a person; of a thread, each part is a post."""


def spend(evidence: Evidence, now: datetime) -> Table:  # noqa: ARG001 - every report is asked alike
    """List what was paid for, by account and kind of call."""
    money: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    quantity: dict[tuple[str, str], int] = defaultdict(int)
    for each in evidence.spending or ():
        money[each.account, each.item] += each.dollars
        quantity[each.account, each.item] += each.quantity
    handles = evidence.names.accounts
    rows = tuple(
        (handles.get(key[0], key[0]), BOUGHT.get(key[1], key[1]), key[1], quantity[key], money[key])
        for key in sorted(money, key=lambda key: (-money[key], key))
    )
    total = ("Total", None, None, sum(quantity.values()), booked(evidence))
    notes = _spend_notes(evidence)
    return Table("spend", "Spend", _SPEND, rows, notes, total=total if rows else None)


_SPEND = (
    Column("account", "Account", "text"),
    Column("what", "What", "text"),
    Column("item", "Item", "text", machine=True),
    Column("quantity", "Quantity", "count", "How many posts, reads or lookups were billed."),
    Column("dollars", "Spend", "money", "By the platform's prices, in US dollars.", bar=True),
)


def _spend_notes(evidence: Evidence) -> tuple[str, ...]:
    if evidence.spending is None:
        return ("Spending was not asked for.",)
    if not evidence.spending:
        return ("Nothing was spent.",)
    return ("As Groundswell booked it, by the platform's prices of the day; the bill may differ.",)


def attention(evidence: Evidence, now: datetime) -> Table:  # noqa: ARG001 - every report is asked alike
    """List what did not go out as planned, the most urgent first."""
    order = list(ATTENTION)
    found = [each for each in evidence.deliveries if each.state in ATTENTION]
    found.sort(key=lambda each: (order.index(each.state), each.due, each.id))
    notes = () if found else ("Nothing is waiting for a person.",)
    rows = tuple(_attention(evidence, each) for each in found)
    return Table("attention", "Needs attention", _ATTENTION, rows, notes)


_ATTENTION = (
    Column("state", "State", "text"),
    Column("reason", "Why", "text"),
    Column("post", "Post", "text"),
    Column("post_id", "Id", "text", machine=True),
    Column("account", "Account", "text", rank=3),
    Column("due", "Due", "instant", rank=1),
)


def _attention(evidence: Evidence, each: Delivery) -> tuple[str | datetime, ...]:
    return (
        ATTENTION[each.state],
        each.reason,
        one_line(each.content.text, 60),
        each.post,
        evidence.names.accounts.get(each.account, each.account),
        each.due,
    )
