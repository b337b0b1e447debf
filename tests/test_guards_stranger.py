"""Beside an own post that is not known here, absence is not proved: X may have changed the text."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from delivery_support import DUE, Crash
from store_support import MINUTE, said, timed

from bot.model import ScheduleKind, State
from bot.settling import settle_not_sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from delivery_support import Loop

WORDS = "Take HART off AWS."
CHANGED = "Take HART\u2009off AWS\u2060."


@pytest.fixture(autouse=True)
def unprotected(loop: Loop) -> None:
    """The platform refuses no duplicate: it is for us not to send one."""
    loop.world.duplicate_window = timedelta(seconds=-1)


def changes(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let X store other words than it was sent, in a way that nobody has foreseen."""
    add = loop.world.add_post
    monkeypatch.setattr(
        loop.world,
        "add_post",
        lambda author, raw, **more: add(author, raw.replace(WORDS, CHANGED), **more),
    )


def by_hand(loop: Loop, text: str = "By hand.", **more: Any) -> None:
    loop.world.add_post(next(iter(loop.world.accounts.values())), text, **more)


def dies(_: Callable[[], Any]) -> Any:
    raise Crash


def test_a_text_that_x_has_changed_is_not_sent_again(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes(loop, monkeypatch)
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.drive(minutes=30)
    [post] = loop.posts
    assert loop.state(key) is State.NEEDS_HUMAN
    assert f"/status/{post.id}" in loop.get(key).reason


def test_a_post_of_a_person_around_that_time_is_for_a_person_to_tell(loop: Loop) -> None:
    key = loop.add()
    loop.fault("drop_before")
    loop.drive(minutes=11)
    by_hand(loop)
    loop.drive(minutes=20)
    assert loop.said == ["By hand."]
    assert loop.state(key) is State.NEEDS_HUMAN


def test_what_cannot_be_it_whatever_its_words_proves_no_doubt(loop: Loop) -> None:
    """Minutes before, minutes after, or a reply to somebody."""
    loop.clock.to(DUE - 7 * MINUTE)
    by_hand(loop, "Before.")
    key = loop.add(grace=timedelta(hours=3))
    loop.client_that(dies)
    loop.clock.to(DUE)
    loop.crash()
    by_hand(loop, "A reply.", parent=loop.posts[0])
    loop.clock.turn(minutes=7)
    by_hand(loop, "After.")
    loop.restart()
    loop.drive(minutes=20)
    assert loop.said == ["Before.", "A reply.", "After.", WORDS]
    assert loop.state(key) is State.PUBLISHED


def test_our_other_posts_of_that_time_prove_no_doubt(loop: Loop) -> None:
    other = loop.add("other", due=DUE + MINUTE, content=said("People first."))
    key = loop.add()
    loop.fault("drop_before")
    loop.drive(minutes=30)
    assert sorted(loop.said) == ["People first.", WORDS]
    assert {loop.state(key), loop.state(other)} == {State.PUBLISHED}


def test_one_that_belongs_to_another_look_proves_no_doubt(loop: Loop) -> None:
    """Two answers are lost: one post is out, and it is the other one."""
    loop.fault("drop_before")
    loop.fault("commit_then_drop")
    key = loop.add()
    other = loop.add("other", due=DUE + MINUTE, content=said("People first."))
    loop.drive(minutes=30)
    assert sorted(loop.said) == ["People first.", WORDS]
    assert {loop.state(key), loop.state(other)} == {State.PUBLISHED}


def test_a_persons_word_that_it_is_not_out_is_asked_for_once(loop: Loop) -> None:
    key = loop.add(grace=timedelta(hours=3))
    loop.client_that(dies)
    loop.clock.to(DUE)
    loop.crash()
    by_hand(loop)
    loop.restart()
    loop.drive(minutes=10)
    assert loop.state(key) is State.NEEDS_HUMAN
    settle_not_sent(loop.app, loop.get(key), "Ana")
    loop.drive(minutes=5)
    assert loop.said == ["By hand.", WORDS]


# --- what was due before the start ---


def lost(loop: Loop) -> None:
    loop.stop()
    for file in loop.folder.glob("groundswell.db*"):
        file.unlink()
    loop.restart()


def test_a_new_database_does_not_repeat_what_x_has_changed(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes(loop, monkeypatch)
    loop.add()
    loop.drive(minutes=11)
    lost(loop)
    key = loop.add()
    loop.drive(minutes=30)
    [post] = loop.posts
    assert loop.state(key) is State.NEEDS_HUMAN
    assert f"/status/{post.id}" in loop.get(key).reason
    settle_not_sent(loop.app, loop.get(key), "Ana")


def test_after_a_downtime_our_own_backlog_proves_no_doubt(loop: Loop) -> None:
    keys = [loop.add(f"p{n}", content=said(f"Post {n}."), due=DUE + n * MINUTE) for n in range(3)]
    loop.clock.to(DUE + 4 * MINUTE)
    loop.restart()
    loop.drive(minutes=30)
    assert {loop.state(key) for key in keys} == {State.PUBLISHED}
    assert len(loop.posts) == 3


def test_what_was_posted_by_hand_weeks_ago_is_no_doubt_of_a_slot(loop: Loop) -> None:
    by_hand(loop)
    loop.name_slots("people/a/mj/slot")
    key = loop.add("a", **timed("a", ScheduleKind.SLOT, "slot"))
    loop.drive(minutes=30)
    assert loop.state(key) is State.PUBLISHED


# --- as far back as the platform shows ---


def short(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the platform show fewer posts than there are."""
    monkeypatch.setattr("bot.platforms.x.timeline.REACH", 110)
    monkeypatch.setattr("bot.sandbox.timeline.MOST_BACK", 11)
    for number in range(12):
        by_hand(loop, f"By hand {number}")


def test_posts_that_are_shown_no_further_back_prove_no_slot_unused(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    short(loop, monkeypatch)
    loop.name_slots("people/a/mj/slot")
    key = loop.add("a", **timed("a", ScheduleKind.SLOT, "slot"))
    loop.drive(minutes=20)
    assert loop.state(key) is State.NEEDS_HUMAN
    assert "does not show the account's posts so far back" in loop.get(key).reason
    settle_not_sent(loop.app, loop.get(key), "Ana")
    loop.drive(minutes=2)
    assert loop.said[-1] == WORDS


def test_posts_that_are_shown_no_further_back_do_not_end_a_safe_start_unasked(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = loop.add()
    loop.clock.to(DUE + MINUTE)
    loop.app.restored.begin(asked=True)
    short(loop, monkeypatch)
    loop.app.restored.run()
    assert loop.app.queue.pauses() == []
    assert loop.state(key) is State.NEEDS_HUMAN
