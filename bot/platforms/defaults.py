"""Answers of a platform that bills nothing, counts no clicks and makes cards of links by itself.

A platform's module imports those that hold for it. ``Platform`` in ``bot.platforms.base`` lists all
that a module must have.
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
"""No text looks like a token."""

POST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Digits on most servers, letters on some of Mastodon's API."""

CLICKS_LAST: timedelta | None = None
"""Clicks and impressions can never be read."""

MAKES_CARDS = True
"""The platform makes a link's card from the page."""

MEDIA_LASTS = timedelta(0)
"""A file belongs to the one post that it was uploaded for. Mastodon refuses it in another."""

ADVICE: frozenset[str] = frozenset()
"""The platform refuses whatever breaks a rule."""


def charges(content: Content) -> list[Charge]:
    """Return no charges."""
    del content
    return []


def price(charge: Charge, on: datetime) -> Decimal:
    """Return zero dollars."""
    del charge, on
    return Decimal(0)


def priced_since(on: datetime) -> date:
    """Return the UTC day itself, because no prices have a date."""
    return billed_on(on)


def billed_on(at: datetime) -> date:
    """Return the UTC day of an instant, as X bills reads."""
    return at.astimezone(UTC).date()


def read_price(account: Account, on: datetime) -> tuple[Decimal, Decimal]:
    """Return zero dollars, usually and at most."""
    del account, on
    return Decimal(0), Decimal(0)


def profile_url(account: Account) -> str:
    """Return the address of the account's API, which is empty if it has none of its own."""
    return account.api


def post_url(account: Account, remote_id: str) -> str:
    """Return an address below that of the account's API."""
    return f"{account.api}/{remote_id}"


class ClientDefaults:
    """A client that shows no clock, keeps no keys, takes no files, and counts nothing."""

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
        """Return no data about any post, and no post as deleted."""
        del polls
        return CounterReading({remote_id: Counters() for remote_id, _ in posts})
