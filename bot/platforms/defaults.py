"""What a platform's module imports for what it has nothing of its own for.

It bills nothing, nobody counts clicks, a link needs no card, a file serves one post, and no text
looks like a secret. What a platform must say itself is named in ``Platform`` in
``bot.platforms.base``.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.model import Counters
from bot.platforms.base import CounterReading
from bot.platforms.outcomes import Rejected

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.model import Account, Content, Media
    from bot.platforms.base import Charge, Upload

__all__ = [
    "ADVICE",
    "CLICKS_LAST",
    "MAKES_CARDS",
    "MEDIA_LASTS",
    "POST_ID",
    "TOKEN",
    "ClientDefaults",
    "billed_on",
    "charges",
    "post_url",
    "price",
    "priced_since",
    "profile_url",
    "read_price",
]

TOKEN = re.compile("(?!)")
"""Nothing."""

POST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Digits, as most count, or letters, as some servers of Mastodon's API have."""

CLICKS_LAST: timedelta | None = None
"""Clicks and impressions can never be read."""

MAKES_CARDS = True
"""A link needs no card: the platform makes it of what the page says."""

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
    """Return the UTC day of an instant: who bills reads, as X does, bills a post once on it."""
    return at.astimezone(UTC).date()


def read_price(account: Account, on: datetime) -> tuple[Decimal, Decimal]:
    """Return the usual and the highest dollars for reading a post's counters: none."""
    del account, on
    return Decimal(0), Decimal(0)


def profile_url(account: Account) -> str:
    """Return the address of the account's page: that of its API, where it has one of its own."""
    return account.api


def post_url(account: Account, remote_id: str) -> str:
    """Return the address of one of its posts: below that of its page."""
    return f"{account.api}/{remote_id}"


class ClientDefaults:
    """A client that knows no clock but ours, takes no files, and counts nothing."""

    platform_time: datetime | None = None
    keys_last = timedelta(0)

    def upload(self, media: Media) -> Upload:
        """Raise Rejected."""
        raise Rejected(f"{media.path.name} cannot be shown: no files are taken")

    def fetch_counters(
        self,
        posts: Sequence[tuple[str, datetime]],
        polls: Collection[str] = (),
    ) -> CounterReading:
        """Return no data about each post, and none as deleted."""
        del polls
        return CounterReading({remote_id: Counters() for remote_id, _ in posts})
