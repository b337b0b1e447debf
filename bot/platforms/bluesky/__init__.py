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

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.platforms import is_loopback
from bot.platforms.bluesky.facets import entities as entities
from bot.platforms.bluesky.rules import ADVICE as ADVICE
from bot.platforms.bluesky.rules import API as API
from bot.platforms.bluesky.rules import APPVIEW as APPVIEW
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

SECRETS = ("app_password",)
_GROUP = "[a-z2-7]{4}"
TOKEN = re.compile(
    rf"(?<![\w-])(?=(?:{_GROUP}-){{0,3}}(?:[a-z]{{0,3}}[2-7]|[b-df-hj-np-tv-xz]{{4}}))"
    rf"{_GROUP}(?:-{_GROUP}){{3}}(?![\w-])"
)
"""An app password: four times four letters and digits. One of the four has a digit or no vowel, as
in 199 of 200 of them, so that four short words with hyphens are none."""
POST_ID = re.compile(r"[234567a-j][234567a-z]{12}")

MAKES_CARDS = False
MEDIA_LASTS = timedelta(minutes=20)
"""A server deletes a file that no post shows within some minutes (``com.atproto.repo.uploadBlob``),
and uploading it once more is free."""

_SITE = "https://bsky.app"


def api_of(handle: str) -> str:
    """Return the address of the server that accounts log in at, unless they have one of their own.

    Raise ValueError for a name that is no domain, as every name on Bluesky is.
    """
    if "." not in handle.strip("."):
        raise ValueError("Write the whole name, which is a domain, such as name.bsky.social.")
    return API


def profile_url(account: Account) -> str:
    """Return the address of the account's page; one of this machine is never on the real site."""
    site = account.api if is_loopback(account.api) else _SITE
    return f"{site.rstrip('/')}/profile/{account.handle.lstrip('@')}"


def post_url(account: Account, remote_id: str) -> str:
    """Return the address of one of the account's posts."""
    return f"{profile_url(account)}/post/{remote_id}"


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
