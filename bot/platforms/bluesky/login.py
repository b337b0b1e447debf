"""Logging in on Bluesky by an app password, which the account's owner makes and can delete.

An app password cannot delete the account, nor change its password or address. No API makes or
deletes one without the account's own password, which Groundswell neither asks for nor accepts.
atproto 0.0.73 lacks Bluesky's OAuth.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.platforms.bluesky.network import SECRETS
from bot.platforms.login import Grant
from bot.platforms.outcomes import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model import Account
    from bot.platforms.login import Dialogue

STORED = SECRETS

PAGE = "https://bsky.app/settings/app-passwords"
_APP_PASSWORD = re.compile(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){3}")


def log_in(account: Account, known: Mapping[str, str], dialogue: Dialogue) -> Grant:
    """Ask for an app password, which the caller tries. Raise Rejected."""
    del known
    handle = account.handle.lstrip("@")
    dialogue.say(f"Signed in to Bluesky as @{handle}, make an app password, and type it here:")
    dialogue.say(PAGE)
    password = dialogue.ask_secret("app_password", "App password")
    if not _APP_PASSWORD.fullmatch(password):
        raise Rejected(
            "the input is not an app password, which looks like xxxx-xxxx-xxxx-xxxx. Never give "
            "Groundswell the account's own password"
        )
    return Grant({"app_password": password})


def revoke(account: Account, secrets: Mapping[str, str]) -> str:
    """Return the page on which a person can delete the app password. No API does that."""
    del account, secrets
    return f"The app password stays valid until you delete it: {PAGE}."
