"""kill -9 at every step, with every lost answer: nothing twice, nothing lost."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from itertools import cycle, product
from typing import TYPE_CHECKING

import pytest
from faults_figures import judge
from faults_kills import (
    ANSWERS,
    ON_THE_WIRE,
    PROBE_STEPS,
    RESCUE_STEPS,
    SEND_STEPS,
    TIMELINES,
    UPLOAD_STEPS,
    KillPoint,
    KillRun,
    execute,
    kill_runs,
    kill_steps,
    network_runs,
)
from faults_stage import fault_run, make_content
from helpers.networks import NETWORKS
from helpers.scale import sampled, scaled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults_process import WorkerPool
    from faults_stage import FaultRun

pytest_plugins = ["faults_fixtures"]

CHUNK = 20
RUNS = kill_runs(scaled(1000))


UNSHOWN = [name for name, count in TIMELINES.items() if count]
UNSHOWN_RUNS = [
    replace(plan, timeline=timeline)
    for plan, timeline in zip(kill_runs(scaled(300)), cycle(UNSHOWN), strict=False)
]
OTHERS = [network for network in NETWORKS if network != "x"]
HARNESSES = {
    "kill -9, SQLite": RUNS,
    "kill -9, timeline of errors only": UNSHOWN_RUNS,
    **{f"kill -9, {network}": network_runs(network, scaled(200)) for network in OTHERS},
}


@pytest.mark.parametrize(
    ("harness", "first"),
    [(name, first) for name, runs in HARNESSES.items() for first in range(0, len(runs), CHUNK)],
)
def test_killed_anywhere_nothing_is_out_twice_and_nothing_is_lost(
    home: WorkerPool,
    ground: Path,
    harness: str,
    first: int,
    record_property: Callable[[str, object], None],
) -> None:
    """Also where the timeline is not shown, for a while or for good."""
    plans = HARNESSES[harness][first : first + CHUNK]
    runs = [execute(plan, ground / f"{number}", home) for number, plan in enumerate(plans)]
    kills = sum(kills for _, kills in runs)
    results = zip(plans, (found for found, _ in runs), strict=True)
    judge(record_property, harness, results, kills=kills)


def test_even_a_tenth_dies_at_every_step_and_loses_every_kind_of_answer() -> None:
    tenth = kill_runs(100)
    assert kill_steps(tenth) == {
        *SEND_STEPS,
        *UPLOAD_STEPS,
        *PROBE_STEPS,
        *RESCUE_STEPS,
        *ON_THE_WIRE,
    }
    assert {plan.answer for plan in tenth} == {*ANSWERS}


BATCH = ("mj", "ath", "rw", "sf")


BATCH_KILLS = [
    *product(
        range(1, len(BATCH) + 1),
        ["before publish", "after publish"],
        ["ok", "stored, connection dropped", "dropped, not stored"],
    )
]


@pytest.mark.parametrize(
    ("network", "kill"),
    [
        *product(["x"], BATCH_KILLS),
        *sampled([*product(OTHERS, BATCH_KILLS)]),
    ],
)
def test_killed_between_the_shared_commit_and_each_of_its_sends_all_is_known(
    home: WorkerPool, ground: Path, network: str, kill: tuple[int, str, str]
) -> None:
    """One transaction claims for all accounts: what it was about to send is settled one by one."""
    nth, step, answer = kill
    with fault_run(ground / "batch", home, accounts=BATCH, network=network) as one:
        one.queue(*(make_content("single", name, one.folder) for name in BATCH))
        if ANSWERS[answer]:
            one.fault(ANSWERS[answer], skip=nth - 1)
        worker = one.worker(step=step, nth=nth, identified=True)
        assert worker.receive() == {"at": step}
        intents = attempts(one)
        worker.kill()
        assert intents == len(BATCH)  # all of them were on disk before the first was sent
        one.finish()
        found = one.result()
    assert (found.doubles, found.lost, found.unmeant) == ([], [], [])


def test_batch_that_is_queued_again_after_a_kill_is_caught(home: WorkerPool, ground: Path) -> None:
    with fault_run(ground / "batch", home, accounts=BATCH) as one:
        one.queue(*(make_content("single", name, one.folder) for name in BATCH))
        worker = one.worker(step="after publish", nth=2, identified=True, bug="naive_requeue")
        assert worker.receive() == {"at": "after publish"}
        worker.kill()
        one.finish(bug="naive_requeue")
        assert one.result().doubles


def attempts(one: FaultRun) -> int:
    """Count what has been written down as about to be sent, from outside of any worker."""
    connection = sqlite3.connect(one.database.removeprefix("sqlite:///"))
    [count] = connection.execute("SELECT count(*) FROM attempts").fetchone()
    connection.close()
    return int(count)


@pytest.mark.parametrize(
    ("bug", "plan", "reported"),
    [
        ("naive_requeue", KillRun("single", "ok", (KillPoint("after publish"),)), "doubles"),
        ("naive_requeue", KillRun("thread", "ok", (KillPoint("commit of close", 2),)), "doubles"),
        ("naive_requeue", KillRun("media", "ok", (KillPoint("on the wire, stored"),)), "doubles"),
        ("late_intent", KillRun("single", "ok", (KillPoint("after publish"),)), "doubles"),
        ("late_intent", KillRun("single", "ok", ()), "unmeant"),
        ("blind_resend", KillRun("single", "stored, 503", ()), "doubles"),
        ("blind_resend", KillRun("thread", "stored, no answer", ()), "doubles"),
        ("no_rescue", KillRun("single", "ok", (KillPoint("after publish"),)), "lost"),
    ],
)
def test_harness_catches_a_seeded_bug(
    home: WorkerPool, ground: Path, bug: str, plan: KillRun, reported: str
) -> None:
    found, _ = execute(plan, ground / "one", home, bug)
    assert getattr(found, reported)
    sound, _ = execute(replace(plan), ground / "two", home)
    assert not getattr(sound, reported)


STORED = KillRun("thread", "stored, connection dropped", ())
KEYLESS = ["x", "mastodon without keys"]


@pytest.mark.parametrize(
    ("network", "bug", "plan"),
    [
        ("mastodon", "retry_anew", STORED),
        ("mastodon without keys", "empty_timeline", STORED),
        ("bluesky", "retry_anew", STORED),
        ("bluesky", "naive_requeue", KillRun("single", "ok", (KillPoint("after publish"),))),
    ],
)
def test_harness_catches_a_seeded_bug_on_every_network(
    home: WorkerPool, ground: Path, network: str, bug: str, plan: KillRun
) -> None:
    found, _ = execute(replace(plan, network=network), ground / "one", home, bug)
    assert found.doubles


@pytest.mark.parametrize("network", NETWORKS)
def test_what_is_repeated_under_its_key_is_out_once_where_keys_count(
    home: WorkerPool, ground: Path, network: str
) -> None:
    found, _ = execute(replace(STORED, network=network), ground / "one", home, "retry")
    assert bool(found.doubles) == (network in KEYLESS)


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
