"""``groundswell accounts``: list them, check their credentials, and store their secrets."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import output
from bot.cli.main import (
    INTERRUPTED,
    ConfigPath,
    Json,
    command_group,
    load_config,
    open_app,
    without_subcommand,
)
from bot.cli.output import with_config
from bot.config.secrets import (
    check_secrets,
    environment_variable,
    has_keyring,
    load_secrets,
    no_keyring_problem,
    secret_origin,
    write_keyring,
)
from bot.delivery.clients import profile_faults
from bot.errors import GroundswellError, StoreError, UserError
from bot.platforms import load_platform
from bot.yamlsource.problems import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.config import Config
    from bot.config.secrets import Redactor
    from bot.model import Account
    from bot.platforms.base import Charge, Profile

app = command_group()


# --- list -----------------------------------------------------------------------------------------


@app.callback(
    invoke_without_command=True,
    help="List, check and log in your accounts.\n\nWithout a command, list them.",
)
def accounts(ctx: typer.Context, *, config: ConfigPath = None, as_json: Json = False) -> None:
    """List, unless a command follows."""
    if without_subcommand(ctx):
        list_accounts(config, as_json=as_json)


@app.command("list")
def list_accounts(config: ConfigPath = None, *, as_json: Json = False) -> None:
    """List the accounts of the config, and where their secrets come from; asks no platform."""
    listings: list[dict[str, Any]] = [
        {
            "account": account.name,
            "platform": account.platform,
            "handle": account.handle,
            "api": account.api,
            "secrets": {
                name: secret_origin(account.name, name, os.environ)
                for name in load_platform(account.platform).SECRETS
            },
        }
        for account in load_config(config).accounts.values()
    ]

    def lines() -> list[str]:
        rows = [
            (
                listing["account"],
                listing["platform"],
                f"@{listing['handle']}",
                _secrets_source(listing["secrets"]),
                listing["api"],
            )
            for listing in listings
        ]
        return output.table_lines(("Account", "Platform", "Handle", "Secrets", "API"), rows)

    output.emit(listings, lines, as_json=as_json)


def _secrets_source(origins: Mapping[str, str]) -> str:
    """Return where the secrets come from, in one word if that is one place."""
    places = sorted(set(origins.values()))
    return places[0] if len(places) == 1 else ", ".join(f"some {place}" for place in places)


# --- check ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CredentialCheck:
    """What the platform says about an account's credentials.

    ``who`` and ``name`` are those of the profile, None where it could not be read. ``faults`` keep
    the account from being used; ``notes`` are only advice. ``discloses`` is whether the profile
    says that the account is automated, None where the API does not tell; ``disclosed_at`` is where
    that is said, according to the config.
    """

    account: str
    platform: str
    handle: str
    who: str | None = None
    name: str | None = None
    discloses: bool | None = None
    disclosed_at: str | None = None
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    charges: tuple[Charge, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the account can be used as the config says."""
        return not self.faults


@app.command("check")
def check_accounts(
    ctx: typer.Context,
    config: ConfigPath = None,
    *,
    only: Annotated[str | None, typer.Option("--account", help="Check only this account.")] = None,
    as_json: Json = False,
) -> None:
    """Ask each platform whose the credentials are, and whether the profile discloses automation.

    Nothing is posted; X charges one cent per account. The exit code is 1 if an account cannot be
    used.
    """
    settings = load_config(config)
    accounts = _selected_accounts(settings, only)
    checks = [check_credentials(account, os.environ, ctx.obj.redactor) for account in accounts]
    _book_charges(settings, checks)
    data = [{**asdict(check), "ok": check.ok} for check in checks]
    lines = partial(credential_lines, checks)
    output.emit(data, lines, as_json=as_json, redactor=ctx.obj.redactor)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def check_credentials(
    account: Account, environ: Mapping[str, str], redactor: Redactor
) -> CredentialCheck:
    """Ask the platform about one account; whatever goes wrong becomes one of its faults."""
    module = load_platform(account.platform)
    try:
        secrets = load_secrets(account.name, module.SECRETS, environ)
        redactor.add(secrets.values())
        return _check_profile(account, module.connect(account, secrets).whoami())
    except UserError as error:
        faults = tuple(f"{problem.message} {problem.hint}" for problem in error.problems)
    except GroundswellError as error:
        faults = (str(error),)
    return CredentialCheck(account.name, account.platform, account.handle, faults=faults)


def _check_profile(account: Account, profile: Profile) -> CredentialCheck:
    return CredentialCheck(
        account=account.name,
        platform=account.platform,
        handle=account.handle,
        who=profile.handle,
        name=profile.name,
        discloses=profile.discloses,
        disclosed_at=account.disclosed_at,
        faults=profile_faults(account, profile),
        notes=profile.notes,
        charges=profile.charges,
    )


def _book_charges(config: Config, checks: Sequence[CredentialCheck]) -> None:
    """Book what the platforms charge; where that fails, the results are worth showing anyway."""
    if not any(check.charges for check in checks):
        return
    try:
        with open_app(config) as app:
            for check in checks:
                app.billing.book(check.platform, check.account, check.charges)
    except StoreError as error:
        output.error_line(f"note: the cost of this could not be booked: {error}")


_DISCLOSES = {True: "yes", False: "no", None: "cannot tell"}


def credential_lines(checks: Sequence[CredentialCheck]) -> Iterator[str]:
    """Yield a table of the accounts, then their faults and notes."""
    columns = ("Account", "Platform", "Handle", "Credentials", "Says it is automated")
    yield from output.table_lines(columns, map(_row, checks))
    yield ""
    for check in checks:
        yield from (f"{check.account}: {fault}" for fault in check.faults)
        yield from (f"{check.account}: note: {note}" for note in check.notes)
    bad = sum(not check.ok for check in checks)
    count = output.pluralize(len(checks), "account")
    yield f"{count}: {f'{bad} cannot be used' if bad else 'ready'}"


def _row(check: CredentialCheck) -> tuple[str, ...]:
    head = (check.account, check.platform, f"@{check.handle}")
    if not check.who:
        return *head, "do not work", "-"
    discloses = _DISCLOSES[check.discloses]
    if check.disclosed_at and not check.discloses:
        discloses = f"at {check.disclosed_at}"
    return *head, f"work, as @{check.who}", discloses


# --- login ----------------------------------------------------------------------------------------


@app.command()
def login(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The account's name in the config.")],
    config: ConfigPath = None,
) -> None:
    """Ask for an account's secrets, and store them in the operating system's keyring.

    What is typed is not shown. From a pipe, one secret is read from each line.
    """
    [account] = _selected_accounts(load_config(config), name)
    names = load_platform(account.platform).SECRETS
    secrets = prompt_secrets(name, {secret: secret.replace("_", " ") for secret in names})
    ctx.obj.redactor.add(secrets.values())
    write_keyring(name, check_secrets(name, secrets))
    output.line(f"Stored {len(names)} secrets of {name} in the keyring.")
    output.line(with_config(f"Now try: groundswell accounts check --account {name}"))
    for secret in names:
        variable = environment_variable(name, secret)
        if os.environ.get(variable):
            output.error_line(f"note: {variable} is set, and takes precedence.")


def prompt_secrets(owner: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets with these labels, typed without being shown or read from a pipe.

    Raises UserError, before asking, where no keyring can store them.
    """
    if not has_keyring():
        raise UserError([no_keyring_problem(owner, labels)])
    if not sys.stdin.isatty():
        return {name: sys.stdin.readline().strip() for name in labels}
    try:
        return {
            name: str(typer.prompt(f"{label} (not shown)", hide_input=True)).strip()
            for name, label in labels.items()
        }
    except typer.Abort as error:  # Ctrl-C
        raise typer.Exit(INTERRUPTED) from error


def _selected_accounts(config: Config, name: str | None) -> list[Account]:
    if name is None:
        return list(config.accounts.values())
    if name not in config.accounts:
        raise UserError([unknown_name(str(config.path), "G106", "account", name, config.accounts)])
    return [config.accounts[name]]
