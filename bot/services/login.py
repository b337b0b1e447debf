"""Log an account in (grant, identify, store) and out (revoke, remove).

Secrets are stored only after the platform has confirmed their account, and removed only after they
were revoked. Otherwise secrets that nobody here remembers could still be used.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from bot.config.secret_store import (
    check_secrets,
    look_up,
    look_up_stored,
    remove_secrets,
    require_place,
    store_secrets,
)
from bot.config.secrets import environment_variable
from bot.delivery.clients import identity_fault, profile_faults
from bot.errors import Problem, UserError
from bot.platforms import load_platform
from bot.platforms.login import TypedLogin, load_login
from bot.platforms.outcomes import Outcome, Unauthorized
from bot.services.accounts import KnownAccounts, book_charges
from bot.services.views_accounts import LoggedInAccount, LoggedOutAccount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bot.config import Config
    from bot.config.secrets import Redactor
    from bot.model import Account
    from bot.platforms.base import Charge
    from bot.platforms.login import Dialogue, Grant, Login

    Book = Callable[[Sequence[Charge]], object]


def log_in(
    config: Config,
    account: Account,
    environ: Mapping[str, str],
    dialogue: Dialogue,
    redactor: Redactor,
    *,
    typed: bool = False,
) -> LoggedInAccount:
    """Have the account's owner grant access, and store the secrets if they belong to the account.

    With ``typed``, the owner types the secrets themselves. The cost of asking the platform is
    booked. Raise UserError if nothing was stored.
    """
    name, platform = account.name, load_platform(account.platform)
    login = TypedLogin(platform.SECRETS) if typed else load_login(account.platform)
    require_place(name, platform.SECRETS, environ)
    found = {secret: look_up(name, secret, environ)[0] for secret in login.STORED}
    known = {secret: value for secret, value in found.items() if value}
    redactor.add(known.values())
    page_read = bool(account.disclosed_at) and account.name in (
        KnownAccounts.read(config, [account], environ, dialogue.say).pages_read
    )

    def book(charges: Sequence[Charge]) -> None:
        book_charges(config, [(account, charges)], environ, dialogue.say)

    try:
        grant = login.log_in(account, known, dialogue)
        redactor.add(grant.secrets.values())
        with _revoking(account, login, grant):
            secrets = check_secrets(name, grant.secrets)
            connected = {**known, **secrets}
            handle, notes = _identify(account, connected, grant.handle, book, page_read=page_read)
            place = store_secrets(name, secrets, environ)
        if typed:  # secrets with which an earlier login would revoke its own token
            remove_secrets(name, {*load_login(account.platform).STORED} - {*secrets}, environ)
    except Outcome as outcome:
        raise _not_stored(name, outcome.detail, "") from outcome
    overridden = _variables(name, secrets, environ)
    return LoggedInAccount(name, handle, place, notes, overridden)


@contextmanager
def _revoking(account: Account, login: Login, grant: Grant) -> Iterator[None]:
    """Revoke a grant if the block fails, as far as the platform can."""
    try:
        yield
    except (Outcome, UserError):
        with suppress(Outcome):
            if grant.made_for_this:
                login.revoke(account, grant.secrets)
        raise


def _identify(
    account: Account,
    secrets: Mapping[str, str],
    handle: str | None,
    book: Book,
    *,
    page_read: bool,
) -> tuple[str, tuple[str, ...]]:
    """Return the handle to which the secrets belong, and notes for a person.

    ``handle`` is the handle that the login has returned, if any. Raise Outcome, or UserError if the
    secrets belong to another account.
    """
    if handle is not None:
        _require_own(account, handle)
    client = load_platform(account.platform).connect(account, secrets)
    try:
        profile = client.whoami()
    except Unauthorized:
        raise
    except Outcome as outcome:
        book(outcome.charges)
        if handle is None:
            raise
        return handle, (f"the profile could not be read yet: {outcome.detail}",)
    book(profile.charges)
    _require_own(account, profile.handle)
    faults = profile_faults(account, profile, page_read=page_read)
    return profile.handle, (*faults, *profile.notes)


def _require_own(account: Account, handle: str) -> None:
    if fault := identity_fault(account, handle):
        hint = f"Sign in to {account.platform.capitalize()} with the account that is to post, or "
        hint += "correct its handle in the config."
        raise _not_stored(account.name, fault, hint)


def _not_stored(name: str, why: str, hint: str) -> UserError:
    message = f"nothing was stored: {why}."
    return UserError([Problem(name, 0, 0, "G205", message, hint)])


def log_out(
    account: Account, environ: Mapping[str, str], redactor: Redactor, *, local: bool = False
) -> LoggedOutAccount:
    """Revoke the stored secrets of an account, and remove them.

    With ``local``, they are only removed. Raise UserError if there are none, or if they could not
    be revoked, in which case they are kept.
    """
    name, login = account.name, load_login(account.platform)
    names = {*login.STORED, *load_platform(account.platform).SECRETS}
    stored = look_up_stored(name, sorted(names), environ)
    redactor.add(stored.values())
    left = _variables(name, names, environ)
    if not stored:
        hint = f"They are in the environment: {', '.join(left)}." if left else ""
        message = "no secrets of this account are stored on this machine."
        raise UserError([Problem(name, 0, 0, "G207", message, hint)])
    words = "They stay valid on the platform."
    if not local:
        try:
            found = {secret: look_up(name, secret, environ)[0] or "" for secret in names}
            words = login.revoke(account, {**found, **stored})
        except Outcome as outcome:
            message = f"the secrets could not be revoked, and are kept: {outcome.detail}."
            hint = f"Try again later, or run `groundswell accounts logout {name} --local`, which "
            hint += "only removes them from this machine."
            raise UserError([Problem(name, 0, 0, "G208", message, hint)]) from outcome
    remove_secrets(name, names, environ)
    return LoggedOutAccount(name, words, left)


def _variables(account: str, names: Iterable[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    variables = (environment_variable(account, name) for name in sorted(names))
    return tuple(variable for variable in variables if environ.get(variable, "").strip())
