"""A project to import into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.bulk import make_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a project with one campaign and two accounts."""
    return make_project(tmp_path)


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run commands in the project."""
    monkeypatch.chdir(folder)
    return folder
