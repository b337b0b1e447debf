"""X, by its API v2 through tweepy: prices, rules and the client that ``connect`` returns.

Light to import: tweepy and requests are imported by ``connect``.

- ``bot.xtext`` counts, ``rules`` checks, this module holds the dollars: pure.
- ``responses`` says what an answer, or its absence, means for a delivery: pure.
- ``timeline`` recognises a post in X's answers and reads its counters: pure.
- ``transport`` sends one request, once; ``client`` and ``media`` decide which, and ``client`` asks
  in both spellings of X's fields.

It does not like, follow, repost, quote, or reply to anyone but the account itself in a thread, and
no option makes it.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot import xtext
from bot.platforms.attachments import media_kind
from bot.platforms.base import Charge
from bot.platforms.defaults import billed_on as billed_on
from bot.platforms.options import XOptions
from bot.platforms.x.rules import ADVICE as ADVICE
from bot.platforms.x.rules import RULES as RULES
from bot.platforms.x.rules import check as check
from bot.platforms.x.rules import length as length
from bot.platforms.x.rules import mention as mention
from bot.xtext import entities as entities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model import Account, Content
    from bot.platforms.base import Client

API = "https://api.x.com"
_API_HOSTS = frozenset({"api.x.com", "api.twitter.com"})

SECRETS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
TOKEN = re.compile(r"(?<!\d)\d{5,20}-([A-Za-z0-9]{20,})")
POST_ID = re.compile(r"[1-9][0-9]{0,18}")

CLICKS_LAST = timedelta(days=29)
"""X gives clicks for 30 days after a post; asked later, it may withhold the post altogether."""

MAKES_CARDS = True
MEDIA_LASTS = timedelta(hours=23, minutes=40)
"""X keeps a file for a day, and one that is about to expire is uploaded again."""

# --- Prices: a new one is one more row ------------------------------------------------------------

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
"""(From this UTC day on, item, dollars for one of it), oldest first.

Source: X's page "Pay-per-usage pricing" (docs.x.com, x-api/getting-started/pricing), as it stood
between August and November 2026. The repricing was in April 2026; its day is not on record. Before
the first row of an item, that row holds: the demo plays in 2022, when there was no such price.
An upload is not on the page, and taken as free.

The sandbox keeps a copy of its own, as it imports nothing of the program, and a test fails until
the row is in it, too. The README's table has to be that of today.
"""


def charges(content: Content) -> list[Charge]:
    """Return what publishing this is billed as.

    Whether X bills a part of an own thread as a post or as a summoned reply, which costs less, is
    not documented: the higher price is assumed.
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
    """Return the dollars for one of an item on that UTC day. Raise KeyError for an unknown item."""
    rows = [(start, dollars) for start, name, dollars in PRICES if name == item]
    if not rows:
        raise KeyError(item)
    day = billed_on(on)
    return next((dollars for start, dollars in reversed(rows) if start <= day), rows[0][1])


def priced_since(on: datetime) -> date:
    """Return the day from which the prices of that UTC day hold."""
    day, first = billed_on(on), PRICES[0][0]
    return max((start for start, _, _ in PRICES if start <= day), default=first)


def read_price(account: Account, on: datetime) -> tuple[Decimal, Decimal]:
    """Return the usual and the highest dollars for reading a post's counters on a day.

    Usually it is on the own timeline. At the highest, a page of that did not hold it (which never
    costs more than looking up by id what is wanted, see ``timeline``), and the post is looked up.
    Where the account does not own its app, its timeline is no cheaper, and only what is wanted is
    read.
    """
    owned, by_id = unit_price(OWNED_READ, on), unit_price(POST_READ, on)
    if not account.options_as(XOptions).owns_app:
        return by_id, by_id
    return owned, max(by_id, SMALLEST_PAGE * owned) + by_id


# --- Addresses, and the client --------------------------------------------------------------------


def api_of(handle: str) -> str:
    """Return the address of X's API, which is one for all."""
    del handle
    return API


def profile_url(account: Account) -> str:
    """Return the address of the account's page: in a sandbox, never one on the real X."""
    is_x = not account.api or urlsplit(account.api).hostname in _API_HOSTS
    site = "https://x.com" if is_x else account.api
    return f"{site.rstrip('/')}/{account.handle.lstrip('@')}"


def post_url(account: Account, remote_id: str) -> str:
    """Return the address of one of the account's posts."""
    return f"{profile_url(account)}/status/{remote_id}"


def connect(
    account: Account, secrets: Mapping[str, str], options: Mapping[str, Any] | None = None
) -> Client:
    """Return the client; connects to nothing yet. ``options`` go to ``XTransport``.

    Raise Unauthorized where a secret is missing, and GroundswellError for an API address over which
    tokens could be read.
    """
    from bot.platforms.x.client import XClient
    from bot.platforms.x.transport import XTransport

    return XClient(account, XTransport(account.api, secrets, **(options or {})))
