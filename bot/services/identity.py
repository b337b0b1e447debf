"""Adopt another account of the platform for a name of the config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.delivery.clients import profile_faults
from bot.errors import Problem, UserError
from bot.services.views_accounts import AdoptedAccount
from bot.store.accounts import Identity, adopt

if TYPE_CHECKING:
    from bot.runtime.app import App


def adopt_account(app: App, name: str, who: str) -> AdoptedAccount:
    """Let a name stand for the account to which its keys belong now, as a person has decided.

    Raise UserError if that account has faults, and Outcome if the platform cannot be asked.
    """
    account = app.config.accounts[name]
    profile = app.clients(name).whoami()
    app.budgets.book(account.platform, name, profile.charges)
    page_read = app.disclosures.is_read(account)
    if faults := profile_faults(account, profile, page_read=page_read):
        hint = "Correct that first."
        raise UserError([Problem(name, 0, 0, "G213", f"{fault}.", hint) for fault in faults])
    new = Identity.of(account, profile.id)
    old = adopt(app.database, name, new, app.config.accounts, who, app.clock.now())
    return AdoptedAccount(name, str(new), str(old) if old else None, who)
