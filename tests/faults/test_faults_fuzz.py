"""Damaged files are checked without a traceback, each within a second and 200 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from faults_figures import record_figures
from faults_fuzz import MEMORY_LIMIT, damaged_campaign, damaged_spreadsheet
from helpers.scale import scaled

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 250
FILES = scaled(10_000)
SHEETS = scaled(2_000)
SECOND = 1.0
SCRIPT = Path(__file__).with_name("faults_fuzz.py")


def run_script(kind: str, first: int, count: int) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, SCRIPT, kind, str(first), str(count)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    seen: dict[str, Any] = json.loads(ran.stdout)
    return seen


def check_files(kind: str, first: int, count: int, keep: Callable[[str, object], None]) -> None:
    seen = run_script(kind, first, count)
    record_figures(keep, f"damaged files, {kind}", runs=seen["count"])
    assert seen["failures"] == {}
    assert seen["count"] == count
    assert seen["slowest"] < SECOND, f"number {seen['slowest_number']}"
    assert seen["resident"] < MEMORY_LIMIT
    assert len(seen["codes"]) > 10
    assert seen["sound"] > 0


@pytest.mark.parametrize("first", range(0, FILES, CHUNK))
def test_a_damaged_campaign_gives_problems_and_no_traceback(
    first: int, record_property: Callable[[str, object], None]
) -> None:
    check_files("yaml", first, min(CHUNK, FILES - first), record_property)


@pytest.mark.parametrize("first", range(0, SHEETS, CHUNK))
def test_a_damaged_spreadsheet_gives_problems_and_no_traceback(
    first: int, record_property: Callable[[str, object], None]
) -> None:
    check_files("csv", first, min(CHUNK, SHEETS - first), record_property)


def test_each_number_always_makes_the_same_file() -> None:
    assert [damaged_campaign(number) for number in range(50)] == [
        damaged_campaign(number) for number in range(50)
    ]
    assert len({damaged_campaign(number) for number in range(200)}) == 200
    assert len({damaged_spreadsheet(number) for number in range(200)}) > 150


@pytest.mark.skipif(sys.platform != "linux", reason="the memory is limited on Linux only")
def test_harness_reports_failures_and_excessive_memory() -> None:
    failures = run_script("seeded", 0, 4)["failures"]
    assert "LookupError: seeded" in failures["1"]
    assert "MemoryError" in failures["2"]
    assert set(failures) == {"1", "2"}
