"""``docs/security.md`` names every item of the standard, and what it says is shown by a test."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import cache

import pytest
from helpers.cli import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

ITEMS = dict(
    pair.split(":")
    for pair in [
        "1.1:2",
        "1.2:9",
        "1.3:11",
        "1.4:3",
        "1.5:2",
        "2.1:3",
        "2.2:3",
        "2.3:4",
        "2.4:1",
        "3.2:2",
        "3.3:4",
        "3.4:6",
        "3.5:5",
        "3.7:2",
        "4.1:3",
        "4.2:1",
        "4.3:2",
        "4.4:4",
        "5.1:1",
        "5.2:3",
        "5.3:2",
        "5.4:3",
        "6.1:3",
        "6.2:12",
        "6.3:4",
        "6.4:4",
        "6.5:5",
        "6.6:3",
        "6.8:4",
        "7.1:3",
        "7.2:4",
        "7.3:2",
        "7.4:5",
        "7.5:2",
        "7.6:2",
        "8.1:2",
        "8.2:3",
        "8.3:1",
        "8.4:1",
        "9.1:3",
        "9.2:4",
        "10.1:2",
        "10.2:2",
        "10.3:4",
        "10.4:11",
        "10.5:5",
        "10.6:2",
        "10.7:3",
        "11.1:2",
        "11.2:3",
        "11.3:3",
        "11.4:4",
        "11.5:1",
        "11.6:1",
        "12.1:3",
        "12.2:2",
        "12.3:4",
        "13.1:1",
        "13.2:5",
        "13.3:2",
        "13.4:5",
        "14.1:2",
        "14.2:4",
        "14.3:3",
        "15.1:3",
        "15.2:3",
        "15.3:7",
        "16.1:1",
        "16.2:5",
        "16.3:4",
        "16.4:3",
        "16.5:3",
        "17.1:1",
        "17.2:4",
        "17.3:2",
    ]
)
"""The number of items of level 1 and 2 in each section of the standard, from 1 on (ASVS 5.0.0)."""

APART = {"sandbox", "versions"}
"""Folders of the simulated platforms and of the migrations, which no page reaches."""

_ROW = re.compile(
    r"^\| (?P<items>\d[^|]*) \| (?P<what>[^|]+) \| (?P<shown>[^|]+) \|$", re.MULTILINE
)
_REASON = re.compile(r"\*\*(Not used|Operator|Open)\*\*: .{10,}")
_TEST = re.compile(r"`(test_\w+)`")
_RULE = re.compile(r"`ruff (\w+)`")
ROWS = [match.groupdict() for match in _ROW.finditer(PAGE)]


def items(cell: str) -> list[str]:
    """Return the items of a cell, which may be a range."""
    found = []
    for piece in cell.split(", "):
        first, _, last = piece.partition("\N{EN DASH}")
        section, _, number = first.rpartition(".")
        end = last.rpartition(".")[2] or number
        assert not last or last.startswith(f"{section}."), piece
        found += [f"{section}.{place}" for place in range(int(number), int(end) + 1)]
    return found


@cache
def known_tests() -> frozenset[str]:
    """Return the names of all tests."""
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return frozenset(name for text in texts for name in re.findall(r"\bdef (test_\w+)\(", text))


def test_the_page_names_every_item_once() -> None:
    named = Counter(item for row in ROWS for item in items(row["items"]))
    wanted = {
        f"{section}.{number}"
        for section, count in ITEMS.items()
        for number in range(1, int(count) + 1)
    }
    assert {item for item, count in named.items() if count > 1} == set()
    assert named.keys() == wanted


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["items"])
def test_an_item_is_shown_by_a_test_or_says_why_not(row: dict[str, str]) -> None:
    shown = row["shown"]
    named = _TEST.findall(shown)
    assert set(named) <= known_tests()
    assert named or _RULE.search(shown) or _REASON.match(shown), shown


def test_the_rules_of_the_linter_hold_everywhere() -> None:
    named = set(_RULE.findall(PAGE))
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lint = settings["tool"]["ruff"]["lint"]
    assert lint["select"] == ["ALL"]
    assert named.isdisjoint(lint["ignore"])
    paths = [path for path in (ROOT / "bot").rglob("*.py") if not {*path.parts} & APART]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    excused = {rule for text in texts for rule in re.findall(r"noqa: ([A-Z]+[0-9]+)", text)}
    assert named.isdisjoint(excused)
