"""Nothing is sent at a wrong time if the clock is set wrong or the machine has slept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from faults_figures import record_figures
from helpers.delivery import DUE, AppHarness, make_media

from bot.delivery.clockguard import ClockGuard
from bot.model import Content, Part, State

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = timedelta(hours=1)
GRACE = timedelta(minutes=15)


def set_clock(loop: AppHarness, span: timedelta) -> None:
    """Shift the machine's wall clock and leave the platform's."""
    loop.clock.instant += span
    loop.world.now = lambda: loop.clock.instant - span


@pytest.mark.parametrize("step", [HOUR, -HOUR, timedelta(minutes=3), timedelta(days=-2)])
@pytest.mark.parametrize("minutes", [1, 30, 59, 61, 90])
def test_clock_set_wrong_while_running_sends_nothing_at_a_wrong_time(
    loop: AppHarness, step: timedelta, minutes: int, record_property: Callable[[str, object], None]
) -> None:
    """Every send is within [due, due + grace] by the correct time, whatever the machine shows."""
    due = loop.clock.instant + timedelta(minutes=minutes)
    key = loop.add(due=due)
    loop.drive(seconds=20)
    set_clock(loop, step)
    loop.app.clockguard.check()
    loop.drive(minutes=30)
    wrong = [post for post in loop.posts if not due <= post.created <= due + GRACE]
    record_figures(record_property, "clock drills", runs=1, doubles=len(wrong))
    assert wrong == []
    assert loop.app.queue.pauses(), "a wrong clock pauses"
    assert loop.state(key) in {State.SCHEDULED, State.PUBLISHED, State.MISSED}


def test_harness_catches_a_loop_that_trusts_the_clock(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClockGuard, "_pause", lambda *_: True)
    due = loop.clock.instant + timedelta(minutes=59)
    loop.add(due=due)
    set_clock(loop, HOUR)
    loop.drive(minutes=30)
    assert [post.created < due for post in loop.posts] == [True]


def test_clock_back_at_start_sends_nothing(
    loop: AppHarness, record_property: Callable[[str, object], None]
) -> None:
    loop.add(due=loop.clock.instant + timedelta(minutes=1))
    loop.drive(minutes=2)
    again = loop.clock.instant - timedelta(days=1)
    loop.add("again", due=again)
    before = len(loop.posts)
    set_clock(loop, timedelta(days=-1))
    loop.restart()
    loop.app.prepare()
    loop.drive(minutes=30)
    record_figures(record_property, "clock drills", runs=1, doubles=len(loop.posts) - before)
    assert len(loop.posts) == before


def test_sleep_of_six_hours_sends_nothing_late(
    loop: AppHarness, record_property: Callable[[str, object], None]
) -> None:
    """Posts due in the meantime are missed, except those still within their grace."""
    start = loop.clock.instant
    for number in range(1, 13):
        loop.add(f"p{number}", due=start + number * timedelta(minutes=30))
    loop.drive(seconds=20)
    loop.clock.advance(hours=6, seconds=-30)
    loop.drive(minutes=30)
    late = [post for post in loop.posts if post.created < start + 6 * HOUR - timedelta(minutes=1)]
    record_figures(record_property, "clock drills", runs=1, doubles=len(late))
    assert late == []
    assert len(loop.posts) == 1
    states = [loop.state(f"people/p{number}/mj/once") for number in range(1, 13)]
    assert states == [State.MISSED] * 11 + [State.PUBLISHED]
    assert not loop.app.queue.pauses(), "sleep is not a wrong clock"


def test_old_answer_does_not_make_the_clock_look_wrong(loop: AppHarness) -> None:
    """The last answer, to an upload, is ten minutes old because no connection succeeds."""
    content = Content((Part("See for yourself.", (make_media(loop.folder),)),))
    key = loop.add(content=content, due=DUE)
    loop.drive(minutes=8.5)
    assert loop.world.uploads
    client: Any = loop.app.clients("mj")
    client._transport.api = "http://127.0.0.1:1"  # nobody listens there
    loop.drive(minutes=12)
    assert set(loop.outcomes(key)) == {"unsent"}
    assert loop.app.queue.pauses() == []
