from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.config import load
from bot.runtime.loop_app import create_loop_app

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ (  |! |!! )\S")
THREAD = "thread:\n  - The first part.\n  - The second part."


def test_one_pass_sends_due_posts_exactly_once_and_records_engagement(
    ours: SandboxProject,
) -> None:
    ours.write_campaign(
        ours.post("now"), ours.post("soon", minutes=30), ours.post("thread", more=THREAD)
    )
    first = ours.run_cli_process("run", "--once")
    assert first.code == 0, first.err
    again = ours.run_cli_process("run", "--once")
    assert again.code == 0, again.err
    ours.clock.advance(minutes=8)  # then they are read for the first time
    with ours.started_app() as app:
        app.run_once()
    assert sorted(ours.texts()) == ["Post now.", "The first part.", "The second part."]
    with create_loop_app(load(ours.folder / "config.yaml", {}), {}) as app:
        publications = app.metrics.publications()
        read = {snapshot.publication for snapshot in app.metrics.snapshots()}
    assert {publication.id for publication in publications} == read
    assert {publication.remote_id for publication in publications} == {
        p.id for p in ours.world.visible()
    }


def test_lines_can_be_read_by_a_person(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("now"), ours.post("soon", minutes=30))
    ran = ours.run_cli_process("run", "--once")
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert all(LINE.match(line) for line in lines), ran.err
    assert any("plan: 2 posts queued" in line for line in lines)
    [out] = [line for line in lines if " published: " in line]
    [post] = ours.world.visible()
    assert out.endswith(f"ours/now/our-x/once published: {ours.url}/our_name/status/{post.id}")


def test_json_log_is_one_object_a_line(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("now", "A 'quoted' ✊ text"), ours.post("late", minutes=-90))
    ran = ours.run_cli_process("run", "--once", "--log-format", "json")
    assert ran.code == 0
    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert all({"at", "level", "logger", "message"} <= line.keys() for line in lines)
    [sent] = [line for line in lines if line.get("state") == "published"]
    assert sent["delivery"] == "ours/now/our-x/once"
    assert 0 <= sent["late_seconds"] < 120


def test_log_format_of_the_config_holds_unless_one_is_named(ours: SandboxProject) -> None:
    ours.configure("campaigns:", "log: {format: json}\ncampaigns:")
    assert json.loads(ours.run_cli_process("run", "--once").err.splitlines()[0])
    assert LINE.match(ours.run_cli_process("run", "--once", "--log-format", "text").err)


def test_unknown_log_format_is_a_wrong_usage(ours: SandboxProject) -> None:
    ran = ours.run_cli("run", "--once", "--log-format", "xml")
    assert ran.code == 2
    assert "'xml' is not one of 'text', 'json'" in ran.err


@pytest.mark.parametrize("once", [[], ["--once"]])
def test_second_run_on_a_database_names_the_first(ours: SandboxProject, once: list[str]) -> None:
    loop = ours.start()
    second = ours.run_cli_process("run", *once)
    assert second.code == 3
    [line] = second.err.splitlines()
    assert f"process {loop.popen.pid} on " in line
    assert "groundswell.db. Stop it first" in line


def test_next_run_may_start_after_the_first_was_killed(ours: SandboxProject) -> None:
    ours.start().popen.kill()
    ours.run_processes[0].popen.wait()
    assert ours.run_cli_process("run", "--once").code == 0


def test_missing_secrets_are_named_before_anything_is_held(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("now"))
    ran = ours.run_cli_process("run", "--once", without="access_token_secret")
    assert ran.code == 1
    problem, count = ran.err.splitlines()[-2:]
    assert problem == (
        "our-x: G201 there is no access_token_secret for this account. "
        "Set GROUNDSWELL_OUR_X_ACCESS_TOKEN_SECRET, or run `groundswell accounts login our-x`."
    )
    assert count == "1 problem"
    assert ours.texts() == []


def test_account_without_posts_needs_no_secrets(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("later", minutes=600))
    ours.configure("campaigns:", "  other-x: {platform: x, handle: other}\ncampaigns:")
    assert ours.run_cli_process("run", "--once").code == 0


def test_wrong_secrets_pause_the_account_and_keep_its_posts(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("now"))
    ran = ours.run_cli_process("run", "--once", wrong="access_token_secret")
    assert ran.code == 0
    assert "HTTP 401" in ran.err
    assert ours.states() == {"now": "scheduled"}
    listed = ours.run_cli_process("queue", "list")
    assert "its account is paused by groundswell: " in listed.out


def test_broken_files_and_an_empty_queue_end_it_with_each_problem_once(
    ours: SandboxProject,
) -> None:
    ours.write_campaign(ours.post("now", more="demnad: stop"))
    ran = ours.run_cli_process("run", "--once")
    assert ran.code == 1
    assert ran.err.count("demnad") == 1, ran.err
    assert ran.err.splitlines()[-2].startswith("posts: L101 The mistakes above keep")


def test_empty_queue_is_called_empty(ours: SandboxProject) -> None:
    assert "queue: empty" in ours.run_cli_process("run", "--once").err


def test_bytes_of_the_database_are_its_own_after_a_stop(ours: SandboxProject) -> None:
    """One file is left to copy, because SQLite's side files are merged into it."""
    ours.write_campaign(ours.post("now"))
    assert ours.run_cli_process("run", "--once").code == 0
    left = {path.name for path in ours.folder.glob("groundswell.db*")}
    beside = {f"groundswell.db.{name}" for name in ("lock", "mark", "spill")}
    assert left <= {"groundswell.db"} | beside
    with closing(sqlite3.connect(ours.folder / "groundswell.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
