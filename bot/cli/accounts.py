"""``groundswell accounts``: list them, check their credentials, and store their secrets."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli import options, output
from bot.cli.account_notes import note_blank_reads
from bot.cli.dialogue import TerminalDialogue
from bot.cli.main import command_group, load_config, open_app, without_subcommand
from bot.cli.output import with_config
from bot.config.secret_store import load_secrets, look_up
from bot.delivery.clients import is_renamed, profile_faults
from bot.errors import GroundswellError, Problem, StoreError, UserError
from bot.platforms import load_platform
from bot.platforms.outcomes import Rejected, Unauthorized
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.config import Config
    from bot.config.secrets import Redactor
    from bot.model import Account
    from bot.platforms.base import Charge
    from bot.store.accounts import Identity

app = command_group()


@app.callback(
    invoke_without_command=True,
    help="List, check, adopt, log in, log out and mark your accounts.\n\n"
    "Without a command, list them.",
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
    from bot.services.identity import known_identities

    settings, redactor = load_config(config), ctx.obj.redactor
    selected = _selected(settings, only)
    read = _pages_read(settings, selected)
    known = known_identities(settings, os.environ)

    def check(account: Account) -> dict[str, Any]:
        return _check_credentials(account, redactor, known, page_read=account.name in read)

    with ThreadPoolExecutor(len(selected) or 1) as threads:  # one that hangs holds up no other
        checks = [*threads.map(check, selected)]
    _book(settings, [(check["platform"], check["account"], check["charges"]) for check in checks])
    note_blank_reads(settings, checks)
    output.emit(checks, lambda: _check_lines(checks), as_json=as_json, redactor=redactor)
    if not all(check["ok"] for check in checks):
        raise typer.Exit(1)


def _book(settings: Config, costs: Sequence[tuple[str, str, Iterable[Charge]]]) -> None:
    """Book what asking platforms cost, each with the platform and the account."""
    if not any(charges for _, _, charges in costs):
        return
    try:
        with open_app(settings) as opened_app:
            for platform, account, charges in costs:
                opened_app.budgets.book(platform, account, charges)
    except StoreError as error:  # the results are worth showing anyway
        output.error_line(f"note: the cost of this could not be booked: {error}")


def _pages_read(settings: Config, accounts: Sequence[Account]) -> frozenset[str]:
    """Return the accounts whose ``disclosed_at`` a person has read, as the audit log says."""
    if not any(account.disclosed_at for account in accounts):
        return frozenset()
    try:
        with open_app(settings, missing_ok=True) as opened_app:
            is_read = opened_app.disclosures.is_read
            return frozenset(account.name for account in accounts if is_read(account))
    except StoreError as error:
        output.error_line(f"note: it is not known who has read which page: {error}")
        return frozenset()


def _check_credentials(
    account: Account, redactor: Redactor, known: Mapping[str, Identity], *, page_read: bool
) -> dict[str, Any]:
    """Return what the platform says about an account; whatever goes wrong is one of its faults.

    ``known`` says who the accounts were so far. ``answered`` is whether it said anything, if only
    that it refuses the credentials. ``id``, ``who`` and ``name`` are those of the profile.
    ``discloses`` is whether it says that the account is automated; ``disclosed_at`` is the page
    that says so, if a person has read it. None is what could not be read.
    """
    found: dict[str, Any] = {
        "account": account.name,
        "platform": account.platform,
        "handle": account.handle,
        "answered": True,
        **dict.fromkeys(("id", "who", "name", "discloses", "disclosed_at")),
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
        found["answered"] = isinstance(error, Unauthorized | Rejected)
    else:
        found["who"] = profile.handle
        found["disclosed_at"] = account.disclosed_at if page_read else None
        found |= {
            name: getattr(profile, name) for name in ("id", "name", "discloses", "notes", "charges")
        }
        faults = profile_faults(account, profile, known, page_read=page_read)
        found["faults"] = tuple(map(with_config, faults))
        if is_renamed(account, profile, known.get(account.name)):
            note = f"it is called @{profile.handle} now: write that into the config, as its handle"
            found["notes"] = (*profile.notes, note)
    return {**found, "ok": not found["faults"]}


def _check_lines(checks: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a table of the accounts, then their faults and notes."""
    rows = []
    for check in checks:
        discloses = _DISCLOSES[check["discloses"]]
        if check["disclosed_at"] and check["discloses"] is None:
            discloses = f"at {check['disclosed_at']}"
        works = "do not work" if check["answered"] else "not known"
        says = (f"work, as @{check['who']}", discloses) if check["who"] else (works, "-")
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
def adopt(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The account's name in the config.")],
    config: options.ConfigPath = None,
    *,
    who: options.Actor = "",
    as_json: options.Json = False,
) -> None:
    """Let a name stand for another account of the platform: the one that its keys belong to now.

    Until then nothing leaves from that account. What it would publish must be approved again, and
    what was published stays with the account before. X charges one cent.
    """
    from bot.services.identity import adopt_account

    settings = load_config(config)
    [account] = _selected(settings, name)
    with open_app(settings, redactor=ctx.obj.redactor) as opened_app:
        result = adopt_account(opened_app, account.name, who)

    def lines() -> Iterator[str]:
        yield f"{name} is {result['is']}" + (f"; it was {result['was']}." if result["was"] else ".")
        if result["was"]:
            yield "What is queued must be approved again, where it needs that."

    output.emit(result, lines, as_json=as_json, redactor=ctx.obj.redactor)


@app.command()
def login(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The account's name in the config.")],
    config: options.ConfigPath = None,
    *,
    typed: Annotated[
        bool,
        typer.Option(
            "--typed", help="Ask for the secrets themselves, as the platform's own pages give them."
        ),
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Have an account grant access, and store the secrets, once it is sure whose they are.

    On X, the account's owner allows the app and types a PIN, on Mastodon a code; on Bluesky it is
    an app password. The secrets go into the operating system's keyring, or where there is none,
    into a file that only you can read. They are typed unseen; from a pipe, a line answers each
    question.
    """
    from bot.services.login import log_in

    settings, redactor = load_config(config), ctx.obj.redactor
    [account] = _selected(settings, name)
    dialogue = TerminalDialogue(name, redactor)
    result = log_in(
        account,
        os.environ,
        dialogue,
        redactor,
        lambda charges: _book(settings, [(account.platform, name, charges)]),
        typed=typed,
        page_read=name in _pages_read(settings, [account]),
    )

    def lines() -> Iterator[str]:
        place = result["stored_in"]
        yield f"{name} is logged in as @{result['handle']}. Its secrets are in {place}."
        yield from (f"note: {note}" for note in result["notes"])
        yield from (f"note: {name} is set, and takes precedence." for name in result["overridden"])

    output.emit(result, lines, as_json=as_json, redactor=redactor)


@app.command()
def logout(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The account's name in the config.")],
    config: options.ConfigPath = None,
    *,
    local: Annotated[
        bool, typer.Option("--local", help="Only remove them here: do not revoke them.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Revoke an account's secrets on the platform where it can, and remove them from this machine.

    What was revoked stops working on every machine.
    """
    from bot.services.login import log_out

    [account] = _selected(load_config(config), name)
    result = log_out(account, os.environ, ctx.obj.redactor, local=local)

    def lines() -> Iterator[str]:
        yield f"The secrets of {name} are removed. {result['outcome']}"
        yield from (f"note: {name} is still set." for name in result["left"])

    output.emit(result, lines, as_json=as_json, redactor=ctx.obj.redactor)


@app.command("mark-as-bot")
def mark_as_bot(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The account's name in the config.")],
    who: options.Actor = "",
    config: options.ConfigPath = None,
    *,
    as_json: options.Json = False,
) -> None:
    """Have the platform itself mark an account as automated: on Mastodon and Bluesky.

    Readers then see *Automated* or the label *bot* on its profile. Nothing else of it changes. On
    Mastodon you may be asked to allow this once, in a browser.
    """
    from bot.services.disclosure import mark_as_bot as set_mark

    settings, redactor = load_config(config), ctx.obj.redactor
    [account] = _selected(settings, name)
    changed = set_mark(account, os.environ, TerminalDialogue(name, redactor), redactor)
    if changed:
        with open_app(settings) as opened_app:
            opened_app.disclosures.record_mark(account, who, opened_app.clock.now())
    words = "is now marked" if changed else "was marked already"
    line = f"@{account.handle.lstrip('@')} {words} as automated on {account.platform.capitalize()}."
    value = {"account": name, "marked": True, "changed": changed}
    output.emit(value, lambda: [line], as_json=as_json, redactor=redactor)


@app.command("disclosed")
def record_disclosed(
    name: Annotated[str, typer.Argument(help="The account's name in the config.")],
    who: options.Actor = "",
    config: options.ConfigPath = None,
    *,
    as_json: options.Json = False,
) -> None:
    """Record that you have read the page of disclosed_at, and that it says what it must.

    It has to say that the posts of this very account are automated. The audit log keeps your name
    and the day. Another page or handle has to be read again. On Mastodon and Bluesky, the
    platform's own mark decides instead: see mark-as-bot.
    """
    settings = load_config(config)
    [account] = _selected(settings, name)
    if account.disclosed_at is None:
        message = f"the account {name} has no disclosed_at."
        hint = "Add the page's address to it, as disclosed_at, and read the page."
        raise UserError([Problem(str(settings.path), 0, 0, "G210", message, hint)])
    with open_app(settings) as opened_app:
        opened_app.disclosures.record_read(account, who, opened_app.clock.now())
    line = f"{who} has read that {account.disclosed_at} says that @{account.handle} is automated."
    value = {"account": name, "page": account.disclosed_at, "who": who}
    output.emit(value, lambda: [line], as_json=as_json)


def _selected(config: Config, name: str | None) -> list[Account]:
    if name is None:
        return list(config.accounts.values())
    require_name(str(config.path), "account", name, config.accounts)
    return [config.accounts[name]]
