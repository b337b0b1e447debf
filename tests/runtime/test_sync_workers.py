"""Of several workers with campaign folders of their own, the last changed files are in force."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from helpers.clock import ManualClock
from helpers.databases import make_config, row_versions, terminate_lock_holder

from bot.database.workers import mark_stopped
from bot.model import Account
from bot.runtime.loop_app import LoopApp, create_loop_app
from bot.runtime.sync import REPLAN_HOURS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.databases import PostgresServer

    from bot.config import Config

CAMPAIGN = """\
campaign: people
title: People over profit
timezone: UTC
accounts: [mj]
demands:
  hart: {ask: Take HART off AWS, target: Amazon}
posts:
  - id: once
    when: {at: "2026-03-12 12:10"}
    text: %s
"""


class Two:
    """Two workers on one PostgreSQL, each with a folder of its own, and a clock to turn."""

    def __init__(self, folder: Path, url: str, stack: ExitStack) -> None:
        self.clock = ManualClock()
        self.folders = [folder / name for name in ("a", "b")]
        self.apps: list[LoopApp] = []
        for place in self.folders:
            (place / "posts").mkdir(parents=True)
            self.write(place, "The figure is 5.")
            app = stack.enter_context(
                create_loop_app(self._config(place, url), {}, clock=self.clock)
            )
            stack.enter_context(app.registered())
            app.queue_sync.refresh()
            self.apps.append(app)
            self.clock.advance(seconds=1)  # each has a name of its own

    def _config(self, place: Path, url: str) -> Config:
        accounts = {"mj": Account("mj", "x", "@mediajustice", "http://127.0.0.1:1")}
        return make_config(place, accounts, url, campaigns=place / "posts")

    def write(self, place: Path, text: str) -> None:
        (place / "posts" / "people.yaml").write_text(CAMPAIGN % text, encoding="utf-8")

    def watch(self, *apps: LoopApp) -> None:
        for _ in range(2):
            self.clock.advance(seconds=2)
            for app in apps:
                app.queue_sync.watch()

    @property
    def text(self) -> str:
        [delivery] = self.apps[0].queue.all()
        return delivery.content.text


@pytest.fixture
def two(postgresql: PostgresServer, tmp_path: Path) -> Iterator[Two]:
    with postgresql.database() as url, ExitStack() as stack:
        yield Two(tmp_path, url, stack)


def test_a_machine_with_old_files_does_not_bring_back_old_words(two: Two) -> None:
    first, second = two.apps
    two.write(two.folders[0], "The figure is 6.")
    two.watch(first, second)
    assert two.text == "The figure is 6."
    two.clock.advance(hours=REPLAN_HOURS + 1)
    two.watch(second)
    assert two.text == "The figure is 6."


def test_whoever_changes_their_files_is_followed(two: Two) -> None:
    for place, text in zip(two.folders, ["The figure is 6.", "It is 7."], strict=True):
        two.write(place, text)
        two.watch(*two.apps)
        assert two.text == text


@pytest.mark.parametrize("how", ["stopped", "silent"])
def test_when_the_planner_is_gone_another_plans(two: Two, how: str) -> None:
    first, second = two.apps
    two.write(two.folders[0], "The figure is 6.")
    two.watch(first, second)
    if how == "stopped":
        mark_stopped(first.database, first.owner, two.clock.now())
    else:
        assert terminate_lock_holder(first.database.engine, f"worker {first.owner}")
    two.clock.advance(hours=REPLAN_HOURS + 1)
    two.watch(second)
    assert two.text == "The figure is 5."  # it is all that is left to go by


def test_at_rest_nobody_writes_anything(two: Two) -> None:
    two.watch(*two.apps)
    before = row_versions(two.apps[0].database)
    for app in two.apps:
        app._watch()
        app._reconcile()
        app._leases.run("upload", app.uploads.run)
        app.dispatcher.run()
        app._read_due()
    assert row_versions(two.apps[0].database) == before
