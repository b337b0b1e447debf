"""Configs from text, loaded or refused with their problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.config import load
from bot.errors import UserError
from helpers.cli import write_file

if TYPE_CHECKING:
    from pathlib import Path

    from bot.config import Config


def load_config(folder: Path, text: str) -> Config:
    """Return the config of this text, without an environment."""
    return load(write_file(folder / "config.yaml", text), {})


def config_problems(folder: Path, text: str, **environ: str) -> list[str]:
    """Load a config that must be refused, and return its problems without the folder."""
    file = write_file(folder / "config.yaml", text)
    with pytest.raises(UserError) as caught:
        load(file, environ)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]
