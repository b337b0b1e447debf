"""What a platform's module imports for what it has nothing of its own for.

Nothing is billed, nobody counts clicks, a text is read as on X, and a file serves one post. What a
platform must say itself is named in ``Platform`` in ``bot.platforms.base``. Pure.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.model import Account, Content
    from bot.platforms.base import Charge

POST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Digits, as most count, or letters, as some servers of Mastodon's API have."""

CLICKS_LAST: timedelta | None = None
"""Clicks and impressions can never be read."""

MEDIA_LASTS = timedelta(0)
"""A file belongs to the one post that it was uploaded for: Mastodon refuses it in another."""

ADVICE: frozenset[str] = frozenset()
"""What breaks a rule is refused."""


def charges(content: Content) -> list[Charge]:
    """Return what publishing this is billed as: nothing."""
    del content
    return []


def price(charge: Charge, on: datetime) -> Decimal:
    """Return the dollars that a charge costs: none."""
    del charge, on
    return Decimal(0)


def priced_since(on: datetime) -> date:
    """Return the UTC day itself: there is no list of prices with a date."""
    return billed_on(on)


def billed_on(at: datetime) -> date:
    """Return the UTC day of an instant."""
    return at.astimezone(UTC).date()


def read_price(account: Account, on: datetime) -> tuple[Decimal, Decimal]:
    """Return the usual and the highest dollars for reading a post's counters: none."""
    del account, on
    return Decimal(0), Decimal(0)
