"""The version stands in bot/__init__.py, and everything else agrees with it or is made of it."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from importlib import metadata

import pytest
from distribution.candidate import problems, read_candidate, read_version
from helpers.release import ROOT, git, needs_git
from packaging.version import Version

from bot import __version__

NAMES_IT = {
    "CHANGELOG.md": "its heading; make release-check holds it",
    "CONTRIBUTING.md": "from which version on migrations are kept",
    "README.md": "the name of the wheel",
    "bot/__init__.py": "the one place",
    "bot/database/migrations/versions/0001_first.py": "the first version's tables",
    "docs/install.md": "the names of the files of a release",
}
"""The files in which the version may stand, and why. Tests may make versions up."""


@needs_git
def test_the_version_stands_in_no_other_file() -> None:
    literal = re.compile(rf"(?<![\d.]){re.escape(__version__)}(?![\d.]*\d)")
    found = set()
    for path in git(ROOT, "ls-files").splitlines():
        if path.startswith("tests/") or path.endswith((".png", ".lock", "schema.json")):
            continue
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        if literal.search(text):
            found.add(path)
    strangers = found - NAMES_IT.keys() - {".ci/dependencies.toml", "docs/dependencies.md"}
    assert strangers == set(), "read bot.__version__ instead"


@pytest.mark.skipif(Version(__version__).is_prerelease, reason="the pages name the last release")
def test_the_pages_name_the_files_of_this_version() -> None:
    found = problems(read_candidate(ROOT), None, date.max)
    assert [problem for problem in found if "is of another version" in problem] == []


def test_the_wheel_and_the_checks_of_a_release_read_the_same_place() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in settings["project"]["dynamic"]
    assert settings["tool"]["hatch"]["version"]["path"] == "bot/__init__.py"
    assert read_version(ROOT) == __version__ == metadata.version("groundswell")
