"""``groundswell sandbox``: a simulated X on this machine."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable
from typing import Annotated, Literal

import typer

from bot.cli import output
from bot.cli.frame import commands
from bot.errors import Problem, UserError

app = commands()


@app.command()
def sandbox(
    *,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to serve on.")] = 8765,
    seed: Annotated[int, typer.Option("--seed", help="Decides how the audience reacts.")] = 1,
    handle: Annotated[
        list[str] | None,
        typer.Option("--handle", metavar="NAME", help="An account to have; may be repeated."),
    ] = None,
    spelling: Annotated[
        Literal["tweet", "post"],
        typer.Option(
            "--spelling",
            help="Which field names it knows: tweet as in version 2.166 of X's specification, post "
            "as in 2.167.",
        ),
    ] = "tweet",
    one_app: Annotated[
        bool,
        typer.Option(
            "--one-app",
            help="All use the app of the first: the others pay more to read their own posts.",
        ),
    ] = False,
) -> None:
    """Serve a simulated X on this machine until Ctrl-C: nobody sees what is posted there.

    Prints the credentials of its accounts as `export` lines, named for the account that has the
    handle in config.yaml, or else for the handle. There, set the account's `api` to its address.
    The posts are at that address, as people would see them.
    """
    from bot.clock import SystemClock
    from bot.sandbox import World, run

    world = World(now=SystemClock().now, seed=seed, spelling=spelling)
    bio, shared = "An automated account in a sandbox.", None
    for one in _handles(handle or ["mediajustice"]):
        made = world.add_account(one, one, description=bio, app=shared)
        shared = (shared or made) if one_app else None
    try:
        run(world, port=port, show=_show, variable=_variables())
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "the port is taken" if taken else error.strerror or str(error)
        hint = "Choose another with --port."
        problem = Problem(f"127.0.0.1:{port}", 0, 0, "N101", f"Cannot serve: {why}.", hint)
        raise UserError([problem]) from error


def _handles(typed: list[str]) -> list[str]:
    """Give the handles without their @. Raises UserError for what X would not have."""
    handles = [one.removeprefix("@") for one in typed]
    problems = []
    for place, one in enumerate(handles):
        if not re.fullmatch(r"[A-Za-z0-9_]{1,15}", one):
            hint = "X has 1 to 15 letters, digits and underscores."
            problems.append(Problem("--handle", 0, 0, "N102", f"{one!r} is no handle.", hint))
        elif one.lower() in (other.lower() for other in handles[:place]):
            hint = "Name each once."
            problems.append(Problem("--handle", 0, 0, "N102", f"{one} is named twice.", hint))
    if problems:
        raise UserError(problems)
    return handles


def _variables() -> Callable[[str, str], str]:
    """Return what names the variable for a handle's secret: the config's account has its name."""
    from bot.config import find, load
    from bot.secrets import variable

    try:
        accounts = [*load(find(None, os.environ)).accounts.values()]
    except UserError:  # the sandbox needs no config, and a broken one is told by other commands
        accounts = []
    names = {account.handle.removeprefix("@").lower(): account.name for account in accounts}
    return lambda handle, secret: variable(names.get(handle.lower(), handle), secret)


def _show(text: str) -> None:
    output.line(text.rstrip("\n"))
    sys.stdout.flush()
