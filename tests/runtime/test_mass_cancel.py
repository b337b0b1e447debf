"""Posts that leave the files at once are neither sent nor cancelled until a person decides."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import watch_files, write_campaign
from helpers.planning import campaign, post
from helpers.store import MINUTE, NOW, delivery, occurrence, text_content

from bot.checking import CheckResult
from bot.model import State
from bot.planning.diff import Hold
from bot.planning.left_files import MassCancel, find_mass_cancel, find_missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.delivery import AppHarness
    from helpers.run import SandboxProject

    from bot.model import Content, Delivery


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
        assert found == MassCancel(frozenset(f"k{n}" for n in range(gone)), gone, 0, scheduled)


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


def test_a_new_name_is_not_gone_although_the_marks_of_its_links_name_the_post() -> None:
    def marked(number: int, post: str) -> Content:
        link = "https://example.org/?utm_source=x&utm_medium=post&utm_campaign=c&utm_content="
        return text_content(f"text {number} {link}{post}")

    queued = [
        delivery(id=n, key=f"k{n}", post=f"p{n}", content=marked(n, f"p{n}")) for n in range(5)
    ]
    planned = [occurrence(f"q{n}", key=f"q{n}", content=marked(n, f"q{n}")) for n in range(5)]
    assert find_mass_cancel(queued, planned, queued, []) is None
    assert find_mass_cancel(queued, planned[:2], queued, []) is not None


def on_accounts(*accounts: str, posts: int, **fields: Any) -> list[Delivery]:
    """Return deliveries of so many posts, each of which is on all of these accounts."""
    return [
        delivery(
            id=post_number * len(accounts) + number,
            key=f"p{post_number}/{account}",
            post=f"p{post_number}",
            account=account,
            content=text_content(f"text {post_number}"),
            **fields,
        )
        for post_number in range(posts)
        for number, account in enumerate(accounts)
    ]


TEAM = ("our-x", "our-mastodon", "our-bluesky")


@pytest.mark.parametrize(
    ("gone", "scheduled", "held"), [(1, 4, False), (2, 4, False), (3, 4, True), (3, 15, False)]
)
def test_the_alarm_counts_a_post_on_three_accounts_once_and_holds_it_on_all(
    gone: int, scheduled: int, held: bool
) -> None:
    queued = on_accounts(*TEAM, posts=scheduled)
    leaving = queued[: 3 * gone]
    found = find_mass_cancel(leaving, [], queued, [campaign()])
    assert (found is not None) is held
    if found:
        assert found == MassCancel(frozenset(one.key for one in leaving), gone, 0, scheduled)


def test_a_post_on_twelve_accounts_counts_once_before_and_after_a_drop() -> None:
    accounts = [f"ours-{number}" for number in range(12)]
    queued = [
        one if one.account != "ours-0" else replace(one, state=State.PUBLISHED)
        for one in on_accounts(*accounts, posts=5)
    ]
    leaving = [one for one in queued if one.post == "p0" and one.state is State.SCHEDULED]
    assert len(leaving) == 11
    assert find_mass_cancel(leaving, [], queued, [campaign()]) is None


def test_posts_of_one_id_in_two_campaigns_are_two() -> None:
    queued = [
        replace(one, id=one.id + 100 * n, key=f"{name}/{one.key}", campaign=name)
        for n, name in enumerate(("hart", "nimbus", "ring"))
        for one in on_accounts(*TEAM, posts=1)
    ]
    found = find_mass_cancel(queued, [], queued, [campaign()])
    assert found == MassCancel(frozenset(one.key for one in queued), 3, 0, 3)


def test_an_account_taken_off_three_posts_of_four_is_asked_about_by_name() -> None:
    queued = on_accounts(*TEAM, posts=4)
    left = [post(f"p{n}", accounts=[*TEAM[:2]], campaign="people") for n in range(3)]
    leaving = [one for one in queued if one.account == TEAM[2] and one.post != "p3"]
    files = campaign(*left, post("p3", accounts=[*TEAM], campaign="people"))
    found = find_mass_cancel(leaving, [], queued, [files])
    assert found == MassCancel(frozenset(one.key for one in leaving), 3, 3, 4)
    words = "3 of 4 scheduled posts left the campaign files at once, on some accounts only; they "
    assert str(found) == f"{words}will not be sent there until you decide"
    assert find_mass_cancel(leaving[:2], [], queued, [files]) is None


def test_a_held_post_is_held_wherever_it_is_gone_by_now() -> None:
    held = replace(on_accounts(TEAM[0], posts=1)[0], left_files=NOW)
    others = on_accounts(*TEAM[1:], posts=20)
    queued = [held, *others]
    leaving = [one for one in queued if one.post in ("p0", "p1")]
    found = find_mass_cancel(leaving, [], queued, [campaign()])
    assert found == MassCancel(frozenset(one.key for one in queued if one.post == "p0"), 1, 0, 20)


# --- the loop's side ------------------------------------------------------------------------------


def test_posts_that_vanish_in_bulk_stay_queued_and_are_logged_once(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    taken(loop, posts(*range(1, 11)))
    write(loop, posts(*range(1, 8)) + posts(20))
    for _ in range(4):
        watch_files(loop, times=3)
    assert cancelled(loop) == set()
    assert loop.get("people/p20/mj/once").state is State.SCHEDULED  # new posts are queued
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    [printed] = errors
    assert printed.startswith("3 of 10 scheduled posts left the campaign files at once")
    assert "groundswell plan --force" in printed
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
    # A thread that has begun goes on with its words, whatever an edit says.
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


def test_post_taken_out_of_a_file_with_a_mistake_is_not_sent(loop: AppHarness) -> None:
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


def test_held_post_stays_held_although_a_file_with_a_mistake_mentions_its_name(
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


def test_rest_of_the_held_posts_stays_held_until_a_person_permits(loop: AppHarness) -> None:
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
    loop.app.mass_cancels.permit(left.keys, ["people/p20"], "Ana", loop.clock.now())
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
    loop.app.mass_cancels.permit(held.keys, ["people/p2"], "Ana", loop.clock.now())
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
    loop.app.mass_cancels.permit(held.keys, ["people/p2"], "Ana", loop.clock.now())
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


def test_plan_and_inbox_tell_and_force_lets_the_running_loop_cancel(ours: SandboxProject) -> None:
    ours.write_campaign(*(ours.post(f"p{n}", hours=n) for n in range(1, 6)))
    with ours.started_app() as app:
        ours.write_campaign(ours.post("p1", hours=1))
        ours.clock.advance(seconds=2)
        app.queue_sync.watch()
        app.queue_sync.watch()
        looked = ours.run_cli("plan")
        assert "4 of 5 scheduled posts left the campaign files at once" in looked.out
        assert looked.out.count("wait  ") == 4
        assert (
            "4 posts waiting for you. Nothing was changed.\n" in looked.out
        )  # there is nothing to do for run
        assert "to cancel" not in looked.out
        inbox = ours.run_cli("inbox")
        assert (
            "These posts left the files and will not be sent until you decide (4 of 5 "
            "scheduled posts):" in inbox.out
        )
        assert "\n  ours/p5\n" in inbox.out
        forced = ours.run_cli("plan", "--force", "--as", "Ana")
        permitted = (
            "4 posts that left the files may be cancelled now; groundswell run makes these changes."
        )
        assert f"4 posts to cancel. {permitted}" in forced.out
        app.queue_sync.watch()
    logged = ours.run_cli("log").out
    assert "posts: ours/p2, ours/p3, ours/p4, ours/p5" in logged
    assert "[" not in logged
    states = ours.states()
    assert states["p1"] == "scheduled"
    assert {states[f"p{n}"] for n in range(2, 6)} == {"cancelled"}
    assert "Left the campaign files" not in ours.run_cli("inbox").out


def test_force_with_nothing_held_back_says_so(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("p1", hours=1))
    with ours.started_app():
        pass
    ran = ours.run_cli("plan", "--force")
    assert ran.code == 0
    assert "No posts wait because they left the files." in ran.out
    assert ours.run_cli("plan", "--force", "--on", "2026-03-02").code == 2


# --- several networks -----------------------------------------------------------------------------


TEAM_HEAD = """\
campaign: ours
title: Ours
timezone: UTC
accounts: [%s]
"""


def on_networks(ours: SandboxProject, *posts: str, accounts: str = ", ".join(TEAM)) -> None:
    """Bring the queue in line with a campaign on these accounts."""
    ours.write_campaign(*posts, head=TEAM_HEAD % accounts)
    with ours.app() as app:
        assert app.queue_sync.refresh() == []


@pytest.fixture
def team(ours: SandboxProject) -> SandboxProject:
    """A project with an account on each of three networks."""
    ours.configure(
        "accounts:\n",
        "accounts:\n"
        "  our-mastodon: {platform: mastodon, handle: us@social.example}\n"
        "  our-bluesky: {platform: bluesky, handle: us.example.org}\n",
    )
    return ours


def test_one_post_of_four_on_three_networks_is_deleted_without_an_alarm(
    team: SandboxProject,
) -> None:
    four = [team.post(f"p{n}", hours=n) for n in range(1, 5)]
    on_networks(team, *four)
    on_networks(team, *four[1:])
    with team.app() as app:
        assert app.mass_cancels.held_back() is None
        [*gone] = app.queue.in_states([State.CANCELLED])
        assert {one.post for one in gone} == {"p1"}
        assert len(gone) == 3
    on_networks(team, *four[:2])  # two of the three that are scheduled, and one that comes back
    on_networks(team, four[1])
    with team.app() as app:
        assert app.mass_cancels.held_back() is None


def test_three_posts_on_three_networks_wait_on_each_and_count_as_three(
    team: SandboxProject,
) -> None:
    four = [team.post(f"p{n}", hours=n) for n in range(1, 5)]
    on_networks(team, *four)
    on_networks(team, four[0])
    with team.app() as app:
        held = app.mass_cancels.held_back()
        assert held is not None
        assert (held.posts, held.partly, held.scheduled, len(held.keys)) == (3, 0, 4, 9)
    assert "3 of 4 scheduled posts left the campaign files at once" in team.run_cli("plan").out
    forced = team.run_cli("plan", "--force", "--as", "Ana")
    assert "3 posts that left the files may be cancelled now" in forced.out
    assert "posts: ours/p2, ours/p3, ours/p4" in team.run_cli("log").out
    on_networks(team, four[0])
    with team.app() as app:
        assert len(app.queue.in_states([State.CANCELLED])) == 9


def test_an_account_that_leaves_the_campaign_is_asked_about_and_the_others_go_on(
    team: SandboxProject,
) -> None:
    four = [team.post(f"p{n}", hours=n) for n in range(1, 5)]
    on_networks(team, *four)
    on_networks(team, *four, accounts="our-x, our-bluesky")
    with team.app() as app:
        held = app.mass_cancels.held_back()
        assert held is not None
        assert (held.posts, held.partly, held.scheduled) == (4, 4, 4)
        assert {key.split("/")[2] for key in held.keys} == {"our-mastodon"}
    team.run_cli("plan", "--force", "--as", "Ana")
    logged = team.run_cli("log").out
    assert "posts: ours/p1 on our-mastodon, ours/p2 on our-mastodon, ours/p3" in logged
    on_networks(team, *four)
    with team.app() as app:
        assert app.mass_cancels.held_back() is None
        assert len(app.queue.in_states([State.SCHEDULED])) == 12


def test_a_permit_for_one_account_is_none_for_the_others(team: SandboxProject) -> None:
    four = [team.post(f"p{n}", hours=n) for n in range(1, 5)]
    on_networks(team, *four)
    on_networks(team, *four, accounts="our-x, our-bluesky")
    team.run_cli("plan", "--force", "--as", "Ana")
    on_networks(team, accounts="our-x, our-bluesky")
    with team.app() as app:
        assert app.queue.in_states([State.CANCELLED]) == []
