"""Which account is behind a name of the config: what is known, and adopting another one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.delivery.clients import profile_faults
from bot.errors import Problem, StoreError, UserError
from bot.store.accounts import Identity, adopt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.config import Config
    from bot.runtime.app import App


def known_identities(config: Config, environ: Mapping[str, str]) -> dict[str, Identity]:
    """Return who the accounts are as far as the database knows; nothing where there is none."""
    from bot.runtime.app import create_app

    if config.has_database:
        with suppress(StoreError), create_app(config, environ) as app:
            return app.identities.known(config.accounts)
    return {}


def adopt_account(app: App, name: str, who: str) -> dict[str, Any]:
    """Let a name stand for the account that its keys belong to now, on a person's word.

    Return who it is and who it was (None if it is no other) as plain values. Raise UserError if
    that account is not in order, and Outcome if the platform cannot be asked.
    """
    account = app.config.accounts[name]
    profile = app.clients(name).whoami()
    app.budgets.book(account.platform, name, profile.charges)
    page_read = app.disclosures.is_read(account)
    if faults := profile_faults(account, profile, page_read=page_read):
        hint = "Put that right first."
        raise UserError([Problem(name, 0, 0, "G213", f"{fault}.", hint) for fault in faults])
    new = Identity.of(account, profile.id)
    old = adopt(app.database, name, new, app.config.accounts, who, app.clock.now())
    return {"account": name, "is": str(new), "was": str(old) if old else None, "who": who}
