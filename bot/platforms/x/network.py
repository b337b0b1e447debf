"""The secrets, ids and addresses of X. Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from bot.model import Account

API = "https://api.x.com"
_API_HOSTS = frozenset({"api.x.com", "api.twitter.com"})

SECRETS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
TOKEN = re.compile(r"(?<!\d)\d{5,20}-([A-Za-z0-9]{20,})")
POST_ID = re.compile(r"[1-9][0-9]{0,18}")

CLICKS_LAST = timedelta(days=29)
"""X gives clicks for 30 days after a post. Asked later, it may withhold the whole post
(https://docs.x.com/x-api/fundamentals/metrics)."""
MEDIA_LASTS = timedelta(hours=23, minutes=40)
"""X keeps a file for a day. One that is about to expire is uploaded again."""


def api_of(handle: str) -> str:
    """Return the address of X's API, which is the same for all accounts."""
    del handle
    return API


def profile_url(account: Account) -> str:
    """Return the address of the account's page. An account in a sandbox has none on the real X."""
    is_x = not account.api or urlsplit(account.api).hostname in _API_HOSTS
    site = "https://x.com" if is_x else account.api
    return f"{site.rstrip('/')}/{account.handle.lstrip('@')}"


def post_url(account: Account, remote_id: str) -> str:
    """Return the address of one of the account's posts."""
    return f"{profile_url(account)}/status/{remote_id}"
