"""A pytest plugin that prints the table of figures at the end of ``make faults``.

Tests store their figures in a property of their report, which every process of pytest-xdist sends
back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from helpers import scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest
    from faults_stage import RunResult

COLUMNS = ("runs", "kills", "doubles", "lost", "unsaved", "seconds")


def record_figures(keep: Callable[[str, object], None], harness: str, **figures: float) -> None:
    """Keep a test's figures through pytest's ``record_property``."""
    keep("figures", {"harness": harness, **figures})


def judge(
    keep: Callable[[str, object], None],
    harness: str,
    runs: Iterable[tuple[object, RunResult]],
    **figures: int,
) -> None:
    """Keep the figures of runs and assert that none had a double, a loss or an unsaved intent."""
    wrong, counts = [], Counter(figures)
    for plan, found in runs:
        bad = {name: getattr(found, name) for name in ("doubles", "lost", "unsaved")}
        counts.update(runs=1, **{name: len(items) for name, items in bad.items()})
        if any(bad.values()):
            wrong.append((plan, found))
    record_figures(keep, harness, **counts)
    assert counts["runs"]
    assert wrong == []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the sums of all tests' figures by harness."""
    table: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for kind in ("passed", "failed"):
        for report in terminalreporter.getreports(kind):
            for name, figures in _figures(report):
                for column, figure in figures.items():
                    table[name][column] += figure
    if not table:
        return
    terminalreporter.section(f"figures (FAULTS={scale.NAME})")
    terminalreporter.write_line(f"{'harness':<44}" + "".join(f"{name:>9}" for name in COLUMNS))
    for harness, figures in sorted(table.items()):
        cells = "".join(f"{_cell(figures.get(column)):>9}" for column in COLUMNS)
        terminalreporter.write_line(f"{harness:<44}{cells}")


def _figures(report: pytest.TestReport) -> list[tuple[str, dict[str, float]]]:
    found = []
    for name, value in report.user_properties if report.when == "call" else ():
        if name == "figures" and isinstance(value, dict):
            rest = {column: float(value[column]) for column in COLUMNS if column in value}
            seconds = {} if "seconds" in rest else {"seconds": report.duration}
            found.append((str(value["harness"]), {**rest, **seconds}))
    return found


def _cell(figure: float | None) -> str:
    return "" if figure is None else f"{figure:,.0f}"
