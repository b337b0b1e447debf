"""``groundswell alerts``: notify a team of what failed, what waits and what moved."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, output
from bot.cli.main import command_group, load_config, open_app
from bot.cli.output import with_config
from bot.errors import Problem, UserError
from bot.yamlsource.problems import require_name

if TYPE_CHECKING:
    from bot.config import Config
    from bot.config.secrets import Redactor

app = command_group(
    "Notify a team of what failed, what waits for a person, and what moved in a week."
)

TEST_MESSAGE = "This is a test. Groundswell's alerts will be sent here."


@app.command("test")
def send_test(ctx: typer.Context, *, config: options.ConfigPath = None) -> None:
    """Send a test message to each channel of the config."""
    settings = load_config(config)
    _send(settings, ctx.obj.redactor, _channel_names(settings), "Groundswell", TEST_MESSAGE)


@app.command()
def digest(
    ctx: typer.Context,
    *,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print it instead of sending it.")
    ] = False,
    config: options.ConfigPath = None,
) -> None:
    """Send the digest of the past seven days now, to the channels that want it.

    The loop sends it once a week by itself, and will do so despite this one.
    """
    from bot.alerts.digest import TITLE
    from bot.authoring.checking import check

    settings = load_config(config)
    wanting = [name for name, kinds in settings.alerts.channels.items() if "digest" in kinds]
    if not (only_print or wanting):
        raise UserError([_no_channel(settings, "No channel wants the digest.")])
    with open_app(settings, redactor=ctx.obj.redactor) as opened_app:
        now = opened_app.clock.now()
        # Files with mistakes still contribute names and facts.
        text = opened_app.notifier.digest(now, check(settings, now).campaigns)
    if only_print:
        output.document(f"{text}\n")
    else:
        _send(settings, ctx.obj.redactor, wanting, TITLE, text)


@app.command()
def login(
    ctx: typer.Context,
    channel: Annotated[str, typer.Argument(help="The channel's name in the config.")],
    *,
    config: options.ConfigPath = None,
) -> None:
    """Ask for a channel's URL, and store it in the operating system's keyring.

    Without a keyring, it goes into a file that only you can read. What is typed is not shown. From
    a pipe, it is read from the first line.
    """
    from bot.cli.dialogue import TerminalDialogue
    from bot.config.secret_store import require_place, store_secrets
    from bot.config.secrets import channel_secret_owner, secrets_in_url

    settings = load_config(config)
    require_name(str(settings.path), "channel", channel, _channel_names(settings))
    owner = channel_secret_owner(channel)
    require_place(owner, ["url"], os.environ)
    url = TerminalDialogue(owner, ctx.obj.redactor).ask_secret("url", "URL")
    ctx.obj.redactor.add(secrets_in_url(url))
    place = store_secrets(owner, {"url": url}, os.environ)
    test = with_config("groundswell alerts test")
    output.line(f"Stored the URL of {channel} in {place}. Now try: {test}")


def _channel_names(settings: Config) -> list[str]:
    if not settings.alerts.channels:
        raise UserError([_no_channel(settings, "The config names no channel for alerts.")])
    return list(settings.alerts.channels)


def _no_channel(settings: Config, message: str) -> Problem:
    hint = "Name it under alerts: channels:, as config.example.yaml shows."
    return Problem(str(settings.path), 0, 0, "G113", message, hint)


def _send(settings: Config, redactor: Redactor, names: list[str], title: str, body: str) -> None:
    """Send to each channel, and print the result. Raises UserError where one failed."""
    from bot.alerts.channels import AppriseSender

    send, failed = AppriseSender(os.environ, redactor), []
    for name in names:
        if why := send(name, title, body):
            why = with_config(f"{name}: {why}")
            failed.append(Problem(str(settings.path), 0, 0, "G114", why))
        else:
            output.line(f"{name}: sent")
    if failed:
        raise UserError(failed)
