"""Absence is not proved beside an unknown post, because X may have changed the text."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE, Crash
from helpers.store import MINUTE, schedule_fields, text_content

from bot.model import ScheduleKind, State
from bot.platforms.x.client import XClient
from bot.services.inbox import settle_not_sent, settle_sent
from bot.store.outcomes import Unsettled

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.delivery import AppHarness

SECOND = timedelta(seconds=1)
WORDS = "Take HART off AWS."
CHANGED = "Take HART\u2009off AWS\u2060."


@pytest.fixture(autouse=True)
def unprotected(loop: AppHarness) -> None:
    """A platform that accepts duplicates, so that only we can prevent them."""
    loop.world.duplicate_window = timedelta(seconds=-1)


def changes(loop: AppHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make X store other words than it was sent, in an unforeseen way."""
    add = loop.world.add_post
    monkeypatch.setattr(
        loop.world,
        "add_post",
        lambda author, raw, **more: add(author, raw.replace(WORDS, CHANGED), **more),
    )


def by_hand(loop: AppHarness, text: str = "By hand.", **more: Any) -> None:
    loop.world.add_post(loop.author, text, **more)


def dies(_: Callable[[], Any]) -> Any:
    raise Crash


def test_a_text_that_x_has_changed_is_not_sent_again(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes(loop, monkeypatch)
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.drive(minutes=30)
    [post] = loop.posts
    assert loop.state(key) is State.NEEDS_HUMAN
    assert f"/status/{post.id}" in loop.get(key).reason


def test_a_post_of_a_person_around_that_time_is_for_a_person_to_tell(loop: AppHarness) -> None:
    key = loop.add()
    loop.fault("drop_before")
    loop.drive(minutes=11)
    by_hand(loop)
    loop.drive(minutes=20)
    assert loop.texts == ["By hand."]
    assert loop.state(key) is State.NEEDS_HUMAN


def test_beside_the_rest_of_its_thread_a_first_part_is_not_sent_once_more(loop: AppHarness) -> None:
    """A restored copy may not know how far it went; somebody has deleted the first part since."""
    key = loop.add(content=text_content(WORDS, "Why? Read on."))
    loop.clock.advance_to(DUE)
    by_hand(loop, WORDS)
    by_hand(loop, "Why? Read on.", parent=loop.posts[0])
    loop.world.delete_post(loop.posts[0])
    loop.fault("drop_before")
    loop.drive(minutes=20)
    assert loop.texts == ["Why? Read on."]
    assert loop.state(key) is State.NEEDS_HUMAN
    assert "part 2 of 2 is on the timeline" in loop.get(key).reason


def test_what_cannot_be_it_whatever_its_words_proves_no_doubt(loop: AppHarness) -> None:
    """Posts from minutes before or after, or a reply to somebody."""
    loop.clock.advance_to(DUE - 7 * MINUTE)
    by_hand(loop, "Before.")
    key = loop.add(grace=timedelta(hours=3))
    loop.intercept_publish(dies)
    loop.clock.advance_to(DUE)
    loop.crash()
    by_hand(loop, "A reply.", parent=loop.posts[0])
    loop.clock.advance(minutes=7)
    by_hand(loop, "After.")
    loop.restart()
    loop.drive(minutes=20)
    assert loop.texts == ["Before.", "A reply.", "After.", WORDS]
    assert loop.state(key) is State.PUBLISHED


@pytest.mark.parametrize("faults", [["drop_before"], ["drop_before", "commit_then_drop"]])
def test_our_other_posts_of_that_time_prove_no_doubt(loop: AppHarness, faults: list[str]) -> None:
    """Also if the other answer was lost as well, and the post that is out is the other one."""
    other = loop.add("other", due=DUE + MINUTE, content=text_content("People first."))
    key = loop.add()
    for fault in faults:
        loop.fault(fault)
    loop.drive(minutes=30)
    assert sorted(loop.texts) == ["People first.", WORDS]
    assert {loop.state(key), loop.state(other)} == {State.PUBLISHED}


@pytest.mark.parametrize("method", ["known_remote_ids", "find"])
def test_our_own_post_that_another_thread_settles_meanwhile_proves_no_doubt(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """It is settled after our ids were read, or before its own words are looked for."""
    key = loop.add()
    other = loop.add("other", due=DUE + 5 * MINUTE - SECOND, content=text_content("People first."))
    loop.fault("drop_before")
    loop.fault("commit_then_drop")
    loop.drive(minutes=14, seconds=58.5)  # to the last look; the other has just been sent
    assert (loop.state(key), loop.state(other)) == (State.UNKNOWN, State.UNKNOWN)
    reads: list[str] = []
    owner = Unsettled if method == "known_remote_ids" else XClient
    read = getattr(owner, method)

    def read_and_settle(*args: Any) -> Any:
        reads.append(method)
        if method == "find" and len(reads) == 2:
            settle_sent(loop.app, loop.get(other), loop.posts[0].id, "another thread")
        found = read(*args)
        if method != "find" and len(reads) == 1:
            settle_sent(loop.app, loop.get(other), loop.posts[0].id, "another thread")
        return found

    monkeypatch.setattr(owner, method, read_and_settle)
    loop.drive(minutes=10)
    assert len(reads) >= 2
    assert loop.get(key).reason == ""
    assert sorted(loop.texts) == ["People first.", WORDS]
    assert {loop.state(key), loop.state(other)} == {State.PUBLISHED}


def test_a_persons_word_that_it_is_not_out_is_asked_for_once(loop: AppHarness) -> None:
    key = loop.add(grace=timedelta(hours=3))
    loop.intercept_publish(dies)
    loop.clock.advance_to(DUE)
    loop.crash()
    by_hand(loop)
    loop.restart()
    loop.drive(minutes=10)
    assert loop.state(key) is State.NEEDS_HUMAN
    settle_not_sent(loop.app, loop.get(key), "Ana")
    loop.drive(minutes=5)
    assert loop.texts == ["By hand.", WORDS]


# --- posts due before the start ---


def test_a_new_database_does_not_repeat_what_x_has_changed(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes(loop, monkeypatch)
    loop.add()
    loop.drive(minutes=11)
    loop.lose_database()
    key = loop.add()
    loop.drive(minutes=30)
    [post] = loop.posts
    assert loop.state(key) is State.NEEDS_HUMAN
    assert f"/status/{post.id}" in loop.get(key).reason
    settle_not_sent(loop.app, loop.get(key), "Ana")


def test_after_a_downtime_our_own_backlog_proves_no_doubt(loop: AppHarness) -> None:
    keys = [
        loop.add(f"p{n}", content=text_content(f"Post {n}."), due=DUE + n * MINUTE)
        for n in range(3)
    ]
    loop.clock.advance_to(DUE + 4 * MINUTE)
    loop.restart()
    loop.drive(minutes=30)
    assert {loop.state(key) for key in keys} == {State.PUBLISHED}
    assert len(loop.posts) == 3


def test_what_was_posted_by_hand_weeks_ago_is_no_doubt_of_a_slot(loop: AppHarness) -> None:
    by_hand(loop)
    loop.set_slot_keys("people/a/mj/slot")
    key = loop.add("a", **schedule_fields("a", ScheduleKind.SLOT, "slot"))
    loop.drive(minutes=30)
    assert loop.state(key) is State.PUBLISHED


# --- as far back as the platform shows ---


def short(loop: AppHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the platform show fewer posts than there are."""
    monkeypatch.setattr("bot.platforms.x.timeline.TIMELINE_LIMIT", 110)
    monkeypatch.setattr("bot.sandbox.x.posts.TIMELINE_DEPTH", 11)
    for number in range(12):
        by_hand(loop, f"By hand {number}")


def test_posts_that_are_shown_no_further_back_prove_no_slot_unused(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    short(loop, monkeypatch)
    loop.set_slot_keys("people/a/mj/slot")
    key = loop.add("a", **schedule_fields("a", ScheduleKind.SLOT, "slot"))
    loop.drive(minutes=20)
    assert loop.state(key) is State.NEEDS_HUMAN
    assert "does not show the account's posts so far back" in loop.get(key).reason
    settle_not_sent(loop.app, loop.get(key), "Ana")
    loop.drive(minutes=2)
    assert loop.texts[-1] == WORDS


def test_posts_that_are_shown_no_further_back_do_not_end_a_safe_start_unasked(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = loop.add()
    loop.clock.advance_to(DUE + MINUTE)
    loop.app.restore_check.begin(requested=True)
    short(loop, monkeypatch)
    loop.app.restore_check.run()
    assert loop.app.queue.pauses() == []
    assert loop.state(key) is State.NEEDS_HUMAN


# --- an answer that does not show the whole of the own timeline proves nothing absent ---


TIMELINE = r"/2/users/\d+/tweets"
NOWHERE: list[Any] = [
    "errors_only",
    {"status": 200, "body": {}},
    {"status": 200, "body": {"meta": {}}},
    {"status": 200, "body": {"data": None}},
    {"status": 200, "body": {"meta": {"result_count": 0}, "errors": [{"message": "Oops"}]}},
    {"status": 200, "body": {"meta": {"result_count": 2}}},
    {"status": 200, "body": {"data": [None], "meta": {"result_count": 1}}},
]


@pytest.mark.parametrize("effect", NOWHERE, ids=str)
def test_what_is_out_is_not_sent_again_where_the_timeline_is_not_reported(
    loop: AppHarness, effect: Any
) -> None:
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.fault(effect, TIMELINE, count=5)
    loop.drive(minutes=30)
    assert loop.texts == ["Take HART off AWS."]
    assert loop.state(key) is State.PUBLISHED


def test_a_timeline_of_errors_only_goes_to_a_person_with_the_platforms_words(
    loop: AppHarness,
) -> None:
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.fault("errors_only", TIMELINE, count=1000)
    loop.drive(minutes=80)
    assert len(loop.posts) == 1
    assert loop.state(key) is State.NEEDS_HUMAN
    assert "Could not find user" in loop.get(key).reason


def test_a_second_page_of_errors_only_is_no_end_of_the_timeline(loop: AppHarness) -> None:
    """The post may be on a page that is not shown."""
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.drive(minutes=10)
    for number in range(120):
        by_hand(loop, f"By hand {number}")
    loop.fault("errors_only", TIMELINE, count=3, skip=1)
    loop.drive(minutes=30)
    assert loop.texts.count("Take HART off AWS.") == 1
    assert loop.state(key) is State.PUBLISHED


def test_a_new_database_waits_for_a_timeline_of_errors_only(loop: AppHarness) -> None:
    loop.add()
    loop.drive(minutes=11)
    loop.lose_database()
    key = loop.add()
    loop.fault("errors_only", TIMELINE, count=2)
    loop.drive(minutes=1)
    assert "the timeline is not readable" in loop.get(key).reason
    loop.drive(minutes=10)
    assert loop.texts == ["Take HART off AWS."]
    assert loop.state(key) is State.PUBLISHED


def test_a_safe_start_is_not_over_while_the_timeline_is_errors_only(loop: AppHarness) -> None:
    loop.add()
    loop.app.restore_check.begin(requested=True)
    loop.clock.advance_to(DUE + MINUTE)
    loop.fault("errors_only", TIMELINE)
    loop.app.restore_check.run()
    assert [pause.scope for pause in loop.app.queue.pauses()] == ["all"]
    loop.clock.advance(minutes=1)
    loop.app.restore_check.run()
    assert loop.app.queue.pauses() == []


def test_a_post_is_found_where_our_clock_is_minutes_ahead(loop: AppHarness) -> None:
    """A clock may be five minutes wrong, and so may the time of a post."""
    loop.world.now = lambda: loop.clock.now() - timedelta(minutes=4, seconds=50)
    key = loop.add()
    loop.fault("commit_then_drop")
    loop.drive(minutes=30)
    assert len(loop.posts) == 1
    assert loop.state(key) is State.PUBLISHED


def test_an_error_about_an_expanded_part_hides_nothing(loop: AppHarness) -> None:
    """A reply's own parent may be deleted, and its poll may be missing."""
    from bot.sandbox.x import problems

    key = loop.add(content=text_content("one", "two"))
    loop.fault("drop_before", skip=1)
    loop.drive(minutes=10, seconds=20)
    head = loop.posts[0]
    shown: dict[str, Any] = {"id": head.id, "text": head.raw}
    shown["referenced_tweets"] = [{"type": "quoted", "id": "77"}]
    missing = problems.missing_error("tweet", "77", "referenced_tweets.id")
    body = {"data": [shown], "meta": {"result_count": 1}, "errors": [missing]}
    loop.fault({"status": 200, "body": body}, TIMELINE, count=3)
    loop.drive(minutes=15)
    assert loop.texts == ["one", "two"]
    assert loop.state(key) is State.PUBLISHED
