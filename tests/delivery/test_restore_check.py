"""A restored, copied or replaced database sends no post a second time, and goes on."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import DUE, make_media
from helpers.store import schedule_fields, text_content

from bot.database.audit import read_entries
from bot.delivery import probing
from bot.errors import DatabaseReplacedError, StoreError
from bot.model import Content, Part, PauseCause, ScheduleKind, State, Transition
from bot.services import inbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.delivery import AppHarness

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def file(loop: AppHarness) -> Path:
    return loop.folder / "groundswell.db"


def saved(loop: AppHarness) -> Path:
    """Copy the database as ``groundswell backup`` does."""
    copy = loop.folder / "copy.db"
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(file(loop))) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def put_back(loop: AppHarness, copy: Path) -> None:
    """Stop, put the copy in the database's place, and start again."""
    assert loop._open
    loop._open.close()
    loop._open = None
    for name in ("-wal", "-shm"):
        file(loop).with_name(f"groundswell.db{name}").unlink(missing_ok=True)
    shutil.copy(copy, file(loop))
    loop.restart()


def pauses(loop: AppHarness) -> list[str]:
    return [pause.who for pause in loop.app.queue.pauses()]


def audit_lines(loop: AppHarness) -> list[str]:
    return [entry.what for entry in read_entries(loop.app.database)]


def sent_then_restored(
    loop: AppHarness, *posts: tuple[str, Content], after: timedelta = HOUR
) -> None:
    """Send a post, make a copy, send these posts, and put the copy back within their grace."""
    loop.add("first", due=DUE - HOUR, content=text_content("The first."), grace=WEEK)
    loop.drive(minutes=1)
    for number, (name, content) in enumerate(posts):
        due = DUE + number * timedelta(minutes=2)
        loop.add(name, due=due, content=content, grace=WEEK)
    copy = saved(loop)
    loop.drive(minutes=30)
    assert loop.state("people/first/mj/once") is State.PUBLISHED
    loop.clock.advance_to(max(loop.clock.now(), DUE + after))
    put_back(loop, copy)


def test_what_went_out_after_the_copy_is_adopted_and_not_sent_again(loop: AppHarness) -> None:
    sent_then_restored(
        loop, ("a", text_content("Take HART off AWS.")), ("b", text_content("People first."))
    )
    assert loop.state("people/a/mj/once") is State.SCHEDULED  # so says the copy
    before = loop.texts
    loop.beat()
    assert loop.texts == before
    assert pauses(loop) == ["groundswell"]
    loop.app.restore_check.run()
    assert pauses(loop) == []
    for name in ("a", "b"):
        assert loop.state(f"people/{name}/mj/once") is State.PUBLISHED
    loop.drive(minutes=30)
    assert loop.texts == before
    assert len(loop.app.metrics.publications()) == 3
    assert audit_lines(loop)[-2:] == ["safe start", "safe start over"]


@pytest.mark.parametrize("lifted_unread", [False, True])
def test_what_is_out_is_found_although_the_files_have_moved_it_since(
    loop: AppHarness, lifted_unread: bool
) -> None:
    words = text_content("Take HART off AWS.")
    sent_then_restored(loop, ("a", words))
    loop.world.duplicate_window = timedelta(0)  # the platform would take it twice
    loop.edit("people/a/mj/once", due=loop.clock.now() + HOUR, content=words, grace=WEEK)
    before = loop.texts
    if lifted_unread:  # by a person, who cannot know either
        loop.resume()
    loop.app.restore_check.run()
    loop.drive(hours=2)
    assert loop.texts == before
    assert loop.state("people/a/mj/once") is State.PUBLISHED


@pytest.mark.parametrize("lifted_unread", [False, True])
def test_a_post_that_the_copy_does_not_know_is_found_although_the_files_have_moved_it_since(
    loop: AppHarness, lifted_unread: bool
) -> None:
    """The plan queues it during the safe start, at its old time, before somebody moves it."""
    words = text_content("Take HART off AWS.")
    loop.add("first", due=DUE - HOUR, content=text_content("The first."), grace=WEEK)
    loop.drive(minutes=1)
    copy = saved(loop)
    loop.add("a", due=DUE, content=words, grace=WEEK)
    loop.clock.advance_to(DUE)
    loop.drive(minutes=1)
    assert words.text in loop.texts
    loop.world.duplicate_window = timedelta(0)  # the platform would take it twice
    put_back(loop, copy)
    loop.add("a", due=DUE, content=words, grace=WEEK)
    if lifted_unread:  # by a person, who cannot know either
        loop.resume()
    loop.edit("people/a/mj/once", due=loop.clock.now() + HOUR, content=words, grace=WEEK)
    before = loop.texts
    loop.app.restore_check.run()
    loop.drive(hours=2)
    assert loop.texts == before
    assert loop.state("people/a/mj/once") is State.PUBLISHED


def test_a_copy_made_during_a_safe_start_does_not_know_what_went_out_after_it(
    loop: AppHarness,
) -> None:
    sent_then_restored(loop, ("a", text_content("Take HART off AWS.")))
    loop.world.duplicate_window = timedelta(0)  # the platform would take it twice
    key, when = "people/slot/mj/slot", schedule_fields("slot", ScheduleKind.SLOT, "slot")
    loop.set_slot_keys()
    words = text_content("In its slot.")
    loop.add("slot", **when, due=loop.clock.now() + HOUR, content=words, grace=WEEK)
    copy = saved(loop)
    loop.app.restore_check.run()
    loop.drive(hours=2)
    before = loop.texts
    assert "In its slot." in before
    put_back(loop, copy)
    loop.edit(key, due=loop.clock.now() + HOUR, content=words, grace=WEEK)  # as the plan does
    loop.set_slot_keys(key)
    loop.app.restore_check.run()
    loop.drive(hours=3)
    assert loop.texts == before


def test_what_did_not_go_out_goes_out_afterwards(loop: AppHarness) -> None:
    sent_then_restored(loop, ("a", text_content("Take HART off AWS.")))
    loop.add(
        "new", due=loop.clock.now() + timedelta(minutes=3), content=text_content("Something new.")
    )
    loop.app.restore_check.run()
    loop.drive(minutes=30)
    assert sorted(loop.texts) == ["Something new.", "Take HART off AWS.", "The first."]


def test_the_same_words_on_three_days_are_distinguished(loop: AppHarness) -> None:
    words = text_content("Come to the hearing.")
    loop.add("first", due=DUE - HOUR, content=text_content("The first."), grace=WEEK)
    loop.drive(minutes=1)
    for day in range(3):
        due = DUE + timedelta(days=day)
        grace = timedelta(hours=2)
        when = schedule_fields("daily", ScheduleKind.EVERY, f"2026-03-0{2 + day}T09:00")
        loop.add("daily", **when, due=due, content=words, grace=grace)
    copy = saved(loop)
    loop.clock.advance_to(DUE + HOUR * 24 - timedelta(minutes=1))  # the first day is missed
    loop.drive(minutes=30)
    loop.clock.advance_to(DUE + HOUR * 48 - timedelta(minutes=1))
    loop.drive(minutes=30)
    before = loop.texts
    assert before.count("Come to the hearing.") == 2
    put_back(loop, copy)
    loop.app.restore_check.run()
    states = [delivery.state for delivery in loop.app.queue.all() if delivery.post == "daily"]
    assert states == [State.SCHEDULED, State.PUBLISHED, State.PUBLISHED]
    loop.drive(minutes=30)
    assert loop.texts == before
    assert [delivery.state for delivery in loop.app.queue.all()][1] is State.MISSED


def test_a_thread_is_adopted_as_far_as_it_is_out(loop: AppHarness) -> None:
    sent_then_restored(loop, ("thread", text_content("One.", "Two.", "Three.")))
    before = loop.texts
    assert len(before) == 4
    loop.app.restore_check.run()
    assert loop.get("people/thread/mj/once").next_part == 3
    loop.drive(minutes=30)
    assert loop.texts == before


@pytest.mark.parametrize(("deleted", "reworded"), [(0, False), (1, False), (None, True)])
def test_a_thread_of_which_a_part_is_gone_goes_to_a_person_and_is_not_sent_again(
    loop: AppHarness, deleted: int | None, reworded: bool
) -> None:
    loop.world.duplicate_window = timedelta(0)  # the platform would take it twice
    key = "people/thread/mj/once"
    sent_then_restored(loop, ("thread", text_content("One.", "Two.", "Three.")))
    part = deleted or 0
    rest = loop.posts[2 + part]
    if deleted is not None:
        loop.world.delete_post(loop.posts[1 + deleted])
    if reworded:
        loop.edit(key, due=DUE, content=text_content("First.", "Two.", "Three."), grace=WEEK)
    before = loop.texts
    loop.app.restore_check.run()
    loop.drive(minutes=30)
    thread = loop.get(key)
    assert (thread.state, thread.next_part) == (State.NEEDS_HUMAN, part)
    assert f"part {part + 2} of 3 is on the timeline" in thread.reason
    assert rest.id in thread.reason
    assert loop.texts == before


def test_a_persons_word_in_the_copy_may_be_older_than_the_send(loop: AppHarness) -> None:
    loop.world.duplicate_window = timedelta(0)  # the platform would take it twice
    loop.add("first", due=DUE - HOUR, content=text_content("The first."), grace=WEEK)
    loop.drive(minutes=1)
    key = loop.add(due=DUE - 3 * HOUR, grace=WEEK)  # longer ago than a safe start looks for
    nobody_knows = Transition(State.NEEDS_HUMAN, reason="nobody knows")
    loop.app.claims.give_up(loop.get(key), nobody_knows, loop.clock.now())
    inbox.settle_not_sent(loop.app, loop.get(key), "Ana")
    copy = saved(loop)
    loop.drive(minutes=30)
    before = loop.texts
    assert len(before) == 2
    put_back(loop, copy)
    loop.app.restore_check.run()
    loop.drive(minutes=30)
    assert loop.texts == before
    assert loop.state(key) is State.PUBLISHED


def test_a_picture_without_words_is_a_persons_to_look_at(loop: AppHarness) -> None:
    content = Content((Part("", (make_media(loop.folder),)),))
    sent_then_restored(loop, ("picture", content))
    loop.app.restore_check.run()
    loop.drive(minutes=30)
    assert loop.state("people/picture/mj/once") is State.NEEDS_HUMAN
    assert len(loop.posts) == 2


def test_an_account_that_cannot_be_read_keeps_everything_paused(loop: AppHarness) -> None:
    sent_then_restored(loop, ("a", text_content("Take HART off AWS.")))
    before = loop.texts
    loop.fault({"status": 503}, r"/2/users/\d+/tweets", count=2)
    loop.app.restore_check.run()
    assert pauses(loop) == ["groundswell"]
    [pause] = loop.app.queue.pauses()
    assert "groundswell resume" in pause.why
    loop.app.restore_check.run()  # too early to ask again
    assert loop.app.restore_check.next_wake() == loop.clock.now() + timedelta(minutes=1)
    loop.clock.advance(minutes=1)
    loop.app.restore_check.run()
    loop.clock.advance(minutes=1)
    loop.app.restore_check.run()
    assert pauses(loop) == []
    loop.drive(minutes=30)
    assert loop.texts == before


def test_a_database_that_is_moved_away_meanwhile_is_not_the_accounts_fault(
    loop: AppHarness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sent_then_restored(loop, ("a", text_content("Take HART off AWS.")))
    search = probing.search_timeline

    def search_and_move(*args: Any) -> Any:
        found = search(*args)
        (loop.folder / "groundswell.db").rename(loop.folder / "away.db")
        return found

    monkeypatch.setattr(probing, "search_timeline", search_and_move)
    with pytest.raises(DatabaseReplacedError):
        loop.app.restore_check.run()
    assert "a bug in the platform's client" not in caplog.text
    (loop.folder / "away.db").rename(loop.folder / "groundswell.db")


def test_a_pending_safe_start_outlives_a_restart(loop: AppHarness) -> None:
    sent_then_restored(loop, ("a", text_content("Take HART off AWS.")))
    before = loop.texts
    loop.restart()
    loop.beat()
    assert (loop.texts, pauses(loop)) == (before, ["groundswell"])
    loop.app.restore_check.run()
    assert loop.state("people/a/mj/once") is State.PUBLISHED


def test_a_persons_pause_outlives_a_safe_start(loop: AppHarness) -> None:
    loop.pause()
    copy = saved(loop)
    loop.resume()
    sent = loop.add(content=text_content("Take HART off AWS."))
    loop.drive(minutes=20)
    assert loop.state(sent) is State.PUBLISHED
    put_back(loop, copy)
    assert pauses(loop) == ["Ana", "groundswell"]
    loop.app.restore_check.run()
    assert pauses(loop) == ["Ana"]


def test_a_person_can_end_it(loop: AppHarness) -> None:
    sent_then_restored(loop, ("a", text_content("Take HART off AWS.")))
    loop.resume()
    assert loop.app.restore_check.next_wake() is None
    loop.restart()
    assert pauses(loop) == []


def test_it_can_be_asked_for(loop: AppHarness) -> None:
    loop.app.restore_check.begin(requested=True)
    assert pauses(loop) == ["groundswell"]
    loop.app.restore_check.run()
    assert pauses(loop) == []


# --- what counts as doubt ---


def garbled(mark: Path) -> None:
    mark.write_text('{"instance": ')


def changed(mark: Path, **values: Any) -> None:
    mark.write_text(json.dumps({**json.loads(mark.read_text()), **values}))


def copied(mark: Path) -> None:
    shutil.copy2(mark, mark.with_name("copy"))
    mark.with_name("copy").replace(mark)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (os.unlink, "has not worked on this database before"),
        (garbled, "has not worked on this database before"),
        (lambda mark: changed(mark, instance="other"), "another database than the one"),
        (
            lambda mark: changed(mark, generation=9),
            "older than the last send, approval, withdrawal or refusal",
        ),
        (copied, "copied here, or another machine worked on it last"),
    ],
)
def test_in_doubt_it_starts_safely(
    loop: AppHarness, spoil: Callable[[Path], object], why: str
) -> None:
    loop.add(content=text_content("Take HART off AWS."))
    loop.drive(minutes=20)
    spoil(file(loop).with_name("groundswell.db.mark"))
    loop.restart()
    [pause] = loop.app.queue.pauses()
    assert why in pause.why
    assert pause.cause is PauseCause.RESTORED
    loop.app.restore_check.run()
    loop.restart()
    assert pauses(loop) == []  # once is enough


def test_an_ordinary_start_is_no_doubt(loop: AppHarness) -> None:
    loop.restart()
    loop.add(content=text_content("Take HART off AWS."))
    loop.drive(minutes=20)
    for _ in range(2):
        loop.restart()
        assert pauses(loop) == []


def test_a_crash_between_the_claim_and_its_mark_is_no_doubt(loop: AppHarness) -> None:
    mark = file(loop).with_name("groundswell.db.mark")
    loop.add("a", content=text_content("Take HART off AWS."))
    loop.drive(minutes=20)
    before = mark.with_name("before")
    before.hardlink_to(mark)
    loop.add("b", due=loop.clock.now(), content=text_content("People first."))
    loop.drive(minutes=1)
    assert mark.read_text() != before.read_text()
    before.replace(mark)
    loop.restart()
    assert pauses(loop) == []


def test_without_a_mark_on_disk_nothing_is_sent(loop: AppHarness) -> None:
    mark = file(loop).with_name("groundswell.db.mark")
    mark.mkdir()  # the mark cannot be written
    key = loop.add(content=text_content("Take HART off AWS."), due=loop.clock.now())
    with pytest.raises(StoreError, match="nothing was sent"):
        loop.beat()
    assert loop.texts == []
    mark.rmdir()
    loop.drive(minutes=10)
    assert (loop.texts, loop.state(key)) == (["Take HART off AWS."], State.PUBLISHED)
