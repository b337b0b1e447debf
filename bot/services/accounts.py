"""List the accounts of the config with the source of their secrets, and check their profiles."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.config.secret_store import load_secrets, look_up
from bot.delivery.clients import is_renamed, profile_faults
from bot.errors import GroundswellError, StoreError, UserError
from bot.platforms import load_platform
from bot.platforms.outcomes import Rejected, Unauthorized
from bot.services.views_accounts import AccountCheck, AccountView, ChargeView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.config import Config
    from bot.config.secrets import Redactor
    from bot.model import Account
    from bot.platforms.base import Charge, Profile
    from bot.store.accounts import Identity

    Say = Callable[[str], object]


def list_accounts(config: Config, environ: Mapping[str, str]) -> list[AccountView]:
    """Return the accounts of the config with the source of their secrets, asking no platform."""
    return [
        AccountView(
            account=account.name,
            platform=account.platform,
            handle=account.handle,
            api=account.api,
            secrets={
                secret: look_up(account.name, secret, environ)[1]
                for secret in load_platform(account.platform).SECRETS
            },
        )
        for account in config.accounts.values()
    ]


@dataclass(frozen=True, slots=True)
class KnownAccounts:
    """The records of the database about accounts; empty if there is no database."""

    identities: Mapping[str, Identity]
    """The accounts' identities so far."""
    pages_read: frozenset[str]
    """The accounts whose ``disclosed_at`` a person has read, by the audit log."""
    blank_since: Mapping[str, datetime]
    """The time since which their platforms have returned no counters of any post."""

    @classmethod
    def read(
        cls, config: Config, accounts: Iterable[Account], environ: Mapping[str, str], say: Say
    ) -> KnownAccounts:
        """Return the records; ``say`` gets a note if the database cannot be read."""
        from bot.runtime.app import create_app

        try:
            with create_app(config, environ, missing_ok=True) as app:
                return cls(
                    app.identities.known(config.accounts),
                    frozenset(one.name for one in accounts if app.disclosures.is_read(one)),
                    app.metrics.blank_reads.since(),
                )
        except StoreError as error:
            if any(account.disclosed_at for account in accounts):
                say(f"note: who has read which page is unknown: {error}")
            return cls({}, frozenset(), {})


def book_charges(
    config: Config,
    charges: Iterable[tuple[Account, Sequence[Charge]]],
    environ: Mapping[str, str],
    say: Say,
) -> None:
    """Book the cost of asking platforms; the answers count even if booking fails."""
    from bot.runtime.app import create_app

    billed = [(account, found) for account, found in charges if found]
    if not billed:
        return
    try:
        with create_app(config, environ) as app:
            for account, found in billed:
                app.budgets.book(account.platform, account.name, found)
    except StoreError as error:
        say(f"note: the cost of this check could not be booked: {error}")


# --- Checking -------------------------------------------------------------------------------------


def check_accounts(
    config: Config,
    accounts: Sequence[Account],
    environ: Mapping[str, str],
    redactor: Redactor,
    say: Say,
) -> list[AccountCheck]:
    """Ask the platforms who owns the credentials, and book the cost.

    ``redactor`` learns the secrets that are read. ``say`` gets a note on each failed step.
    """
    known = KnownAccounts.read(config, accounts, environ, say)

    def check(account: Account) -> tuple[AccountCheck, Sequence[Charge]]:
        return _check_account(account, known, environ, redactor)

    with ThreadPoolExecutor(len(accounts) or 1) as threads:  # one that hangs holds up no other
        checks = [*threads.map(check, accounts)]
    costs = ((account, charges) for account, (_, charges) in zip(accounts, checks, strict=True))
    book_charges(config, costs, environ, say)
    return [found for found, _ in checks]


def _check_account(
    account: Account, known: KnownAccounts, environ: Mapping[str, str], redactor: Redactor
) -> tuple[AccountCheck, Sequence[Charge]]:
    found = AccountCheck(account=account.name, platform=account.platform, handle=account.handle)
    if since := known.blank_since.get(account.name):
        note = f"its platform has given no counters of any post since {since:%Y-%m-%d %H:%M} UTC"
        found = replace(found, notes=(note,))
    module = load_platform(account.platform)
    try:
        secrets = load_secrets(account.name, module.SECRETS, environ)
        redactor.add(secrets.values())
        profile = module.connect(account, secrets).whoami()
    except UserError as error:
        faults = tuple(f"{problem.message} {problem.hint}" for problem in error.problems)
        return replace(found, faults=faults), ()
    except GroundswellError as error:
        answered = isinstance(error, Unauthorized | Rejected)
        return replace(found, faults=(str(error),), answered=answered), ()
    return _with_profile(found, account, profile, known), profile.charges


def _with_profile(
    found: AccountCheck, account: Account, profile: Profile, known: KnownAccounts
) -> AccountCheck:
    page_read = account.name in known.pages_read
    faults = tuple(profile_faults(account, profile, known.identities, page_read=page_read))
    notes = profile.notes
    if is_renamed(account, profile, known.identities.get(account.name)):
        renamed = f"its handle is @{profile.handle} now: write that into the config"
        notes = (*notes, renamed)
    return replace(
        found,
        id=profile.id,
        who=profile.handle,
        name=profile.name,
        discloses=profile.discloses,
        disclosed_at=account.disclosed_at if page_read else None,
        faults=faults,
        notes=(*notes, *found.notes),
        charges=tuple(ChargeView(charge.item, charge.quantity) for charge in profile.charges),
        ok=not faults,
    )
