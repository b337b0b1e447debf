"""The items that X bills, and their prices in dollars. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from bot import xtext
from bot.platforms.attachments import media_kind
from bot.platforms.base import Charge
from bot.platforms.defaults import billed_on
from bot.platforms.options import XOptions

if TYPE_CHECKING:
    from datetime import datetime

    from bot.model import Account, Content

POST = "post"
POST_WITH_LINK = "post_with_link"
OWNED_READ = "owned_read"
POST_READ = "post_read"
USER_READ = "user_read"
MEDIA_METADATA = "media_metadata"

SMALLEST_PAGE = 5
"""The fewest posts that a page of the own timeline can have."""

_APRIL_2026 = date(2026, 4, 1)
PRICES: tuple[tuple[date, str, Decimal], ...] = (
    (_APRIL_2026, POST, Decimal("0.015")),
    (_APRIL_2026, POST_WITH_LINK, Decimal("0.200")),
    (_APRIL_2026, "summoned_reply", Decimal("0.010")),
    (_APRIL_2026, OWNED_READ, Decimal("0.001")),
    (_APRIL_2026, POST_READ, Decimal("0.005")),
    (_APRIL_2026, USER_READ, Decimal("0.010")),
    (_APRIL_2026, MEDIA_METADATA, Decimal("0.005")),
)
"""(UTC day from which the price holds, item, dollars for one of it), oldest first.

Source: https://docs.x.com/x-api/getting-started/pricing between August and November 2026. The
repricing was in April 2026, on a day that is not on record. An upload is not on the page, and taken
as free. Before the first row of an item, that row holds too, because the demo plays in 2022. An
item that will cost something only from a coming day needs a row of 0 dollars before.

The sandbox has a list of its own, and a test fails until both have the row. The README's table has
to be that of today.
"""


def charges(content: Content) -> list[Charge]:
    """Return the charges for publishing a content.

    X does not document whether a later part of an own thread costs as much as a post, or as a
    summoned reply, which is cheaper. The higher price is assumed.
    """
    items: list[str] = []
    for part in content.parts:
        items.append(POST_WITH_LINK if xtext.has_link(part.text) else POST)
        items += [MEDIA_METADATA for media in part.media if media_kind(media) != "video"]
    return [Charge(item, quantity) for item, quantity in Counter(items).items()]


def price(charge: Charge, on: datetime) -> Decimal:
    """Return the dollars that a charge costs on the UTC day of ``on``. Raise KeyError."""
    return unit_price(charge.item, on) * charge.quantity


def unit_price(item: str, on: datetime) -> Decimal:
    """Return the dollars for one of an item on a UTC day. Raise KeyError for an unknown item."""
    rows = [(start, dollars) for start, name, dollars in PRICES if name == item]
    if not rows:
        raise KeyError(item)
    day = billed_on(on)
    return next((dollars for start, dollars in reversed(rows) if start <= day), rows[0][1])


def priced_since(on: datetime) -> date:
    """Return the day from which the prices of a UTC day hold."""
    day, first = billed_on(on), PRICES[0][0]
    return max((start for start, _, _ in PRICES if start <= day), default=first)


def read_price(account: Account, on: datetime) -> tuple[Decimal, Decimal]:
    """Return the usual and the highest dollars for reading a post's counters on a day.

    A post is usually read on the account's own timeline. At worst it is not on the page, which
    never costs more than looking up the wanted posts, and is then looked up by its id. If the
    account does not own its app, its timeline is not cheaper, and posts are only looked up.
    """
    owned, by_id = unit_price(OWNED_READ, on), unit_price(POST_READ, on)
    if not account.options_as(XOptions).owns_app:
        return by_id, by_id
    return owned, max(by_id, SMALLEST_PAGE * owned) + by_id
