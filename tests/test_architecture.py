from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
BOT = ROOT / "bot"

FLOORS = (
    {"xtext"},
    {"text"},
    {"errors", "lookalikes", "model", "clock", "memory", "files", "sandbox"},
    {"approval", "secrets"},
    {"schedules", "wordings", "changes", "scheduler", "reports", "platforms", "store"},
    {"approval", "secrets"},
    {"schedules", "wordings", "changes", "scheduler", "reports", "platforms", "store"},
    {"facts", "campaigns", "delivery", "engagement", "logs", "alerts"},
    {"planning"},
    {"past"},
    {"config", "vanishing", "lint", "sharing", "slots", "horizon", "flood"},
    {"checking"},
    {"intake", "adding", "bulk"},
    {"app"},
    {"loop", "showing", "evidence"},
    {"needs"},
    {"reviewing", "settling", "status"},
    {"demo"},
    {"cli"},
)
"""From the ground up: a room imports only from floors below its own (and from itself)."""

PURE = (
    *("approval", "lookalikes", "changes", "campaigns", "schedules", "wordings", "facts"),
    "flood",
    *("planning", "slots", "vanishing", "lint", "sharing", "reports", "model"),
    *("horizon", "past", "text", "xtext"),
)
NETWORK = {"requests", "tweepy", "urllib.request", "http.client", "socket", "httpx", "uvicorn"}
LONGEST_FILE = 350
LONGEST_FUNCTION = 40  # lines of body, docstring included; the bulk is under ten


def files() -> list[Path]:
    frozen = {"starter", "versions"}  # templates, and migrations as long as their change
    return sorted(path for path in BOT.rglob("*.py") if not frozen & {*path.parts})


def room(path: Path) -> str:
    first = path.relative_to(BOT).parts[0]
    return first.removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_used(path: Path) -> set[str]:
    names = {name.split(".")[1] for name in imported(path) if name.startswith("bot.")}
    known = set().union(*FLOORS)
    return {name for name in names if name in known}


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if name in rooms)


HOUSE = [path for path in files() if room(path) not in {"__init__", "__main__"}]


def test_every_room_is_on_a_floor() -> None:
    assert {room(path) for path in HOUSE} == set().union(*FLOORS)


def test_the_map_names_every_room() -> None:
    words = (BOT / "__init__.py").read_text()
    assert [name for name in sorted(set().union(*FLOORS)) if f" {name}" not in words] == []


@pytest.mark.parametrize("path", HOUSE, ids=lambda path: str(path.relative_to(BOT)))
def test_no_arrow_runs_up(path: Path) -> None:
    here = room(path)
    up = {name for name in rooms_used(path) if name != here and floor(name) >= floor(here)}
    assert up == set()


@pytest.mark.parametrize("path", HOUSE, ids=lambda path: str(path.relative_to(BOT)))
def test_pure_rooms_know_no_store_no_platform_and_no_network(path: Path) -> None:
    if room(path) in PURE:
        assert rooms_used(path) & {"store", "platforms"} == set()
        assert set(imported(path)) & NETWORK == set()


def test_the_sandbox_imports_nothing_of_ours_but_how_x_reads_texts() -> None:
    """That alone is held against X's own code, by test_xtext_reference.py."""
    used = set().union(*(rooms_used(path) for path in files() if room(path) == "sandbox"))
    assert used == {"sandbox", "xtext"}


def test_only_the_scheduler_imports_apscheduler() -> None:
    users = {
        room(path)
        for path in files()
        for name in imported(path)
        if name.split(".")[0] == "apscheduler"
    }
    assert users == {"scheduler"}


def _wall_clock_reads(path: Path) -> list[int]:
    reads = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
    return [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in reads
    ]


def test_only_the_clock_reads_the_wall_clock() -> None:
    readers = {str(path.relative_to(BOT)) for path in files() if _wall_clock_reads(path)}
    assert readers == {"clock.py"}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(BOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    long = {
        node.name: lines
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and node.end_lineno is not None
        and (lines := node.end_lineno - node.body[0].lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}


def test_no_room_is_called_what_could_be_anything() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert {path.stem for path in files()} & vague == set()
