"""Past posts, which check, plan and run report unless the queue knows them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.delivery import WATCHED_HEAD, watch_files
from helpers.planning import ACCOUNTS, NOW, campaign, post, queued_delivery
from helpers.schedules import at, event_relative

from bot.model import Event, Mark, State
from bot.planning.occurrences import LOOK_BACK, build_occurrence
from bot.planning.unplanned import MAX_NAMED, never_queued, past_post_warnings, past_posts
from bot.schedules import every

if TYPE_CHECKING:
    from datetime import datetime

    from helpers.delivery import AppHarness
    from helpers.run import SandboxProject

    from bot.model import Post, Schedule


pytest_plugins = ["helpers.run"]

YEAR = timedelta(days=365)


def warning_lines(*posts: Post, now: datetime = NOW) -> list[str]:
    """Return the warnings about these posts, each on a line of its own in one file."""
    marked = [replace(item, mark=Mark("a.yaml", n, 3)) for n, item in enumerate(posts, 1)]
    past = past_posts([campaign(*marked)], ACCOUNTS, now)
    return list(map(str, past_post_warnings(past, now)))


def gala(starts: datetime, zone: str = "UTC", *, cancelled: bool = False) -> Schedule:
    ends = starts + timedelta(hours=1)
    event = Event("gala", "Gala", "Hall", zone, starts, ends, cancelled=cancelled)
    return event_relative(event, "-1d")


@pytest.mark.parametrize(
    ("when", "due"),
    [
        (at("2025-11-30 09:00", "UTC"), "Sun 2025-11-30 09:00 UTC"),
        (gala(NOW - YEAR), "Mon 2025-11-24 12:00 UTC"),
        (gala(NOW - YEAR, "Europe/Berlin"), "Mon 2025-11-24 13:00 CET"),
        (
            every("mon", "9:00", timezone="UTC", until=NOW.date() - YEAR),
            "Mon 2025-11-24 09:00 UTC",
        ),
        (
            every("FREQ=WEEKLY;COUNT=2", "9:00", timezone="UTC", start=NOW.date() - YEAR / 2),
            "Wed 2026-06-03 09:00 UTC",
        ),
    ],
)
def test_a_post_that_is_over_before_it_begins_is_reported_with_its_place(
    when: Schedule, due: str
) -> None:
    words = f"It was due {due}, over 7 days ago, and is never sent. "
    assert warning_lines(post(when=when)) == [
        f"a.yaml:1:3: P110 {words}If the date is a slip, correct it."
    ]


@pytest.mark.parametrize(
    "when",
    [
        at("2026-11-25 12:01", "UTC"),
        gala(NOW - YEAR, cancelled=True),
        every("mon", "9:00", timezone="UTC"),
        every("mon", "9:00", timezone="UTC", start=NOW.date() + YEAR),
        every("mon", "9:00", timezone="UTC", until=NOW.date() + timedelta(days=9)),
    ],
)
def test_a_post_with_a_time_to_come_or_of_a_cancelled_event_is_not_reported(when: Schedule) -> None:
    assert warning_lines(post(when=when)) == []


def test_a_post_of_the_past_week_is_reported_with_whether_it_is_still_sent() -> None:
    minutes = post(when="2026-11-25 11:50")
    due = "a.yaml:1:3: P109 It was due Wed 2026-11-25 11:50 UTC, "
    until = "is still sent until Wed 2026-11-25 12:05 UTC, within its grace."
    assert warning_lines(minutes) == [f"{due}10 min ago, and {until} Move it if that is too late."]
    late = "min ago: too late to be sent. Give it a time to come, or take it out."
    assert warning_lines(minutes, now=NOW + timedelta(minutes=10)) == [f"{due}20 {late}"]
    ended = replace(minutes, expires=timedelta(minutes=5))
    assert warning_lines(ended) == [f"{due}10 {late}"]


def test_past_ends_where_planning_ends_to_list_what_was_missed() -> None:
    edge = post(when=f"{NOW - LOOK_BACK:%Y-%m-%d %H:%M}")
    assert "P109" in warning_lines(edge)[0]
    assert "P110" in warning_lines(edge, now=NOW + timedelta(minutes=1))[0]


def test_many_posts_of_a_file_are_one_line_and_the_likely_slips_stand_first() -> None:
    old = [
        post(f"p{number}", f"{NOW - timedelta(days=20 * number):%Y-%m-%d} 09:00")
        for number in range(1, 16)
    ]
    [line] = warning_lines(*old, post("slip", "2025-12-01 09:00"))
    assert line.startswith("a.yaml:16:3: P110 16 posts were due over 7 days ago, and are never")
    assert ": slip (2025-12-01), p15 (2026-01-29), " in line
    assert line.count(" (20") == MAX_NAMED
    assert ", and 6 more. If a date is a slip, correct it." in line


@pytest.mark.parametrize(
    ("changes", "tells"),
    [
        ({"state": State.PUBLISHED}, 0),
        ({"state": State.MISSED}, 0),
        ({"state": State.SCHEDULED}, 0),
        ({"state": State.CANCELLED}, 1),
        ({"due": NOW + timedelta(days=1), "next_part": 0}, 1),
        ({"due": NOW + timedelta(days=1), "next_part": 1}, 0),
    ],
)
def test_what_the_queue_knows_is_not_reported_unless_it_waits_whole_for_a_later_time(
    changes: dict[str, Any], tells: int
) -> None:
    one = post(when="2025-11-30 09:00")
    found = past_posts([campaign(one)], ACCOUNTS, NOW)
    [moment] = one.when.occurrences(NOW - 2 * YEAR, NOW)
    occurrence = build_occurrence(campaign(one), one, ACCOUNTS["ours"], moment)
    known = replace(queued_delivery(occurrence), **changes)
    assert len(never_queued(found, lambda _: [known])) == tells


# --- in check, plan and run -----------------------------------------------------------------------


def test_check_and_plan_tell_a_wrong_year_where_nothing_was_ever_queued(
    ours: SandboxProject,
) -> None:
    ours.write_campaign(
        ours.post("wrong", days=-360), ours.post("soon", hours=1), ours.post("late", hours=-1)
    )
    (ours.folder / "groundswell.db").unlink()
    ran = ours.run_cli("check", "--strict")
    wrong, late, summary = ran.out.splitlines()
    assert ": P110 note: It was due " in wrong
    assert ": P109 note: It was due " in late
    assert " ago: too late to be sent." in late
    assert (ran.code, summary.endswith(": no problems")) == (0, True)
    notes = json.loads(ours.run_cli("check", "--json").out)["notes"]
    assert [note["code"] for note in notes] == ["P110", "P109"]
    assert "P110 It was due " in ours.run_cli("plan").err


def test_check_warns_of_what_the_queue_never_had_and_of_nothing_that_it_knows(
    ours: SandboxProject,
) -> None:
    known = ours.post("known", hours=-1)
    ours.write_campaign(known)
    with ours.started_app():
        pass
    assert "P1" not in ours.run_cli("check", "--strict").out
    ours.write_campaign(known, ours.post("wrong", days=-360))
    ran = ours.run_cli("check")
    [warning, summary] = ran.out.splitlines()
    assert ": P110 warning: It was due " in warning
    assert (ran.code, summary.endswith(": no problems, 1 warning")) == (0, True)
    assert ours.run_cli("check", "--strict").code == 1
    assert ours.run_cli("plan").err.count("P110") == 1


def test_check_plan_and_run_tell_that_a_queued_post_was_moved_into_the_past(
    ours: SandboxProject, caplog: pytest.LogCaptureFixture
) -> None:
    ours.take_in(ours.post("vigil", days=5), ours.post("thanks", days=6), ours.post("on", days=7))
    ours.write_campaign(
        ours.post("vigil", days=-5), ours.post("thanks", days=-359), ours.post("on", days=7)
    )
    ran = ours.run_cli("check", "--strict")
    vigil, thanks, _ = ran.out.splitlines()
    assert (ran.code, ": P109 warning: It was due " in vigil) == (1, True)
    assert ": P110 warning: It was due " in thanks
    ran = ours.run_cli("plan")
    assert "; its time has passed, and it is not sent" in ran.out
    assert (ran.err.count("P109"), ran.err.count("P110")) == (0, 1)
    ours.take_in()
    assert caplog.text.count("P110 It was due ") == 1


def test_queue_show_says_that_a_post_is_over(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("wrong", days=-360), ours.post("soon", hours=1))
    with ours.started_app():
        pass
    ran = ours.run_cli("queue", "show", "ours/wrong")
    assert ran.code == 1
    assert "Q101 There is no such post. It was due " in ran.err
    assert "over 7 days ago, and is never sent. If the date is a slip, correct it." in ran.err


def test_check_without_a_config_tells_it_too(
    ours: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours.write_campaign(ours.post("wrong", days=-360))
    (ours.folder / "config.yaml").unlink()
    monkeypatch.chdir(ours.folder)
    assert ": P110 note: It was due " in ours.run_cli("check", ours.folder / "posts").out


def test_run_warns_of_it_at_the_start_and_after_an_edit_once(
    loop: AppHarness, caplog: pytest.LogCaptureFixture
) -> None:
    one = "  - id: %s\n    when: 2025-03-%s 09:00\n    text: Hello %s.\n"
    head = WATCHED_HEAD % ("09:00", "false")
    file = loop.campaigns / "people.yaml"
    file.write_text(head + one % ("first", "05", "you"), encoding="utf-8")
    assert loop.app.queue_sync.refresh() == []
    assert caplog.text.count("P110 It was due Wed 2025-03-05 09:00 UTC") == 1
    text = head + one % ("first", "05", "you") + one % ("second", "06", "there")
    file.write_text(text, encoding="utf-8")
    watch_files(loop)
    assert caplog.text.count("P110 It was due Wed 2025-03-05 09:00 UTC") == 1
    assert caplog.text.count("P110 It was due Thu 2025-03-06 09:00 UTC") == 1
