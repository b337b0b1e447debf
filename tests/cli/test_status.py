"""``groundswell status`` shows in one look whether everything is well."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from helpers.cli import CAMPAIGN_HEAD

from bot.cli.inbox import status_lines
from bot.clock import Clock
from bot.database.workers import worker_session
from bot.platforms import calls
from bot.platforms.calls import Call, making
from bot.services.status import read_status

if TYPE_CHECKING:
    import pytest
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

FACT = """\
facts:
  hart:
    claim: HART runs on AWS
    figure: $6 billion
    source: https://example.org/hart
    as_of: 2022-07-18
    review_by: 2022-07-19
"""


def shown(ours: SandboxProject) -> dict[str, list[str]]:
    """Return the lines of each part."""
    ran = ours.run_cli("status")
    assert (ran.code, ran.err) == (0, "")
    parts: dict[str, list[str]] = {}
    name = ""
    for line in ran.out.splitlines():
        if line.startswith("  "):
            parts[name].append(line.strip())
        else:
            name = line
            parts[name] = []
    return parts


def document(ours: SandboxProject) -> Any:
    ran = ours.run_cli("status", "--json")
    value = json.loads(ran.out)
    assert ran.code == (4 if value["health"]["verdict"] == "down" else 0)
    return value


def verdict(ours: SandboxProject) -> str:
    """Return the verdict, and assert that every exit code agrees with it."""
    value = document(ours)
    found: str = value["health"]["verdict"]
    assert bool(value["health"]["reasons"]) == (found != "ok")
    checked = {"ok": 0, "attention": 5, "down": 4}[found]
    ran = ours.run_cli("status", "--check")
    words = "; ".join(reason["words"] for reason in value["health"]["reasons"])
    assert (ran.code, ran.out.splitlines()[0]) == (checked, f"{found}: {words}" if words else "ok")
    assert ours.run_cli("status", "--check", "--json").code == checked
    assert ours.run_cli("status").code == 0
    return found


def test_nothing_runs_and_nothing_waits(ours: SandboxProject) -> None:
    assert shown(ours) == {
        "Loop": [
            f"no loop has run on sqlite:///{ours.folder / 'groundswell.db'} yet: groundswell run"
        ],
        "Paused": ["nothing"],
        "Next": ["no posts are queued: groundswell plan"],
        "Needs a person": ["nothing"],
    }
    value = document(ours)
    assert (value["workers"], value["pauses"], value["next"]) == ([], [], [])
    assert value["config"].endswith("config.yaml")


def test_looking_before_any_run_makes_no_database(ours: SandboxProject) -> None:
    (ours.folder / "PAUSE").write_text("a storm\n", encoding="utf-8")
    before = sorted(ours.folder.rglob("*"))
    for command in ("status", "inbox", "queue list", "workers", "log"):
        ran = ours.run_cli(*command.split())
        assert (ran.code, ran.err) == (0, "")
        assert sorted(ours.folder.rglob("*")) == before
        if command in {"status", "inbox"}:
            assert "paused (all) by the file PAUSE: a storm" in ran.out


def test_running_loop_is_named_until_it_ends(ours: SandboxProject) -> None:
    loop = ours.start()
    [line] = shown(ours)["Loop"]
    assert line.startswith(f"process {loop.popen.pid} on ")
    [worker] = document(ours)["workers"]
    assert (worker["state"], worker["pid"]) == ("alive", loop.popen.pid)
    loop.end()
    assert shown(ours)["Loop"][0].startswith("no loop runs on sqlite://")


def test_loop_that_was_killed_is_shown(ours: SandboxProject) -> None:
    with ours.app() as app:
        with worker_session(app.database, app.owner, app.clock.now()):  # it says no goodbye
            [alive] = shown(ours)["Loop"]
        none, last = shown(ours)["Loop"]
    assert ", since 20" in alive
    assert none.startswith("no loop runs on")
    assert re.search(r"^process \d+ on .*, started at 20.* UTC, was killed$", last)


def test_exit_codes_say_whether_a_restart_or_a_person_is_needed(ours: SandboxProject) -> None:
    assert verdict(ours) == "down"
    ours.write_campaign(ours.post("soon", minutes=30))
    loop = ours.start()
    assert verdict(ours) == "ok"
    ours.run_cli("pause", "--why", "a funeral", "--as", "Kim")
    assert verdict(ours) == "attention"
    ours.run_cli("resume")
    loop.popen.kill()
    loop.popen.wait()
    assert verdict(ours) == "down"
    [reason] = document(ours)["health"]["reasons"]
    assert (reason["code"], reason["words"]) == ("no_loop", "no loop runs, so no posts are sent")


def test_database_that_cannot_be_read_is_an_error_and_no_verdict(ours: SandboxProject) -> None:
    (ours.folder / "groundswell.db").write_bytes(b"something else" * 100)
    for args in ((), ("--json",), ("--check",), ("--check", "--json")):
        ran = ours.run_cli("status", *args)
        assert (ran.code, ran.out) == (1, "")
        assert "G120 It is a file of another kind" in ran.err


def test_late_posts_and_a_loop_that_hangs_are_shown(
    ours: SandboxProject,
) -> None:
    ours.write_campaign(ours.post("due", minutes=30), ours.post("next", minutes=31))
    due = ours.clock() + timedelta(minutes=30)
    with ours.started_app() as app:
        ours.clock.advance(minutes=40)
        lines = [*status_lines(read_status(app))]
    place = lines.index("Late")
    words = f"2 posts are late; the first was due {due:%a %Y-%m-%d %H:%M} UTC"
    assert lines[place + 1 : place + 3] == [
        "  the loop runs, but does nothing about late posts; restart it if that goes on",
        f"  {words}: groundswell queue list",
    ]


def test_next_posts_come_with_local_times_and_why_they_wait(ours: SandboxProject) -> None:
    posts = [ours.post(f"no-{number}", minutes=30 + number) for number in range(7)]
    ours.take_in(*posts)
    lines = shown(ours)["Next"]
    assert len(lines) == 6
    due = ours.deliveries()["no-0"].due
    when = f"{due:%a %Y-%m-%d %H:%M} UTC"
    assert lines[0] == f"1  {when}  ours/no-0  X  scheduled  Post no-0."
    assert lines[-1] == "and 2 more: groundswell queue list"
    value = document(ours)
    assert value["scheduled"] == 7
    assert [row["name"] for row in value["next"]] == [f"ours/no-{n}" for n in range(5)]


def test_local_times_are_those_of_the_posts_own_place(ours: SandboxProject) -> None:
    later = f"{Clock().now().astimezone(ZoneInfo('Asia/Kathmandu')) + timedelta(hours=9):%H:%M}"
    when = f"{{ every: day, at: '{later}', timezone: Asia/Kathmandu }}"
    ours.take_in(f"  - id: far\n    when: {when}\n    text: Hi.\n")
    assert f"{later} +0545  ours/far@20" in shown(ours)["Next"][0]


def test_pauses_are_shown_with_who_and_why(ours: SandboxProject) -> None:
    ours.run_cli("pause", "--why", "a funeral", "--as", "Kim")
    (ours.folder / "PAUSE").write_text("a storm\n", encoding="utf-8")
    file, funeral = shown(ours)["Paused"]
    assert file.startswith("paused (all) by the file PAUSE: a storm, since 20")
    assert funeral.startswith("paused (all) by Kim: a funeral, since 20")
    assert shown(ours)["Needs a person"] == ["nothing"]  # they know it


def test_posts_that_need_a_person_are_shown_with_the_command_for_it(ours: SandboxProject) -> None:
    fact = ours.post("stale", "'It costs {{ fact.hart.figure }}.'", minutes=50)
    ours.take_in(
        ours.post("soon", minutes=30),
        fact,
        head=f"{CAMPAIGN_HEAD}require_approval: 1\n{FACT}",
    )
    (ours.folder / "posts" / "more.yaml").write_text("posts: [", encoding="utf-8")
    due = f"{ours.deliveries()['soon'].due:%a %Y-%m-%d %H:%M} UTC"
    needs = shown(ours)["Needs a person"]
    assert needs == [
        "1 post held back because a fact is due for review: groundswell check",
        f"2 posts wait for approval, the first is due {due}: groundswell review",
        "1 mistake in the campaign files: groundswell check",
    ]


def test_account_that_stopped_itself_and_lost_posts_are_shown(ours: SandboxProject) -> None:
    ours.world.faults.add("POST", "/2/tweets", {"status": 401})
    ours.write_campaign(ours.post("refused"), ours.post("lost", hours=-1))
    with ours.started_app() as app:
        app.run_once()
    assert shown(ours)["Needs a person"] == [
        "1 post not sent on at least one account in the past week: groundswell inbox",
        "paused by Groundswell; once that is fixed: groundswell resume --account our-x",
    ]
    assert shown(ours)["Paused"][0].startswith("paused (account our-x) by groundswell: ")


def test_post_that_only_a_person_can_settle_is_shown(ours: SandboxProject) -> None:
    ours.configure("gap: 0s", "gap: 0s\n    grace: 4m")
    ours.clock.advance(hours=-1)
    ours.world.faults.add("POST", "/2/tweets", "drop_before")
    ours.write_campaign(ours.post("asked"))
    with ours.started_app() as app:
        ours.drive(app, minutes=8, step=20)
    assert ours.states() == {"asked": "needs_human"}
    assert shown(ours)["Needs a person"] == ["1 post to settle: groundswell inbox"]


def test_account_that_the_platform_asked_to_wait_is_shown(ours: SandboxProject) -> None:
    ours.world.faults.add("POST", "/2/tweets", {"status": 429, "reset": 600})
    ours.write_campaign(ours.post("soon"))
    with ours.started_app() as app:
        app.run_once()
    [line] = shown(ours)["Paused"]
    assert line.startswith("our-x waits until ")
    assert document(ours)["rests"][0]["account"] == "our-x"


def test_budget_is_shown(ours: SandboxProject) -> None:
    assert "Budget" not in shown(ours)
    ours.configure("    gap: 0s\n", "    gap: 0s\n    budget: 25\n")
    [line] = shown(ours)["Budget"]
    assert line.startswith("our-x: $0 of $25 for 20")
    [budget] = document(ours)["budgets"]
    assert (budget["account"], budget["spent"], budget["budget"]) == ("our-x", "0", "25")


def test_large_files_are_not_read_for_a_look(
    ours: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.status.MAX_CHECKED_BYTES", 10)
    assert shown(ours)["Needs a person"] == [
        "the campaign files are too large to be checked here: groundswell check"
    ]
    assert document(ours)["needs_person"]["mistakes"] is None


def test_files_that_the_loop_has_checked_are_not_checked_again(
    ours: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = ours.folder / "posts" / "more.yaml"
    more.write_text("posts: [", encoding="utf-8")
    ours.write_campaign(ours.post("soon", minutes=30))
    monkeypatch.setattr("bot.services.status.MAX_CHECKED_BYTES", -1)  # nothing is checked

    def mistakes() -> Any:
        ran = ours.run_cli("status", "--json", "--config", ours.folder / "config.yaml")
        return json.loads(ran.out)["needs_person"]["mistakes"]

    with ours.app() as app:
        assert mistakes() is None
        app.queue_sync.refresh()
        [mistake] = mistakes()
        assert mistake.startswith(f"{more}:1")
        more.unlink()
        assert mistakes() is None
        app.queue_sync.refresh()
        assert mistakes() == []
    (ours.folder / "posts" / "media").mkdir()
    (ours.folder / "posts" / "media" / "new.png").write_bytes(b"")
    assert mistakes() is None
    ours.take_in()
    assert mistakes() == []
    with (ours.folder / "config.yaml").open("a", encoding="utf-8") as config:
        config.write("# the accounts may be others now\n")
    assert mistakes() is None


def test_it_only_looks(ours: SandboxProject) -> None:
    ours.take_in(ours.post("soon", minutes=30))
    before = ours.deliveries(), ours.run_cli("log", "--json").out
    shown(ours)
    assert (ours.deliveries(), ours.run_cli("log", "--json").out) == before


def test_an_account_that_waits_for_its_platform_is_named(
    ours: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "NOTICE_SECONDS", 0.0)
    monkeypatch.setattr(calls, "NOTICE_SHARE", 0.0)
    ours.write_campaign(ours.post("hello", minutes=5))
    with ours.started_app() as app:
        app.queue_sync.refresh()
        ours.clock.advance(minutes=5)
        with making(Call("our-x", "x", 30.0)):
            app._watch()
            ours.clock.advance(seconds=25)
            value = read_status(app)
        lines = [*status_lines(value)]
        assert "  our-x: waiting for X for 25 s; the request is given up after 30 s" in lines
        assert [line.strip() for line in lines].count("our-x: waiting for X for 25 s") == 1
        app._watch()
        assert "waiting" not in " ".join(status_lines(read_status(app)))
