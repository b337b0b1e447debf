"""Options that commands share, and the parsing of their values."""

from __future__ import annotations

import os
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bot.cli import output


def _actor_name(typed: str) -> str:
    """Return the name to record for an action, as typed or from the system.

    Raise BadParameter for a name with invisible characters.
    """
    import getpass

    from bot.planning.people import invalid_name

    try:
        who = typed.strip() or getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        who = f"user {os.getuid()}"
    if why := invalid_name(who):
        raise typer.BadParameter(f"{why}. Type it instead of pasting it.")
    return who


Actor = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="NAME",
        show_default=False,
        callback=_actor_name,
        help="The name to record for this action (default: your user name).",
    ),
]
ConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        envvar="GROUNDSWELL_CONFIG",
        help="The config file (default: ./config.yaml).",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]
Campaign = Annotated[
    str | None, typer.Option("--campaign", metavar="ID", help="Only this campaign.")
]
Accounts = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="NAME", help="Only on this account; may be repeated."),
]
By = Annotated[
    Literal["post", "account"],
    typer.Option("--by", help="Show a row for each post, or for each of its accounts."),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to this file. Only you may read a new file.",
    ),
]


def day(meaning: str, *names: str) -> Any:
    """Return an option that takes a calendar day, and returns its first instant in UTC."""
    return typer.Option(*names, parser=parse_day, metavar="DATE", help=meaning)


def parse_day(text: str) -> datetime:
    """Return a day's first instant. Raise BadParameter, in our words instead of the library's."""
    try:
        instant = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        message = f"{output.printable(text)} is not a day; write it as YYYY-MM-DD."
        raise typer.BadParameter(message) from None
    if not MINYEAR + 1 < instant.year < MAXYEAR - 1:  # the months around it are computed too
        raise typer.BadParameter(f"{text} is too far away; write a day of this century.")
    return instant
