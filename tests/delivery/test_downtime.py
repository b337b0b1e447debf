"""After downtime: what is still in time goes out spaced, the rest is reported, nothing floods."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpers.delivery import DUE
from helpers.store import MINUTE, text_content

from bot.delivery.decide import CATCH_UP_GAP
from bot.model import State

if TYPE_CHECKING:
    from helpers.delivery import AppHarness


def test_a_night_without_the_loop_sends_nothing_the_next_morning(loop: AppHarness) -> None:
    keys = loop.add_posts(20, MINUTE)
    loop.clock.advance_to(DUE + timedelta(hours=8))
    loop.restart()
    loop.drive(hours=1)
    assert loop.posts == []
    assert {loop.state(key) for key in keys} == {State.MISSED}
    assert loop.get(keys[0]).reason == "8 h late, more than its grace of 15 min"


def test_a_short_absence_is_caught_up_with_slowly(loop: AppHarness) -> None:
    keys = loop.add_posts(12, MINUTE)
    loop.clock.advance_to(DUE + 12 * MINUTE)
    loop.restart()
    loop.drive(hours=1)
    assert loop.posts
    late = [post for post in loop.posts if post.created - DUE < 12 * MINUTE + CATCH_UP_GAP]
    assert len(late) < 6  # no flood
    for post in loop.posts:
        due = DUE + int(post.raw.removeprefix("post ")) * MINUTE
        assert due <= post.created <= due + 15 * MINUTE
    states = [loop.state(key) for key in keys]
    assert states.count(State.PUBLISHED) == len(loop.posts)
    assert set(states) == {State.PUBLISHED, State.MISSED}


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
