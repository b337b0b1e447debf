"""Bluesky, by the AT Protocol through atproto: rules and the client that ``connect`` returns.

Light to import: atproto, which takes 1.5 s, is imported by ``connect``.

- ``facets`` finds links, hashtags and mentions, ``rules`` checks, this module has the addresses:
  pure.
- ``pictures`` takes out of a picture what nobody sees: pure.
- ``records`` makes a record and its key of a content, recognises it on the server, and reads
  counters: pure.
- ``responses`` says what an answer, or its absence, means for a delivery: pure.
- ``names`` looks up whom posts mention: what is not found now may be found later.
- ``transport`` sends one request, once; ``session`` logs in; ``client`` decides what is asked.

It does not like, follow, repost, quote, or reply to anyone but the account itself in a thread, and
no option makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    """Return the client; connects to nothing yet. ``options`` go to ``BlueskyTransport``.

    Raise Unauthorized where a secret is missing, and GroundswellError for an API address over which
    tokens could be read.
    """
    from bot.platforms.bluesky.client import BlueskyClient
    from bot.platforms.bluesky.transport import BlueskyTransport

    return BlueskyClient(account, BlueskyTransport(account.api, secrets, **(options or {})))
