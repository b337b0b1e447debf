"""What X charges, as dated data: a new price is a new row, never a change of code.

Source: X's page "Pay-per-usage pricing" (docs.x.com, x-api/getting-started/pricing), as it stood
between August and November 2026. The repricing was in April 2026; its day is not on record. Before
the first row, the first row holds: the demo plays in 2022, when there was no such price.
"""

from __future__ import annotations

from datetime import UTC, date
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.platforms.x.options import options

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.model import Account
    from bot.platforms.base import Charge

POST = "post"
POST_WITH_LINK = "post_with_link"
OWNED_READ = "owned_read"
POST_READ = "post_read"
USER_READ = "user_read"
MEDIA_METADATA = "media_metadata"

SMALLEST_PAGE = 5
"""A page of the own timeline shows at least so many posts."""

PRICES: tuple[tuple[date, Mapping[str, Decimal]], ...] = (
    (
        date(2026, 4, 1),
        {
            POST: Decimal("0.015"),
            POST_WITH_LINK: Decimal("0.200"),
            "summoned_reply": Decimal("0.010"),
            OWNED_READ: Decimal("0.001"),
            POST_READ: Decimal("0.005"),
            USER_READ: Decimal("0.010"),
            MEDIA_METADATA: Decimal("0.005"),
            "media_upload": Decimal(0),
            "post_delete": Decimal("0.010"),
        },
    ),
)
"""(From this UTC day on, dollars for one of each item), oldest first.

``media_upload`` is not on the page and taken as free; for ``post_delete`` the page leaves two
readings open, and the dearer one stands here.
"""


def billed_on(at: datetime) -> date:
    """Give the UTC day of an instant: X bills by it, and a post that is read once in it."""
    return at.astimezone(UTC).date()


def price(charge: Charge, on: datetime) -> Decimal:
    """Give the dollars that a charge costs on the UTC day of ``on``. Raises KeyError."""
    return unit(charge.item, on) * charge.quantity


def own_read(account: Account) -> str:
    """Give what a post of the account's own timeline is billed as."""
    return OWNED_READ if options(account).owns_app else POST_READ


def reading(account: Account, on: datetime) -> tuple[Decimal, Decimal]:
    """Give the dollars for reading a post's counters on a day: as a rule, and at the most.

    As a rule it is on the own timeline. At the most, a page of that was in vain (it never costs
    more than looking up by id what is wanted, see ``metrics``), and the post is looked up. Where
    the account does not own its app, its timeline is no cheaper, and only what is wanted is read.
    """
    owned, by_id = unit(OWNED_READ, on), unit(POST_READ, on)
    if not options(account).owns_app:
        return by_id, by_id
    return owned, max(by_id, SMALLEST_PAGE * owned) + by_id


def since(on: datetime) -> date:
    """Give the day from which the prices are that hold on that UTC day."""
    day = billed_on(on)
    return max((start for start, _ in PRICES if start <= day), default=PRICES[0][0])


def unit(item: str, on: datetime) -> Decimal:
    """Give the dollars for one of an item on that UTC day. Raises KeyError for an unknown item."""
    day = billed_on(on)
    valid = [table for start, table in PRICES if start <= day] or [PRICES[0][1]]
    return valid[-1][item]
