"""An account that config.yaml lost, or has by another name, stops nobody but itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.delivery import DUE
from helpers.store import MINUTE, schedule_fields, text_content

from bot.model import ScheduleKind, State
from bot.runtime.loop import start_up

if TYPE_CHECKING:
    from helpers.delivery import AppHarness


@pytest.fixture(autouse=True)
def joined(loop: AppHarness) -> None:
    """Another account is there that stays."""
    loop.join("ath")
    loop.restart()


def rename(loop: AppHarness, name: str = "mediajustice") -> None:
    """Change the account's name in the config, and start again."""
    loop.account = replace(loop.account, name=name)
    loop.restart()


def test_start_takes_up_a_spilled_post_of_an_account_that_is_gone(loop: AppHarness) -> None:
    key = loop.add()
    loop.send_unrecorded()
    rename(loop)
    assert loop.state(key) is State.PUBLISHED
    [publication] = loop.app.metrics.publications()
    assert publication.remote_id == loop.posts[0].id


def test_start_takes_up_a_spilled_part_of_a_thread_and_leaves_the_rest(loop: AppHarness) -> None:
    key = loop.add(content=text_content("one", "two"))
    loop.send_unrecorded()
    rename(loop)
    loop.drive(minutes=5)
    assert (loop.texts, loop.get(key).next_part) == (["one"], 1)
    assert loop.state(key) is State.SCHEDULED


def test_others_are_reconciled_and_a_person_is_asked_about_it(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    gone = loop.add()
    stays = loop.add("people", account="ath", content=text_content("People first."))
    loop.fault("commit_then_drop", count=2)
    loop.drive(minutes=10, seconds=5)
    assert {loop.state(gone), loop.state(stays)} == {State.UNKNOWN}
    rename(loop)
    loop.drive(minutes=10)
    assert loop.state(stays) is State.PUBLISHED
    assert loop.state(gone) is State.NEEDS_HUMAN
    assert "config.yaml has no account mj" in loop.get(gone).reason
    assert "Traceback" not in caplog.text


def test_others_go_out_and_the_rest_waits_for_the_account(loop: AppHarness) -> None:
    gone = loop.add()
    stays = loop.add("people", account="ath", content=text_content("People first."))
    rename(loop)
    loop.drive(minutes=15)
    assert (loop.state(gone), loop.state(stays)) == (State.SCHEDULED, State.PUBLISHED)


def test_start_says_what_is_left_behind_for_it(
    loop: AppHarness, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.add()
    loop.add("later", due=DUE + 20 * MINUTE, content=text_content("Later."))
    loop.add("lost", due=DUE - MINUTE, content=text_content("Lost."))
    loop.fault("commit_then_drop")
    loop.drive(minutes=9, seconds=5)
    rename(loop)
    monkeypatch.setattr(loop.app.queue_sync, "refresh", list)  # no files name any of them
    start_up(loop.app)
    loop.app.run_once()
    [line] = [message for message in caplog.messages if "no account mj" in message]
    assert "2 scheduled, 1 perhaps out" in line
    assert "ath" not in line
    assert "published" not in line


def test_start_says_that_figures_of_what_is_out_are_not_read(
    loop: AppHarness, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.add()
    loop.add("people", account="ath", content=text_content("People first."))
    loop.drive(minutes=10)
    rename(loop)
    monkeypatch.setattr(loop.app.queue_sync, "refresh", list)
    start_up(loop.app)
    [line] = [message for message in caplog.messages if "config.yaml has no account" in message]
    assert "no account mj. Its posts stay as they are (1 out, with their figures unread" in line


def test_a_safe_start_is_not_held_up_by_it(loop: AppHarness) -> None:
    loop.add()
    loop.clock.advance_to(DUE)
    rename(loop)
    loop.app.restore_check.begin(requested=True)
    loop.app.restore_check.run()
    assert loop.app.queue.pauses() == []


def queue_slot(loop: AppHarness, post: str, account: str) -> str:
    slot = schedule_fields(post, ScheduleKind.SLOT, "slot", account)
    loop.set_slot_keys(slot["key"])
    due = loop.clock.now() + MINUTE
    return loop.add(post, **slot, account=account, due=due, content=text_content(f"About {post}."))


def test_what_is_out_in_a_queue_slot_is_not_sent_again_under_another_name(loop: AppHarness) -> None:
    """Under its new name, all posts of its queue slots are new to the plan."""
    queue_slot(loop, "a", "mj")
    loop.drive(minutes=5)
    loop.world.duplicate_window = timedelta(seconds=-1)
    loop.clock.advance(days=20)
    rename(loop)
    loop.set_slot_keys(*(f"people/{post}/mediajustice/slot" for post in "ab"))
    out = loop.add(
        "a",
        **schedule_fields("a", ScheduleKind.SLOT, "slot", "mediajustice"),
        account="mediajustice",
        due=loop.clock.now() + MINUTE,
        content=text_content("About a."),
    )
    loop.app.restore_check.run()
    loop.drive(minutes=5)
    new = queue_slot(loop, "b", "mediajustice")
    loop.drive(minutes=5)
    assert loop.texts == ["About a.", "About b."]
    assert {loop.state(out), loop.state(new)} == {State.PUBLISHED}


def test_only_slots_of_the_new_name_are_looked_for_and_once(loop: AppHarness) -> None:
    queue_slot(loop, "a", "mj")
    loop.app.restore_check.run()
    for _ in range(2):
        loop.restart()
        assert loop.unverified() is None
    loop.join("new")
    loop.restart()
    doubt = loop.unverified()
    assert doubt is not None
    assert doubt.accounts == frozenset({"new"})
    loop.set_slot_keys("people/a/mj/slot", "people/b/ath/slot")
    assert loop.unverified() is None
