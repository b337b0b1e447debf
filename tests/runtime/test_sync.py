"""The queue follows the YAML files in time, and a broken edit changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE, ONCE, follow_campaign, queued_states, watch_files, write_campaign
from helpers.store import MINUTE, NOW

from bot.errors import StoreError
from bot.model import State, Transition
from bot.platforms.responses import outcome_without_answer
from bot.runtime.sync import REPLAN_HOURS
from bot.services import inbox

if TYPE_CHECKING:
    from helpers.delivery import AppHarness

BEFORE = """\
  - id: before
    demand: hart
    when: {event: nyc, offset: -30m}
    text: Before the summit.
"""


@pytest.fixture
def taken(loop: AppHarness) -> AppHarness:
    """A loop that has taken in one post for 12:10 and one for half an hour before an event."""
    write_campaign(loop, ONCE % "Said once.", BEFORE)
    assert loop.app.queue_sync.refresh() == []
    assert queued_states(loop) == {"once": State.SCHEDULED, "before": State.SCHEDULED}
    return loop


def test_what_the_files_say_is_queued_once_however_often_they_are_read(taken: AppHarness) -> None:
    first = taken.app.queue.all()
    taken.app.queue_sync.refresh()
    assert taken.app.queue.all() == first
    assert [delivery.due for delivery in first] == [DUE, NOW + 90 * MINUTE]


def test_a_change_is_taken_in_when_two_looks_find_the_same(taken: AppHarness) -> None:
    write_campaign(taken, ONCE % "Half an ed", BEFORE)
    watch_files(taken, 1)
    write_campaign(taken, ONCE % "Half an edit is not taken.", BEFORE)
    watch_files(taken, 1)
    assert taken.get("people/once/mj/once").content.text == "Said once."
    watch_files(taken, 1)
    assert taken.get("people/once/mj/once").content.text == "Half an edit is not taken."


@pytest.mark.parametrize("broken", ["posts: [", "  - 7\n", "\ud83d"])
def test_a_broken_edit_keeps_the_plan_and_is_logged_once(
    taken: AppHarness, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    before = taken.app.queue.all()
    data = broken.encode("utf-8", "surrogatepass")
    with (taken.campaigns / "people.yaml").open("ab") as file:
        file.write(data)
    watch_files(taken, 6)
    assert taken.app.queue.all() == before
    assert caplog.text.count("go out as last planned") == 1
    follow_campaign(taken, ONCE % "Mended.", BEFORE)
    assert taken.get("people/once/mj/once").content.text == "Mended."


def test_files_that_take_too_long_keep_the_plan_and_are_named(
    taken: AppHarness, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = taken.app.queue.all()
    with monkeypatch.context() as patch:
        patch.setattr("bot.checking.CPU_LIMIT", -1.0)
        write_campaign(taken, ONCE % "Too much to read.", BEFORE)
        watch_files(taken, 6)
    assert taken.app.queue.all() == before
    assert caplog.text.count("Y119") == 1
    assert f"{taken.campaigns / 'people.yaml'}: Y119" in caplog.text
    assert "go out as last planned" in caplog.text
    follow_campaign(taken, ONCE % "Mended.", BEFORE)
    assert taken.get("people/once/mj/once").content.text == "Mended."


def test_a_post_that_left_the_files_is_cancelled_and_comes_back_with_them(
    taken: AppHarness,
) -> None:
    follow_campaign(taken, BEFORE)
    assert queued_states(taken)["once"] is State.CANCELLED
    taken.drive(minutes=12)
    assert taken.posts == []
    follow_campaign(taken, ONCE % "Said once.", BEFORE)
    assert queued_states(taken)["once"] is State.SCHEDULED


def test_a_cancelled_event_drops_its_posts(taken: AppHarness) -> None:
    follow_campaign(taken, ONCE % "Said once.", BEFORE, cancelled=True)
    assert queued_states(taken) == {"once": State.SCHEDULED, "before": State.CANCELLED}


def test_a_moved_event_moves_its_post_and_does_not_double_it(taken: AppHarness) -> None:
    follow_campaign(taken, ONCE % "Said once.", BEFORE, starts="10:00")
    [moved] = [delivery for delivery in taken.app.queue.all() if delivery.post == "before"]
    assert moved.due == NOW + 150 * MINUTE
    taken.drive(hours=4)
    assert taken.texts == ["Said once.", "Before the summit."]


def test_an_event_that_moves_after_its_post_went_out_does_not_send_it_again(
    taken: AppHarness,
) -> None:
    taken.drive(hours=2)
    follow_campaign(taken, ONCE % "Said once.", BEFORE, starts="12:00")
    taken.drive(hours=4)
    assert taken.texts == ["Said once.", "Before the summit."]


def test_a_post_of_the_past_is_listed_as_missed_and_not_sent(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    loop.clock.advance(hours=1)
    write_campaign(loop, ONCE % "Too late.")
    loop.app.queue_sync.refresh()
    loop.drive(minutes=30)
    assert queued_states(loop) == {"once": State.MISSED}
    assert loop.posts == []
    assert "people/once on mj: missed, was due 2026-03-02 12:10Z" in caplog.text


def test_plan_that_the_database_could_not_take_is_tried_again(
    taken: AppHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_campaign(taken, ONCE % "Mended.", BEFORE)
    monkeypatch.setattr(taken.app.queue, "apply", _full)
    watch_files(taken, 1)
    for _ in range(3):
        with pytest.raises(StoreError):
            watch_files(taken, 1)
    monkeypatch.undo()
    watch_files(taken, 1)
    assert taken.get("people/once/mj/once").content.text == "Mended."


def _full(*_: object) -> int:
    raise StoreError("database or disk is full")


def test_the_horizon_moves_on_with_unchanged_files(loop: AppHarness) -> None:
    write_campaign(
        loop, "  - {id: daily, demand: hart, when: {every: day, at: '09:00'}, text: Daily.}\n"
    )
    loop.app.queue_sync.refresh()
    before = len(loop.app.queue.all())
    loop.clock.advance(hours=24)
    watch_files(loop)
    assert len(loop.app.queue.all()) == before + 1
    loop.clock.advance(hours=REPLAN_HOURS - 1)
    watch_files(loop)
    assert len(loop.app.queue.all()) == before + 1


CHANGES = pytest.mark.parametrize(("post", "said"), [(BEFORE, []), (ONCE % "New.", ["New."])])


@CHANGES
def test_what_changes_while_a_send_is_unknown_counts_when_it_proves_absent(
    taken: AppHarness, post: str, said: list[str]
) -> None:
    taken.fault("drop_before")
    taken.drive(minutes=10)
    assert queued_states(taken)["once"] is State.UNKNOWN
    write_campaign(taken, post)
    for _ in range(300):
        taken.beat()
        watch_files(taken, 1)
    assert taken.texts == said


@CHANGES
def test_what_changes_while_a_try_fails_counts_for_the_next_try(
    taken: AppHarness, monkeypatch: pytest.MonkeyPatch, post: str, said: list[str]
) -> None:
    """It is claimed, refused and queued again between the reading of the queue and its change."""
    apply = taken.app.queue.apply

    def refuse(_: object) -> Any:
        raise outcome_without_answer("Connection refused", opened=False)

    def try_first(*plan: Any) -> Any:
        monkeypatch.undo()
        client = taken.app.clients("mj")
        taken.intercept_publish(refuse)
        taken.clock.advance(minutes=10)
        taken.app.dispatcher.run()
        taken.app.clients._connected["mj"] = client
        assert taken.get("people/once/mj/once").tries == 1
        return apply(*plan)

    monkeypatch.setattr(taken.app.queue, "apply", try_first)
    write_campaign(taken, post)
    for _ in range(60):
        watch_files(taken, 1)
        taken.beat()
    assert taken.texts == said


@CHANGES
def test_what_changes_while_a_person_is_asked_counts_when_they_say_that_it_is_not_out(
    taken: AppHarness, post: str, said: list[str]
) -> None:
    one = taken.app.queue.get("people/once/mj/once")
    assert one is not None
    asked = Transition(State.NEEDS_HUMAN, reason="a person is to look")
    assert taken.app.claims.give_up(one, asked, taken.clock.now())
    write_campaign(taken, post)
    watch_files(taken, 3)
    inbox.settle_not_sent(taken.app, taken.get(one.key), "Ana")
    watch_files(taken, 2)
    taken.drive(minutes=20)
    assert taken.texts == said
