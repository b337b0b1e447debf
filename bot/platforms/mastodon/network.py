"""The secrets, handles and addresses of Mastodon. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.model import Account

SECRETS = ("access_token",)

TOKEN = re.compile(
    r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-]))"
    r"(?=(?:[A-Za-z0-9_-]*?(?:[a-z][A-Z0-9]|[A-Z][0-9]|[0-9][A-Za-z])){8})([A-Za-z0-9_-]{43})"
)
"""43 characters of base64, with as many changes between letters and digits as random ones have. A
path or a name of that length has few."""


def split_handle(handle: str) -> tuple[str, str]:
    """Return the name and the server of ``@name@server``. A handle without a server has ""."""
    name, _, server = handle.lstrip("@").partition("@")
    return name, server


def api_of(handle: str) -> str:
    """Return the address of the API of the handle's server. Raise ValueError without a server."""
    server = split_handle(handle)[1]
    if not server:
        raise ValueError("Write it with its server, as name@mastodon.example, or give its api.")
    return f"https://{server}"


def profile_url(account: Account) -> str:
    """Return the address of the account's page, at its API.

    A handle may name the domain of the organisation, although its server has another.
    """
    name, server = split_handle(account.handle)
    return f"{account.api.rstrip('/') or f'https://{server}'}/@{name}"


def post_url(account: Account, remote_id: str) -> str:
    """Return the address of one of the account's posts."""
    return f"{profile_url(account)}/{remote_id}"
