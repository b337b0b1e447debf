"""After kill -9 at any instant, against real servers, no post is doubled or lost.

The servers' clocks cannot be advanced. Each worker therefore dies once, and the remaining
deliveries are settled with the app's clock ahead.
"""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

import pytest
from faults_figures import record_figures
from faults_process import about
from helpers.platform_contract import make_media
from helpers.scale import scaled
from helpers.servers import ServerApp

from bot.model import Part, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults_process import WorkerPool
    from helpers.servers import ServerBackend

pytest_plugins = ["faults_fixtures"]

RUNS = scaled(200)
CHUNK = 10
REQUESTS = (5, 10)
"""First and last request at which a worker dies, after its upload and at its last send."""
SECONDS = 0.03
"""Longest time of a request, about."""
TEXTS = ["Take HART off AWS", "Who pays? We do."]


def work_until_killed(stage: ServerApp, pool: WorkerPool, random: Random) -> None:
    """Let a worker make some requests, and kill it a moment later."""
    proxy, few = stage.backend.proxy, random.randint(*REQUESTS)
    worker = pool.worker(
        {
            "task": "work",
            "database": stage.database,
            "folder": str(stage.folder),
            "accounts": [about(stage.account)],
            "environ": stage.environ,
            "log": str(stage.folder / "worker.log"),
        }
    )
    assert worker.receive() == {"ready": True}
    until = time.monotonic() + 20
    while len(proxy.requests) < few:
        assert time.monotonic() < until, "the worker makes fewer requests"
        time.sleep(0.001)
    time.sleep(random.uniform(0, SECONDS))
    worker.kill()
    pool.clear()


@pytest.mark.parametrize("first", range(0, RUNS, CHUNK))
def test_kill_at_any_instant_posts_each_part_once(
    new_backend: Callable[[], ServerBackend],
    pool: WorkerPool,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    first: int,
) -> None:
    """This holds even if every send is repeated with its key, on servers that keep keys."""
    numbers = range(first, min(first + CHUNK, RUNS))
    for number in numbers:
        folder = tmp_path / str(number)
        folder.mkdir()
        stage = ServerApp(new_backend(), folder)
        backend, picture = stage.backend, make_media(folder)
        with stage.open() as app:
            key = stage.add(app, Part(TEXTS[0], (picture,)), Part(TEXTS[1]))
        work_until_killed(stage, pool, Random(number))  # noqa: S311 - the same every time
        with stage.open() as app, app.registered():
            assert stage.run(app, key) == [State.PUBLISHED], f"run {number}"
            known = app.unsettled.known_remote_ids("mj")
        if backend.keeps_keys:
            assert stage.repeat_sends() == {200}
        assert backend.visible() == TEXTS, f"run {number}"
        assert known == {*backend.parents()}
        assert backend.alt_texts() == [picture.alt]
    count = len(numbers)
    record_figures(record_property, "kill -9, servers of others", runs=count, kills=count)
