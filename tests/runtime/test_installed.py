"""A loop ends if another version is installed over it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers.cli import write_file

import bot
from bot.errors import UpgradedError
from bot.runtime.installed import InstalledProgram


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that is taken for the package's own."""
    path = tmp_path / "bot" / "__init__.py"
    write_file(path, f'"""Groundswell."""\n\n__version__ = "{bot.__version__}"\n')
    monkeypatch.setattr(bot, "__file__", str(path))
    return path


def install(module: Path, version: str) -> None:
    new = module.with_suffix(".new")
    write_file(new, f'"""Groundswell."""\n\n__version__ = "{version}"\n')
    new.replace(module)


def test_another_version_is_noticed(module: Path) -> None:
    program = InstalledProgram()
    program.check()
    install(module, "9.9.9")
    words = rf"Groundswell 9\.9\.9 was installed while {bot.__version__} is running"
    for _ in range(2):
        with pytest.raises(UpgradedError, match=words):
            program.check()


def test_the_same_version_installed_again_changes_nothing(module: Path) -> None:
    program = InstalledProgram()
    install(module, bot.__version__)
    program.check()
    os.utime(module, (1, 1))
    program.check()


def test_a_file_that_is_missing_while_it_is_replaced_is_waited_for(module: Path) -> None:
    program = InstalledProgram()
    module.unlink()
    program.check()
    module.mkdir()  # as a file that goes between the two looks at it, it cannot be read
    program.check()
    module.rmdir()
    install(module, "9.9.9")
    with pytest.raises(UpgradedError):
        program.check()


def test_the_version_of_this_program_is_found_as_it_is_written() -> None:
    from bot.runtime.installed import _VERSION

    text = Path(bot.__file__).read_text(encoding="utf-8")
    assert _VERSION.findall(text) == [bot.__version__]
