"""How long commands take to start, beside the imports of the libraries that they use.

The figure is the wall-clock time from the start of the process to its end, of commands that do
little more than read the example campaign, whose posts are all in the past, and a database. Beside
it stands the processor time, which a busy machine changes less. All commands take turns, so that a
busy moment of the machine hits all of them alike, and the median of ``ROUNDS`` runs counts.

The bars are of wall-clock time, on a quiet machine, and of ratios to Python with the same libraries
in the same run. The loop has checked the campaign files before, so ``status`` and ``inbox`` do not.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from bench_support import COMMAND, Workspace, row, spread, title, workspace

from bot.config import load
from bot.runtime.app import create_app

ROUNDS = 15
SECONDS_BAR, RATIO_BAR, TYPER_BAR = 0.35, 1.7, 1.5

TYPER = "python -c 'import typer'"
READING = "imports for the database"
LIBRARIES = {
    TYPER: "typer",
    READING: "typer, pydantic, yaml, sqlalchemy, sqlalchemy.dialects.sqlite",
}
BARRED = ("log", "queue list", "inbox", "status", "status --json")
"""Commands that are held against the imports for the database."""
OTHERS = ("check", "plan", "report --format table")
COMMANDS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    **{name: (sys.executable, "-c", f"import {of}") for name, of in LIBRARIES.items()},
    **{
        f"groundswell {words}": (COMMAND, *words.split())
        for words in ("--version", "--help", "schema", *BARRED, *OTHERS)
    },
}
BASES = {"groundswell --version": TYPER} | {f"groundswell {words}": READING for words in BARRED}
"""The imports that a command with a bar is compared with."""
VERDICTS = (0, 4, 5)
"""The exit codes of success, and of ``status`` if the loop or a post needs somebody."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command, in seconds."""

    wall: float
    """From the start of the process to its end."""
    processor: float
    """User and system time of the process."""


def main() -> None:
    """Measure and print."""
    title("Start-up of commands")
    with workspace() as place:
        place.write_example()
        with chdir(place.folder), create_app(load(Path("config.yaml"), {}), {}) as app:
            app.queue_sync.refresh()  # as the loop begins
        runs = measured(place)
    for name, values in runs.items():
        wall, processor = [of.wall for of in values], [of.processor for of in values]
        figure = f"{spread(wall)}  processor {statistics.median(processor) * 1000:4.0f} ms"
        bar = ""
        if base := BASES.get(name):
            ratio = median_wall(values) / median_wall(runs[base])
            figure += f"  {ratio:4.2f} x {base}"
            most = f"{TYPER_BAR} x" if base == TYPER else f"{SECONDS_BAR} s, {RATIO_BAR} x"
            bar = f"at most {most}"
        row(name, figure, bar)
    print()
    for name, libraries in LIBRARIES.items():
        print(f"  {name}: {libraries}")
    print()


def median_wall(runs: list[Run]) -> float:
    """Return the median of the wall-clock time, in seconds."""
    return statistics.median(of.wall for of in runs)


def measured(place: Workspace) -> dict[str, list[Run]]:
    """Return the runs of each command; a first round compiles and warms the caches."""
    runs: dict[str, list[Run]] = {name: [] for name in COMMANDS}
    for number in range(ROUNDS + 1):
        for name, command in COMMANDS.items():
            one = run(place, *command)
            if number:
                runs[name].append(one)
    return runs


def run(place: Workspace, *command: str) -> Run:
    """Run a command. Raise SystemExit if it fails."""
    begin = time.perf_counter()
    process = place.start(*command)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in VERDICTS:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Run(time.perf_counter() - begin, used.ru_utime + used.ru_stime)


if __name__ == "__main__":
    main()
