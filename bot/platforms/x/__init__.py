"""X, by its API v2 through tweepy: rules, prices and the client that ``connect`` returns.

Light to import: tweepy and requests are imported by ``connect``.

- ``bot.xtext`` counts, ``rules`` checks, ``prices`` holds the dollars: pure.
- ``responses`` says what an answer, or its absence, means for a delivery: pure.
- ``transport`` sends one request, once; ``client``, ``media`` and ``timeline`` decide which, and
  ``client`` asks in both spellings of X's fields.
- ``timeline`` also recognises a post in it, ``metrics`` reads a post's counters: pure.

It does not like, follow, repost, quote, or reply to anyone but the account itself in a thread, and
no option makes it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot import xtext
from bot.platforms.base import Charge
from bot.platforms.x import prices
from bot.platforms.x.metrics import CLICKS_LAST
from bot.platforms.x.prices import billed_on, price, priced_since, read_price
from bot.platforms.x.responses import POST_ID
from bot.platforms.x.rules import ADVICE, RULES, check, length_limit, media_kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model import Account, Content, Part
    from bot.platforms.base import Client

__all__ = [
    "ADVICE",
    "API",
    "CLICKS_LAST",
    "POST_ID",
    "RULES",
    "SECRETS",
    "TOKEN",
    "billed_on",
    "charges",
    "check",
    "connect",
    "length",
    "post_url",
    "price",
    "priced_since",
    "profile_url",
    "read_price",
]

API = "https://api.x.com"

TOKEN = re.compile(r"(?<!\d)\d{5,20}-([A-Za-z0-9]{20,})")

SECRETS: tuple[str, ...] = (
    "consumer_key",
    "consumer_secret",
    "access_token",
    "access_token_secret",
)

_API_HOSTS = frozenset({"api.x.com", "api.twitter.com"})


def profile_url(account: Account) -> str:
    """Return the address of the account's page: in a sandbox, never one on the real X."""
    is_x = not account.api or urlsplit(account.api).hostname in _API_HOSTS
    site = "https://x.com" if is_x else account.api
    return f"{site.rstrip('/')}/{account.handle.lstrip('@')}"


def post_url(account: Account, remote_id: str) -> str:
    """Return the address of one of the account's posts."""
    return f"{profile_url(account)}/status/{remote_id}"


def length(part: Part, account: Account) -> tuple[int, int]:
    """Return the part's weighted length, and the limit for the account."""
    return xtext.weighted_length(part.text), length_limit(account)


def charges(content: Content) -> list[Charge]:
    """Return what publishing this is billed as.

    Whether X bills a part of an own thread as a post or as a summoned reply, which costs less, is
    not documented: the higher price is assumed.
    """
    items: list[str] = []
    for part in content.parts:
        items.append(prices.POST_WITH_LINK if xtext.has_link(part.text) else prices.POST)
        items += [prices.MEDIA_METADATA for media in part.media if media_kind(media) != "video"]
    return [Charge(item, quantity) for item, quantity in Counter(items).items()]


def connect(account: Account, secrets: Mapping[str, str], options: Any = None) -> Client:
    """Return the client; connects to nothing yet.

    ``options`` is a ``transport.TransportOptions``, or a mapping of its fields. Raise Unauthorized
    where a secret is missing, and GroundswellError for an API address over which tokens could be
    read.
    """
    from bot.platforms.x.client import XClient
    from bot.platforms.x.transport import TransportOptions, XTransport

    return XClient(account, XTransport(account.api, secrets, TransportOptions.of(options)))
