"""Two schedulers on one database, again and again, and eight on ten thousand posts."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from faults_clock import START
from faults_figures import bar, record
from faults_stage import Stage, stage
from sqlalchemy import create_engine, text
from store_support import occurrence, said

from bot.model import State
from bot.sandbox.limits import Limit
from bot.store.queue import Entry, Queue

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from faults_fixtures import Databases
    from faults_nursery import Nursery, Worker

pytest_plugins = ["faults_fixtures"]

WORKERS = 8
ACCOUNTS = [f"account{number}" for number in range(40)]


def database(name: str, request: pytest.FixtureRequest) -> AbstractContextManager[str]:
    """Give a fresh database: on PostgreSQL, or the stage's own SQLite file."""
    if name == "SQLite":
        return nullcontext("")
    databases: Databases = request.getfixturevalue("databases")
    return databases.fresh()


def raced(one: Stage, races: int, **job: Any) -> tuple[int, int]:
    """Let two workers race for one post after the other; give the refusals and the failures."""
    one.world.windows.limits["POST /2/tweets"] = Limit(10**6, 10**6)
    pair = [one.worker(task="race", **job) for _ in range(2)]
    refused = failed = 0
    with one.store() as queue:
        for number in range(races):
            _due(queue, number, one)
            for worker in pair:
                worker.tell(go=True)
            heard = [worker.hear() or {} for worker in pair]
            refused += sum(one.get("raced") is False for one in heard)
            if any("raced" not in one for one in heard):
                return refused, 1
    return refused, failed


def _due(queue: Queue, number: int, one: Stage) -> None:
    one.clock.turn(timedelta(seconds=1))
    now = one.clock.now()
    post = occurrence(f"p{number}", due=now, content=said(f"Post {number}"))
    queue.apply([Entry(post, State.SCHEDULED, "")], [], now)


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("name", ["SQLite", "PostgreSQL"])
def test_two_schedulers_on_one_database_post_nothing_twice(
    home: Nursery,
    ground: Path,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
    name: str,
    held: bool,
) -> None:
    """As whole instances, where SQLite refuses the second one; and past that lock, as if broken."""
    races = bar(1000) // 2
    with database(name, request) as url, stage(ground / "one", home, url) as one:
        refused, failed = raced(one, races, held=held)
        found = one.verdict()
    figures = {"doubles": len(found.doubles), "lost": len(found.lost)}
    record(record_property, f"two schedulers, {name}", runs=races, **figures)
    assert (failed, found.doubles, found.lost, found.out) == (0, [], [], races)
    assert (refused > 0) == (name == "SQLite" and held)


@pytest.mark.parametrize("bug", ["no_fence", "late_intent"])
@pytest.mark.parametrize("name", ["SQLite", "PostgreSQL"])
def test_harness_catches_a_seeded_bug(
    home: Nursery, ground: Path, request: pytest.FixtureRequest, name: str, bug: str
) -> None:
    """The index that allows one open attempt has to go as well before a claim can be doubled."""
    with database(name, request) as url, stage(ground / "one", home, url) as one:
        engine = create_engine(one.database)
        with engine.begin() as connection:
            connection.execute(text("DROP INDEX uq_attempts_open"))
        engine.dispose()
        raced(one, 40, held=False, bug=bug)
        assert one.verdict().doubles


@pytest.mark.timeout(1200)
def test_eight_workers_send_ten_thousand_posts_once_each(
    home: Nursery,
    databases: Databases,
    ground: Path,
    record_property: Callable[[str, object], None],
) -> None:
    posts = bar(10_000)
    with databases.fresh() as url, stage(ground / "one", home, url, ACCOUNTS) as one:
        one.world.windows.limits["POST /2/tweets"] = Limit(10**6, 10**6)
        contents = [said(f"Post {number}") for number in range(posts)]
        one.queue(*contents, due=START, grace=timedelta(hours=12))
        workers = [one.worker(task="flood") for _ in range(WORKERS)]
        for worker in workers:
            assert worker.hear() == {"ready": True}
        for worker in workers:
            worker.tell(go=True)
        ends = [_end(worker) for worker in workers]
        found = one.verdict()
    figures = {"doubles": len(found.doubles), "lost": len(found.lost)}
    record(record_property, "8 workers, PostgreSQL (posts)", runs=posts, **figures)
    assert ends == [True] * WORKERS
    assert (found.doubles, found.lost, found.out) == ([], [], posts)


def _end(worker: Worker) -> bool:
    heard = worker.hear(patience=1000)
    assert heard is not None, "a worker died by itself"
    assert "done" in heard, heard
    return True
