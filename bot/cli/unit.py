"""``groundswell unit`` prints units of systemd."""

from __future__ import annotations

import os
import shlex
import sys
import sysconfig
from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.cli import options, output
from bot.cli.main import load_config
from bot.services.units import UnitChoices, run_unit, share_unit, web_unit


def unit(
    kind: Annotated[
        Literal["run", "web", "share"],
        typer.Argument(metavar="[run|web|share]", help="The command that the unit runs."),
    ] = "run",
    *,
    user: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The user as whom it runs; for run and web."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The group that may write to the database; for web."),
    ] = None,
    env_file: Annotated[
        Path | None,
        typer.Option("--env-file", metavar="FILE", help="A file with variables; for run and web."),
    ] = None,
    pages: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The folder that share build wrote; for share."),
    ] = None,
    command: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="The command of Groundswell, by its whole path."),
    ] = None,
    config: options.ConfigPath = None,
) -> None:
    """Print a unit of systemd that runs the loop, the control room or the share page.

    It is filled in for this machine. Everything that was guessed is said on standard error, so
    that the output can be saved as it is. The unit lets the service do no more than it needs.
    systemd starts it anew if it ends by a failure, and if it hangs.

    Example: groundswell unit | sudo tee /etc/systemd/system/groundswell.service
    """
    words = _this_command()
    if command is not None:
        words = tuple(shlex.split(command))
        if not words or not words[0].startswith("/"):
            raise typer.BadParameter("--command begins with a whole path, as /usr/bin/groundswell")
    choices = UnitChoices(words, user, group, env_file, pages, command_chosen=command is not None)
    if kind == "share":
        made = share_unit(choices)
    else:
        made = (run_unit if kind == "run" else web_unit)(load_config(config), choices)
    output.error_line(*(f"Guessed {line}" for line in made.guesses), *made.warnings)
    output.line(made.text.rstrip("\n"))


def _this_command() -> tuple[str, ...]:
    """Return the command that was started, or the one that is installed beside this Python."""
    started = Path(sys.argv[0])
    for found in (started, Path(sysconfig.get_path("scripts"), "groundswell")):
        if found.name == "groundswell" and os.access(found, os.X_OK):
            return (str(found.absolute()),)
    # Without -P, a file bot.py in the campaign's folder would be run instead, with all secrets.
    return (sys.executable, "-P", "-m", "bot")
