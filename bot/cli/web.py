"""``groundswell web`` serves the control room, and adds the people who sign in to it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, output
from bot.cli.dialogue import TerminalDialogue
from bot.cli.main import command_group, load_config, open_app, without_subcommand
from bot.cli.metrics_token import make_token
from bot.cli.serving import Proxy, explaining_a_taken_port, leave_secrets
from bot.errors import Problem, UserError
from bot.model import Role, Scope
from bot.services import people
from bot.services.passwords import new_phrase
from bot.services.views_people import NewPassword

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.config.secrets import Redactor
    from bot.runtime.app import App
    from bot.services.views_people import LoginAddress, UserView

group = command_group()
users = command_group(needs_command=True)
group.add_typer(users, name="user", help="Add, list, change and remove the people who sign in.")
group.command("token")(make_token)

DEFAULT_PORT = 8080

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The person's name, under which they approve.")
]
RoleArgument = Annotated[
    Role, typer.Argument(metavar="ROLE", help="see, approve, run or admin; see web user add.")
]
Accounts = Annotated[
    list[str] | None,
    typer.Option(
        "--account", metavar="NAME", help="Show only posts on this account; may be repeated."
    ),
]
Campaigns = Annotated[
    list[str] | None,
    typer.Option(
        "--campaign", metavar="ID", help="Show only posts of this campaign; may be repeated."
    ),
]
Phrase = Annotated[
    bool, typer.Option("--phrase", help="Make a phrase of random words, and show it once.")
]
Port = Annotated[int, typer.Option("--port", min=1, max=65_535, help="The port on this machine.")]


def _refuse_password(typed: str | None) -> None:
    if typed is not None:
        raise typer.BadParameter(
            "a password in a command is kept by the shell, and shown to other users of this "
            "machine. Choose another one, and type it when you are asked."
        )


TypedPassword = Annotated[
    str | None, typer.Option("--password", hidden=True, callback=_refuse_password)
]


@group.callback(invoke_without_command=True)
def web(
    ctx: typer.Context,
    *,
    port: Port = DEFAULT_PORT,
    host: Annotated[
        str,
        typer.Option(help="The address to listen at; another needs web: origin: in the config."),
    ] = "127.0.0.1",
    proxy: Proxy = "",
    config: options.ConfigPath = None,
) -> None:
    """Without a command, serve the control room until Ctrl-C.

    It may run beside `groundswell run`, with the same config, and reads no secret of a platform.
    """
    if not without_subcommand(ctx):
        return
    leave_secrets()
    from bot.runtime.systemd import connect
    from bot.web.protection import Addresses
    from bot.web.server import serve

    manager = connect(os.environ)
    settings = load_config(config)
    addresses = Addresses(port, settings.web_origin, proxy)
    with explaining_a_taken_port(host, port):
        serve(settings, host, addresses, _say, manager)


def _say(text: str) -> None:
    output.error_line(output.with_config(text))


# --- People ---------------------------------------------------------------------------------------


@users.command("add")
def add_user(
    ctx: typer.Context,
    name: NameArgument,
    *,
    role: Annotated[
        Role,
        typer.Option(
            metavar="ROLE",
            help="see, approve, run (also pause and settle), or admin (also add people). Each may "
            "do all that those before it may.",
        ),
    ],
    account: Accounts = None,
    campaign: Campaigns = None,
    phrase: Phrase = False,
    password: TypedPassword = None,  # noqa: ARG001 - refused
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Let a person sign in to the control room.

    Their password is asked for twice, and not shown. A name is never given to two people, even
    after one was removed, because approvals are by name.

    Example: groundswell web user add Ana --role approve --phrase
    """
    with open_app(load_config(config)) as opened_app:
        secret, made = _new_password(opened_app, name, ctx.obj.redactor, phrase=phrase)
        scope = _scope(account, campaign)
        added = people.add_user(opened_app, name, role, who, scope, secret)
        again = people.waiting_again(opened_app)
    words = f"{added.name} can sign in, and may {_may(added)}."
    _print_password(NewPassword(added, made, again), words, as_json=as_json)


@users.command("list")
def list_users(
    *,
    everyone: Annotated[bool, typer.Option("--all", help="Also list removed people.")] = False,
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """List the people who can sign in."""
    with open_app(load_config(config), missing_ok=True) as opened_app:
        found = people.list_users(opened_app, removed=everyone)
    output.emit(found, lambda: _user_lines(found), as_json=as_json)


@users.command("role")
def change_role(
    name: NameArgument,
    role: RoleArgument,
    *,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Give a person another role. They have to sign in again."""
    with open_app(load_config(config)) as opened_app:
        changed = people.change_role(opened_app, name, role, who)
    _print_change(changed, f"{changed.name} may {_may(changed)} now", as_json=as_json)


@users.command("limit")
def limit(
    name: NameArgument,
    *,
    account: Accounts = None,
    campaign: Campaigns = None,
    nothing: Annotated[bool, typer.Option("--none", help="Show all posts again.")] = False,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Show a person only some accounts and campaigns. They have to sign in again."""
    if bool(account or campaign) == nothing:
        raise typer.BadParameter("use --account, --campaign or both, or --none to show all posts")
    with open_app(load_config(config)) as opened_app:
        changed = people.change_scope(opened_app, name, _scope(account, campaign), who)
    shown = f"only posts of {changed.limits}" if changed.limits else "all posts"
    _print_change(changed, f"{changed.name} sees {shown} now", as_json=as_json)


@users.command("password")
def set_password(
    ctx: typer.Context,
    name: NameArgument,
    *,
    phrase: Phrase = False,
    password: TypedPassword = None,  # noqa: ARG001 - refused
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Give a person another password. They have to sign in again."""
    with open_app(load_config(config)) as opened_app:
        known = people.find_user(opened_app, name).name
        secret, made = _new_password(opened_app, known, ctx.obj.redactor, phrase=phrase)
        changed = people.set_password(opened_app, known, secret, who)
    words = f"{changed.name} has a new password, and has to sign in again."
    _print_password(NewPassword(changed, made), words, as_json=as_json)


@users.command("remove")
def remove(
    name: NameArgument,
    *,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Let a person sign in no more, and end what they have open. Their approvals stay.

    To withdraw an approval, use: groundswell review --withdraw POST --as NAME
    """
    with open_app(load_config(config)) as opened_app:
        removed = people.remove_user(opened_app, name, who)
    words = f"{removed.name} was removed, and is signed out everywhere. Nobody else gets the name."
    output.emit(removed, lambda: [words], as_json=as_json)


def _scope(accounts: Sequence[str] | None, campaigns: Sequence[str] | None) -> Scope:
    return Scope(
        frozenset(accounts) if accounts else None, frozenset(campaigns) if campaigns else None
    )


def _new_password(
    opened_app: App, name: str, redactor: Redactor, *, phrase: bool
) -> tuple[str, str | None]:
    """Return a new password, and the phrase to show if it was made here. Raise UserError."""
    if phrase:
        made = new_phrase()
        return made, made
    dialogue = TerminalDialogue("password", redactor)
    secret = dialogue.ask_password(f"Password of {name}")
    people.require_new_password(opened_app, name, secret)
    if dialogue.ask_password("The same again") != secret:
        message = "The two passwords differ. Nothing was changed."
        raise UserError([Problem("password", 0, 0, "U106", message, "Run the command again.")])
    return secret, None


def _print_password(result: NewPassword, words: str, *, as_json: bool) -> None:
    def lines() -> Iterator[str]:
        yield words
        if result.phrase:
            yield "The password, which is not shown again:"
            yield f"  {result.phrase}"
        if result.waiting_again:
            yield (
                "These posts need two people who sign in. Typed names had approved them, and they "
                "wait again:"
            )
            yield from (f"  {name}" for name in result.waiting_again)

    output.emit(result, lines, as_json=as_json)


def _print_change(changed: UserView, words: str, *, as_json: bool) -> None:
    output.emit(changed, lambda: [f"{words}, and has to sign in again."], as_json=as_json)


def _may(user: UserView) -> str:
    limited = f", but only posts of {user.limits}" if user.limits else ""
    return f"{people.ROLE_WORDS[user.role]}{limited}"


def _user_lines(found: Sequence[UserView]) -> Iterator[str]:
    if not found:
        yield "Nobody can sign in yet: groundswell web user add NAME --role admin"
        return
    rows = (
        (
            user.name,
            "removed" if user.removed else user.role,
            user.limits or "all posts",
            "" if user.has_password or user.removed else "links only",
            f"{user.seen:%Y-%m-%d %H:%M} UTC" if user.seen else "",
        )
        for user in found
    )
    yield from output.table_lines(("Name", "Role", "Sees", "Password", "Last seen"), rows)


# --- Login links ----------------------------------------------------------------------------------


@group.command("link")
def make_link(
    name: NameArgument,
    *,
    port: Port = DEFAULT_PORT,
    who: options.Actor = "",
    config: options.ConfigPath = None,
    as_json: options.Json = False,
) -> None:
    """Print an address that signs a person in once, within ten minutes, without a password.

    On a terminal it is also shown as a QR code, for a phone. Show it to nobody else.
    """
    with open_app(load_config(config)) as opened_app:
        made = people.login_address(opened_app, name, who, port)
    output.emit(made, lambda: _link_lines(made), as_json=as_json)


def _link_lines(made: LoginAddress) -> Iterator[str]:
    yield f"Whoever opens this first is {made.name}, until {made.expires:%H:%M} UTC:"
    yield made.address
    if made.only_here:
        yield "It opens on this machine only. For others, set web: origin: in the config."
    elif sys.stdout.isatty():
        yield qr_code(made.address)


def qr_code(address: str) -> output.Styled:
    """Return an address as a QR code, dark on light whatever the colours of the terminal."""
    import io

    import segno
    from rich.text import Text

    drawn = io.StringIO()
    # It draws the light modules.
    segno.make(address, error="l", micro=False).terminal(drawn, border=2, compact=True)
    return output.render(Text(drawn.getvalue().rstrip("\n"), style="bright_white on black"))
