"""``groundswell sandbox``: a simulated X on this machine."""

from __future__ import annotations

import errno
import re
import sys
from typing import Annotated

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
    one_app: Annotated[
        bool,
        typer.Option(
            "--one-app",
            help="All use the app of the first: the others pay more to read their own posts.",
        ),
    ] = False,
) -> None:
    """Serve a simulated X on this machine until Ctrl-C: nobody sees what is posted there.

    Prints the credentials of its accounts. In config.yaml, set an account's `api` to its address.
    The posts are at that address, as people would see them.
    """
    from bot.clock import SystemClock
    from bot.sandbox import World, run

    world = World(now=SystemClock().now, seed=seed)
    bio, shared = "An automated account in a sandbox.", None
    for one in _handles(handle or ["mediajustice"]):
        made = world.add_account(one, one, description=bio, app=shared)
        shared = (shared or made) if one_app else None
    try:
        run(world, port=port, show=_show)
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


def _show(text: str) -> None:
    output.line(text.rstrip("\n"))
    sys.stdout.flush()
