"""What `make try-dist` takes, and what it tries; the tries themselves need the built files."""

from __future__ import annotations

import hashlib
import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from trying.inventory import compare, unpinned
from trying.matrix import Try, choose
from trying.release import read_release

if TYPE_CHECKING:
    from pathlib import Path

ALL = ["3.11", "3.12", "3.13"]


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Return a folder with the files of a release."""
    wheel = tmp_path / "groundswell-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as files:
        files.writestr(
            "groundswell-0.1.0.dist-info/METADATA", "Name: groundswell\nVersion: 0.1.0\n"
        )
    (tmp_path / "groundswell-0.1.0.tar.gz").write_bytes(b"the sdist")
    (tmp_path / "constraints.txt").write_text("pyyaml==6.0.3\n")
    write_sums(tmp_path)
    return tmp_path


def write_sums(folder: Path) -> None:
    files = [file for file in folder.iterdir() if file.name != "SHA256SUMS"]
    lines = (f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)
    (folder / "SHA256SUMS").write_text("".join(lines))


def test_files_that_are_those_of_the_sums_are_taken(dist: Path) -> None:
    release = read_release(dist)
    assert release.version == "0.1.0"
    assert release.wheel == dist / "groundswell-0.1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("name", "content"),
    [("constraints.txt", b"pyyaml==6.0.2\n"), ("groundswell-0.1.0.tar.gz", b"")],
)
def test_a_changed_file_is_refused(dist: Path, name: str, content: bytes) -> None:
    (dist / name).write_bytes(content)
    with pytest.raises(SystemExit, match=rf"(?s)not those of SHA256SUMS.*{name}"):
        read_release(dist)


def test_a_file_that_the_sums_do_not_name_is_refused(dist: Path) -> None:
    (dist / "groundswell-0.2.0-py3-none-any.whl").write_bytes(b"another")
    with pytest.raises(SystemExit, match=r"should have one \*\.whl"):
        read_release(dist)


def test_a_missing_file_is_refused(dist: Path) -> None:
    (dist / "constraints.txt").unlink()
    with pytest.raises(SystemExit, match="constraints"):
        read_release(dist)


def test_a_folder_without_a_release_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"has no release\. Run: make dist"):
        read_release(tmp_path / "dist")


def test_each_question_is_asked_once() -> None:
    tries = choose(ALL, quick=False, everything=False)
    assert len({*tries}) == len(tries) == 8
    assert {one.way for one in tries} == {"pip", "uv", "pipx"}
    assert [one.python for one in tries if one.versions == "lowest"] == ["3.11", "3.13"]
    assert [one for one in tries if not one.extra] == [Try("pip", "3.11", "locked", "")]


def test_a_machine_with_one_python_tries_each_question_on_it() -> None:
    assert [one.versions for one in choose(["3.12"], quick=False, everything=False)] == [
        *["locked"] * 3,
        *("lowest", "locked"),
    ]


def test_everything_is_every_combination() -> None:
    assert len({*choose(ALL, quick=False, everything=True)}) == 3 * 3 * 2 + 3


def test_quick_is_one_try() -> None:
    assert choose(ALL, quick=True, everything=False) == [Try("pip", "3.11", "locked")]


SBOM = {
    "components": [
        {"name": "pyyaml", "version": "6.0.3", "scope": "required"},
        {
            "name": "zipp",
            "version": "4.1.2",
            "scope": "required",
            "properties": [{"name": "groundswell:marker", "value": "python_version < '3.12'"}],
        },
        {"name": "atproto", "version": "0.0.73", "scope": "optional"},
    ]
}
OURS = [("groundswell", "0.1.0"), ("pip", "26.0"), ("PyYAML", "6.0.3")]
ZIPP, ATPROTO = ("zipp", "4.1.2"), ("atproto", "0.0.73")


@pytest.mark.parametrize(
    ("installed", "python", "extras", "problem"),
    [
        ([*OURS, ZIPP, ATPROTO], "3.11.7", True, ""),
        ([*OURS, ATPROTO], "3.12.1", True, ""),
        ([*OURS, ZIPP], "3.11.7", False, ""),
        ([*OURS, ATPROTO], "3.11.7", True, r"not installed \(zipp 4\.1\.2\), .* \(none\)"),
        ([*OURS, ATPROTO], "3.12.1", False, r"\(none\), or lacks some \(atproto 0\.0\.73\)"),
        ([("pyyaml", "6.0.2"), ZIPP], "3.11.7", False, r"pyyaml 6\.0\.3\), .* \(pyyaml 6\.0\.2"),
    ],
)
def test_exactly_what_the_sbom_names_is_installed(
    installed: list[tuple[str, str]], python: str, extras: bool, problem: str
) -> None:
    found = compare(SBOM, installed, python, extras=extras)
    assert re.search(problem, found) if problem else not found


@pytest.mark.parametrize(
    ("installed", "problem"),
    [
        (OURS, ""),
        ([*OURS, ZIPP], ""),
        ([*OURS, ("zipp", "4.1")], "not in constraints.txt: zipp 4.1"),
        ([*OURS, ATPROTO], "not in constraints.txt: atproto 0.0.73"),
    ],
)
def test_nothing_is_installed_in_another_version_than_the_constraints_have(
    installed: list[tuple[str, str]], problem: str
) -> None:
    constraints = "# The versions\npyyaml==6.0.3\nzipp==4.1.2 ; python_full_version < '3.12'\n"
    assert unpinned(constraints, installed) == problem
