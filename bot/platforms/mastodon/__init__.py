"""Mastodon and servers that speak its API, by Mastodon.py: rules and the client of ``connect``.

Light to import: Mastodon.py and requests are imported by ``connect``. Nothing costs anything.

- ``texts`` finds links, hashtags and mentions and counts, ``rules`` checks: pure.
- ``responses`` says what an answer, or its absence, means for a delivery: pure.
- ``timeline`` recognises a post in a server's answers and reads its counters: pure.
- ``transport`` sends one request, once; ``client`` and ``media`` decide which.

Servers differ. Mastodon takes an ``Idempotency-Key`` for an hour; others, such as snac, Pixelfed
and GoToSocial, ignore it. So what may be out is looked for on the account's own timeline, which
every server shows; where it is Mastodon's own code, it is sent again sooner, under its key.

It does not like, follow, boost, quote, or reply to anyone but the account itself in a thread, and
no option makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.platforms.defaults import CLICKS_LAST as CLICKS_LAST
from bot.platforms.defaults import MAKES_CARDS as MAKES_CARDS
from bot.platforms.defaults import MEDIA_LASTS as MEDIA_LASTS
from bot.platforms.defaults import POST_ID as POST_ID
from bot.platforms.defaults import billed_on as billed_on
from bot.platforms.defaults import charges as charges
from bot.platforms.defaults import price as price
from bot.platforms.defaults import priced_since as priced_since
from bot.platforms.defaults import read_price as read_price
from bot.platforms.mastodon.network import SECRETS as SECRETS
from bot.platforms.mastodon.network import TOKEN as TOKEN
from bot.platforms.mastodon.network import api_of as api_of
from bot.platforms.mastodon.network import post_url as post_url
from bot.platforms.mastodon.network import profile_url as profile_url
from bot.platforms.mastodon.rules import ADVICE as ADVICE
from bot.platforms.mastodon.rules import RULES as RULES
from bot.platforms.mastodon.rules import check as check
from bot.platforms.mastodon.rules import length as length
from bot.platforms.mastodon.rules import mention as mention
from bot.platforms.mastodon.texts import entities as entities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model import Account
    from bot.platforms.base import Client


def connect(
    account: Account, secrets: Mapping[str, str], options: Mapping[str, Any] | None = None
) -> Client:
    """Return the client; connects to nothing yet. ``options`` go to ``MastodonTransport``.

    Raise Unauthorized where a secret is missing, and GroundswellError for an API address over which
    tokens could be read.
    """
    from bot.platforms.mastodon.client import MastodonClient
    from bot.platforms.mastodon.transport import MastodonTransport

    return MastodonClient(account, MastodonTransport(account.api, secrets, **(options or {})))
