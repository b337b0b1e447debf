"""Fixtures of the fault harness: a pytest plugin."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults_process import WorkerPool, worker_pool

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def home() -> Iterator[WorkerPool]:
    """Where workers come from, as long as this process runs tests."""
    with worker_pool() as made:
        yield made


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Path]:
    """Give a folder for stages, in memory where that can be: kill -9 loses nothing written."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own there
    usable = os.access(memory, os.W_OK)
    folder = Path(tempfile.mkdtemp(prefix="faults", dir=memory)) if usable else tmp_path
    yield folder
    shutil.rmtree(folder)
