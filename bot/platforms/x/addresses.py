"""Where a person sees an account or a post: in a sandbox, never an address on the real X. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from bot.model import Account

_X_HOSTS = frozenset({"api.x.com", "api.twitter.com"})


def profile_url(account: Account) -> str:
    """Give the address of the account's page."""
    is_x = not account.api or urlsplit(account.api).hostname in _X_HOSTS
    site = "https://x.com" if is_x else account.api
    return f"{site.rstrip('/')}/{account.handle.lstrip('@')}"


def post_url(account: Account, remote_id: str) -> str:
    """Give the address of one of the account's posts."""
    return f"{profile_url(account)}/status/{remote_id}"
