"""From YAML files to the queue: what is taken in, when, and what a broken edit changes: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery_support import DUE
from store_support import MINUTE, NOW

from bot import settling
from bot.errors import StoreError
from bot.intake import REPLAN_HOURS
from bot.model import Settlement, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from delivery_support import Loop

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
BEFORE = """\
  - id: before
    demand: hart
    when: {event: nyc, offset: -30m}
    text: Before the summit.
"""


def write(loop: Loop, *posts: str, starts: str = "09:00", cancelled: bool = False) -> None:
    text = HEAD % (starts, str(cancelled).lower()) + "".join(posts)
    (loop.campaigns / "people.yaml").write_text(text, encoding="utf-8")


def watch(loop: Loop, times: int = 2) -> None:
    for _ in range(times):
        loop.clock.turn(seconds=2)
        loop.app.intake.watch()


def queued(loop: Loop) -> dict[str, State]:
    return {delivery.post: delivery.state for delivery in loop.app.queue.all()}


@pytest.fixture
def taken(loop: Loop) -> Loop:
    """A loop that has taken in one post for 12:10 and one for half an hour before an event."""
    write(loop, ONCE % "Said once.", BEFORE)
    assert loop.app.intake.refresh() == []
    assert queued(loop) == {"once": State.SCHEDULED, "before": State.SCHEDULED}
    return loop


def test_what_the_files_say_is_queued_once_however_often_they_are_read(taken: Loop) -> None:
    first = taken.app.queue.all()
    taken.app.intake.refresh()
    assert taken.app.queue.all() == first
    assert [one.due for one in first] == [DUE, NOW + 90 * MINUTE]


def test_a_change_is_taken_in_when_two_looks_find_the_same(taken: Loop) -> None:
    write(taken, ONCE % "Half an ed", BEFORE)
    watch(taken, 1)
    write(taken, ONCE % "Half an edit is not taken.", BEFORE)
    watch(taken, 1)
    assert taken.get("people/once/mj/once").content.text == "Said once."
    watch(taken, 1)
    assert taken.get("people/once/mj/once").content.text == "Half an edit is not taken."


@pytest.mark.parametrize("broken", ["posts: [", "", "campaign: people\nposts: 7\n", "\ud83d"])
def test_a_broken_edit_keeps_the_plan_and_is_told_once(
    taken: Loop,
    caplog: pytest.LogCaptureFixture,
    broken: str,
) -> None:
    before = taken.app.queue.all()
    data = broken.encode("utf-8", "surrogatepass")
    (taken.campaigns / "people.yaml").write_bytes(data)
    watch(taken, 6)
    assert taken.app.queue.all() == before
    assert caplog.text.count("the last good plan stays in force") == 1
    write(taken, ONCE % "Mended.", BEFORE)
    watch(taken)
    assert taken.get("people/once/mj/once").content.text == "Mended."


def test_files_that_take_too_long_keep_the_plan_and_are_named(
    taken: Loop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = taken.app.queue.all()
    with monkeypatch.context() as patch:
        patch.setattr("bot.checking.PATIENCE", -1.0)
        write(taken, ONCE % "Too much to read.", BEFORE)
        watch(taken, 6)
    assert taken.app.queue.all() == before
    assert caplog.text.count("Y119") == 1
    assert f"{taken.campaigns / 'people.yaml'}: Y119" in caplog.text
    assert "the last good plan stays in force" in caplog.text
    write(taken, ONCE % "Mended.", BEFORE)
    watch(taken)
    assert taken.get("people/once/mj/once").content.text == "Mended."


def test_a_post_that_left_the_files_is_cancelled_and_comes_back_with_them(taken: Loop) -> None:
    write(taken, BEFORE)
    watch(taken)
    assert queued(taken)["once"] is State.CANCELLED
    taken.drive(minutes=12)
    assert taken.posts == []
    write(taken, ONCE % "Said once.", BEFORE)
    watch(taken)
    assert queued(taken)["once"] is State.SCHEDULED


def test_a_cancelled_event_drops_its_posts(taken: Loop) -> None:
    write(taken, ONCE % "Said once.", BEFORE, cancelled=True)
    watch(taken)
    assert queued(taken) == {"once": State.SCHEDULED, "before": State.CANCELLED}


def test_a_moved_event_moves_its_post_and_does_not_double_it(taken: Loop) -> None:
    write(taken, ONCE % "Said once.", BEFORE, starts="10:00")
    watch(taken)
    [moved] = [one for one in taken.app.queue.all() if one.post == "before"]
    assert moved.due == NOW + 150 * MINUTE
    taken.drive(hours=4)
    assert taken.said == ["Said once.", "Before the summit."]


def test_an_event_that_moves_after_its_post_went_out_does_not_send_it_again(taken: Loop) -> None:
    taken.drive(hours=2)
    write(taken, ONCE % "Said once.", BEFORE, starts="12:00")
    watch(taken)
    taken.drive(hours=4)
    assert taken.said == ["Said once.", "Before the summit."]


def test_a_post_of_the_past_is_listed_as_missed_and_not_sent(
    loop: Loop,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop.clock.turn(hours=1)
    write(loop, ONCE % "Too late.")
    loop.app.intake.refresh()
    loop.drive(minutes=30)
    assert queued(loop) == {"once": State.MISSED}
    assert loop.posts == []
    assert "people/once/mj/once missed: was due 2026-03-02 12:10Z" in caplog.text


def test_what_the_database_could_not_take_is_tried_again(
    taken: Loop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(taken, ONCE % "Mended.", BEFORE)
    monkeypatch.setattr(taken.app.queue, "apply", _full)
    watch(taken, 1)
    for _ in range(3):
        with pytest.raises(StoreError):
            watch(taken, 1)
    monkeypatch.undo()
    watch(taken, 1)
    assert taken.get("people/once/mj/once").content.text == "Mended."


def _full(*_: object) -> int:
    raise StoreError("database or disk is full")


def test_the_horizon_moves_on_with_unchanged_files(loop: Loop) -> None:
    write(loop, "  - {id: daily, demand: hart, when: {every: day, at: '09:00'}, text: Daily.}\n")
    loop.app.intake.refresh()
    before = len(loop.app.queue.all())
    loop.clock.turn(hours=24)
    watch(loop)
    assert len(loop.app.queue.all()) == before + 1
    loop.clock.turn(hours=REPLAN_HOURS - 1)
    watch(loop)
    assert len(loop.app.queue.all()) == before + 1


@pytest.mark.parametrize(
    ("edit", "said"),
    [(lambda loop: write(loop, BEFORE), []), (lambda loop: write(loop, ONCE % "New."), ["New."])],
    ids=["taken out", "edited"],
)
def test_what_changes_while_a_send_is_unknown_counts_when_it_proves_absent(
    taken: Loop,
    edit: Callable[[Loop], None],
    said: list[str],
) -> None:
    taken.fault("drop_before")
    taken.drive(minutes=10)
    assert queued(taken)["once"] is State.UNKNOWN
    edit(taken)
    for _ in range(300):
        taken.beat()
        watch(taken, 1)
    assert taken.said == said


@pytest.mark.parametrize(
    ("edit", "said"),
    [(lambda loop: write(loop, BEFORE), []), (lambda loop: write(loop, ONCE % "New."), ["New."])],
    ids=["taken out", "edited"],
)
def test_what_changes_while_a_person_is_asked_counts_when_they_say_that_it_is_not_out(
    taken: Loop,
    edit: Callable[[Loop], None],
    said: list[str],
) -> None:
    one = taken.app.queue.get("people/once/mj/once")
    assert one is not None
    asked = Settlement(State.NEEDS_HUMAN, reason="a person is to look")
    assert taken.app.sending.give_up(one, asked, taken.clock.now())
    edit(taken)
    watch(taken, 3)
    settling.settle_not_sent(taken.app, taken.get(one.key), "Ana")
    watch(taken, 2)
    taken.drive(minutes=20)
    assert taken.said == said
