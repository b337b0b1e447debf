"""A lost or restored database does not send posts of queue slots again, which have no date."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE, make_media
from helpers.store import NOW, delivery, schedule_fields, text_content

from bot.model import Content, Part, ScheduleKind, State
from bot.services import inbox
from bot.store.restore import RestoreStore, Unverified

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WORDS = {name: text_content(f"About {name}.") for name in "abc"}


def key(name: str) -> str:
    return f"people/{name}/mj/slot"


def queue(loop: AppHarness, name: str, due: Any, **other: Any) -> str:
    """Queue a post in its slot, as a plan does."""
    content = WORDS.get(name, text_content(f"About {name}."))
    fields = {**schedule_fields(name, ScheduleKind.SLOT, "slot"), "due": due, "content": content}
    return loop.add(name, **{**fields, **other})


def sent_and_lost(loop: AppHarness, *, mark: bool, since: timedelta = 40 * DAY) -> None:
    """Send a and b, lose the database weeks later, and plan the slots anew."""
    for number, name in enumerate("ab"):
        queue(loop, name, DUE + number * HOUR)
    loop.drive(hours=2)
    assert loop.texts == ["About a.", "About b."]
    loop.clock.advance(days=since.days)
    loop.lose_database(mark=mark)
    start = loop.clock.now() + HOUR
    for number, name in enumerate("abc"):
        queue(loop, name, start + number * HOUR)
    loop.set_slot_keys(*map(key, "abc"))


@pytest.mark.parametrize("mark", [True, False])
def test_what_is_out_is_found_before_its_new_slot_and_not_sent_again(
    loop: AppHarness, mark: bool
) -> None:
    sent_and_lost(loop, mark=mark)
    assert loop.app.restore_check.next_wake() == loop.clock.now()
    loop.app.restore_check.run()
    states = [loop.state(key(name)) for name in "abc"]
    assert states == [State.PUBLISHED, State.PUBLISHED, State.SCHEDULED]
    assert loop.unverified() is None
    assert loop.app.restore_check.next_wake() is None
    loop.drive(hours=4)
    assert loop.texts == ["About a.", "About b.", "About c."]


def test_nobody_has_looked_yet_the_publisher_does(loop: AppHarness) -> None:
    sent_and_lost(loop, mark=True)
    loop.drive(hours=4)  # without the reconciler's look
    assert loop.texts == ["About a.", "About b.", "About c."]
    assert loop.state(key("a")) is State.PUBLISHED


def test_a_timeline_that_cannot_be_read_holds_them_back(loop: AppHarness) -> None:
    sent_and_lost(loop, mark=True)
    loop.fault({"status": 503}, r"/2/users/\d+/tweets", count=60)
    loop.app.restore_check.run()
    assert loop.app.restore_check.next_wake() == loop.clock.now() + timedelta(minutes=1)
    loop.drive(minutes=74)
    assert len(loop.texts) == 2
    assert "the timeline is not readable" in loop.get(key("a")).reason


def test_what_is_beyond_the_horizon_on_that_day_is_looked_for_when_its_turn_comes(
    loop: AppHarness,
) -> None:
    queue(loop, "late", DUE)
    loop.drive(hours=1)
    loop.lose_database()
    loop.set_slot_keys(key("late"), key("a"))
    queue(loop, "a", loop.clock.now() + HOUR)
    loop.app.restore_check.run()
    left = loop.unverified()
    assert left is not None
    assert left.keys == frozenset({key("late")})
    queue(loop, "late", loop.clock.now() + 2 * HOUR)
    loop.drive(hours=3)
    assert sorted(loop.texts) == ["About a.", "About late."]


def test_what_is_added_to_the_files_later_is_not_looked_for(loop: AppHarness) -> None:
    loop.set_slot_keys(key("other"))
    queue(loop, "a", DUE)
    loop.fault({"status": 503}, r"/2/users/\d+/tweets", count=9)
    loop.drive(minutes=20)
    assert loop.texts == ["About a."]


def test_a_backup_put_back_doubts_what_was_due_since(loop: AppHarness) -> None:
    queue(loop, "a", DUE)
    loop.set_slot_keys()
    loop.drive(hours=1)
    loop.app.restore_check.begin(requested=True)
    found = loop.unverified()
    assert found is not None
    assert (found.keys, found.since) == (None, DUE - HOUR)


def test_a_picture_without_words_is_asked_about_once(loop: AppHarness) -> None:
    content = Content((Part("", (make_media(loop.folder),)),))
    queue(loop, "a", DUE, content=content)
    loop.set_slot_keys(key("a"))
    loop.app.restore_check.run()
    assert loop.state(key("a")) is State.NEEDS_HUMAN
    inbox.settle_not_sent(loop.app, loop.get(key("a")), "Ana")
    loop.app.restore_check.run()
    loop.drive(hours=1)
    assert loop.state(key("a")) is State.PUBLISHED


def test_files_without_slots_leave_no_doubt(loop: AppHarness) -> None:
    assert loop.unverified() is not None
    loop.app.queue_sync.refresh()
    assert loop.unverified() is None


def test_an_account_that_is_gone_from_the_config_keeps_nobody_awake(loop: AppHarness) -> None:
    loop.set_slot_keys("people/a/other/slot")
    queue(loop, "a", DUE, key="people/a/other/slot", account="other")
    assert loop.app.restore_check.next_wake() is None
    loop.app.restore_check.run()
    assert loop.state("people/a/other/slot") is State.SCHEDULED


@pytest.mark.parametrize("kind", ScheduleKind)
def test_a_doubt_is_of_the_kind_and_not_of_the_name(kind: ScheduleKind) -> None:
    one = delivery(**schedule_fields("hart", kind, "slot"))
    assert Unverified(NOW, None).covers(one) is (kind is ScheduleKind.SLOT)


def test_a_thread_that_is_out_is_found_by_the_publisher_part_by_part(loop: AppHarness) -> None:
    loop.world.duplicate_window = timedelta(0)  # the platform would take it twice
    words = text_content("About a.", "More of it.")
    queue(loop, "a", DUE, content=words)
    loop.drive(hours=1)
    loop.clock.advance(days=40)
    loop.lose_database()
    queue(loop, "a", loop.clock.now() + HOUR, content=words)
    RestoreStore(loop.app.database).set_slot_keys({key("a"): "mj"})
    loop.drive(hours=2)  # without the reconciler's look
    assert loop.texts == ["About a.", "More of it."]
    assert loop.state(key("a")) is State.PUBLISHED


@pytest.mark.parametrize("by_publisher", [True, False])
def test_a_thread_whose_first_part_was_deleted_is_a_persons_to_send_again(
    loop: AppHarness, by_publisher: bool
) -> None:
    loop.world.duplicate_window = timedelta(0)  # the platform would take it twice
    words = text_content("About a.", "More of it.", "The end.")
    queue(loop, "a", DUE, content=words)
    loop.drive(hours=1)
    head, more, _ = loop.posts
    loop.clock.advance(days=40)
    loop.lose_database()
    loop.world.delete_post(head)
    queue(loop, "a", loop.clock.now() + HOUR, content=words)
    loop.set_slot_keys(key("a"))
    if not by_publisher:
        loop.app.restore_check.run()
    loop.drive(hours=1, minutes=2)
    assert loop.texts == ["More of it.", "The end."]
    waiting = loop.get(key("a"))
    assert waiting.state is State.NEEDS_HUMAN
    assert "part 2 of 3 is on the timeline" in waiting.reason
    assert more.id in waiting.reason

    inbox.settle_not_sent(loop.app, waiting, "Ana")  # and the rest was forgotten
    loop.app.restore_check.run()
    loop.drive(minutes=5)
    assert loop.texts == ["More of it.", "The end.", "About a."]
    waiting = loop.get(key("a"))
    assert (waiting.state, waiting.next_part) == (State.NEEDS_HUMAN, 1)

    loop.world.delete_post(more)
    loop.world.delete_post(loop.posts[0])
    inbox.settle_not_sent(loop.app, waiting, "Ana")
    loop.drive(minutes=5)
    assert loop.texts == ["About a.", "More of it.", "The end."]
    assert loop.state(key("a")) is State.PUBLISHED
    assert [post.parent for post in loop.posts] == [None, *(post.id for post in loop.posts[:2])]
