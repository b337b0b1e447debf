"""Projects for the tests of the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.calendar_project import Project, calendar_project, fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Yield a project without posts."""
    with calendar_project(tmp_path) as made:
        yield made


@pytest.fixture
def busy(project: Project) -> Project:
    """Return a project with two campaigns, and posts in several states."""
    fill(project)
    return project
