"""Disclose that an account is automated, by the platform's own mark or by a page."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from bot.config.secret_store import load_secrets
from bot.delivery.clients import identity_fault
from bot.errors import Problem, UserError
from bot.platforms import load_platform
from bot.platforms.base import Markable
from bot.platforms.login import MarkLogin, load_login
from bot.platforms.outcomes import Outcome, Unauthorized
from bot.services.views_accounts import DisclosureRecord, MarkedAccount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.config import Config
    from bot.config.secrets import Redactor
    from bot.model import Account
    from bot.platforms.base import Client
    from bot.platforms.login import Dialogue

_BY_HAND = {
    "mastodon": "Turn on *This is an automated account* on the account's page Preferences, Profile "
    "on its server.",
    "x": "X's API cannot set its *Automated* label. Turn it on in the account's settings on X, "
    "under *Your account*, and say in the bio that the account is automated.",
}


def record_page_read(config: Config, account: Account, who: str) -> DisclosureRecord:
    """Record that a person has read the account's ``disclosed_at`` and found the disclosure there.

    Raise UserError if the account has no such page.
    """
    from bot.runtime.app import create_app

    if account.disclosed_at is None:
        message = f"the account {account.name} has no disclosed_at."
        hint = "Add the page's address as disclosed_at, then read the page."
        raise UserError([Problem(str(config.path), 0, 0, "G210", message, hint)])
    with create_app(config, os.environ) as app:
        app.disclosures.record_read(account, who, app.clock.now())
    return DisclosureRecord(account.name, account.handle, account.disclosed_at, who)


def mark_as_bot(
    config: Config, account: Account, who: str, dialogue: Dialogue, redactor: Redactor
) -> MarkedAccount:
    """Have the platform mark an account as automated, and record who asked for it.

    Ask the account's owner for leave if the stored secrets cannot change the profile. Raise
    UserError.
    """
    from bot.runtime.app import create_app

    changed = _mark(account, os.environ, dialogue, redactor)
    if changed:
        with create_app(config, os.environ) as app:
            app.disclosures.record_mark(account, who, app.clock.now())
    return MarkedAccount(account.name, account.handle, account.platform, changed)


def _mark(
    account: Account, environ: Mapping[str, str], dialogue: Dialogue, redactor: Redactor
) -> bool:
    """Set the platform's own mark; return False if it was set already."""
    platform = load_platform(account.platform)
    secrets = load_secrets(account.name, platform.SECRETS, environ)
    redactor.add(secrets.values())
    client = platform.connect(account, secrets)
    if not isinstance(client, Markable):
        raise _not_marked(account, f"there is no such mark on {account.platform}")
    try:
        profile = client.whoami()
        if fault := identity_fault(account, profile.handle):
            raise _not_marked(account, fault)
        if profile.discloses:
            return False
        try:
            client.mark_automated()
        except Unauthorized as refused:
            _mark_with_leave(account, refused, dialogue, redactor)
        if not client.whoami().discloses:
            raise _not_marked(account, "the server accepted the change, but does not show the mark")
    except Outcome as outcome:
        raise _not_marked(account, outcome.detail) from outcome
    return True


def _mark_with_leave(
    account: Account, refused: Unauthorized, dialogue: Dialogue, redactor: Redactor
) -> None:
    """Set the mark by a token granted for this alone, then revoke the token. Raise Outcome."""
    login = load_login(account.platform)
    if not isinstance(login, MarkLogin):
        raise refused
    dialogue.say("The stored token may not change the profile. Allow it once, for this change:")
    grant = login.log_in_to_mark(account, dialogue)
    redactor.add(grant.secrets.values())
    try:
        client: Client = load_platform(account.platform).connect(account, grant.secrets)
        if fault := identity_fault(account, client.whoami().handle):
            raise _not_marked(account, fault)
        assert isinstance(client, Markable)
        client.mark_automated()
    finally:
        with suppress(Outcome):
            load_login(account.platform).revoke(account, grant.secrets)


def _not_marked(account: Account, why: str) -> UserError:
    message = f"it was not marked as automated: {why}."
    return UserError(
        [Problem(account.name, 0, 0, "G209", message, _BY_HAND.get(account.platform, ""))]
    )
