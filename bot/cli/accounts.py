"""``groundswell accounts``: list them, check their credentials, and store their secrets."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import options, output
from bot.cli.main import INTERRUPTED, command_group, load_config, open_app, without_subcommand
from bot.cli.output import with_config
from bot.config.secrets import (
    check_secrets,
    environment_variable,
    has_keyring,
    load_secrets,
    look_up,
    no_keyring_problem,
    write_keyring,
)
from bot.delivery.clients import profile_faults
from bot.errors import GroundswellError, StoreError, UserError
from bot.platforms import load_platform
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.config import Config
    from bot.config.secrets import Redactor
    from bot.model import Account

app = command_group()


@app.callback(
    invoke_without_command=True,
    help="List, check and log in your accounts.\n\nWithout a command, list them.",
)
def accounts(
    ctx: typer.Context, *, config: options.ConfigPath = None, as_json: options.Json = False
) -> None:
    """List, unless a command follows."""
    if without_subcommand(ctx):
        list_accounts(config, as_json=as_json)


@app.command("list")
def list_accounts(config: options.ConfigPath = None, *, as_json: options.Json = False) -> None:
    """List the accounts of the config, and where their secrets come from; asks no platform."""
    listed: list[dict[str, Any]] = []
    rows: list[tuple[str, ...]] = []
    for account in load_config(config).accounts.values():
        name, platform, handle = account.name, account.platform, account.handle
        names = load_platform(platform).SECRETS
        secrets = {secret: look_up(name, secret, os.environ)[1] for secret in names}
        about = {"account": name, "platform": platform, "handle": handle, "api": account.api}
        listed.append({**about, "secrets": secrets})
        places = sorted(set(secrets.values()))
        several = ", ".join(f"some {place}" for place in places)
        source = places[0] if len(places) == 1 else several
        rows.append((name, platform, f"@{handle}", source, account.api))
    columns = ("Account", "Platform", "Handle", "Secrets", "API")
    output.emit(listed, lambda: output.table_lines(columns, rows), as_json=as_json)


_DISCLOSES = {True: "yes", False: "no", None: "cannot tell"}


@app.command("check")
def check_accounts(
    ctx: typer.Context,
    config: options.ConfigPath = None,
    *,
    only: Annotated[str | None, typer.Option("--account", help="Check only this account.")] = None,
    as_json: options.Json = False,
) -> None:
    """Ask each platform whose the credentials are, and whether the profile discloses automation.

    Nothing is posted; X charges one cent per account. The exit code is 1 if an account cannot be
    used.
    """
    settings, redactor = load_config(config), ctx.obj.redactor
    checks = [_check_credentials(account, redactor) for account in _selected(settings, only)]
    if any(check["charges"] for check in checks):
        try:
            with open_app(settings) as opened_app:
                for check in checks:
                    opened_app.budgets.book(check["platform"], check["account"], check["charges"])
        except StoreError as error:  # the results are worth showing anyway
            output.error_line(f"note: the cost of this could not be booked: {error}")
    output.emit(checks, lambda: _check_lines(checks), as_json=as_json, redactor=redactor)
    if not all(check["ok"] for check in checks):
        raise typer.Exit(1)


def _check_credentials(account: Account, redactor: Redactor) -> dict[str, Any]:
    """Return what the platform says about an account; whatever goes wrong is one of its faults.

    ``who`` and ``name`` are those of the profile. ``discloses`` is whether it says that the account
    is automated, ``disclosed_at`` where the config says so. None is what could not be read.
    """
    found: dict[str, Any] = {
        "account": account.name,
        "platform": account.platform,
        "handle": account.handle,
        **dict.fromkeys(("who", "name", "discloses", "disclosed_at")),
        **dict.fromkeys(("faults", "notes", "charges"), ()),
    }
    module = load_platform(account.platform)
    try:
        secrets = load_secrets(account.name, module.SECRETS, os.environ)
        redactor.add(secrets.values())
        profile = module.connect(account, secrets).whoami()
    except UserError as error:
        found["faults"] = [f"{problem.message} {problem.hint}" for problem in error.problems]
    except GroundswellError as error:
        found["faults"] = [str(error)]
    else:
        found |= {"who": profile.handle, "disclosed_at": account.disclosed_at}
        found |= {
            name: getattr(profile, name) for name in ("name", "discloses", "notes", "charges")
        }
        found["faults"] = profile_faults(account, profile)
    return {**found, "ok": not found["faults"]}


def _check_lines(checks: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a table of the accounts, then their faults and notes."""
    rows = []
    for check in checks:
        discloses = _DISCLOSES[check["discloses"]]
        if check["disclosed_at"] and not check["discloses"]:
            discloses = f"at {check['disclosed_at']}"
        says = (f"work, as @{check['who']}", discloses) if check["who"] else ("do not work", "-")
        rows.append((check["account"], check["platform"], f"@{check['handle']}", *says))
    columns = ("Account", "Platform", "Handle", "Credentials", "Says it is automated")
    yield from output.table_lines(columns, rows)
    yield ""
    for check in checks:
        yield from (f"{check['account']}: {fault}" for fault in check["faults"])
        yield from (f"{check['account']}: note: {note}" for note in check["notes"])
    bad = sum(not check["ok"] for check in checks)
    count = output.pluralize(len(checks), "account")
    yield f"{count}: {f'{bad} cannot be used' if bad else 'ready'}"


@app.command()
def login(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The account's name in the config.")],
    config: options.ConfigPath = None,
) -> None:
    """Ask for an account's secrets, and store them in the operating system's keyring.

    What is typed is not shown. From a pipe, one secret is read from each line.
    """
    [account] = _selected(load_config(config), name)
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


def _selected(config: Config, name: str | None) -> list[Account]:
    if name is None:
        return list(config.accounts.values())
    require_name(str(config.path), "account", name, config.accounts)
    return [config.accounts[name]]
