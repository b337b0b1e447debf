"""Posts due before the start are looked for first, as a restored database may not know them."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from helpers.delivery import DUE, content_of, make_media
from helpers.store import MINUTE, spending, text_content

from bot.delivery.decide import CATCH_UP_GAP, LATE_AFTER
from bot.model import Part, State, Transition
from bot.services import inbox

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

TIMELINE = r"/2/users/\d+/tweets"


def sent_and_forgotten(loop: AppHarness, minutes: int = 11) -> None:
    """Send the queued posts, then put back the database as it was before, and start again."""
    old = loop.folder / "old"
    old.mkdir()
    loop.stop()
    shutil.copy2(loop.folder / "groundswell.db", old)
    loop.restart()
    loop.drive(minutes=minutes)
    assert loop.posts
    loop.stop()
    shutil.copy2(old / "groundswell.db", loop.folder)
    loop.restart()
    for pause in loop.app.queue.pauses():  # a restored copy is paused; here this guard is alone
        loop.resume(pause.scope, pause.name)


def started_after_due(loop: AppHarness, **other: Any) -> str:
    """Queue a post, and start again a minute after it is due."""
    key = loop.add(**other)
    loop.clock.advance_to(DUE + MINUTE)
    loop.restart()
    return key


def test_what_is_out_already_is_adopted_and_not_sent_again(loop: AppHarness) -> None:
    key = loop.add()
    sent_and_forgotten(loop)
    assert loop.state(key) is State.SCHEDULED
    loop.drive(minutes=2)
    [post] = loop.posts
    assert loop.state(key) is State.PUBLISHED
    [publication] = loop.app.metrics.publications()
    assert (publication.remote_id, publication.published) == (post.id, post.created)
    assert loop.attempts(key) == []


def test_a_thread_that_is_out_is_adopted_part_by_part(loop: AppHarness) -> None:
    key = loop.add(content=text_content("one", "two", "three"))
    sent_and_forgotten(loop)
    loop.drive(minutes=3)
    assert loop.texts == ["one", "two", "three"]
    assert loop.state(key) is State.PUBLISHED
    assert len(loop.app.metrics.publications()) == 3


def test_what_is_not_out_is_sent_after_one_look(loop: AppHarness) -> None:
    key = started_after_due(loop)
    loop.drive(minutes=5)
    [post] = loop.posts
    assert post.created - DUE < 3 * MINUTE
    assert loop.outcomes(key) == ["published"]


def test_what_is_due_after_the_start_is_not_looked_for(loop: AppHarness) -> None:
    loop.fault({"status": 503}, TIMELINE, count=100)
    loop.add()
    loop.drive(minutes=11)
    assert len(loop.posts) == 1
    assert loop.world.faults.hits == []


@pytest.mark.parametrize(("count", "state"), [(3, State.PUBLISHED), (1000, State.MISSED)])
def test_a_timeline_that_cannot_be_read_keeps_it_waiting_until_its_grace_is_over(
    loop: AppHarness, count: int, state: State
) -> None:
    key = started_after_due(loop)
    loop.fault({"status": 503}, TIMELINE, count=count)
    loop.drive(minutes=2)
    assert loop.posts == []
    assert "the timeline is not readable" in loop.get(key).reason
    loop.drive(minutes=28)
    assert loop.state(key) is state
    assert len(loop.posts) == (state is State.PUBLISHED)
    assert ("the timeline is not readable" in loop.get(key).reason) is (state is State.MISSED)


def test_an_account_that_is_refused_meanwhile_is_paused(loop: AppHarness) -> None:
    key = started_after_due(loop)
    loop.fault({"status": 401}, TIMELINE, count=1000)
    loop.drive(minutes=5)
    [pause] = loop.app.queue.pauses()
    assert (pause.scope, pause.name) == ("account", "mj")
    assert loop.state(key) is State.SCHEDULED


def test_two_that_match_go_to_a_person(loop: AppHarness) -> None:
    key = loop.add()
    loop.clock.advance_to(DUE + MINUTE)
    for _ in range(2):
        loop.world.add_post(loop.author, "Take HART off AWS.")
    loop.restart()
    loop.drive(minutes=2)
    assert loop.state(key) is State.NEEDS_HUMAN
    assert "2 posts on the timeline match" in loop.get(key).reason


def test_without_words_it_cannot_be_looked_for_and_a_person_is_asked(loop: AppHarness) -> None:
    key = started_after_due(loop, content=content_of(Part("", (make_media(loop.folder),))))
    loop.drive(minutes=2)
    assert loop.state(key) is State.NEEDS_HUMAN
    assert loop.posts == []


def asked_and_answered(loop: AppHarness) -> str:
    """Ask a person about a post that was due before the start, who says that it is not out."""
    key = loop.add(content=text_content("one", "two"))
    loop.clock.advance_to(DUE + MINUTE)
    for _ in range(2):
        loop.world.add_post(loop.author, "one")
    loop.restart()
    loop.drive(seconds=30)
    assert loop.state(key) is State.NEEDS_HUMAN
    loop.world.duplicate_window = timedelta(seconds=-1)
    inbox.settle_not_sent(loop.app, loop.get(key), "Ana")
    return key


def test_what_a_person_says_is_not_out_is_not_looked_for_but_what_follows_is(
    loop: AppHarness,
) -> None:
    key = asked_and_answered(loop)
    assert loop.get(key).absent
    loop.drive(seconds=1)
    assert loop.texts == ["one"] * 3
    assert not loop.get(key).absent
    loop.fault({"status": 503}, TIMELINE, count=100)
    loop.drive(minutes=1)
    assert "the timeline is not readable" in loop.get(key).reason


def test_a_persons_word_is_for_the_words_that_they_looked_for(loop: AppHarness) -> None:
    key = asked_and_answered(loop)
    loop.edit(key, content=text_content("two"))
    loop.fault({"status": 503}, TIMELINE, count=100)
    loop.drive(minutes=1)
    assert len(loop.posts) == 2
    assert "the timeline is not readable" in loop.get(key).reason


def test_a_reason_that_reads_like_a_persons_word_is_none(loop: AppHarness) -> None:
    key = started_after_due(loop)
    reason = "Ana says that it is not on the platform"
    scheduled = Transition(State.SCHEDULED, loop.clock.now(), reason)
    assert loop.app.claims.give_up(loop.get(key), scheduled, loop.clock.now())
    loop.fault({"status": 503}, TIMELINE, count=100)
    loop.drive(minutes=1)
    assert loop.posts == []


def test_a_deleted_database_sends_nothing_a_second_time(loop: AppHarness) -> None:
    loop.add()
    loop.drive(minutes=11)
    loop.lose_database()
    key = loop.add()
    loop.drive(minutes=20)
    assert len(loop.posts) == 1
    assert loop.state(key) is State.PUBLISHED


def test_a_look_is_booked(loop: AppHarness, caplog: pytest.LogCaptureFixture) -> None:
    loop.add()
    sent_and_forgotten(loop)
    loop.drive(minutes=2)
    items = [entry.item for entry in spending(loop.app.database)]
    assert len(items) == 2
    assert "was out already" in caplog.text
    assert loop.clock.now() - DUE < timedelta(hours=1)


# --- after downtime ---


def test_a_night_without_the_loop_sends_nothing_the_next_morning(loop: AppHarness) -> None:
    keys = loop.add_posts(20, MINUTE)
    loop.clock.advance_to(DUE + timedelta(hours=8))
    loop.restart()
    loop.drive(hours=1)
    assert loop.posts == []
    assert {loop.state(key) for key in keys} == {State.MISSED}
    assert loop.get(keys[0]).reason == "8 h late, more than its grace of 15 min"


def test_a_short_absence_is_caught_up_with_as_fast_as_planned(loop: AppHarness) -> None:
    keys = loop.add_posts(12, MINUTE)
    loop.clock.advance_to(DUE + 12 * MINUTE)
    loop.restart()
    loop.drive(hours=1)
    assert {loop.state(key) for key in keys} == {State.PUBLISHED}
    before = None
    for post in loop.posts:
        due = DUE + int(post.raw.removeprefix("post ")) * MINUTE
        assert due <= post.created <= due + 15 * MINUTE
        if before:  # once a post is no longer late, the account's own gap counts
            late = post.created - due > LATE_AFTER
            assert post.created - before >= (0.8 * MINUTE if late else loop.account.gap)
        before = post.created


def test_after_a_long_downtime_nothing_floods_out(loop: AppHarness) -> None:
    """With an hour left to each, they leave five minutes apart, however many there are."""
    keys = [
        loop.add(name, content=text_content(name), due=DUE + n * MINUTE, grace=timedelta(hours=10))
        for n, name in enumerate(f"post {n}" for n in range(30))
    ]
    loop.clock.advance_to(DUE + timedelta(hours=5))
    loop.restart()
    loop.drive(hours=4)
    assert {loop.state(key) for key in keys} == {State.PUBLISHED}
    assert min(loop.gaps()) >= CATCH_UP_GAP


def test_a_half_out_thread_past_its_grace_goes_to_a_person(loop: AppHarness) -> None:
    key = loop.add(content=text_content("one", "two", "three"))
    loop.clock.advance_to(DUE)
    loop.app.dispatcher.run()
    loop.clock.advance(hours=3)
    loop.restart()
    loop.drive(minutes=5)
    assert loop.texts == ["one"]
    assert loop.state(key) is State.NEEDS_HUMAN
    assert loop.get(key).reason == "the thread stopped after part 1 of 3, now 3 h late"


def test_a_restart_in_between_sends_nothing_twice(loop: AppHarness) -> None:
    keys = loop.add_posts(6, MINUTE)
    for _ in range(8):
        loop.drive(minutes=2)
        loop.restart()
    assert loop.texts == [f"post {number}" for number in range(6)]
    assert {loop.state(key) for key in keys} == {State.PUBLISHED}


def test_a_timeline_that_trips_the_client_keeps_no_other_account_from_posting(
    loop: AppHarness,
) -> None:
    loop.join("other")
    key, other = loop.add(), loop.add("hearing", account="other", due=DUE + MINUTE)
    loop.clock.advance(minutes=12)
    loop.restart()
    mine = loop.app.clients("mj")

    def find(client: Any, *arguments: Any) -> Any:
        if client is mine:
            raise ValueError("an odd answer")
        return real(client, *arguments)

    real = type(mine).find
    with patch.object(type(mine), "find", find):
        loop.drive(minutes=20)
    assert loop.state(other) is State.PUBLISHED
    assert loop.state(key) is State.MISSED
    assert "the client failed: ValueError" in loop.get(key).reason
