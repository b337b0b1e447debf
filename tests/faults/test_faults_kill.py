"""kill -9 at every step, with every lost answer: nothing twice, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from faults_figures import bar, record
from faults_kills import (
    ANSWERS,
    LOOK,
    ON_THE_WIRE,
    RESCUE,
    SEND,
    UPLOAD,
    Death,
    Plan,
    plans,
    run,
    steps,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults_nursery import Nursery

pytest_plugins = ["faults_fixtures"]

CHUNK = 20
RUNS = plans(bar(1000))


@pytest.mark.parametrize("first", range(0, len(RUNS), CHUNK))
def test_killed_anywhere_nothing_is_out_twice_and_nothing_is_lost(
    home: Nursery,
    ground: Path,
    first: int,
    record_property: Callable[[str, object], None],
) -> None:
    wrong, figures = [], {"runs": 0, "kills": 0, "doubles": 0, "lost": 0, "unmeant": 0}
    for number, plan in enumerate(RUNS[first : first + CHUNK]):
        found, kills = run(plan, ground / f"{number}", home)
        figures["runs"] += 1
        figures["kills"] += kills
        for name in ("doubles", "lost", "unmeant"):
            figures[name] += len(getattr(found, name))
        if found.doubles or found.lost or found.unmeant:
            wrong.append((plan, found))
    record(record_property, "kill -9, SQLite", **figures)
    assert wrong == []


def test_even_a_tenth_dies_at_every_step_and_loses_every_kind_of_answer() -> None:
    tenth = plans(100)
    assert steps(tenth) == {*SEND, *UPLOAD, *LOOK, *RESCUE, *ON_THE_WIRE}
    assert {plan.answer for plan in tenth} == {*ANSWERS}


@pytest.mark.parametrize(
    ("bug", "plan", "reported"),
    [
        ("naive_requeue", Plan("single", "ok", (Death("after publish"),)), "doubles"),
        ("naive_requeue", Plan("thread", "ok", (Death("commit of close", 2),)), "doubles"),
        ("naive_requeue", Plan("media", "ok", (Death("on the wire, stored"),)), "doubles"),
        ("late_intent", Plan("single", "ok", (Death("after publish"),)), "doubles"),
        ("late_intent", Plan("single", "ok", ()), "unmeant"),
        ("blind_resend", Plan("single", "stored, 503", ()), "doubles"),
        ("blind_resend", Plan("thread", "stored, no answer", ()), "doubles"),
        ("no_rescue", Plan("single", "ok", (Death("after publish"),)), "lost"),
    ],
)
def test_harness_catches_a_seeded_bug(
    home: Nursery, ground: Path, bug: str, plan: Plan, reported: str
) -> None:
    found, _ = run(plan, ground / "one", home, bug)
    assert getattr(found, reported)
    sound, _ = run(replace(plan), ground / "two", home)
    assert not getattr(sound, reported)
