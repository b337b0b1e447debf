"""After SIGSTOP at any step, a takeover and SIGCONT, no post is doubled or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from faults_figures import judge
from faults_takeovers import RESIDUAL_STEP, Takeover, execute_takeover, takeovers
from helpers.networks import NETWORKS
from helpers.scale import scaled

from bot.delivery import dispatcher, sending

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults_process import WorkerPool
    from helpers.databases import PostgresServer

pytest_plugins = ["faults_fixtures"]

CHUNK = 15
RUNS = [
    *takeovers(scaled(300)),
    *(run for name in NETWORKS if name != "x" for run in takeovers(scaled(20), name)),
]


@pytest.mark.parametrize("first", range(0, len(RUNS), CHUNK))
def test_worker_continued_after_a_takeover_posts_nothing_twice(
    pool: WorkerPool,
    postgresql: PostgresServer,
    folder: Path,
    first: int,
    record_property: Callable[[str, object], None],
) -> None:
    runs = []
    for number, takeover in enumerate(RUNS[first : first + CHUNK]):
        with postgresql.database() as url:
            runs.append((takeover, execute_takeover(takeover, folder / f"{number}", pool, url)))
    judge(record_property, "SIGSTOP and takeover, PostgreSQL", runs)


def test_launch_limit_is_shorter_than_a_lease() -> None:
    """Only a standstill longer than a lease, at the residual step, can lead to a second send."""
    assert RESIDUAL_STEP == "before publish"
    assert sending.LAUNCH_SECONDS < dispatcher.LEASE_SECONDS


@pytest.mark.parametrize("network", NETWORKS)
def test_second_send_is_one_post_if_the_platform_recognises_repetitions(
    pool: WorkerPool, postgresql: PostgresServer, folder: Path, network: str
) -> None:
    """X recognises the text, other networks the key, which both sends share."""
    takeover = Takeover("thread", RESIDUAL_STEP, 2, network=network)
    blind = network == "mastodon without keys"
    # Sometimes the stopped worker sends before the other searches, which prevents the double.
    for number in range(5 if blind else 1):
        with postgresql.database() as url:
            found = execute_takeover(takeover, folder / f"{number}", pool, url)
        assert found.lost == []
        if found.doubles:
            break
    assert bool(found.doubles) == blind


@pytest.mark.parametrize(
    ("bug", "takeover"),
    [
        ("no_deadline", Takeover("single", "after claim")),
        ("no_deadline", Takeover("thread", "after claim", 2)),
        ("naive_requeue", Takeover("single", "after publish")),
    ],
)
def test_harness_catches_a_seeded_bug(
    pool: WorkerPool, postgresql: PostgresServer, folder: Path, bug: str, takeover: Takeover
) -> None:
    with postgresql.database() as url:
        assert execute_takeover(takeover, folder / "bad", pool, url, bug).doubles
    with postgresql.database() as url:
        assert not execute_takeover(takeover, folder / "good", pool, url).doubles
