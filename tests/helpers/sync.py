"""Campaign files that change while the loop runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.model import State
    from helpers.delivery import AppHarness

HEAD = """\
campaign: people
title: People over profit
timezone: UTC
accounts: [mj]
demands:
  hart: {ask: Take HART off AWS, target: Amazon}
events:
  nyc:
    name: Summit
    place: New York
    timezone: America/New_York
    starts: 2026-03-02 %s
    ends: 2026-03-02 18:00
    cancelled: %s
posts:
"""


ONCE = """\
  - id: once
    demand: hart
    when: {at: "2026-03-02 12:10"}
    text: %s
"""


def write_campaign(
    loop: AppHarness, *posts: str, starts: str = "09:00", cancelled: bool = False
) -> None:
    text = HEAD % (starts, str(cancelled).lower()) + "".join(posts)
    (loop.campaigns / "people.yaml").write_text(text, encoding="utf-8")


def watch_files(loop: AppHarness, times: int = 2) -> None:
    for _ in range(times):
        loop.clock.advance(seconds=2)
        loop.app.queue_sync.watch()


def queued_states(loop: AppHarness) -> dict[str, State]:
    return {delivery.post: delivery.state for delivery in loop.app.queue.all()}
