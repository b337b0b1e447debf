"""A pytest plugin with the fixtures of the fault harness."""

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
def pool() -> Iterator[WorkerPool]:
    """Yield a pool of workers that lasts as long as this test process."""
    with worker_pool() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder for runs, in memory if possible, because kill -9 loses no written data."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes its own folder there
    usable = os.access(memory, os.W_OK)
    folder = Path(tempfile.mkdtemp(prefix="faults", dir=memory)) if usable else tmp_path
    yield folder
    shutil.rmtree(folder)
