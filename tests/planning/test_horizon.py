"""Posts due beyond the planning horizon, and posts without a queue slot within it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.cli import CONFIG, run_cli, write_file
from helpers.planning import NOW, campaign, post

from bot.clock import Clock
from bot.config import load
from bot.model import State
from bot.planning.unplanned import posts_beyond_horizon
from bot.runtime.app import create_app
from bot.schedules import NextSlot, every

if TYPE_CHECKING:
    from pathlib import Path


DAYS_30 = timedelta(days=30)
END = NOW + DAYS_30
HEAD = "campaign: ours\ntitle: Ours\ntimezone: America/New_York\naccounts: [our-x]\nposts:\n"


def test_what_is_due_from_the_end_of_the_horizon_on_is_later() -> None:
    before, at_it, after = (END + timedelta(minutes=n) for n in (-1, 0, 1))
    posts = [
        post(name, f"{due:%Y-%m-%d %H:%M}")
        for name, due in (("after", after), ("at-it", at_it), ("before", before))
    ]
    found = posts_beyond_horizon([campaign(*posts)], NOW, DAYS_30)
    assert [(later.post.id, later.due) for later in found] == [
        ("at-it", at_it),
        ("after", after),
    ]
    assert str(found[1]) == "people/after, Fri 2026-12-25 12:01 UTC: queued from 2026-11-25 on"


def test_a_recurrence_is_later_only_while_nothing_of_it_is_due_before() -> None:
    begun = every("day", ["09:00"], timezone="UTC")
    coming = every("day", ["09:00"], timezone="UTC", start=(END + timedelta(days=3)).date())
    over = every("day", ["09:00"], timezone="UTC", until=NOW.date() - timedelta(days=3))
    posts = [post("begun", begun), post("coming", coming), post("over", over)]
    found = posts_beyond_horizon([campaign(*posts, post("slot", NextSlot()))], NOW, DAYS_30)
    assert [later.post.id for later in found] == ["coming"]
    assert found[0].due == datetime(2026, 12, 28, 9, tzinfo=UTC)


# --- The commands ---------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_file(tmp_path / "config.yaml", CONFIG + "    slots: [sun 11:00]\nhorizon: 20d\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    return tmp_path


def day(days: int) -> str:
    return f"{(Clock().now() + timedelta(days=days)).date()}"


def say(project: Path, **when: str) -> None:
    posts = [f"  - {{id: {name}, when: {at}, text: Say {name}}}\n" for name, at in when.items()]
    write_file(project / "posts" / "ours.yaml", HEAD + "".join(posts))


def take_in(project: Path) -> None:
    with create_app(load(project / "config.yaml", {}), {}) as app:
        assert app.queue_sync.refresh() == []


def test_plan_and_run_warn_where_a_queued_post_moves_beyond_the_horizon(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    say(project, stays=f"{day(2)} 12:00", moves=f"{day(3)} 12:00")
    take_in(project)
    say(project, stays=f"{day(2)} 12:00", moves=f"{day(368)} 12:00", new=f"{day(369)} 12:00")
    warned = (
        f"P112 It leaves the queue for now: ours/moves, .* {day(368)} 12:00 E[SD]T: queued from"
    )
    found = run_cli("plan").err
    assert len(re.findall(f"ours.yaml:7:5: {warned}", found)) == found.count("P112") == 1
    with create_app(load(project / "config.yaml", {}), {}) as app:
        assert app.queue_sync.refresh() == []
        assert app.queue_sync.refresh() == []
        assert app.queue.count_by_state()[State.CANCELLED] == 1
    assert len(re.findall(warned, caplog.text)) == caplog.text.count("P112") == 1


def test_plan_says_what_is_beyond_the_horizon(project: Path) -> None:
    say(project, soon=f"{day(2)} 12:00", far=f"{day(40)} 12:00")
    ran = run_cli("plan")
    assert "Say soon" in ran.out
    head, line = ran.err.splitlines()
    assert head == "Not queued yet, because it is due beyond the horizon of 20 days:"
    assert line.startswith(f"  ours/far, {datetime.fromisoformat(day(40)):%a} {day(40)} 12:00 E")
    assert line.endswith(f"T: queued from {day(20)} on")
    as_json = run_cli("plan", "--json")
    planned = json.loads(as_json.out)
    assert [post["name"] for post in planned["posts"]] == ["ours/soon"]
    assert [post["name"] for post in planned["later"]] == ["ours/far"]
    assert as_json.err == ran.err


def test_plan_names_only_the_first_of_many_beyond_the_horizon(project: Path) -> None:
    say(project, **{f"far-{n:02}": f"{day(30 + n)} 12:00" for n in range(13)})
    lines = run_cli("plan").err.splitlines()
    assert lines[1].startswith("  ours/far-00, ")
    assert len(lines) == 12
    assert lines[-1] == f"  and 3 more, the last on {day(42)}"


def test_queue_list_says_how_far_it_reaches(project: Path) -> None:
    say(project, soon=f"{day(2)} 12:00", far=f"{day(40)} 12:00")
    take_in(project)
    words = f"The queue holds the posts of the next 20 days, up to {day(20)}. "
    words += "groundswell plan shows the posts after that."
    assert run_cli("queue", "list").out.splitlines()[-2:] == ["1 post", words]


@pytest.mark.parametrize("name", ["ours/far", "ours/far/our-x/once"])
def test_queue_show_says_that_a_post_is_beyond_the_horizon(project: Path, name: str) -> None:
    say(project, far=f"{day(40)} 12:00")
    take_in(project)
    ran = run_cli("queue", "show", name)
    assert ran.code == 1
    assert f"{name}: Q101 There is no such post. " in ran.err
    assert (
        f"Its time is beyond the horizon of 20 days, and it is queued from {day(20)} on." in ran.err
    )


@pytest.mark.parametrize("form", ["csv", "ics"])
def test_export_says_what_is_beyond_the_horizon(project: Path, form: str) -> None:
    say(project, soon=f"{day(2)} 12:00", far=f"{day(40)} 12:00")
    ran = run_cli("export", "--format", form)
    assert ("Say soon" in ran.out, "Say far" in ran.out) == (True, False)
    head, line = ran.err.splitlines()
    assert head == "Not exported, because it is due beyond the horizon of 20 days:"
    assert line.startswith("  ours/far, ")
    assert run_cli("export", "--format", form, "--until", day(35)).err == ""


def test_check_and_plan_name_posts_that_find_no_slot_within_the_horizon(project: Path) -> None:
    say(project, **{f"p{n}": "{slot: next}" for n in range(7)})
    found = run_cli("plan", "--json")
    queued = len(json.loads(found.out)["posts"])
    assert queued in {2, 3}  # Sundays in 20 days
    left = [f"ours/p{n}" for n in range(queued, 7)]
    words = f"{', '.join(left[:3])} and {len(left) - 3} more get no slot of our-x: none is free "
    assert f"P111 {words}within the planning horizon." in found.err
    ran = run_cli("check")
    assert ran.code == 0
    assert f"ours.yaml:{6 + queued}:5: P111 warning: {words}" in ran.out
    assert run_cli("check", "--strict").code == 1


def test_check_does_not_count_posts_that_are_out_among_those_that_want_a_slot(
    project: Path,
) -> None:
    say(project, **{f"p{n}": "{slot: next}" for n in range(2)})
    take_in(project)
    with (
        create_app(load(project / "config.yaml", {}), {}) as app,
        app.database.writing() as connection,
    ):
        connection.exec_driver_sql("UPDATE deliveries SET state = 'published'")
    say(project, **{f"p{n}": "{slot: next}" for n in range(4)})
    assert "P111" not in run_cli("check").out


def test_check_goes_on_where_the_queue_cannot_be_read(project: Path) -> None:
    say(project, p="{slot: next}")
    (project / "groundswell.db").write_bytes(b"not a database at all, but a text" * 40)
    ran = run_cli("check")
    assert ran.code == 0
    assert "1 post, " in ran.out
    assert ran.err.startswith("note: the queue slots could not be checked: ")
