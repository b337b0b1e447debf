"""``groundswell alerts`` notifies a team of failures, and sends the weekly digest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, output
from bot.cli.main import command_group, load_config, open_loop_app
from bot.cli.output import with_config
from bot.errors import Problem, UserError
from bot.services.alerting import channel_names, digest_channels, send, store_url, write_digest

if TYPE_CHECKING:
    from bot.config import Config
    from bot.config.secrets import Redactor

app = command_group(needs_command=True)

TEST_MESSAGE = "This is a test. Groundswell's alerts will be sent here."


@app.command("test")
def send_test(ctx: typer.Context, *, config: options.ConfigPath = None) -> None:
    """Send a test message to each channel of the config."""
    settings = load_config(config)
    _send(settings, ctx.obj.redactor, channel_names(settings), "Groundswell", TEST_MESSAGE)


@app.command()
def digest(
    ctx: typer.Context,
    *,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the digest instead of sending it.")
    ] = False,
    config: options.ConfigPath = None,
) -> None:
    """Send the digest of the past seven days now, to the channels that are set up for it.

    The loop still sends its own digest once a week.
    """
    from bot.alerts.digest import TITLE

    settings = load_config(config)
    wanting = [] if only_print else digest_channels(settings)
    with open_loop_app(settings, ctx.obj.redactor) as opened_app:
        text = write_digest(opened_app)
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

    Without a keyring, it goes into a file that only you can read. What you type is not shown. From
    a pipe, the first line is read.
    """
    from bot.cli.dialogue import TerminalDialogue
    from bot.config.secrets import channel_secret_owner

    settings, redactor = load_config(config), ctx.obj.redactor
    dialogue = TerminalDialogue(channel_secret_owner(channel), redactor)
    place = store_url(settings, channel, os.environ, dialogue, redactor)
    test = with_config("groundswell alerts test")
    output.line(f"Stored the URL of {channel} in {place}. Now try: {test}")


def _send(settings: Config, redactor: Redactor, names: list[str], title: str, body: str) -> None:
    """Send to each channel, and print the result. Raise UserError if one failed."""
    failed = []
    for message in send(settings, names, title, body, os.environ, redactor):
        if message.why_not:
            why = with_config(f"{message.channel}: {message.why_not}")
            failed.append(Problem(str(settings.path), 0, 0, "G114", why))
        else:
            output.line(f"{message.channel}: sent")
    if failed:
        raise UserError(failed)
