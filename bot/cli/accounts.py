"""``groundswell accounts``: which there are, whether they can be used, and their secrets."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import output
from bot.cli.frame import INTERRUPTED, ConfigPath, Json, commands, configured, stands_alone
from bot.cli.hints import with_config
from bot.delivery.identity import faults
from bot.errors import GroundswellError, Problem, StoreError, UserError
from bot.platforms import kind
from bot.secrets import has_keyring, no_keyring, origin, secrets_for, to_keyring, usable, variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.config import Config
    from bot.model import Account
    from bot.platforms.base import Charge, Profile
    from bot.secrets import Redactor

app = commands()


# --- list -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """An account as the config has it, and where each of its secrets comes from."""

    account: str
    platform: str
    handle: str
    api: str
    secrets: Mapping[str, str]

    def where(self) -> str:
        """Say where the secrets come from, in one word where it is one place."""
        places = sorted(set(self.secrets.values()))
        return places[0] if len(places) == 1 else ", ".join(f"some {place}" for place in places)


@app.callback(
    invoke_without_command=True,
    help="List, check and log in your accounts.\n\nAlone, it lists them.",
)
def accounts(ctx: typer.Context, *, config: ConfigPath = None, as_json: Json = False) -> None:
    """List, unless a command follows."""
    if stands_alone(ctx):
        list_accounts(config, as_json=as_json)


@app.command("list")
def list_accounts(config: ConfigPath = None, *, as_json: Json = False) -> None:
    """List the accounts of the config, and where their secrets come from; asks no platform."""
    found = [_listed(account) for account in configured(config).accounts.values()]
    output.emit(found, partial(_listed_lines, found), as_json=as_json)


def _listed(account: Account) -> Listed:
    names = kind(account.platform).SECRETS
    secrets = {name: origin(account.name, name, os.environ) for name in names}
    return Listed(account.name, account.platform, account.handle, account.api, secrets)


def _listed_lines(found: Iterable[Listed]) -> list[str]:
    rows = [(one.account, one.platform, f"@{one.handle}", one.where(), one.api) for one in found]
    return output.table_lines(("Account", "Platform", "Handle", "Secrets", "API"), rows)


# --- check ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the platform says about an account's credentials.

    ``faults`` keep the account from being used; ``notes`` should be seen to. ``discloses`` is
    whether its profile says that it is automated, None where the API does not tell;
    ``disclosed_at`` is where the config says that it is said.
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
    only: Annotated[str | None, typer.Option("--account", help="Check this one only.")] = None,
    as_json: Json = False,
) -> None:
    """Ask each platform whose the credentials are, and whether the profile discloses automation.

    Nothing is posted; on X, to ask costs a cent an account. Ends with 1 where an account cannot be
    used.
    """
    settings = configured(config)
    accounts = _chosen(settings, only)
    verdicts = [examine(account, os.environ, ctx.obj.redactor) for account in accounts]
    _book(settings, verdicts)
    data = [{**asdict(verdict), "ok": verdict.ok} for verdict in verdicts]
    lines = partial(verdict_lines, verdicts)
    output.emit(data, lines, as_json=as_json, redactor=ctx.obj.redactor)
    if not all(verdict.ok for verdict in verdicts):
        raise typer.Exit(1)


def examine(account: Account, environ: Mapping[str, str], redactor: Redactor) -> Verdict:
    """Ask the platform about one account; whatever goes wrong becomes a fault of it."""
    module = kind(account.platform)
    asked = Verdict(account.name, account.platform, account.handle)
    try:
        secrets = secrets_for(account.name, module.SECRETS, environ)
        redactor.learn(secrets.values())
        return _verdict(account, module.connect(account, secrets).whoami())
    except UserError as error:
        faults = tuple(f"{problem.message} {problem.hint}" for problem in error.problems)
    except GroundswellError as error:
        faults = (str(error),)
    return Verdict(asked.account, asked.platform, asked.handle, faults=faults)


def _verdict(account: Account, profile: Profile) -> Verdict:
    return Verdict(
        account=account.name,
        platform=account.platform,
        handle=account.handle,
        who=profile.handle,
        name=profile.name,
        discloses=profile.discloses,
        disclosed_at=account.disclosed_at,
        faults=faults(account, profile),
        notes=profile.notes,
        charges=profile.charges,
    )


def _book(config: Config, verdicts: Sequence[Verdict]) -> None:
    """Book what the questions cost; the answers are worth showing even where that fails."""
    if not any(verdict.charges for verdict in verdicts):
        return
    from bot.app import opened

    try:
        with opened(config, os.environ) as app:
            for verdict in verdicts:
                app.spend.book(verdict.platform, verdict.account, verdict.charges)
    except StoreError as error:
        output.error_line(f"note: what this cost could not be booked: {error}")


_DISCLOSES = {True: "yes", False: "no", None: "cannot tell"}


def verdict_lines(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Give a table of the accounts, then what is wrong and what should be seen to."""
    columns = ("Account", "Platform", "Handle", "Credentials", "Says it is automated")
    yield from output.table_lines(columns, map(_row, verdicts))
    yield ""
    for verdict in verdicts:
        yield from (f"{verdict.account}: {fault}" for fault in verdict.faults)
        yield from (f"{verdict.account}: note: {note}" for note in verdict.notes)
    bad = sum(not verdict.ok for verdict in verdicts)
    yield f"{output.count(len(verdicts), 'account')}: {f'{bad} cannot be used' if bad else 'ready'}"


def _row(verdict: Verdict) -> tuple[str, ...]:
    works = f"work, as @{verdict.who}" if verdict.who else "do not work"
    told = _DISCLOSES[verdict.discloses]
    elsewhere = f"at {verdict.disclosed_at}" if verdict.disclosed_at else told
    discloses = (told if verdict.discloses else elsewhere) if verdict.who else "-"
    return verdict.account, verdict.platform, f"@{verdict.handle}", works, discloses


# --- login ----------------------------------------------------------------------------------------


@app.command()
def login(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The account, as the config names it.")],
    config: ConfigPath = None,
) -> None:
    """Ask for an account's secrets, and keep them in the operating system's keyring.

    What is typed is not shown. In a pipe, one secret is read from each line.
    """
    [account] = _chosen(configured(config), name)
    names = kind(account.platform).SECRETS
    if not has_keyring():
        raise UserError([no_keyring(account.name, names)])
    secrets = {secret: _asked(secret) for secret in names}
    ctx.obj.redactor.learn(secrets.values())
    to_keyring(name, usable(name, secrets))
    output.line(f"Kept {len(names)} secrets of {name} in the keyring.")
    output.line(with_config(f"Now try: groundswell accounts check --account {name}"))
    for secret in names:
        if os.environ.get(variable(name, secret)):
            output.error_line(f"note: {variable(name, secret)} is set, and has precedence.")


def _asked(secret: str) -> str:
    label = secret.replace("_", " ")
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    try:
        return str(typer.prompt(f"{label} (not shown)", hide_input=True)).strip()
    except typer.Abort as stopped:  # Ctrl-C: nothing has been kept yet
        raise typer.Exit(INTERRUPTED) from stopped


def _chosen(config: Config, name: str | None) -> list[Account]:
    if name is None:
        return list(config.accounts.values())
    if name not in config.accounts:
        known = f"There is: {', '.join(config.accounts)}."
        message = f"There is no account {name!r} in the config."
        raise UserError([Problem(str(config.path), 0, 0, "G106", message, known)])
    return [config.accounts[name]]
