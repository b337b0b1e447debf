"""Several workers on one PostgreSQL send nothing twice, and keep each account's order and gap."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from helpers.databases import make_config
from helpers.delivery import DUE
from helpers.store import occurrence, text_content
from sqlalchemy import select

from bot.config.secrets import environment_variable
from bot.database import tables
from bot.model import Account, State
from bot.planning.diff import Add
from bot.runtime.loop_app import LoopApp, create_loop_app
from bot.sandbox import XWorld, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.databases import PostgresServer
    from helpers.delivery import AppHarness

    from bot.model import Occurrence

NAMES = ("one", "two", "three", "four")
EACH = 20
WORKERS = 3
GAP = timedelta(milliseconds=100)
PATIENCE = 120.0


class Shared:
    """One sandbox with four accounts, one database, and several apps on both."""

    def __init__(self, folder: Path, url: str, stack: ExitStack) -> None:
        self.world = XWorld(now=lambda: datetime.now(UTC), seed=3)
        api = stack.enter_context(serve(self.world))
        environ: dict[str, str] = {}
        for name in NAMES:
            secrets = self.world.add_account(name, name.title()).secrets
            environ |= {environment_variable(name, key): value for key, value in secrets.items()}
        accounts = {
            name: Account(name, "x", f"@{name}", api, gap=GAP, grace=timedelta(hours=1))
            for name in NAMES
        }
        config = make_config(folder, accounts, url)
        self.apps: list[LoopApp] = []
        for _ in range(WORKERS):
            app = stack.enter_context(create_loop_app(config, environ))
            stack.enter_context(app.registered())
            self.apps.append(app)

    def fill(self, due: datetime) -> None:
        """Queue posts of every account, a tenth of a second apart."""
        entries = [
            Add(self._occurrence(name, number, due)) for number in range(EACH) for name in NAMES
        ]
        self.apps[0].queue.apply(entries, due)

    def _occurrence(self, name: str, number: int, due: datetime) -> Occurrence:
        return occurrence(
            f"post-{number:03}",
            account=name,
            due=due + number * timedelta(milliseconds=100),
            content=text_content(f"{name} says {number:03}."),
            grace=timedelta(hours=1),
        )

    def run(self) -> None:
        """Let every worker publish for every account until all posts are out."""
        end = time.monotonic() + PATIENCE
        over = threading.Event()

        def publish(app: LoopApp, account: str) -> None:
            while not over.is_set() and time.monotonic() < end:
                app.dispatcher.run()
                time.sleep(0.05)

        with ThreadPoolExecutor(WORKERS * len(NAMES)) as pool:
            jobs = [pool.submit(publish, app, name) for app in self.apps for name in NAMES]
            while not self._all_out() and time.monotonic() < end:
                time.sleep(0.2)
            over.set()
            for job in jobs:
                job.result()

    def owners(self) -> set[str]:
        """Return the owners of all attempts."""
        with self.apps[0].database.reading() as connection:
            return set(connection.scalars(select(tables.attempts.c.owner)))

    def _all_out(self) -> bool:
        return self.apps[0].queue.count_by_state().get(State.SCHEDULED, 0) == 0


@pytest.fixture
def shared(postgresql: PostgresServer, tmp_path: Path) -> Iterator[Shared]:
    with postgresql.database() as url, ExitStack() as stack:
        yield Shared(tmp_path, url, stack)


def test_three_workers_send_everything_once_in_order_and_apart(shared: Shared) -> None:
    shared.fill(datetime.now(UTC) + timedelta(seconds=1))
    shared.run()
    queue = shared.apps[0].queue
    assert queue.count_by_state() == {State.PUBLISHED: EACH * len(NAMES)}
    deliveries = queue.all()
    for name in NAMES:
        texts = [post.raw for post in shared.world.visible() if post.raw.startswith(f"{name} ")]
        assert texts == [f"{name} says {number:03}." for number in range(EACH)]
        mine = [one for one in deliveries if one.account == name]
        opened_at = [a.opened for one in mine for a in queue.attempts(one.id) if a.outcome]
        gaps = [later - earlier for earlier, later in pairwise(sorted(opened_at))]
        assert min(gaps) >= GAP
    assert len(shared.owners()) > 1  # the third may come too late for each of the twenty rounds


def test_the_order_holds_where_the_gap_ends_while_it_is_being_decided(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        loop.add(f"post-{number:02}", due=DUE, content=text_content(f"{number:02}."))
    loop.clock.advance_to(DUE)
    loop.app.dispatcher.run()
    assert loop.texts == ["00."]
    loop.clock.advance_to(DUE + loop.account.gap - timedelta(milliseconds=100))

    def now() -> datetime:  # on a busy machine, time passes between any two looks at the clock
        loop.clock.advance(milliseconds=20)
        return loop.clock.instant

    monkeypatch.setattr(loop.clock, "now", now)
    for _ in range(5):
        loop.app.dispatcher.run()
    assert loop.texts == ["00.", "01."]
