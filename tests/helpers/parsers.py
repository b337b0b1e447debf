"""The parsers of the commands, which take longer to make than most commands to run."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import typer

from bot.cli import main

if TYPE_CHECKING:
    import pytest


def make_once(patch: pytest.MonkeyPatch) -> None:
    """Let all command lines that are run from now on share the parsers of Groundswell's commands.

    Another command that a test puts among them has a parser of its own.
    """
    own, load, make = {*main.COMMANDS}, main.load_command, typer.main.get_command
    load_once, root = cache(load), make(main.root)

    def load_command(name: str) -> Any:
        return load_once(name) if name in own else load(name)

    def get_command(app: typer.Typer) -> Any:
        return root if app is main.root else make(app)

    patch.setattr(main, "load_command", load_command)
    patch.setattr(typer.main, "get_command", get_command)
