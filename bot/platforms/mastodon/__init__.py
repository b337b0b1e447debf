"""Mastodon, and servers that speak its API, by Mastodon.py. Nothing costs anything.

Pure are ``network`` (addresses), ``texts`` (links, hashtags, mentions and counting), ``rules``,
``responses`` (the meaning of an answer) and ``timeline`` (posts and counters in answers).
``transport`` sends a request. ``client`` and ``media`` decide which. Only ``connect`` imports
Mastodon.py and requests, which are slow to import.

Mastodon keeps an ``Idempotency-Key`` for an hour (https://docs.joinmastodon.org/methods/statuses/).
Other servers, such as snac, Pixelfed and GoToSocial, ignore it. A post that may be out is
searched for on the account's own timeline, which every server shows. On a server with Mastodon's
own code it is sent again sooner, under its key.

Groundswell does not like, follow, boost or quote, and it replies to nobody but its own account in a
thread. No option changes that.
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
    """Return the client without connecting yet. ``options`` go to ``Transport``. It may raise."""
    from bot.platforms.mastodon.client import MastodonClient
    from bot.platforms.mastodon.transport import MastodonTransport

    return MastodonClient(account, MastodonTransport(account.api, secrets, **(options or {})))
