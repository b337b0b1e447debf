"""Many posts that leave the files at once stay queued, until a person permits it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from helpers.delivery import watch_files, write_campaign
from helpers.store import MINUTE, NOW, delivery, occurrence, text_content

from bot.model import State
from bot.planning.diff import MassCancel, find_mass_cancel

if TYPE_CHECKING:
    from helpers.delivery import AppHarness
    from helpers.run import SandboxProject

    Capture = pytest.CaptureFixture[str]

pytest_plugins = ["helpers.run"]

POST = '  - {id: p%d, demand: hart, when: {at: "2026-03-02 13:%02d"}, text: %s %d.}\n'
TIMED = "  - {id: e%d, demand: hart, when: {event: nyc, offset: -%dm}, text: Before %d.}\n"
DAILY = '  - {id: daily, demand: hart, when: {every: day, at: "%s"}, text: Each day.}\n'


def posts(*numbers: int, words: str = "Post") -> str:
    return "".join(POST % (number, number, words, number) for number in numbers)


def write(loop: AppHarness, body: str, *, cancelled: bool = False) -> None:
    write_campaign(loop, body or "  []\n", cancelled=cancelled)


def taken(loop: AppHarness, body: str) -> None:
    write(loop, body)
    assert loop.app.queue_sync.refresh() == []


def follow(loop: AppHarness, body: str, *, cancelled: bool = False) -> None:
    write(loop, body, cancelled=cancelled)
    watch_files(loop, times=3)


def cancelled(loop: AppHarness) -> set[str]:
    return {delivery.post for delivery in loop.app.queue.in_states([State.CANCELLED])}


# --- pure -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gone", "scheduled", "held"),
    [(2, 2, False), (3, 3, True), (3, 14, True), (3, 15, False), (20, 100, False), (21, 100, True)],
)
def test_more_than_a_fifth_and_at_least_three(gone: int, scheduled: int, held: bool) -> None:
    queued = [
        delivery(id=n, key=f"k{n}", post=f"p{n}", content=text_content(f"text {n}"))
        for n in range(scheduled)
    ]
    found = find_mass_cancel(queued[:gone], [], queued, [])
    assert (found is not None) is held
    if found:
        assert found == MassCancel(frozenset(f"k{n}" for n in range(gone)), scheduled)


def test_a_new_name_for_the_same_words_is_not_gone() -> None:
    queued = [
        delivery(id=n, key=f"k{n}", post=f"p{n}", content=text_content(f"text {n}"))
        for n in range(5)
    ]
    planned = [
        occurrence(f"q{n}", key=f"q{n}", content=text_content(f"text {n}")) for n in range(5)
    ]
    assert find_mass_cancel(queued, planned, queued, []) is None
    assert find_mass_cancel(queued, planned[:2], queued, []) is not None


# --- the loop's side ------------------------------------------------------------------------------


def test_what_vanishes_in_bulk_stays_queued_and_is_told_once(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    taken(loop, posts(*range(1, 11)))
    write(loop, posts(*range(1, 8)) + posts(20))
    for _ in range(4):
        watch_files(loop, times=3)
    assert cancelled(loop) == set()
    assert loop.get("people/p20/mj/once").state is State.SCHEDULED  # what is new is taken in
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    [told] = errors
    assert told.startswith("3 of 10 scheduled posts left the campaign files at once")
    assert "groundswell plan --force" in told
    held = loop.app.mass_cancels.held_back()
    assert held is not None
    assert held.keys == {f"people/p{n}/mj/once" for n in (8, 9, 10)}


def test_what_is_held_back_goes_out(loop: AppHarness) -> None:
    taken(loop, posts(1, 2, 3))
    follow(loop, "")
    loop.clock.advance_to(NOW + 60 * MINUTE)
    loop.drive(minutes=20)
    assert len(loop.posts) == 3


def test_what_is_held_back_stays_so_whatever_else_is_queued(loop: AppHarness) -> None:
    taken(loop, posts(*range(1, 9)))
    follow(loop, posts(*range(1, 5), *range(20, 40)))
    held = loop.app.mass_cancels.held_back()
    follow(loop, posts(*range(1, 5), *range(20, 39)))
    assert cancelled(loop) == {"p39"}  # what leaves later is judged by itself
    assert loop.app.mass_cancels.held_back() == held
    follow(loop, posts(*range(1, 6), *range(20, 39)))
    left = loop.app.mass_cancels.held_back()
    assert left
    assert left.keys == {f"people/p{n}/mj/once" for n in (6, 7, 8)}


def test_what_is_left_of_it_once_one_is_out_stays_held_until_a_person_permits(
    loop: AppHarness,
) -> None:
    taken(loop, posts(1, 20, 21, 50))
    follow(loop, posts(50))
    loop.clock.advance_to(NOW + 60 * MINUTE)
    loop.drive(minutes=5)
    assert len(loop.posts) == 1
    left = loop.app.mass_cancels.held_back()
    assert left
    assert left.keys == {f"people/p{n}/mj/once" for n in (20, 21)}
    loop.app.mass_cancels.permit(left.keys, "Ana", loop.clock.now())
    watch_files(loop, times=3)
    assert cancelled(loop) == {"p20", "p21"}


def test_what_is_left_of_it_is_not_cancelled_by_the_next_plan(loop: AppHarness) -> None:
    taken(loop, posts(1, 20, 21, 50))
    follow(loop, posts(50))
    loop.clock.advance_to(NOW + 60 * MINUTE)
    loop.drive(minutes=5)
    follow(loop, posts(50, 51))
    assert cancelled(loop) == set()
    left = loop.app.mass_cancels.held_back()
    assert str(left) == "2 of 4 scheduled posts left the campaign files at once; they stay queued"


def test_a_fifth_or_less_is_cancelled_as_ever(loop: AppHarness) -> None:
    taken(loop, posts(*range(1, 11)))
    follow(loop, posts(*range(1, 9)))
    assert cancelled(loop) == {"p9", "p10"}
    assert loop.app.mass_cancels.held_back() is None


def test_put_back_all_is_as_before(loop: AppHarness) -> None:
    taken(loop, posts(1, 2, 3, 4))
    follow(loop, posts(1))
    assert loop.app.mass_cancels.held_back() is not None
    follow(loop, posts(1, 2, 3, 4))
    assert loop.app.mass_cancels.held_back() is None
    assert cancelled(loop) == set()


def test_leave_lets_them_go_at_the_next_look_and_once_only(loop: AppHarness) -> None:
    taken(loop, posts(1, 2, 3, 4))
    follow(loop, posts(1))
    held = loop.app.mass_cancels.held_back()
    assert held is not None
    loop.app.mass_cancels.permit(held.keys, "Ana", loop.clock.now())
    watch_files(loop, times=3)
    assert cancelled(loop) == {"p2", "p3", "p4"}
    assert loop.app.mass_cancels.held_back() is None
    follow(loop, posts(1, 2, 3, 4))
    assert cancelled(loop) == set()
    follow(loop, posts(1))
    assert cancelled(loop) == set()


def test_leave_for_some_is_no_leave_for_more(loop: AppHarness) -> None:
    taken(loop, posts(1, 2, 3, 4))
    follow(loop, posts(1))
    held = loop.app.mass_cancels.held_back()
    assert held is not None
    loop.app.mass_cancels.permit(held.keys, "Ana", loop.clock.now())
    follow(loop, "")
    assert cancelled(loop) == set()


def test_a_cancelled_event_is_deliberate_and_a_deleted_post_is_not(loop: AppHarness) -> None:
    timed = "".join(TIMED % (n, n, n) for n in range(1, 6))
    taken(loop, timed)
    follow(loop, timed, cancelled=True)
    assert cancelled(loop) == {f"e{n}" for n in range(1, 6)}
    follow(loop, timed)
    follow(loop, posts(1))
    assert cancelled(loop) == set()


def test_another_time_of_day_moves_the_days_to_come(loop: AppHarness) -> None:
    taken(loop, DAILY % "09:00")
    follow(loop, DAILY % "10:00")
    waiting = loop.app.queue.in_states([State.SCHEDULED])
    assert {delivery.due.hour for delivery in waiting} == {10}
    assert loop.app.mass_cancels.held_back() is None


def test_a_first_plan_and_an_empty_queue_are_not_held(loop: AppHarness) -> None:
    taken(loop, posts(1, 2, 3))
    assert len(loop.app.queue.in_states([State.SCHEDULED])) == 3
    assert loop.app.mass_cancels.held_back() is None


# --- the person's side ----------------------------------------------------------------------------


def test_plan_and_inbox_tell_and_force_lets_the_running_loop_cancel(
    ours: SandboxProject, capsys: Capture
) -> None:
    ours.write_campaign(*(ours.post(f"p{n}", hours=n) for n in range(1, 6)))
    with ours.started_app() as app:
        ours.write_campaign(ours.post("p1", hours=1))
        ours.clock.advance(seconds=2)
        app.queue_sync.watch()
        app.queue_sync.watch()
        looked = ours.run_cli(capsys, "plan")
        assert "4 of 5 scheduled posts left the campaign files at once" in looked.out
        assert looked.out.count("held back") == 4
        inbox = ours.run_cli(capsys, "inbox")
        assert (
            "Disappeared from the campaign files at once, and still queued (4 of 5 posts):"
            in inbox.out
        )
        assert "ours/p5/our-x/once" in inbox.out
        forced = ours.run_cli(capsys, "plan", "--force", "--as", "Ana")
        assert "4 posts that disappeared from the files: run cancels them." in forced.out
        app.queue_sync.watch()
    states = ours.states()
    assert states["p1"] == "scheduled"
    assert {states[f"p{n}"] for n in range(2, 6)} == {"cancelled"}
    assert "Disappeared from the campaign files" not in ours.run_cli(capsys, "inbox").out


def test_force_with_nothing_held_back_says_so(ours: SandboxProject, capsys: Capture) -> None:
    ours.write_campaign(ours.post("p1", hours=1))
    with ours.started_app():
        pass
    ran = ours.run_cli(capsys, "plan", "--force")
    assert ran.code == 0
    assert "Nothing is held back." in ran.out
    assert ours.run_cli(capsys, "plan", "--force", "--on", "2026-03-02").code == 2
