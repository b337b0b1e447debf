"""kill -9 and lost answers where the timeline is errors only: nothing twice, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING

import pytest
from faults_figures import judge
from faults_kills import TIMELINES, KillPoint, KillRun, execute, kill_runs
from helpers.scale import scaled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults_process import WorkerPool

pytest_plugins = ["faults_fixtures"]

CHUNK = 10
UNSHOWN = [name for name, count in TIMELINES.items() if count]
RUNS = [
    replace(plan, timeline=timeline)
    for plan, timeline in zip(kill_runs(scaled(300)), cycle(UNSHOWN), strict=False)
]


@pytest.mark.parametrize("first", range(0, len(RUNS), CHUNK))
def test_where_the_timeline_is_not_shown_nothing_is_out_twice_and_nothing_is_lost(
    home: WorkerPool,
    ground: Path,
    first: int,
    record_property: Callable[[str, object], None],
) -> None:
    plans = RUNS[first : first + CHUNK]
    runs = [execute(plan, ground / f"{number}", home) for number, plan in enumerate(plans)]
    kills = sum(kills for _, kills in runs)
    results = zip(plans, (found for found, _ in runs), strict=True)
    judge(record_property, "kill -9, timeline of errors only", results, kills=kills)


@pytest.mark.parametrize("timeline", UNSHOWN)
@pytest.mark.parametrize(
    ("answer", "deaths"),
    [("stored, connection dropped", ()), ("ok", (KillPoint("after publish"),))],
    ids=["cut answer", "kill"],
)
def test_harness_sees_what_errors_taken_for_an_empty_timeline_would_do(
    home: WorkerPool, ground: Path, timeline: str, answer: str, deaths: tuple[KillPoint, ...]
) -> None:
    plan = KillRun("single", answer, deaths, timeline)
    found, _ = execute(plan, ground / "one", home, "errors_are_empty")
    assert found.doubles
    sound, _ = execute(plan, ground / "two", home)
    assert not sound.doubles
