"""The servers, secrets and addresses of Bluesky. Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.platforms import is_loopback

if TYPE_CHECKING:
    from bot.model import Account

API = "https://bsky.social"
"""The server at which most accounts log in. It names the server that keeps their posts."""

APPVIEW = "https://public.api.bsky.app"
"""Bluesky's public index, which counts and needs no login."""

SECRETS = ("app_password",)
_GROUP = "[a-z2-7]{4}"
TOKEN = re.compile(
    rf"(?<![\w-])(?=(?:{_GROUP}-){{0,3}}(?:[a-z]{{0,3}}[2-7]|[b-df-hj-np-tv-xz]{{4}}))"
    rf"{_GROUP}(?:-{_GROUP}){{3}}(?![\w-])"
)
"""An app password, which is four groups of four letters and digits. One of the groups has a digit
or no vowel, as in 199 of 200 passwords. Four short words with hyphens do not match."""
POST_ID = re.compile(r"[234567a-j][234567a-z]{12}")

MEDIA_LASTS = timedelta(minutes=20)
"""A server deletes a file that no post shows within some minutes (``com.atproto.repo.uploadBlob``).
Another upload is free."""

_SITE = "https://bsky.app"


def api_of(handle: str) -> str:
    """Return the address at which accounts log in that have no server of their own.

    Raise ValueError for a handle that is not a domain.
    """
    if "." not in handle.strip("."):
        raise ValueError("Write the whole name, which is a domain, such as name.bsky.social.")
    return API


def profile_url(account: Account) -> str:
    """Return the address of the account's page. An account in a sandbox has none on the site."""
    site = account.api if is_loopback(account.api) else _SITE
    return f"{site.rstrip('/')}/profile/{account.handle.lstrip('@')}"


def post_url(account: Account, remote_id: str) -> str:
    """Return the address of one of the account's posts."""
    return f"{profile_url(account)}/post/{remote_id}"
