"""SIGSTOP at every step, takeover by a second worker, SIGCONT: nothing twice, nothing lost."""

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
def test_a_worker_that_stood_still_while_another_took_over_posts_nothing_twice(
    home: WorkerPool,
    postgresql: PostgresServer,
    ground: Path,
    first: int,
    record_property: Callable[[str, object], None],
) -> None:
    runs = []
    for number, takeover in enumerate(RUNS[first : first + CHUNK]):
        with postgresql.database() as url:
            runs.append((takeover, execute_takeover(takeover, ground / f"{number}", home, url)))
    judge(record_property, "SIGSTOP and takeover, PostgreSQL", runs)


def test_what_is_left_over_is_shorter_than_any_lease() -> None:
    """Only a standstill of more than a lease, within two lines of code, needs the platform."""
    assert RESIDUAL_STEP == "before publish"
    assert sending.LAUNCH_SECONDS < dispatcher.LEASE_SECONDS


@pytest.mark.parametrize("network", NETWORKS)
def test_what_is_left_over_is_one_post_where_the_platform_sees_a_repetition(
    home: WorkerPool, postgresql: PostgresServer, ground: Path, network: str
) -> None:
    """X by its words; others by the key, which what is sent again has from what it repeats."""
    takeover = Takeover("thread", RESIDUAL_STEP, 2, network=network)
    blind = network == "mastodon without keys"
    # Now and then the one that stood still sends before the other looks: then all is well.
    for number in range(5 if blind else 1):
        with postgresql.database() as url:
            found = execute_takeover(takeover, ground / f"{number}", home, url)
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
    home: WorkerPool, postgresql: PostgresServer, ground: Path, bug: str, takeover: Takeover
) -> None:
    with postgresql.database() as url:
        assert execute_takeover(takeover, ground / "bad", home, url, bug).doubles
    with postgresql.database() as url:
        assert not execute_takeover(takeover, ground / "good", home, url).doubles
