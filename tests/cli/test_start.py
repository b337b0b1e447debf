"""Commands start quickly, because they import and collect no more than they need.

These tests hold the structure that makes it so. ``benchmarks/bench_startup.py`` has the times.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from helpers.cli import bare_environment

if TYPE_CHECKING:
    from pathlib import Path


def run_python(folder: Path, script: str, *args: str) -> str:
    """Return what a script prints in a process of its own, which starts without any imports."""
    ran = subprocess.run(
        [sys.executable, "-c", script, *args],
        cwd=folder,
        env=bare_environment(folder),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return ran.stdout


# --- The garbage collector ------------------------------------------------------------------------


def test_a_start_is_not_collected_and_a_long_run_is(tmp_path: Path) -> None:
    script = """
import gc
from bot.__main__ import UNCOLLECTED, collect_rarely

usual = gc.get_threshold()
collect_rarely()
during, before = gc.get_threshold()[0], len(gc.callbacks)
kept = [[] for _ in range(UNCOLLECTED + 1000)]
print(during == UNCOLLECTED, gc.get_threshold() == usual, before - len(gc.callbacks))
"""
    assert run_python(tmp_path, script) == "True True 1\n"
