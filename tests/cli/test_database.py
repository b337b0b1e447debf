"""``groundswell log``, ``workers`` and ``backup``, as commands on a project."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import typer
from helpers.cli import CAMPAIGN_HEAD
from helpers.store import Store, publish_post

from bot.cli.database import parse_since
from bot.model import Counters, Snapshot
from bot.store.metrics import Metrics

if TYPE_CHECKING:
    from helpers.run import SandboxProject


pytest_plugins = ["helpers.run"]

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def forge(place: SandboxProject, statement: str) -> None:
    with closing(sqlite3.connect(place.folder / "groundswell.db")) as connection, connection:
        assert connection.execute(statement).rowcount


def test_the_log_says_who_did_what(ours: SandboxProject) -> None:
    assert ours.run_cli("log").out == "The log is empty.\n"
    ours.run_cli("pause", "--why", "the lawyer", "--as", "Ana")
    ours.run_cli("resume", "--as", "Ben")
    lines = ours.run_cli("log").out.splitlines()
    assert [line.split()[2:5] for line in lines[-2:]] == [
        ["Ana", "pause", "all"],
        ["Ben", "resume", "all"],
    ]
    assert "why: the lawyer" in lines[-2]
    printed = json.loads(ours.run_cli("log", "--json", "--limit", "1").out)
    assert [(entry["who"], entry["what"]) for entry in printed] == [("Ben", "resume")]


def test_a_run_leaves_its_start_its_plan_and_its_stop(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("now"), ours.post("later", minutes=60))
    assert ours.run_cli_process("run", "--once").code == 0
    printed = json.loads(ours.run_cli("log", "--json").out)
    assert [entry["what"] for entry in printed] == ["started", "plan", "stopped"]
    lines = ours.run_cli("log").out
    assert "added: 2" in lines or ("added: 1" in lines and "missed: 1" in lines)


def test_since_leaves_out_older_entries(ours: SandboxProject) -> None:
    ours.run_cli("pause", "--as", "Ana")
    assert json.loads(ours.run_cli("log", "--since", "1h", "--json").out)
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    assert json.loads(ours.run_cli("log", "--since", tomorrow, "--json").out) == []


def test_a_whole_log_shows_its_seal_and_a_forged_one_fails(ours: SandboxProject) -> None:
    for who in ("Ana", "Ben"):
        ours.run_cli("pause", "--as", who)
        ours.run_cli("resume", "--as", who)
    whole = ours.run_cli("log", "--verify")
    assert whole.code == 0
    seal = json.loads(ours.run_cli("log", "--verify", "--json").out)
    assert seal["count"] == 4
    assert seal["hash"] in whole.out
    forge(ours, "UPDATE audit SET who = 'Cy' WHERE id = 3")
    broken = ours.run_cli("log", "--verify")
    assert broken.code == 1
    assert "the audit log is broken at record 3: it was changed" in broken.err
    forge(ours, "DELETE FROM audit WHERE id >= 3")
    assert "broken at the end" in ours.run_cli("log", "--verify").err


def test_approval_that_somebody_wrote_into_the_database_fails_too(ours: SandboxProject) -> None:
    head = f"{CAMPAIGN_HEAD}require_approval: 1\n"
    ours.write_campaign(ours.post("soon", minutes=30), head=head)
    with ours.app() as app:
        app.queue_sync.refresh()
    ours.run_cli("review", "--approve", "ours/soon", "--as", "Ana")
    assert ours.run_cli("log", "--verify").code == 0
    forge(ours, "UPDATE approvals SET who = 'Eve'")
    ran = ours.run_cli("log", "--verify")
    assert ran.code == 1
    assert "log: Q510 Eve's approval of ours/soon/our-x is not in the audit log." in ran.err
    assert "log: Q511 Ana's approval of ours/soon/our-x (record 2) is gone." in ran.err
    assert "2 problems" in ran.err
    assert "1 post waits for approval" in ours.run_cli("inbox").out


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("7d", NOW - timedelta(days=7)),
        ("12h", NOW - timedelta(hours=12)),
        ("30m", NOW - timedelta(minutes=30)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01 09:00", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01T09:00+02:00", datetime(2026, 3, 1, 7, tzinfo=UTC)),
    ],
)
def test_since_reads_spans_and_instants(typed: str, meant: datetime) -> None:
    assert parse_since(typed, NOW) == meant


@pytest.mark.parametrize("typed", ["yesterday", "7", "7 weeks", "2026-13-01", "-1d", ""])
def test_since_refuses_words_that_are_not_a_time(typed: str) -> None:
    with pytest.raises(typer.BadParameter, match="is not a time; write 7d"):
        parse_since(typed, NOW)


def test_workers_are_listed_with_their_state(ours: SandboxProject) -> None:
    assert "No process has used this database yet" in ours.run_cli("workers").out
    loop = ours.start()
    listed = ours.run_cli("workers").out
    assert str(loop.popen.pid) in listed
    assert "1 worker alive" in listed
    loop.end()
    [one] = json.loads(ours.run_cli("workers", "--json").out)
    assert (one["state"], one["pid"]) == ("stopped", loop.popen.pid)


def test_a_backup_is_made_while_the_loop_runs(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("later", minutes=60))
    loop = ours.start()
    copy = ours.folder / "copy.db"
    made = ours.run_cli("backup", copy, "--as", "Ana")
    assert (made.code, made.out.split(":")[0]) == (0, str(copy))
    assert loop.popen.poll() is None
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT post FROM deliveries").fetchall() == [("later",)]
    again = ours.run_cli("backup", copy)
    assert again.code == 1
    assert "G121 It exists already. Choose another name, or use --force." in again.err
    made = ours.run_cli("backup", copy, "--force", "--json")
    assert json.loads(made.out) == {"file": str(copy), "bytes": copy.stat().st_size}
    printed = json.loads(ours.run_cli("log", "--json").out)
    assert next(entry["who"] for entry in printed if entry["what"] == "backup") == "Ana"


def test_a_restored_copy_is_noticed_and_sends_nothing_twice(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("a", "The first.", more="expires: 2099-01-01 00:00"))
    assert ours.run_cli_process("run", "--once").code == 0
    ours.write_campaign(
        ours.post("a", "The first.", more="expires: 2099-01-01 00:00"),
        ours.post("b", "The second.", seconds=1),
    )
    copy = ours.folder / "copy.db"
    ours.run_cli("pause")
    loop = ours.start()
    ours.run_cli("backup", copy)
    assert ours.texts() == ["The first."]
    ours.run_cli("resume")
    loop.wait(lambda: "The second." in ours.texts())
    loop.end()
    before = ours.texts()
    for name in ("groundswell.db-wal", "groundswell.db-shm"):
        (ours.folder / name).unlink(missing_ok=True)
    copy.rename(ours.folder / "groundswell.db")
    ours.run_cli("resume")
    loop = ours.start()
    loop.until("safe start over")
    loop.end()
    assert "safe start: this database is older than the last send, approval," in loop.output()
    assert ours.texts() == before
    assert {"published"} == set(ours.states().values())


def test_a_safe_start_can_be_asked_for(ours: SandboxProject) -> None:
    ran = ours.run_cli_process("run", "--once", "--safe-start")
    assert ran.code == 0
    assert "safe start: a person asked for it" in ran.err
    assert "safe start over" in ran.err


# --- old readings ---------------------------------------------------------------------------------


def figures(place: SandboxProject) -> object:
    [table] = json.loads(place.run_cli("report", "--by", "post", "--json").out)["reports"]
    return table["rows"][0]


def test_a_run_deletes_old_readings_that_say_nothing_new_and_the_report_is_the_same(
    ours: SandboxProject,
) -> None:
    store = Store(f"sqlite:///{ours.folder / 'groundswell.db'}")
    published = datetime.now(UTC) - timedelta(days=101)
    post = publish_post(store, "hart", at=published)
    reads = [Snapshot(post, published + timedelta(hours=n), Counters(likes=7)) for n in range(1, 9)]
    metrics = Metrics(store.database)
    metrics.record(reads, {}, [], published)
    before = figures(ours)
    assert ours.run_cli_process("run", "--once").code == 0
    assert metrics.snapshots() == [reads[0], reads[-1]]
    assert figures(ours) == before
    store.database.close()
