"""After kill -9 at every step, with every lost answer, no post is doubled or lost."""

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
def test_kill_at_any_step_doubles_and_loses_nothing(
    pool: WorkerPool,
    folder: Path,
    harness: str,
    first: int,
    record_property: Callable[[str, object], None],
) -> None:
    """This holds even if the timeline cannot be read, for a while or for good."""
    plans = HARNESSES[harness][first : first + CHUNK]
    runs = [execute(plan, folder / f"{number}", pool) for number, plan in enumerate(plans)]
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
def test_kill_between_a_shared_commit_and_any_of_its_sends_doubles_and_loses_nothing(
    pool: WorkerPool, folder: Path, network: str, kill: tuple[int, str, str]
) -> None:
    """One transaction claims for all accounts, and each of its sends is settled by itself."""
    nth, step, answer = kill
    with fault_run(folder / "batch", pool, accounts=BATCH, network=network) as run:
        run.queue(*(make_content("single", name, run.folder) for name in BATCH))
        if ANSWERS[answer]:
            run.fault(ANSWERS[answer], skip=nth - 1)
        worker = run.worker(step=step, nth=nth, identified=True)
        assert worker.receive() == {"at": step}
        intents = attempts(run)
        worker.kill()
        assert intents == len(BATCH)  # all of them were on disk before the first was sent
        run.finish()
        found = run.result()
    assert (found.doubles, found.lost, found.unsaved) == ([], [], [])


def test_batch_that_is_queued_again_after_a_kill_is_caught(pool: WorkerPool, folder: Path) -> None:
    with fault_run(folder / "batch", pool, accounts=BATCH) as run:
        run.queue(*(make_content("single", name, run.folder) for name in BATCH))
        worker = run.worker(step="after publish", nth=2, identified=True, bug="naive_requeue")
        assert worker.receive() == {"at": "after publish"}
        worker.kill()
        run.finish(bug="naive_requeue")
        assert run.result().doubles


def attempts(run: FaultRun) -> int:
    """Return the number of attempts in the database, on a connection of the test's own."""
    connection = sqlite3.connect(run.database.removeprefix("sqlite:///"))
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
        ("late_intent", KillRun("single", "ok", ()), "unsaved"),
        ("blind_resend", KillRun("single", "stored, 503", ()), "doubles"),
        ("blind_resend", KillRun("thread", "stored, no answer", ()), "doubles"),
        ("no_rescue", KillRun("single", "ok", (KillPoint("after publish"),)), "lost"),
    ],
)
def test_harness_catches_a_seeded_bug(
    pool: WorkerPool, folder: Path, bug: str, plan: KillRun, reported: str
) -> None:
    found, _ = execute(plan, folder / "one", pool, bug)
    assert getattr(found, reported)
    sound, _ = execute(replace(plan), folder / "two", pool)
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
    pool: WorkerPool, folder: Path, network: str, bug: str, plan: KillRun
) -> None:
    found, _ = execute(replace(plan, network=network), folder / "one", pool, bug)
    assert found.doubles


@pytest.mark.parametrize("network", NETWORKS)
def test_repeated_send_with_its_key_posts_once_if_the_network_has_keys(
    pool: WorkerPool, folder: Path, network: str
) -> None:
    found, _ = execute(replace(STORED, network=network), folder / "one", pool, "retry")
    assert bool(found.doubles) == (network in KEYLESS)


@pytest.mark.parametrize("timeline", UNSHOWN)
@pytest.mark.parametrize(
    ("answer", "deaths"),
    [("stored, connection dropped", ()), ("ok", (KillPoint("after publish"),))],
    ids=["cut answer", "kill"],
)
def test_harness_catches_errors_taken_for_an_empty_timeline(
    pool: WorkerPool, folder: Path, timeline: str, answer: str, deaths: tuple[KillPoint, ...]
) -> None:
    plan = KillRun("single", answer, deaths, timeline)
    found, _ = execute(plan, folder / "one", pool, "errors_are_empty")
    assert found.doubles
    sound, _ = execute(plan, folder / "two", pool)
    assert not sound.doubles
