"""A release is cut from a commit with its version, with dated changes and nothing uncommitted."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
from distribution.candidate import Candidate, problems, read_candidate, sections
from helpers.cli import ROOT
from helpers.release import needs_git

TODAY = date(2026, 12, 1)
WRITE = "write ## [0.2.0] - 2026-12-01"
CHANGES = """\
# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-01

### Added

- A thing.

## [0.1.0] - 2026-11-30

The first version.
"""
READY = Candidate("0.2.0", CHANGES, {"README.md": "Install it."}, [])


def test_a_commit_that_has_everything_can_be_released() -> None:
    assert problems(READY, "v0.2.0", TODAY) == []
    assert problems(READY, None, TODAY) == []


@pytest.mark.parametrize("tag", ["v0.2.1", "0.2.0", "v0.2.0rc1"])
def test_a_tag_of_another_version_is_refused(tag: str) -> None:
    [problem] = problems(READY, tag, TODAY)
    assert problem == f"the tag is {tag}, and bot/__init__.py says 0.2.0: tag it v0.2.0"


@pytest.mark.parametrize("version", ["0.2.0.dev0", "0.2.0rc1", "0.2.0+local"])
def test_a_version_that_is_not_a_release_is_refused(version: str) -> None:
    found = problems(replace(READY, version=version), None, TODAY)
    assert found[0].startswith(f"bot/__init__.py says {version}: write the version of the release")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "## [Unreleased]\n",
            "## [Unreleased]\n\n- More.\n",
            "CHANGELOG.md has changes under Unreleased: name that heading ## [0.2.0] - 2026-12-01",
        ),
        (
            "## [0.2.0] - 2026-12-01\n\n### Added\n\n- A thing.\n",
            "",
            "CHANGELOG.md begins with another version: add ## [0.2.0] - 2026-12-01",
        ),
        (
            "[0.2.0] - 2026-12-01",
            "[0.2.0]",
            f"CHANGELOG.md gives 0.2.0 no date: {WRITE}",
        ),
        (
            "[0.2.0] - 2026-12-01",
            "[0.2.0] - 2026-13-01",
            f"CHANGELOG.md gives 0.2.0 no date: {WRITE}",
        ),
        (
            "[0.2.0] - 2026-12-01",
            "[0.2.0] - 2027-01-01",
            f"CHANGELOG.md dates 0.2.0 to 2027-01-01, which is still to come: {WRITE}",
        ),
        ("### Added\n\n- A thing.\n", "", "CHANGELOG.md says nothing about 0.2.0"),
    ],
)
def test_changes_without_a_dated_part_of_their_own_are_refused(
    old: str, new: str, problem: str
) -> None:
    assert old in CHANGES
    candidate = replace(READY, changes=CHANGES.replace(old, new))
    assert problems(candidate, None, TODAY) == [problem]


def test_a_page_that_says_that_nothing_is_published_is_refused() -> None:
    page = {"docs/install.md": "# Install\n\nIt is not\npublished yet.\n"}
    assert problems(replace(READY, pages=page), None, TODAY) == [
        'docs/install.md:3: "not published yet" will not be true any more: rewrite it'
    ]


@pytest.mark.parametrize(
    "words",
    ["groundswell-0.1.0-py3-none-any.whl", "groundswell-0.1.0.tar.gz", "git checkout v0.1.0"],
)
def test_a_page_that_names_another_version_is_refused(words: str) -> None:
    assert problems(replace(READY, pages={"a.md": words.replace("0.1", "0.2")}), None, TODAY) == []
    [problem] = problems(replace(READY, pages={"a.md": words}), None, TODAY)
    assert problem.startswith("a.md:1: ")
    assert problem.endswith("is of another version: write 0.2.0")


def test_a_file_that_is_not_committed_is_refused() -> None:
    [problem] = problems(replace(READY, uncommitted=["bot/x.py"]), None, TODAY)
    assert problem == "bot/x.py differs from the last commit: commit it"


def test_the_notes_are_the_part_of_their_version() -> None:
    bodies = {one.name: one.body for one in sections(CHANGES)}
    assert bodies == {
        "Unreleased": "",
        "0.2.0": "### Added\n\n- A thing.",
        "0.1.0": "The first version.",
    }


@needs_git
def test_this_project_is_read_as_it_is() -> None:
    candidate = read_candidate(ROOT)
    assert "README.md" in candidate.pages
    assert "CHANGELOG.md" not in candidate.pages
    assert any(one.body for one in sections(candidate.changes))


@needs_git
def test_the_command_names_the_problems_and_fails() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "distribution.candidate", "v99.0.0"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": ".ci"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "the tag is v99.0.0" in ran.stderr
