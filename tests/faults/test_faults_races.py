"""Two schedulers race on one database, and eight send ten thousand posts, without a double post."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from faults_clock import START
from faults_figures import record_figures
from faults_stage import FaultRun, database_url, fault_run
from helpers.scale import scaled
from helpers.store import occurrence, text_content
from sqlalchemy import create_engine, text

from bot.planning.diff import Add

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults_process import WorkerPool
    from helpers.databases import PostgresServer

    from bot.store.queue import Queue

pytest_plugins = ["faults_fixtures"]

WORKERS = 8
ACCOUNTS = [f"account{number}" for number in range(40)]


def run_races(run: FaultRun, races: int, **job: Any) -> tuple[int, int]:
    """Let two workers race for each post; return the numbers of refusals and failures."""
    run.world.limits["POST /2/tweets"] = (10**6, 10**6)
    pair = [run.worker(task="race", **job) for _ in range(2)]
    refused = failed = 0
    with run.store() as queue:
        for number in range(races):
            _due(queue, number, run)
            for worker in pair:
                worker.send(go=True)
            heard = [worker.receive() or {} for worker in pair]
            refused += sum(message.get("raced") is False for message in heard)
            if any("raced" not in message for message in heard):
                return refused, 1
    return refused, failed


def _due(queue: Queue, number: int, run: FaultRun) -> None:
    run.clock.advance(timedelta(seconds=1))
    now = run.clock.now()
    post = occurrence(f"p{number}", due=now, content=text_content(f"Post {number}"))
    queue.apply([Add(post)], now)


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("name", ["SQLite", "PostgreSQL"])
def test_two_schedulers_on_one_database_post_nothing_twice(
    pool: WorkerPool,
    folder: Path,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
    name: str,
    held: bool,
) -> None:
    """With ``held``, SQLite refuses the second instance. Without, that lock is circumvented."""
    races = scaled(1000) // 2
    with database_url(name, request) as url, fault_run(folder / "one", pool, url) as run:
        refused, failed = run_races(run, races, held=held)
        found = run.result()
    figures = {"doubles": len(found.doubles), "lost": len(found.lost)}
    record_figures(record_property, f"two schedulers, {name}", runs=races, **figures)
    assert (failed, found.doubles, found.lost, found.out) == (0, [], [], races)
    assert (refused > 0) == (name == "SQLite" and held)


@pytest.mark.parametrize("name", ["SQLite", "PostgreSQL"])
def test_harness_catches_a_seeded_bug(
    pool: WorkerPool, folder: Path, request: pytest.FixtureRequest, name: str
) -> None:
    def doubled(number: int) -> bool:
        with database_url(name, request) as url, fault_run(folder / f"{number}", pool, url) as run:
            _allow_two_open_attempts(run)
            run_races(run, 40, held=False, bug="no_fence")
            return bool(run.result().doubles)

    # The races end when one worker fails at the other's write, perhaps before a double.
    assert any(doubled(number) for number in range(5))


def _allow_two_open_attempts(run: FaultRun) -> None:
    """Drop the index that allows a single open attempt, which prevents a double claim."""
    engine = create_engine(run.database)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_attempts_open"))
    engine.dispose()


def publish_at_once(run: FaultRun, posts: int, **job: Any) -> list[dict[str, Any]]:
    """Let eight workers send posts that are all due at once; return each one's last message."""
    run.world.limits["POST /2/tweets"] = (10**6, 10**6)
    contents = [text_content(f"Post {number}") for number in range(posts)]
    run.queue(*contents, due=START, grace=timedelta(hours=12))
    workers = [run.worker(task="flood", **job) for _ in range(WORKERS)]
    for worker in workers:
        assert worker.receive() == {"ready": True}
    for worker in workers:
        worker.send(go=True)
    return [worker.receive(patience=1000) or {} for worker in workers]


@pytest.mark.timeout(1200)
def test_eight_workers_send_ten_thousand_posts_once_each(
    pool: WorkerPool,
    postgresql: PostgresServer,
    folder: Path,
    record_property: Callable[[str, object], None],
) -> None:
    posts = scaled(10_000)
    with postgresql.database() as url, fault_run(folder / "one", pool, url, ACCOUNTS) as run:
        ends = publish_at_once(run, posts)
        found = run.result()
    figures = {"doubles": len(found.doubles), "lost": len(found.lost)}
    record_figures(record_property, "8 workers, PostgreSQL (posts)", runs=posts, **figures)
    assert all("done" in end for end in ends), ends
    assert (found.doubles, found.lost, found.out) == ([], [], posts)


def test_harness_of_eight_workers_catches_a_seeded_bug(
    pool: WorkerPool, postgresql: PostgresServer, folder: Path
) -> None:
    with postgresql.database() as url, fault_run(folder / "one", pool, url, ACCOUNTS) as run:
        _allow_two_open_attempts(run)
        publish_at_once(run, 80, bug="no_fence")
        assert run.result().doubles
