"""``groundswell alerts``: telling a team what failed, what waits and what moved."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import output
from bot.cli.frame import INTERRUPTED, ConfigPath, commands, configured
from bot.cli.hints import with_config
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from bot.alerts.channels import Channels
    from bot.config import Config

app = commands("Tell a team what failed, what waits for a person, and what moved in a week.")

TEST = "This is a test. What Groundswell has to tell will come here."


@app.command("test")
def send_test(ctx: typer.Context, *, config: ConfigPath = None) -> None:
    """Send a test message to each channel of the config."""
    from bot.alerts.channels import Channels

    settings = configured(config)
    _sent(settings, Channels(os.environ, ctx.obj.redactor), _named(settings), "Groundswell", TEST)


@app.command()
def digest(
    ctx: typer.Context,
    *,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print it; send it to nobody.")
    ] = False,
    config: ConfigPath = None,
) -> None:
    """Send the digest of the past seven days now, to the channels that want it.

    The loop sends it by itself once a week; that one is not left out for this.
    """
    from bot.alerts.channels import Channels
    from bot.alerts.digest import TITLE
    from bot.app import opened
    from bot.checking import check
    from bot.reports import Names

    settings = configured(config)
    wanting = [name for name, kinds in settings.alerts.channels.items() if "digest" in kinds]
    if not (only_print or wanting):
        raise UserError([_no_channel(settings, "There is no channel that wants the digest.")])
    with opened(settings, os.environ, redactor=ctx.obj.redactor) as opened_app:
        now = opened_app.clock.now()
        # Files with mistakes still lend their names.
        names = Names.of(check(settings, now).campaigns, settings.accounts.values())
        text = opened_app.teller.digester.text(now, names)
    if only_print:
        output.document(f"{text}\n")
    else:
        _sent(settings, Channels(os.environ, ctx.obj.redactor), wanting, TITLE, text)


@app.command()
def login(
    ctx: typer.Context,
    channel: Annotated[str, typer.Argument(help="The channel, as the config names it.")],
    *,
    config: ConfigPath = None,
) -> None:
    """Ask for a channel's address, and keep it in the operating system's keyring.

    What is typed is not shown. In a pipe, it is read from the first line.
    """
    from bot.secrets import channel_name, has_keyring, no_keyring, to_keyring, usable, within

    settings = configured(config)
    if channel not in _named(settings):
        known = f"There is: {', '.join(settings.alerts.channels)}."
        raise UserError([Problem(str(settings.path), 0, 0, "G106", "No such channel.", known)])
    name = channel_name(channel)
    if not has_keyring():
        raise UserError([no_keyring(name, ["url"])])
    url = _asked()
    ctx.obj.redactor.learn(within(url))
    to_keyring(name, usable(name, {"url": url}))
    then = with_config("groundswell alerts test")
    output.line(f"Kept the address of {channel} in the keyring. Now try: {then}")


def _asked() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    try:
        return str(typer.prompt("address (not shown)", hide_input=True)).strip()
    except typer.Abort as stopped:
        raise typer.Exit(INTERRUPTED) from stopped


def _named(settings: Config) -> list[str]:
    if not settings.alerts.channels:
        raise UserError([_no_channel(settings, "The config names no channel for alerts.")])
    return list(settings.alerts.channels)


def _no_channel(settings: Config, message: str) -> Problem:
    hint = "Name it under alerts: channels:, as config.example.yaml shows."
    return Problem(str(settings.path), 0, 0, "G113", message, hint)


def _sent(settings: Config, channels: Channels, names: list[str], title: str, body: str) -> None:
    """Send to each, and say how it went. Raises UserError where one failed."""
    failed = []
    for name in names:
        why = channels(name, title, body)
        if why is None:
            output.line(f"{name}: sent")
        else:
            failed.append(Problem(str(settings.path), 0, 0, "G114", f"{name}: {why}"))
    if failed:
        raise UserError(failed)
