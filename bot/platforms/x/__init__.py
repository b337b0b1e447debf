"""X, by its API v2 through tweepy: rules, prices and the client that ``connect`` gives.

Light to import: tweepy and requests come with ``connect``.

- ``bot.xtext`` counts, ``rules`` checks, ``prices`` knows the dollars: pure.
- ``answers`` says what an answer, or its absence, means for a delivery: pure.
- ``session`` carries one request, once; ``client``, ``media``, ``timeline`` say which requests.
- ``find`` recognises a post in a timeline, ``metrics`` reads its counters: pure.

It does not like, follow, repost, quote, or reply to anyone but the account itself in a thread, and
no option makes it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot import xtext
from bot.platforms.base import Charge
from bot.platforms.x import prices
from bot.platforms.x.addresses import post_url, profile_url
from bot.platforms.x.fields import POST_ID
from bot.platforms.x.metrics import CLICKS_LAST
from bot.platforms.x.prices import billed_on, price, reading
from bot.platforms.x.prices import since as priced_since
from bot.platforms.x.rules import ADVICE, RULES, check, family, limit

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
    "reading",
]

API = "https://api.x.com"

TOKEN = re.compile(r"(?<!\d)\d{5,20}-([A-Za-z0-9]{20,})")

SECRETS: tuple[str, ...] = (
    "consumer_key",
    "consumer_secret",
    "access_token",
    "access_token_secret",
)


def length(part: Part, account: Account) -> tuple[int, int]:
    """Give the part's weighted length, and the most that the account may post."""
    return xtext.weighted_length(part.text), limit(account)


def charges(content: Content) -> list[Charge]:
    """Give what publishing this is billed as.

    Whether X bills a part of an own thread as a post ($0.015) or as a summoned reply ($0.010) is
    not documented: the dearer is assumed.
    """
    count: dict[str, int] = {}
    for part in content.parts:
        item = prices.POST_WITH_LINK if xtext.has_link(part.text) else prices.POST
        count[item] = count.get(item, 0) + 1
        if part.media and (described := sum(family(media) != "video" for media in part.media)):
            count[prices.MEDIA_METADATA] = count.get(prices.MEDIA_METADATA, 0) + described
    return [Charge(item, quantity) for item, quantity in count.items()]


def connect(account: Account, secrets: Mapping[str, str], options: Any = None) -> Client:
    """Make the client; talks to nobody yet.

    ``options`` is a ``session.Options``, or a mapping of its fields. Raises Unauthorized where a
    secret is missing, and GroundswellError for an API address that would show tokens to the wire.
    """
    from bot.platforms.x.client import XClient
    from bot.platforms.x.session import Line, Options

    return XClient(account, Line(account.api, secrets, Options.of(options)))
