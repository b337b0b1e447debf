"""An account that config.yaml has no more, or by another name, stops nobody but itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from delivery_support import DUE, disk_full
from store_support import MINUTE, said, timed

from bot.errors import StoreError
from bot.loop import begin
from bot.model import ScheduleKind, State

if TYPE_CHECKING:
    from delivery_support import Loop


@pytest.fixture(autouse=True)
def joined(loop: Loop) -> None:
    """Another account is there that stays."""
    loop.join("ath")
    loop.restart()


def rename(loop: Loop, name: str = "mediajustice") -> None:
    """Give the account another name in the config, and start again."""
    loop.account = replace(loop.account, name=name)
    loop.restart()


def sent_unwritten(loop: Loop, patch: pytest.MonkeyPatch, **other: Any) -> str:
    """Let one go out whose result the database cannot take: only the spill file has it."""
    key = loop.add(**other)
    loop.clock.to(DUE)
    with patch.context() as disk:
        disk_full(disk)
        with pytest.raises(StoreError, match="disk is full"):
            loop.app.dispatcher.run()
    return key


def test_start_takes_up_a_spilled_post_of_an_account_that_is_gone(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = sent_unwritten(loop, monkeypatch)
    rename(loop)
    assert loop.state(key) is State.PUBLISHED
    [publication] = loop.app.metrics.publications()
    assert publication.remote_id == loop.posts[0].id


def test_start_takes_up_a_spilled_part_of_a_thread_and_leaves_the_rest(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = sent_unwritten(loop, monkeypatch, content=said("one", "two"))
    rename(loop)
    loop.drive(minutes=5)
    assert (loop.said, loop.get(key).next_part) == (["one"], 1)
    assert loop.state(key) is State.SCHEDULED


def test_others_are_reconciled_and_a_person_is_asked_about_it(
    loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    gone = loop.add()
    stays = loop.add("people", account="ath", content=said("People first."))
    loop.fault("commit_then_drop", count=2)
    loop.drive(minutes=10, seconds=5)
    assert {loop.state(gone), loop.state(stays)} == {State.UNKNOWN}
    rename(loop)
    loop.drive(minutes=10)
    assert loop.state(stays) is State.PUBLISHED
    assert loop.state(gone) is State.NEEDS_HUMAN
    assert "config.yaml has no account mj" in loop.get(gone).reason
    assert "Traceback" not in caplog.text


def test_others_go_out_and_the_rest_waits_for_the_account(loop: Loop) -> None:
    gone = loop.add()
    stays = loop.add("people", account="ath", content=said("People first."))
    rename(loop)
    loop.drive(minutes=15)
    assert (loop.state(gone), loop.state(stays)) == (State.SCHEDULED, State.PUBLISHED)


def test_start_says_what_is_left_behind_for_it(
    loop: Loop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.add()
    loop.add("later", due=DUE + 20 * MINUTE, content=said("Later."))
    loop.add("lost", due=DUE - MINUTE, content=said("Lost."))
    loop.fault("commit_then_drop")
    loop.drive(minutes=9, seconds=5)
    rename(loop)
    monkeypatch.setattr(loop.app.intake, "refresh", list)  # no files name any of them
    begin(loop.app)
    loop.app.once()
    [told] = [line for line in caplog.messages if "no account mj" in line]
    assert "2 scheduled, 1 unknown" in told
    assert "ath" not in told


def test_a_safe_start_is_not_held_up_by_it(loop: Loop) -> None:
    loop.add()
    loop.clock.to(DUE)
    rename(loop)
    loop.app.restored.begin(asked=True)
    loop.app.restored.run()
    assert loop.app.queue.pauses() == []


def queue_slot(loop: Loop, post: str, account: str) -> str:
    slot = timed(post, ScheduleKind.SLOT, "slot", account)
    loop.name_slots(slot["key"])
    due = loop.clock.now() + MINUTE
    return loop.add(post, **slot, account=account, due=due, content=said(f"About {post}."))


def test_what_is_out_in_a_queue_slot_is_not_sent_again_under_another_name(loop: Loop) -> None:
    """Under its new name, all that its queue slots have published is new to the plan."""
    queue_slot(loop, "a", "mj")
    loop.drive(minutes=5)
    loop.world.duplicate_window = timedelta(seconds=-1)
    loop.clock.turn(days=20)
    rename(loop)
    loop.name_slots(*(f"people/{post}/mediajustice/slot" for post in "ab"))
    out = loop.add(
        "a",
        **timed("a", ScheduleKind.SLOT, "slot", "mediajustice"),
        account="mediajustice",
        due=loop.clock.now() + MINUTE,
        content=said("About a."),
    )
    loop.app.restored.run()
    loop.drive(minutes=5)
    new = queue_slot(loop, "b", "mediajustice")
    loop.drive(minutes=5)
    assert loop.said == ["About a.", "About b."]
    assert {loop.state(out), loop.state(new)} == {State.PUBLISHED}


def test_only_slots_of_the_new_name_are_looked_for_and_once(loop: Loop) -> None:
    queue_slot(loop, "a", "mj")
    loop.app.restored.run()
    for _ in range(2):
        loop.restart()
        assert loop.slot_doubt() is None
    loop.join("new")
    loop.restart()
    doubt = loop.slot_doubt()
    assert doubt is not None
    assert doubt.accounts == frozenset({"new"})
    loop.name_slots("people/a/mj/slot", "people/b/ath/slot")
    assert loop.slot_doubt() is None
