"""How long commands take to start, beside Python alone and ``import typer``.

The figure is the wall-clock time from the start of the process to its end, of commands that do
little more than read the example campaign, whose posts are all in the past, and an empty database.
All commands take turns, so that a busy moment of the machine hits all of them alike, and the median
of ``ROUNDS`` runs counts. The bar is a ratio to ``import typer`` in the same run.
"""

from __future__ import annotations

import shutil
import statistics
import sys

from bench_support import COMMAND, ROOT, Workspace, row, spread, title, workspace

ROUNDS = 15

TYPER = "python -c 'import typer'"
VERSION = "groundswell --version"
COMMANDS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    TYPER: (sys.executable, "-c", "import typer"),
    VERSION: (COMMAND, "--version"),
    "groundswell --help": (COMMAND, "--help"),
    "groundswell schema": (COMMAND, "schema"),
    "groundswell plan": (COMMAND, "plan"),
    "groundswell queue list": (COMMAND, "queue", "list"),
    "groundswell report --format table": (COMMAND, "report", "--format", "table"),
}


def main() -> None:
    """Measure and print."""
    title("Start-up of commands")
    with workspace() as place:
        shutil.copytree(ROOT / "posts", place.folder / "posts")
        shutil.copy(ROOT / "config.example.yaml", place.folder / "config.yaml")
        times = measured(place)
    base = statistics.median(times[TYPER])
    for name, values in times.items():
        ratio = statistics.median(values) / base
        bar = "under 1.5 x" if name == VERSION else ""
        row(name, f"{spread(values)}  {ratio:5.2f} x typer", bar)
    print()


def measured(place: Workspace) -> dict[str, list[float]]:
    """Return the seconds of each command in each round; a first round warms the caches."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(ROUNDS + 1):
        for name, command in COMMANDS.items():
            seconds = place.seconds(*command)
            if number:
                times[name].append(seconds)
    return times


if __name__ == "__main__":
    main()
