"""Two schedulers on one database, again and again, and eight on ten thousand posts."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from faults_clock import START
from faults_figures import record_figures
from faults_stage import FaultRun, fault_run
from helpers.scale import scaled
from helpers.store import occurrence, text_content
from sqlalchemy import create_engine, text

from bot.planning.diff import Add

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from faults_process import WorkerPool
    from helpers.databases import PostgresServer

    from bot.store.queue import Queue

pytest_plugins = ["faults_fixtures"]

WORKERS = 8
ACCOUNTS = [f"account{number}" for number in range(40)]


def database(name: str, request: pytest.FixtureRequest) -> AbstractContextManager[str]:
    """Give a fresh database: on PostgreSQL, or the stage's own SQLite file."""
    if name == "SQLite":
        return nullcontext("")
    postgresql: PostgresServer = request.getfixturevalue("postgresql")
    return postgresql.database()


def raced(one: FaultRun, races: int, **job: Any) -> tuple[int, int]:
    """Let two workers race for one post after the other; give the refusals and the failures."""
    one.world.limits["POST /2/tweets"] = (10**6, 10**6)
    pair = [one.worker(task="race", **job) for _ in range(2)]
    refused = failed = 0
    with one.store() as queue:
        for number in range(races):
            _due(queue, number, one)
            for worker in pair:
                worker.send(go=True)
            heard = [worker.receive() or {} for worker in pair]
            refused += sum(one.get("raced") is False for one in heard)
            if any("raced" not in one for one in heard):
                return refused, 1
    return refused, failed


def _due(queue: Queue, number: int, one: FaultRun) -> None:
    one.clock.advance(timedelta(seconds=1))
    now = one.clock.now()
    post = occurrence(f"p{number}", due=now, content=text_content(f"Post {number}"))
    queue.apply([Add(post)], now)


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("name", ["SQLite", "PostgreSQL"])
def test_two_schedulers_on_one_database_post_nothing_twice(
    home: WorkerPool,
    ground: Path,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
    name: str,
    held: bool,
) -> None:
    """As whole instances, where SQLite refuses the second one; and past that lock, as if broken."""
    races = scaled(1000) // 2
    with database(name, request) as url, fault_run(ground / "one", home, url) as one:
        refused, failed = raced(one, races, held=held)
        found = one.result()
    figures = {"doubles": len(found.doubles), "lost": len(found.lost)}
    record_figures(record_property, f"two schedulers, {name}", runs=races, **figures)
    assert (failed, found.doubles, found.lost, found.out) == (0, [], [], races)
    assert (refused > 0) == (name == "SQLite" and held)


@pytest.mark.parametrize("name", ["SQLite", "PostgreSQL"])
def test_harness_catches_a_seeded_bug(
    home: WorkerPool, ground: Path, request: pytest.FixtureRequest, name: str
) -> None:
    def doubled(number: int) -> bool:
        with database(name, request) as url, fault_run(ground / f"{number}", home, url) as one:
            _allow_two_open_attempts(one)
            raced(one, 40, held=False, bug="no_fence")
            return bool(one.result().doubles)

    # A race in which one worker fails for another's write is the last, and may come to no double.
    assert any(doubled(number) for number in range(5))


def _allow_two_open_attempts(one: FaultRun) -> None:
    """The index that allows one only has to go as well before a claim can be doubled."""
    engine = create_engine(one.database)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_attempts_open"))
    engine.dispose()


def flooded(one: FaultRun, posts: int, **job: Any) -> list[dict[str, Any]]:
    """Let eight workers send that many posts, all due at once; give each one's last word."""
    one.world.limits["POST /2/tweets"] = (10**6, 10**6)
    contents = [text_content(f"Post {number}") for number in range(posts)]
    one.queue(*contents, due=START, grace=timedelta(hours=12))
    workers = [one.worker(task="flood", **job) for _ in range(WORKERS)]
    for worker in workers:
        assert worker.receive() == {"ready": True}
    for worker in workers:
        worker.send(go=True)
    return [worker.receive(patience=1000) or {} for worker in workers]


@pytest.mark.timeout(1200)
def test_eight_workers_send_ten_thousand_posts_once_each(
    home: WorkerPool,
    postgresql: PostgresServer,
    ground: Path,
    record_property: Callable[[str, object], None],
) -> None:
    posts = scaled(10_000)
    with postgresql.database() as url, fault_run(ground / "one", home, url, ACCOUNTS) as one:
        ends = flooded(one, posts)
        found = one.result()
    figures = {"doubles": len(found.doubles), "lost": len(found.lost)}
    record_figures(record_property, "8 workers, PostgreSQL (posts)", runs=posts, **figures)
    assert all("done" in end for end in ends), ends
    assert (found.doubles, found.lost, found.out) == ([], [], posts)


def test_harness_of_eight_workers_catches_a_seeded_bug(
    home: WorkerPool, postgresql: PostgresServer, ground: Path
) -> None:
    with postgresql.database() as url, fault_run(ground / "one", home, url, ACCOUNTS) as one:
        _allow_two_open_attempts(one)
        flooded(one, 80, bug="no_fence")
        assert one.result().doubles
