"""Bluesky, by the AT Protocol through atproto.

Pure are ``network`` (addresses), ``facets`` (links, hashtags and mentions), ``rules``,
``records`` (records, their keys and counters) and ``responses`` (the meaning of an answer).
``transport`` sends a request, ``session`` logs in, ``repository`` reads and writes records,
``names`` looks up mentioned accounts, and ``client`` decides which requests are made. Only
``connect`` imports atproto, which takes 1.5 s.

Groundswell does not like, follow, repost or quote, and it replies to nobody but its own account in
a thread. No option changes that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.platforms import load_library
from bot.platforms.bluesky.facets import entities as entities
from bot.platforms.bluesky.network import MEDIA_LASTS as MEDIA_LASTS
from bot.platforms.bluesky.network import POST_ID as POST_ID
from bot.platforms.bluesky.network import SECRETS as SECRETS
from bot.platforms.bluesky.network import TOKEN as TOKEN
from bot.platforms.bluesky.network import api_of as api_of
from bot.platforms.bluesky.network import post_url as post_url
from bot.platforms.bluesky.network import profile_url as profile_url
from bot.platforms.bluesky.rules import ADVICE as ADVICE
from bot.platforms.bluesky.rules import RULES as RULES
from bot.platforms.bluesky.rules import check as check
from bot.platforms.bluesky.rules import length as length
from bot.platforms.bluesky.rules import mention as mention
from bot.platforms.defaults import CLICKS_LAST as CLICKS_LAST
from bot.platforms.defaults import billed_on as billed_on
from bot.platforms.defaults import charges as charges
from bot.platforms.defaults import price as price
from bot.platforms.defaults import priced_since as priced_since
from bot.platforms.defaults import read_price as read_price

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model import Account
    from bot.platforms.base import Client

MAKES_CARDS = False


def connect(
    account: Account, secrets: Mapping[str, str], options: Mapping[str, Any] | None = None
) -> Client:
    """Return the client without connecting yet. ``options`` go to ``Transport``.

    Raise UserError if atproto is missing or broken.
    """
    load_library("bluesky")
    from bot.platforms.bluesky.client import BlueskyClient
    from bot.platforms.bluesky.transport import BlueskyTransport

    return BlueskyClient(account, BlueskyTransport(account.api, secrets, **(options or {})))
