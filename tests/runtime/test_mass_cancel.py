"""Posts that leave the files at once are neither sent nor cancelled until a person decides."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from helpers.delivery import watch_files, write_campaign
from helpers.planning import campaign, post
from helpers.store import MINUTE, NOW, delivery, occurrence, text_content

from bot.authoring.checking import CheckResult
from bot.model import State
from bot.planning.diff import Hold, MassCancel, find_mass_cancel, find_missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.delivery import AppHarness
    from helpers.run import SandboxProject

    Capture = pytest.CaptureFixture[str]

pytest_plugins = ["helpers.run"]

POST = '  - {id: p%d, demand: hart, when: {at: "2026-03-02 13:%02d"}, text: %s %d.}\n'
TIMED = "  - {id: e%d, demand: hart, when: {event: nyc, offset: -%dm}, text: Before %d.}\n"
THREAD = '  - {id: t, demand: hart, when: {at: "2026-03-02 13:01"}, thread: [First., Second.]}\n'
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


def left_files(loop: AppHarness) -> frozenset[str]:
    held = loop.app.mass_cancels.held_back()
    return held.keys if held else frozenset()


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
    found = find_mass_cancel(queued[:gone], [], queued, [campaign()])
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


def test_what_is_held_back_waits_says_so_and_is_missed(loop: AppHarness) -> None:
    taken(loop, posts(1, 2, 3))
    follow(loop, "")
    key = "people/p1/mj/once"
    waits = "left the files at Mon 2026-03-02 12:00 UTC; put it back, or cancel it: "
    assert loop.why(key) == waits + "groundswell plan --force"
    loop.clock.advance_to(NOW + 60 * MINUTE)
    loop.restart()
    loop.drive(minutes=20)
    assert loop.posts == []
    assert loop.state(key) is State.MISSED
    assert "left the files at" in loop.get(key).reason


def test_put_back_in_time_it_goes_on(loop: AppHarness) -> None:
    taken(loop, posts(1, 2, 3))
    follow(loop, "")
    loop.clock.advance_to(NOW + 62 * MINUTE)
    loop.drive(minutes=1)
    assert loop.posts == []
    follow(loop, posts(1, 2, 3))
    loop.drive(minutes=1)
    assert loop.texts == ["Post 1.", "Post 2.", "Post 3."]


def test_a_thread_that_is_half_out_waits_for_a_person_as_well(loop: AppHarness) -> None:
    taken(loop, THREAD + posts(2, 3))
    loop.clock.advance_to(NOW + 61 * MINUTE)
    loop.app.dispatcher.run()
    assert loop.texts == ["First."]
    follow(loop, "")
    loop.drive(minutes=2)
    assert loop.texts == ["First."]
    follow(loop, THREAD.replace("Second.", "Other.") + posts(2, 3))
    loop.drive(seconds=20)
    # No edit reaches a thread that has begun: it goes on with the words that it had.
    assert loop.texts == ["First.", "Second."]


def test_an_edit_reaches_the_others_while_some_are_held(loop: AppHarness) -> None:
    taken(loop, posts(1, 2, 3, 4))
    follow(loop, posts(1))
    follow(loop, posts(1, words="Edited"))
    loop.clock.advance_to(NOW + 61 * MINUTE)
    loop.drive(minutes=5)
    assert loop.texts == ["Edited 1."]


def gone_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def empty_folder(folder: Path) -> None:
    (folder / "people.yaml").unlink()


def empty_file(folder: Path) -> None:
    (folder / "people.yaml").write_text("")


def header_gone_and_a_bare_list_left(folder: Path) -> None:
    (folder / "people.yaml").unlink()
    (folder / "queue.yaml").write_text('- {text: Hi, campaign: people, when: "2026-03-03 12:00"}\n')


def gone_beside_a_mistake(folder: Path) -> None:
    (folder / "people.yaml").unlink()
    (folder / "other.yaml").write_text("campaign: other\ntitle: [\n")


@pytest.mark.parametrize(
    "lose",
    [
        gone_folder,
        empty_folder,
        empty_file,
        header_gone_and_a_bare_list_left,
        gone_beside_a_mistake,
    ],
)
@pytest.mark.parametrize("restarted", [False, True])
def test_files_that_are_gone_send_nothing_however_few_their_posts_are(
    loop: AppHarness, lose: Callable[[Path], None], restarted: bool
) -> None:
    taken(loop, posts(1, 2))
    lose(loop.campaigns)
    if restarted:
        loop.restart()
        loop.app.queue_sync.refresh()
    watch_files(loop, times=3)
    loop.clock.advance_to(NOW + 61 * MINUTE)
    loop.drive(minutes=5)
    assert loop.posts == []
    assert loop.app.queue.count_by_state() == {State.SCHEDULED: 2}


def test_what_was_taken_out_of_a_file_with_a_mistake_is_not_sent(loop: AppHarness) -> None:
    taken(loop, posts(1, 11, 2))
    follow(loop, posts(11, 2) + "  - {id: slip, when: tomorow, text: Hi}\n")
    loop.clock.advance_to(NOW + 74 * MINUTE)
    loop.drive(minutes=1)
    assert loop.texts == ["Post 2.", "Post 11."]
    assert "left the files at" in loop.why("people/p1/mj/once")
    follow(loop, "")  # "posts:" without any is a mistake by itself


def test_an_entry_without_an_id_is_known_by_its_words(loop: AppHarness) -> None:
    entry = '- {campaign: people, when: "2026-03-02 13:01", text: Words of mine.}\n'
    (loop.campaigns / "queue.yaml").write_text(entry)
    taken(loop, posts(2, 3))
    (loop.campaigns / "queue.yaml").write_text(entry + "- {id: slip, when: tomorow, text: Hi}\n")
    follow(loop, posts(2) + "  - {id: slip, when: tomorow, text: Hi}\n")
    loop.clock.advance_to(NOW + 61 * MINUTE)
    loop.drive(minutes=4)
    assert loop.texts == ["Words of mine.", "Post 2."]


def test_a_folder_that_comes_back_lets_all_go_on_although_another_file_has_a_mistake(
    loop: AppHarness,
) -> None:
    taken(loop, posts(1, 2))
    (loop.campaigns / "other.yaml").write_text("campaign: other\ntitle: [\n")
    watch_files(loop, times=3)
    away = loop.campaigns.with_name("away")
    loop.campaigns.rename(away)
    watch_files(loop, times=3)
    held = loop.app.mass_cancels.held_back()
    assert held is not None
    assert len(held.keys) == 2
    away.rename(loop.campaigns)
    watch_files(loop, times=3)
    assert loop.app.mass_cancels.held_back() is None


def test_what_was_held_stays_so_although_a_file_with_a_mistake_mentions_its_name(
    loop: AppHarness,
) -> None:
    taken(loop, posts(1, 2, 3))
    follow(loop, "")
    held = left_files(loop)
    (loop.campaigns / "other.yaml").write_text("campaign: other\ntitle: After p1 and p2 [\n  - :")
    watch_files(loop, times=3)
    assert left_files(loop) == held
    loop.clock.advance_to(NOW + 61 * MINUTE)
    loop.drive(minutes=5)
    assert loop.posts == []


def test_a_post_that_was_taken_off_an_account_waits_there_beside_a_mistake() -> None:
    one, other = (delivery(id=n, account=name) for n, name in enumerate(("mj", "ath")))
    read = post(one.post, accounts=["ath"], campaign=one.campaign)
    checked = CheckResult((replace(campaign(), posts=(read,)),), (), ())
    [action] = find_missing([one, other], checked)
    assert isinstance(action, Hold)
    assert action.delivery == one


def test_a_file_with_a_mistake_keeps_its_posts_in_force(loop: AppHarness) -> None:
    taken(loop, posts(1, 2))
    write(loop, posts(1, 2) + "  - {id: [\n")
    watch_files(loop, times=3)
    loop.clock.advance_to(NOW + 61 * MINUTE)
    loop.drive(minutes=5)
    assert len(loop.posts) == 2


def test_what_is_held_back_stays_so_whatever_else_is_queued(loop: AppHarness) -> None:
    taken(loop, posts(*range(1, 9)))
    follow(loop, posts(*range(1, 5), *range(20, 40)))
    held = loop.app.mass_cancels.held_back()
    assert held
    follow(loop, posts(*range(1, 5), *range(20, 39)))
    assert cancelled(loop) == {"p39"}  # what leaves later is judged by itself
    assert left_files(loop) == held.keys
    follow(loop, posts(*range(1, 6), *range(20, 39)))
    left = loop.app.mass_cancels.held_back()
    assert left
    assert left.keys == {f"people/p{n}/mj/once" for n in (6, 7, 8)}


def test_what_is_left_of_it_stays_held_until_a_person_permits(loop: AppHarness) -> None:
    taken(loop, posts(1, 20, 21, 50))
    follow(loop, posts(50))
    loop.clock.advance_to(NOW + 60 * MINUTE)
    loop.drive(minutes=17)
    assert loop.posts == []
    follow(loop, posts(50, 51))
    assert cancelled(loop) == set()
    left = loop.app.mass_cancels.held_back()
    assert left
    assert left.keys == {f"people/p{n}/mj/once" for n in (20, 21)}
    loop.app.mass_cancels.permit(left.keys, "Ana", loop.clock.now())
    watch_files(loop, times=3)
    assert cancelled(loop) == {"p20", "p21"}


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
        assert looked.out.count("wait  ") == 4
        assert "4 wait for you. Nothing was done.\n" in looked.out  # there is nothing to do for run
        assert "to cancel" not in looked.out
        inbox = ours.run_cli(capsys, "inbox")
        assert (
            "Left the campaign files at once, and will not be sent until you decide (4 of 5 "
            "scheduled posts):" in inbox.out
        )
        assert "ours/p5/our-x/once" in inbox.out
        forced = ours.run_cli(capsys, "plan", "--force", "--as", "Ana")
        permitted = "4 posts that left the files may be cancelled now: groundswell run does it."
        assert f"4 to cancel. {permitted}" in forced.out
        app.queue_sync.watch()
    logged = ours.run_cli(capsys, "log").out
    assert "keys: ours/p2/our-x/once, ours/p3/our-x/once" in logged
    assert "[" not in logged
    states = ours.states()
    assert states["p1"] == "scheduled"
    assert {states[f"p{n}"] for n in range(2, 6)} == {"cancelled"}
    assert "Left the campaign files" not in ours.run_cli(capsys, "inbox").out


def test_force_with_nothing_held_back_says_so(ours: SandboxProject, capsys: Capture) -> None:
    ours.write_campaign(ours.post("p1", hours=1))
    with ours.started_app():
        pass
    ran = ours.run_cli(capsys, "plan", "--force")
    assert ran.code == 0
    assert "Nothing is held back." in ran.out
    assert ours.run_cli(capsys, "plan", "--force", "--on", "2026-03-02").code == 2
