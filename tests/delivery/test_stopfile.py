"""The file PAUSE, and pauses. Nothing starts in a pause, and nothing floods out after it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import CONFIG, bare_environment, run_cli_process, write_file
from helpers.delivery import DUE
from helpers.store import MINUTE
from sqlalchemy import text

from bot.database.opening import open_database
from bot.delivery.decide import LATE_AFTER
from bot.model import PauseCause, PauseRequest, State
from bot.store.pauses import StopFile
from bot.store.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpers.delivery import AppHarness
    from helpers.run import SandboxProject

    from bot.platforms.base import SendKey


pytest_plugins = ["helpers.run"]


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"the lawyer is asked\nmore\n", "the lawyer is asked"),
        (b"", "no reason given"),
        (b"\n\nlater", "no reason given"),
        (b"\xff\xfe broken", "\ufffd\ufffd broken"),
        (b"x" * 5000, "x" * 200),
    ],
)
def test_its_first_line_is_the_reason(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "PAUSE").write_bytes(content)
    pause = StopFile(tmp_path / "PAUSE").pause()
    assert pause is not None
    assert (pause.scope, pause.why, pause.who) == ("all", why, "the file PAUSE")


def test_no_file_no_pause(tmp_path: Path) -> None:
    stop = StopFile(tmp_path / "PAUSE")
    assert stop.pause() is None
    assert not stop.remove()


def test_whatever_is_there_stops(tmp_path: Path) -> None:
    stop = StopFile(tmp_path / "PAUSE")
    stop.path.mkdir()
    assert stop.pause() is not None
    stop.path.rmdir()
    stop.path.symlink_to(tmp_path / "nowhere")
    assert stop.pause() is not None


def _link(path: Path) -> None:
    path.with_name("precious").write_text("precious")
    path.symlink_to(path.with_name("precious"))


@pytest.mark.parametrize(
    ("make", "what"),
    [(os.mkdir, "a folder"), (os.mkfifo, "a named pipe"), (_link, "a symbolic link")],
)
def test_what_is_no_plain_file_stops_and_says_what_it_is(
    tmp_path: Path, make: Callable[[Path], object], what: str
) -> None:
    stop = StopFile(tmp_path / "PAUSE")
    make(stop.path)
    pause = stop.pause()
    assert pause is not None
    assert pause.why.startswith(f"PAUSE is {what}")
    stop.write("a storm")
    assert stop.pause() == pause
    assert {path.name for path in tmp_path.iterdir()} <= {"PAUSE", "precious"}
    if what == "a symbolic link":
        assert (tmp_path / "precious").read_text() == "precious"


def test_a_folder_called_pause_is_reported_when_it_cannot_be_lifted(ours: SandboxProject) -> None:
    (ours.folder / "PAUSE" / "notes").mkdir(parents=True)
    assert ours.run_cli("pause", "--why", "a storm").code == 0
    ran = ours.run_cli("resume")
    assert ran.code == 1
    assert "PAUSE is a folder and cannot be deleted" in ran.err
    assert "delete it by hand" in ran.err
    (ours.folder / "PAUSE" / "notes").rmdir()
    (ours.folder / "PAUSE").rmdir()
    assert ours.run_cli("resume").code == 0  # the other pause was not lifted half-way


READ_ONLY = 'mount --bind . . && mount -o remount,bind,ro . && cd "$PWD" || exit 77; exec "$@"'


def test_a_pause_ends_although_the_campaign_is_read_only(tmp_path: Path) -> None:
    """The control room has such a folder in the units of systemd and in the compose file."""
    project = tmp_path / "project"
    write_file(project / "config.yaml", f"{CONFIG}database: {tmp_path}/data.db\n")
    assert run_cli_process("pause", cwd=project).code == 0
    private = ["unshare", "--map-root-user", "--mount", "sh", "-c", READ_ONLY, "sh"]
    ran = subprocess.run(
        [*private, sys.executable, "-m", "bot", "resume"],
        cwd=project, env=bare_environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode == 77 or ran.stderr.startswith("unshare"):
        pytest.skip("this machine allows no namespace")
    assert (ran.returncode, "Nothing is paused now." in ran.stdout) == (0, True), ran.stderr


def test_it_stops_until_it_is_gone(loop: AppHarness) -> None:
    key = loop.add()
    file = loop.folder / "PAUSE"
    file.write_text("a storm\n")
    loop.drive(minutes=12)
    assert loop.posts == []
    assert loop.state(key) is State.SCHEDULED
    file.unlink()
    loop.drive(minutes=1)
    assert loop.texts == ["Take HART off AWS."]


def test_it_is_looked_at_again_right_before_the_send(loop: AppHarness) -> None:
    key = loop.add()
    loop.hook_claims(after=(loop.folder / "PAUSE").touch)
    loop.drive(minutes=12)
    assert loop.posts == []
    assert loop.outcomes(key) == ["unsent"]


def test_pause_writes_the_file_where_the_database_is_locked(
    ours: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.database.opening.BUSY_SECONDS", 0)
    with ours.app() as app, app.database.writing() as connection:
        connection.execute(text("DELETE FROM pauses"))
        ran = ours.run_cli("pause", "--why", "a storm", "--as", "Ana")
    assert ran.code == 0
    assert "database is locked" in ran.err
    assert "PAUSE stops everything on this machine until groundswell resume" in ran.err
    assert (ours.folder / "PAUSE").read_text() == "a storm (Ana)\n"
    ours.write_campaign(ours.post("due"))
    with ours.started_app() as app:
        app.run_once()
    assert ours.texts() == []
    assert "a storm (Ana)" in ours.run_cli("queue", "list").out
    assert ours.run_cli("resume").code == 0
    assert not (ours.folder / "PAUSE").exists()
    with ours.started_app() as app:
        app.run_once()
    assert ours.texts() == ["Post due."]


def test_a_pause_that_can_be_noted_nowhere_says_that_nothing_is_paused(
    ours: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any) -> tuple[int, str]:  # root, who may run the tests, may write anywhere
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("bot.database.opening.BUSY_SECONDS", 0)
    monkeypatch.setattr("bot.files.mkstemp", denied)
    with ours.app() as app, app.database.writing() as connection:
        connection.execute(text("DELETE FROM pauses"))
        ran = ours.run_cli("pause")
    assert ran.code == 1
    said = "PAUSE: Q303 Nothing is paused. This file cannot be written (Permission denied), and"
    assert said in ran.err
    assert "database is locked" in ran.err
    assert "Run this as the user of the loop" in ran.err


# --- the pause ------------------------------------------------------------------------------------


def _paused_elsewhere(loop: AppHarness) -> tuple[list[str], float]:
    """Pause by another connection, as a command does. Return the posts on the wire, and when."""
    database = open_database(loop.config.database)
    queue = Queue(database)
    queue.pause(PauseRequest("all", "", "a storm", PauseCause.PERSON), "Ana", loop.clock.now())
    wire = [delivery.key for delivery in queue.in_states([State.SENDING])]
    returned = time.monotonic()
    database.close()
    return wire, returned


def test_after_pause_returns_no_send_starts_and_the_wire_is_listed(loop: AppHarness) -> None:
    keys = loop.add_posts(40)
    object.__setattr__(loop.account, "gap", timedelta(0))
    started: list[tuple[str, float]] = []
    busy = threading.Event()
    client = loop.app.clients("mj")
    publish = client.publish

    def slow(payload: str, key: SendKey) -> Any:
        started.append((key.name, time.monotonic()))
        busy.set()
        time.sleep(0.02)
        return publish(payload, key)

    client.publish = slow  # type: ignore[method-assign]
    loop.clock.advance_to(DUE)
    thread = threading.Thread(target=loop.app.dispatcher.run)
    thread.start()
    assert busy.wait(20)
    wire, returned = _paused_elsewhere(loop)
    thread.join(20)
    assert not thread.is_alive()
    # What the pause listed may still have left; nothing else started once it had returned.
    assert [key for key, at in started if at > returned and key not in wire] == []
    assert 0 < len(started) < len(keys)
    assert len(loop.posts) == len(started)


def test_after_resume_what_is_overdue_goes_out_about_as_fast_as_planned(loop: AppHarness) -> None:
    loop.add_posts(12, MINUTE)
    loop.pause()
    loop.drive(minutes=20)
    loop.resume()
    loop.drive(minutes=40)
    assert len(loop.posts) == 12
    before = None
    for post in loop.posts:
        due = DUE + int(post.raw.removeprefix("post ")) * MINUTE
        assert due <= post.created <= due + 15 * MINUTE
        if before:
            late = post.created - due > LATE_AFTER
            assert post.created - before >= (0.8 * MINUTE if late else loop.account.gap)
        before = post.created
