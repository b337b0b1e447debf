"""``groundswell sandbox``: a simulated X on this machine."""

from __future__ import annotations

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
) -> None:
    """Serve a simulated X on this machine until Ctrl-C: nobody sees what is posted there.

    Prints the credentials of its accounts. In config.yaml, set an account's `api` to its address.
    The posts are at that address, as people would see them.
    """
    from bot.clock import SystemClock
    from bot.sandbox import World, run

    world = World(now=SystemClock().now, seed=seed)
    for one in handle or ["mediajustice"]:
        world.add_account(one, one, description="An automated account in a sandbox.")
    try:
        run(world, port=port, show=_show)
    except OSError as error:
        hint = "Choose another with --port."
        problem = Problem(f"127.0.0.1:{port}", 0, 0, "N101", f"Cannot serve: {error}.", hint)
        raise UserError([problem]) from error


def _show(text: str) -> None:
    output.line(text.rstrip("\n"))
    sys.stdout.flush()
