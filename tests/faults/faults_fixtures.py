"""Fixtures of the fault harness: a pytest plugin."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults_nursery import ForkServer, run_fork_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def home() -> Iterator[ForkServer]:
    """Where workers come from, as long as this process runs tests."""
    with run_fork_server() as made:
        yield made


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Path]:
    """Give a folder for stages, in memory where that can be: kill -9 loses nothing written."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own there
    usable = os.access(memory, os.W_OK)
    folder = Path(tempfile.mkdtemp(prefix="faults", dir=memory)) if usable else tmp_path
    yield folder
    shutil.rmtree(folder)
