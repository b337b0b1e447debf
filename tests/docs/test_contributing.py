"""The places that CONTRIBUTING.md and docs/platforms.md name exist."""

from __future__ import annotations

import re

import pytest
from helpers.cli import ROOT
from helpers.pages import CONTRIBUTING

from bot.platforms import defaults
from bot.platforms.base import Client, Platform
from bot.platforms.outcomes import Outcome
from bot.reports.catalogue import REPORTS
from bot.services.reporting import DEFAULT_REPORTS, REPORT_NAMES
from bot.text import TextRules

PLATFORMS_PAGE = " ".join((ROOT / "docs" / "platforms.md").read_text(encoding="utf-8").split())
TEXT = f"{' '.join(CONTRIBUTING.read_text(encoding='utf-8').split())} {PLATFORMS_PAGE}"
PATHS = re.findall(r"`((?:bot|tests|docs|\.ci)/[\w./]+)`", TEXT)
NAMES = re.findall(r"((?:`\w+`(?:,| and| or)? )+)(?:are )?in `((?:bot|tests)/[\w./]+\.py)`", TEXT)
PLACED = [(name, path) for names, path in NAMES for name in re.findall(r"`(\w+)`", names)]


@pytest.mark.parametrize(
    "path", sorted({path for path in PATHS if not re.search("[A-Z]{4}", path)})
)
def test_a_path_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("name", "path"), sorted({*PLACED}))
def test_a_name_is_in_its_file(name: str, path: str) -> None:
    assert re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8"))


def test_names_are_found() -> None:
    assert ("POST_RULES", "bot/lint/rules.py") in PLACED
    assert ("AccountForm", "bot/config/schema.py") in PLACED
    assert len(PLACED) > 15


@pytest.mark.parametrize("target", ["lint", "test", "faults", "bench", "demo", "tools", "format"])
def test_a_target_of_make_is_there(target: str) -> None:
    assert f"`make {target}`" in TEXT or f"make {target} " in TEXT
    assert f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_a_module_that_a_rule_goes_into_is_there() -> None:
    sentence = TEXT.partition("module of its subject in `bot/lint/`: ")[2].partition(".")[0]
    modules = re.findall(r"`(\w+)`", sentence)
    assert len(modules) == 5
    assert [one for one in modules if not (ROOT / "bot" / "lint" / f"{one}.py").exists()] == []


@pytest.mark.parametrize("bound", ["at most 350 lines", "at most 40"])
def test_the_bounds_are_those_of_the_test(bound: str) -> None:
    names = {"at most 350 lines": "LONGEST_FILE", "at most 40": "LONGEST_FUNCTION"}
    assert bound in TEXT
    number = re.findall(r"\d+", bound)[0]
    tests = (ROOT / "tests" / "docs" / "test_architecture.py").read_text(encoding="utf-8")
    assert f"\n{names[bound]} = {number}" in tests


def test_a_report_can_be_asked_for_by_each_name() -> None:
    assert tuple(REPORTS) == REPORT_NAMES
    assert set(DEFAULT_REPORTS) <= set(REPORT_NAMES)


# --- docs/platforms.md ----------------------------------------------------------------------------


def test_the_page_on_platforms_names_all_that_a_platform_has() -> None:
    asked = {*Platform.__annotations__, *members(Platform), *members(TextRules), *members(Client)}
    assert [name for name in sorted(asked) if f"`{name}`" not in PLATFORMS_PAGE] == []


def test_the_page_on_platforms_names_every_outcome_and_default() -> None:
    outcomes = {kind.__name__ for kind in Outcome.__subclasses__()}
    assert [name for name in sorted(outcomes) if f"| `{name}` |" not in PLATFORMS_PAGE] == []
    assert [name for name in defaults.__all__ if f"`{name}`" not in PLATFORMS_PAGE] == []


def test_required_names_of_the_page_have_no_default() -> None:
    table = PLATFORMS_PAGE.partition("| The module says | as |")[2].partition("Rules, lengths")[0]
    assert not {*re.findall(r"`(\w+)`", table)} & {*defaults.__all__}


def members(protocol: type) -> set[str]:
    return {name for name in vars(protocol) if not name.startswith("_")}
