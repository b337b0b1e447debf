"""Every library at run time has a licence that may come along, and is of a version that is safe."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
from distribution.dependencies import (
    PAGE,
    REMAKE,
    ROOT,
    Safe,
    Tables,
    floors,
    licence_problems,
    read_project,
    read_tables,
    safe_problems,
    with_tables,
)
from distribution.dependencies import TABLES as TABLES_FILE
from packaging.version import Version

if TYPE_CHECKING:
    from distribution.runtime import Runtime

TABLES = read_tables(TABLES_FILE.read_text(encoding="utf-8"))
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
URLLIB3 = next(row for row in TABLES.safe if row.package == "urllib3")


@cache
def runtime() -> Runtime:
    return read_project()[2]


def names() -> set[str]:
    return {pin.name for pin in runtime().pins}


def test_every_library_has_a_licence_that_may_come_along() -> None:
    assert licence_problems(TABLES, names()) == []


def test_no_library_may_be_older_than_its_safe_version() -> None:
    assert safe_problems(TABLES, PYPROJECT, runtime()) == []


def test_the_page_has_both_tables_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page, TABLES, runtime()) == page, REMAKE


def test_a_new_library_without_a_licence_is_refused_with_what_to_do() -> None:
    [problem] = licence_problems(TABLES, {*names(), "hypothesis"})
    assert problem.startswith("hypothesis: add its licence to [licences] in .ci/dependencies.toml")
    assert problem.endswith("Its metadata say MPL-2.0.")


def with_licence(package: str, licence: str) -> Tables:
    return replace(TABLES, licences={**TABLES.licences, package: licence})


@pytest.mark.parametrize(
    ("licence", "words"),
    [
        ("GPL-3.0-only", "tweepy: nobody has said why GPL-3.0-only may come with Groundswell"),
        ("MIT OR AGPL-3.0-only", "tweepy: nobody has said why AGPL-3.0-only may come"),
        ("BSD-2-Clause", "tweepy: its metadata say MIT, and .ci/dependencies.toml BSD-2-Clause"),
        ("Beerware, probably", "tweepy: Beerware, probably is not an SPDX expression"),
    ],
)
def test_a_licence_that_nobody_allowed_or_declared_is_refused(licence: str, words: str) -> None:
    found = licence_problems(with_licence("tweepy", licence), names())
    assert any(problem.startswith(words) for problem in found), found


def test_a_licence_that_only_a_file_tells_says_where_it_was_read() -> None:
    unread = replace(TABLES, read={})
    named = {problem.partition(":")[0] for problem in licence_problems(unread, names())}
    assert {"jinja2", "emoji", "defusedxml"} <= named


def test_a_library_that_is_gone_leaves_the_tables() -> None:
    [problem] = licence_problems(with_licence("left-pad", "MIT"), names())
    assert problem.startswith("left-pad: it is not needed any more")
    [gone] = safe_problems(with_safe("left-pad", "1"), PYPROJECT, runtime())[:1]
    assert gone.startswith("left-pad: it is not needed any more")


def with_safe(package: str, version: str, unreached: str = "") -> Tables:
    return replace(TABLES, safe=[Safe(package, version, ["CVE-2026-1"], "harm", "", unreached)])


def test_a_lock_below_the_safe_version_is_refused() -> None:
    found = safe_problems(with_safe("requests", "9000"), PYPROJECT, runtime())
    assert found[0].startswith("requirements.lock has requests 2.")
    assert "9000 is the first that is safe (CVE-2026-1: harm)" in found[0]


def test_a_floor_below_the_safe_version_is_refused() -> None:
    lowered = PYPROJECT.replace('"urllib3>=2.8"', '"urllib3>=2.7"')
    assert lowered != PYPROJECT
    [problem] = safe_problems(replace(TABLES, safe=[URLLIB3]), lowered, runtime())
    assert problem.startswith("pyproject.toml lets an installer take urllib3 2.7, and 2.8.0 is")


def test_a_floor_in_an_extra_counts_as_well() -> None:
    lowered = PYPROJECT.replace('"cryptography>=48.0.1", ', '"cryptography>=48", ')
    assert lowered != PYPROJECT
    rows = [row for row in TABLES.safe if row.package == "cryptography" and not row.unreached]
    [problem] = safe_problems(replace(TABLES, safe=rows), lowered, runtime())
    assert problem.startswith("pyproject.toml lets an installer take cryptography 48, and 48.0.1")


def test_a_library_that_comes_with_another_needs_a_floor_or_a_reason() -> None:
    bare = PYPROJECT.replace('"urllib3>=2.8", ', "")
    [problem] = safe_problems(replace(TABLES, safe=[URLLIB3]), bare, runtime())
    assert "Raise or add its floor" in problem
    excused = replace(TABLES, safe=[replace(URLLIB3, unreached="nothing is sent")])
    assert safe_problems(excused, bare, runtime()) == []
    [idle] = safe_problems(excused, PYPROJECT, runtime())
    assert "take `unreached` out" in idle


def test_an_advisory_is_named_by_its_number() -> None:
    numbers = [number for row in TABLES.safe for number in row.advisories]
    form = re.compile(r"CVE-\d{4}-\d{4,}|GHSA(-[2-9cfghjmpqrvwx]{4}){3}")
    assert [number for number in numbers if not form.fullmatch(number)] == []
    assert [row.package for row in TABLES.safe if not (row.advisories and row.read)] == []


def test_every_requirement_of_ours_has_a_floor() -> None:
    project = tomllib.loads(PYPROJECT)["project"]
    ours, _ = floors(project, runtime())
    without = [name for name, lowest in ours.items() if min(lowest) == Version("0")]
    assert without == ["groundswell"]  # the extra `all` names the other extras
