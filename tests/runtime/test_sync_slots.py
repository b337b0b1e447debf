"""Queue slots from the files to the timeline, with edits, missed slots and posts without one."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.cli import CONFIG, run_cli
from helpers.cli import write_file as put
from helpers.store import NOW

from bot.model import Slot, State

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.delivery import AppHarness

HEAD = """\
campaign: people
title: People over profit
timezone: UTC
accounts: [%s]
posts:
"""
HOURLY = tuple(Slot(day, time(hour)) for day in range(7) for hour in range(24))
HOUR = timedelta(hours=1)


def post(name: str, more: str = "") -> str:
    return f"  - id: {name}\n    when: {{ slot: next }}\n    text: About {name}.\n{more}"


def say(loop: AppHarness, *names: str) -> None:
    text = HEAD % "mj" + "".join(name if "\n" in name else post(name) for name in names)
    (loop.campaigns / "people.yaml").write_text(text, encoding="utf-8")


def watch(loop: AppHarness) -> None:
    for _ in range(2):
        loop.clock.advance(seconds=2)
        loop.app.queue_sync.watch()


def waiting(loop: AppHarness) -> dict[str, str]:
    found = loop.app.queue.in_states([State.SCHEDULED])
    return {one.post: f"{one.due:%H:%M}" for one in found}


@pytest.fixture
def hourly(loop: AppHarness) -> AppHarness:
    """A loop whose account has a slot at every full hour, with three posts for them."""
    loop.account = replace(loop.account, slots=HOURLY)
    loop.restart()
    say(loop, "a", "b", "c")
    assert loop.app.queue_sync.refresh() == []
    assert waiting(loop) == {"a": "13:00", "b": "14:00", "c": "15:00"}
    return loop


def test_each_goes_out_in_its_slot_and_an_edit_moves_only_waiting_posts(hourly: AppHarness) -> None:
    hourly.drive(minutes=61)
    say(hourly, "new", "c", "a", "b")
    watch(hourly)
    assert waiting(hourly) == {"new": "14:00", "c": "15:00", "b": "16:00"}
    hourly.drive(hours=3)
    assert hourly.texts == ["About a.", "About new.", "About c.", "About b."]
    assert [f"{post.created:%H:%M}" for post in hourly.posts] == [
        "13:00",
        "14:00",
        "15:00",
        "16:00",
    ]


def test_missed_post_takes_the_next_slot_at_once_and_the_log_says_so(
    hourly: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    hourly.pause()
    hourly.clock.advance_to(datetime(2026, 3, 2, 13, 16, tzinfo=UTC))
    hourly.beat()
    assert hourly.state("people/a/mj/slot") is State.MISSED
    with caplog.at_level(logging.WARNING):
        watch(hourly)
    assert waiting(hourly) == {"a": "14:00", "b": "15:00", "c": "16:00"}
    (line,) = [message for message in caplog.messages if "did not go out in its slot" in message]
    assert line.startswith("people/a/mj/slot did not go out in its slot of 2026-03-02 13:00Z: ")
    assert "everything is paused by Ana: a storm" in line
    assert line.endswith("It takes the slot of 2026-03-02 14:00Z")


def test_a_plan_right_before_the_claim_moves_nothing(hourly: AppHarness) -> None:
    hourly.clock.advance_to(NOW + HOUR - timedelta(seconds=5))
    say(hourly, "new", "a", "b", "c")
    watch(hourly)
    hourly.drive(minutes=1)
    assert hourly.texts == ["About a."]
    assert waiting(hourly) == {"new": "14:00", "b": "15:00", "c": "16:00"}


def test_a_post_without_a_slot_in_time_is_logged_once(
    hourly: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    brief = post("brief", "    expires: 2026-03-02 14:00\n")
    with caplog.at_level(logging.WARNING):
        say(hourly, "a", brief, "b")
        watch(hourly)
        hourly.app.queue_sync.refresh()
    found = [line for line in caplog.messages if "P104" in line]
    assert len(found) == 1
    assert "people/brief gets no slot of mj: none is free before it expires" in found[0]
    assert waiting(hourly) == {"a": "13:00", "b": "14:00"}


def test_what_was_tried_before_a_backup_and_sent_after_it_is_not_sent_again(
    hourly: AppHarness,
) -> None:
    hourly.world.duplicate_window = timedelta(0)  # the platform would take it twice
    hourly.fault({"status": 429})
    hourly.drive(minutes=60)  # refused, and may be tried again a minute later
    file = hourly.folder / "groundswell.db"
    with closing(sqlite3.connect(file)) as database, closing(sqlite3.connect(":memory:")) as backup:
        database.backup(backup)
        hourly.drive(minutes=20)
        assert hourly.texts == ["About a."]
        hourly.stop()
        for old in hourly.folder.glob("groundswell.db-*"):
            old.unlink()
        backup.backup(database)
    hourly.restart()
    hourly.app.queue_sync.refresh()
    assert waiting(hourly) == {"a": "14:00", "b": "15:00", "c": "16:00"}
    hourly.app.restore_check.run()
    hourly.drive(hours=4)
    assert hourly.texts == ["About a.", "About b.", "About c."]


# --- the commands ---------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    put(tmp_path / "config.yaml", CONFIG + "    slots: [day 09:00]\n")
    put(tmp_path / "posts" / "people.yaml", HEAD % "our-x" + post("a"))
    return tmp_path


def test_check_says_at_the_post_that_an_account_has_no_slots(project: Path) -> None:
    assert "P103" not in run_cli("check").err
    put(project / "config.yaml", CONFIG)
    ran = run_cli("check")
    assert ran.code == 1
    assert "people.yaml:6:5" in ran.out + ran.err
    assert "P103" in ran.out + ran.err


def test_plan_shows_the_slot_and_who_finds_none(project: Path) -> None:
    brief = post("brief", "    expires: 2026-01-02 09:00\n")
    put(project / "posts" / "people.yaml", HEAD % "our-x" + post("a") + brief)
    ran = run_cli("plan", "--on", "2026-01-01")
    assert ran.code == 0
    assert "Thu 2026-01-01 09:00 UTC" in ran.out
    assert "warning: " in ran.err
    assert "P104 people/brief gets no slot of our-x" in ran.err
