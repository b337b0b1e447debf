"""``groundswell accounts`` lists accounts, checks their credentials, and stores their secrets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, output
from bot.cli.dialogue import TerminalDialogue
from bot.cli.main import command_group, load_config, open_app, without_subcommand
from bot.cli.output import with_config
from bot.model.post_words import platform_name
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.config import Config
    from bot.model import Account
    from bot.services.views_accounts import AccountCheck, AccountView

app = command_group()


@app.callback(invoke_without_command=True)
def accounts(
    ctx: typer.Context, *, config: options.ConfigPath = None, as_json: options.Json = False
) -> None:
    """Without a command, list the accounts."""
    if without_subcommand(ctx):
        list_accounts(config, as_json=as_json)


@app.command("list")
def list_accounts(config: options.ConfigPath = None, *, as_json: options.Json = False) -> None:
    """List the accounts of the config, with the source of their secrets. Asks no platform."""
    from bot.services.accounts import list_accounts as read_accounts

    listed = read_accounts(load_config(config), os.environ)
    rows = [
        (view.account, view.platform, f"@{view.handle}", _source(view), view.api) for view in listed
    ]
    columns = ("Account", "Platform", "Handle", "Secrets", "API")
    output.emit(listed, lambda: output.table_lines(columns, rows), as_json=as_json)


def _source(view: AccountView) -> str:
    places = sorted(set(view.secrets.values()))
    return places[0] if len(places) == 1 else ", ".join(f"some {place}" for place in places)


_DISCLOSES = {True: "yes", False: "no", None: "cannot tell"}


@app.command("check")
def check_accounts(
    ctx: typer.Context,
    config: options.ConfigPath = None,
    *,
    only: Annotated[str | None, typer.Option("--account", help="Check only this account.")] = None,
    as_json: options.Json = False,
) -> None:
    """Ask each platform who owns the credentials, and whether the profile discloses automation.

    Nothing is posted. X charges one cent per account. The exit code is 1 if an account cannot be
    used.
    """
    from bot.services.accounts import check_accounts as ask_platforms

    settings, redactor = load_config(config), ctx.obj.redactor
    selected = _selected(settings, only)
    checks = ask_platforms(settings, selected, os.environ, redactor, output.error_line)
    output.emit(checks, lambda: _check_lines(checks), as_json=as_json, redactor=redactor)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _check_lines(checks: Sequence[AccountCheck]) -> Iterator[str]:
    rows = []
    for check in checks:
        discloses = _DISCLOSES[check.discloses]
        if check.disclosed_at and check.discloses is None:
            discloses = f"at {check.disclosed_at}"
        works = "do not work" if check.answered else "unknown"
        says = (f"work, as @{check.who}", discloses) if check.who else (works, "-")
        rows.append((check.account, check.platform, f"@{check.handle}", *says))
    columns = ("Account", "Platform", "Handle", "Credentials", "Says it is automated")
    yield from output.table_lines(columns, rows)
    yield ""
    for check in checks:
        yield from (f"{check.account}: {with_config(fault)}" for fault in check.faults)
        yield from (f"{check.account}: note: {note}" for note in check.notes)
    bad = sum(not check.ok for check in checks)
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
    """Accept that the keys of an account now belong to another account of the platform.

    Until you accept it, nothing is posted from the account. Queued posts must then be approved
    again. Published posts stay with the account before. X charges one cent.
    """
    from bot.services.identity import adopt_account

    settings = load_config(config)
    [account] = _selected(settings, name)
    with open_app(settings, redactor=ctx.obj.redactor) as opened_app:
        result = adopt_account(opened_app, account.name, who)

    def lines() -> Iterator[str]:
        yield f"{name} is {result.now}" + (f"; it was {result.before}." if result.before else ".")
        if result.before:
            yield "Queued posts that need an approval must be approved again."

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
            "--typed", help="Ask for the secrets themselves, as the platform's pages show them."
        ),
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Get access to an account from its owner, and store the secrets.

    On X, the owner allows the app and types a PIN, on Mastodon a code. On Bluesky, the owner types
    an app password. Nothing is stored before the platform has confirmed the account. The secrets go
    into the operating system's keyring or, without one, into a file that only you can read. What
    you type is not shown. From a pipe, each question reads one line.
    """
    from bot.services.login import log_in

    settings, redactor = load_config(config), ctx.obj.redactor
    [account] = _selected(settings, name)
    dialogue = TerminalDialogue(name, redactor)
    result = log_in(settings, account, os.environ, dialogue, redactor, typed=typed)

    def lines() -> Iterator[str]:
        yield f"{name} is logged in as @{result.handle}. Its secrets are in {result.stored_in}."
        yield from (f"note: {note}" for note in result.notes)
        yield from (f"note: {name} is set, and takes precedence." for name in result.overridden)

    output.emit(result, lines, as_json=as_json, redactor=redactor)


@app.command()
def logout(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The account's name in the config.")],
    config: options.ConfigPath = None,
    *,
    local: Annotated[
        bool, typer.Option("--local", help="Remove them from this machine without revoking them.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Revoke an account's secrets on the platform, and remove them from this machine.

    Revoked secrets stop working on every machine. If the platform cannot revoke them, the output
    says so.
    """
    from bot.services.login import log_out

    [account] = _selected(load_config(config), name)
    result = log_out(account, os.environ, ctx.obj.redactor, local=local)

    def lines() -> Iterator[str]:
        yield f"The secrets of {name} are removed. {result.outcome}"
        yield from (f"note: {name} is still set." for name in result.left)

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
    """Have Mastodon or Bluesky mark an account as automated.

    Readers then see *Automated* or the label *bot* on its profile. Nothing else on the profile
    changes. On Mastodon you may be asked to allow this once, in a browser.
    """
    from bot.services.disclosure import mark_as_bot as set_mark

    settings, redactor = load_config(config), ctx.obj.redactor
    [account] = _selected(settings, name)
    marked = set_mark(settings, account, who, TerminalDialogue(name, redactor), redactor)
    words = "is now marked" if marked.changed else "was already marked"
    network = platform_name(marked.platform)
    line = f"@{marked.handle.lstrip('@')} {words} as automated on {network}."
    output.emit(marked, lambda: [line], as_json=as_json, redactor=redactor)


@app.command("disclosed")
def record_disclosed(
    name: Annotated[str, typer.Argument(help="The account's name in the config.")],
    who: options.Actor = "",
    config: options.ConfigPath = None,
    *,
    as_json: options.Json = False,
) -> None:
    """Record that you have read the page of disclosed_at, and that it discloses the automation.

    The page must say that the posts of this very account are automated. The audit log keeps your
    name and the day. After a change of the page's address or the handle, the page must be read
    again. On Mastodon and Bluesky, the platform's own mark counts instead (see mark-as-bot).
    """
    from bot.services.disclosure import record_page_read

    settings = load_config(config)
    [account] = _selected(settings, name)
    read = record_page_read(settings, account, who)
    line = f"Recorded: {who} has read on {read.page} that @{read.handle} is automated."
    output.emit(read, lambda: [line], as_json=as_json)


def _selected(config: Config, name: str | None) -> list[Account]:
    if name is None:
        return list(config.accounts.values())
    require_name(str(config.path), "account", name, config.accounts)
    return [config.accounts[name]]
