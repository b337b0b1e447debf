"""X, by its API v2 through tweepy.

Pure are ``network`` (addresses), ``prices``, ``rules`` (with ``bot.xtext``, which counts),
``responses`` (the meaning of an answer) and ``timeline`` (posts and counters in X's answers).
``transport`` sends a request. ``client`` and ``media`` decide which, and ``client`` asks in both
spellings of X's fields. Only ``connect`` imports tweepy and requests, which are slow to import.

Groundswell does not like, follow, repost or quote, and it replies to nobody but its own account in
a thread. No option changes that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.platforms.defaults import MAKES_CARDS as MAKES_CARDS
from bot.platforms.defaults import billed_on as billed_on
from bot.platforms.x.network import CLICKS_LAST as CLICKS_LAST
from bot.platforms.x.network import MEDIA_LASTS as MEDIA_LASTS
from bot.platforms.x.network import POST_ID as POST_ID
from bot.platforms.x.network import SECRETS as SECRETS
from bot.platforms.x.network import TOKEN as TOKEN
from bot.platforms.x.network import api_of as api_of
from bot.platforms.x.network import post_url as post_url
from bot.platforms.x.network import profile_url as profile_url
from bot.platforms.x.prices import charges as charges
from bot.platforms.x.prices import price as price
from bot.platforms.x.prices import priced_since as priced_since
from bot.platforms.x.prices import read_price as read_price
from bot.platforms.x.rules import ADVICE as ADVICE
from bot.platforms.x.rules import RULES as RULES
from bot.platforms.x.rules import check as check
from bot.platforms.x.rules import length as length
from bot.platforms.x.rules import mention as mention
from bot.xtext import entities as entities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model import Account
    from bot.platforms.base import Client


def connect(
    account: Account, secrets: Mapping[str, str], options: Mapping[str, Any] | None = None
) -> Client:
    """Return the client without connecting yet. ``options`` go to ``Transport``. It may raise."""
    from bot.platforms.x.client import XClient
    from bot.platforms.x.transport import XTransport

    return XClient(account, XTransport(account.api, secrets, **(options or {})))
