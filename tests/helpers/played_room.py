"""The example campaign in its midst, played on three sandboxes, for looking at the control room.

At noon of the day after the New York summit, posts are out with figures, others wait for an
approval, are refused, paused or planned. One has an outcome that only a person can settle, one was
refused by its network, and one was missed. A second campaign has words from right to left, hostile
markup, very long words, and a text that needs two people.
"""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.config import load
from bot.config.secrets import environment_variable
from bot.model import PauseCause, PauseRequest, State
from bot.runtime.loop import start_up
from bot.runtime.loop_app import create_loop_app
from bot.sandbox import serve
from bot.services.approving import approve, waiting
from bot.services.demo import example_folder
from bot.services.refusing import refuse_named
from bot.services.simulation import Handle, create_worlds
from helpers.cli import write_file
from helpers.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bot.runtime.loop_app import LoopApp
    from bot.sandbox.world import World

START = datetime(2022, 7, 11, 21, tzinfo=UTC)
NOW = datetime(2022, 7, 13, 16, tzinfo=UTC)

HANDLES = {
    "mediajustice-x": Handle("x", "mediajustice"),
    "mediajustice-mastodon": Handle("mastodon", "mediajustice", "mastodon.example"),
    "mediajustice-bluesky": Handle("bluesky", "mediajustice.bsky.social"),
}

LEFT = ("ring", "prison-calls", "nimbus", "hayes", "chicago", "thursday", "lunch", "words", "wages")
"""Posts that begin so are left without an approval, or with one too few."""

HOSTILE = "<script>alert(1)</script>"
"""Markup that must be shown as it was written."""

COALITION = f"""\
campaign: coalition
title: "قوة العمال: {HOSTILE} & a title that goes on for longer than anybody would want"
timezone: America/New_York
accounts: [mediajustice-x, mediajustice-mastodon]
require_approval: 2
facts:
  wages:
    claim: Warehouse workers waited 14 months for their first talks
    figure: 14 months
    source: https://example.org/wages
    as_of: 2022-05-01
posts:
  - id: words
    when: 2022-07-13 16:00
    text: |
      الناس قبل الربح: انضموا إلينا يوم الخميس في الساعة السادسة أمام المركز.

      اقرأوا المزيد على https://example.org/ar #PeopleOverProfit
  - id: wages
    when: 2022-07-13 19:15
    author: Kim
    text: |
      {{{{ fact.wages.figure }}}}: that is how long workers have waited for their first talks.

      {HOSTILE} Ask why, and ask aloud. They are not going away.
  - id: words-that-are-longer-than-a-phone
    when: 2022-07-14 08:00
    warning: "Police violence, {HOSTILE}"
    accounts: [mediajustice-mastodon]
    text: |
      Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz{"z" * 60} is one word.
"""


@contextmanager
def played_room(folder: Path, more: str = COALITION) -> Iterator[LoopApp]:
    """Yield the app of the campaign in its midst, whose clock is a ``ManualClock``.

    ``more`` is the file of another campaign, if there is to be one.
    """
    clock = ManualClock(START)
    _write_posts(folder, more)
    with ExitStack() as stack:
        worlds = {world.platform: world for world in create_worlds(HANDLES.values(), clock.now)}
        urls = {name: stack.enter_context(serve(world)) for name, world in worlds.items()}
        _write_config(folder, urls)
        config = load(folder / "config.yaml", {})
        app = stack.enter_context(create_loop_app(config, _secrets(worlds), clock=clock))
        stack.enter_context(app.registered())
        start_up(app)
        _play(app, clock, worlds)
        yield app


def _write_posts(folder: Path, more: str) -> None:
    shutil.copytree(example_folder(), folder / "posts")
    if more:
        write_file(folder / "posts" / "coalition.yaml", more)
        path = folder / "posts" / "queue.yaml"
        # With two campaigns, each of these posts has to name its own.
        text = path.read_text(encoding="utf-8")
        write_file(path, text.replace("\n- ", "\n- campaign: people-over-profit\n  "))


def _write_config(folder: Path, urls: Mapping[str, str]) -> None:
    accounts = {
        name: {
            "platform": handle.platform,
            "handle": str(handle),
            "api": urls[handle.platform],
            "slots": ["mon-fri 09:00"],
            "budget": 5,
        }
        for name, handle in HANDLES.items()
    }
    config = {
        "accounts": accounts,
        "timezone": "America/New_York",
        "campaigns": "posts",
        "database": "groundswell.db",
    }
    write_file(folder / "config.yaml", json.dumps(config, ensure_ascii=False))  # JSON is YAML


def _secrets(worlds: Mapping[str, World]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, handle in HANDLES.items():
        account = worlds[handle.platform].by_handle(handle.name)
        assert account
        found |= {environment_variable(name, key): text for key, text in account.secrets.items()}
    return found


def _play(app: LoopApp, clock: ManualClock, worlds: Mapping[str, World]) -> None:
    """Send the posts that are due up to ``NOW``, with one lost answer and one refusal."""
    _approve(app)
    ends = {delivery.due for delivery in app.queue.between(START, NOW)}
    for due in sorted(ends):
        clock.advance_to(max(due, clock.now()))
        if due == datetime(2022, 7, 12, 13, 30, tzinfo=UTC):
            worlds["x"].faults.add("POST", "/2/tweets", "commit_then_drop", skip=4)
            worlds["x"].faults.add("GET", "/2/users", {"status": 503}, count=10_000)
        if due == datetime(2022, 7, 12, 15, tzinfo=UTC):
            worlds["mastodon"].faults.add("POST", "/api/v1/statuses", {"status": 422})
        for _ in range(12):
            app.run_once()
            clock.advance(seconds=5)
        _approve(app)
        while app.queue.in_states([State.UNKNOWN]):
            clock.advance(minutes=10)
            app.run_once()
        worlds["x"].faults.pending = [f for f in worlds["x"].faults.pending if f.method != "GET"]
    clock.advance_to(NOW)
    app.run_once()
    _change_words(app)
    refuse_named(app, ["people-over-profit/chicago-morning"], "Kim", "The hall has moved.")
    why = "a death in the family"
    pause = PauseRequest("account", "mediajustice-bluesky", why, PauseCause.PERSON)
    app.queue.pause(pause, "Kim", clock.now() - timedelta(hours=2))


def _approve(app: LoopApp) -> None:
    """Approve the posts that wait, except those that are left; Ana has seen two of these."""
    for post in waiting(app):
        own = post.name.partition("/")[2]
        if not own.startswith(LEFT) or own in {"nimbus", "wages"}:
            approve(app, post, "Ana")


def _change_words(app: LoopApp) -> None:
    """Change two words that Ana has approved, so that her approval lapses."""
    path = app.config.campaigns / "people-over-profit.yaml"
    text = path.read_text(encoding="utf-8")
    after = text.replace("Two companies can drop it.", "Both can drop it, and today.")
    assert after != text
    write_file(path, after)
    assert app.queue_sync.refresh() == []
