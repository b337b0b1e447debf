"""The loop as a service: a real process, and a test that listens as systemd does."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from helpers.service_manager import Listener, listening

from bot.database import opening
from bot.errors import StoreError
from bot.platforms.calls import Limits
from bot.runtime.supervision import PATIENCE_SECONDS, Supervision
from bot.runtime.systemd import ServiceManager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.run import SandboxProject

    from bot.runtime.loop_app import LoopApp
    from bot.runtime.scheduler import Job

STARTING = "STATUS=starting: it opens the database, and reads the campaign files"

pytest_plugins = ["helpers.run"]


@pytest.fixture
def systemd(ours: SandboxProject) -> Iterator[Listener]:
    with listening() as made:
        ours.others |= {"NOTIFY_SOCKET": made.address, "WATCHDOG_USEC": "2000000"}
        yield made


def test_the_loop_is_ready_once_it_can_send_and_says_how_it_is(
    ours: SandboxProject, systemd: Listener
) -> None:
    ours.write_campaign(ours.post("now"), ours.post("later", minutes=60))
    loop = ours.start(until=" published: ", fresh=True)
    lines = systemd.until(lambda lines: lines.count("WATCHDOG=1") >= 5)
    assert lines[:2] == [STARTING, "READY=1"]
    later = ours.deliveries()["later"].due
    due = f"the next is due at {later:%Y-%m-%d %H:%M} UTC"
    assert any(line.startswith("STATUS=") and due in line for line in lines), lines
    assert "STOPPING=1" not in lines
    gaps = [later - earlier for earlier, later in pairwise(systemd.times("WATCHDOG=1"))]
    assert sorted(gaps)[len(gaps) // 2] <= 1.0  # twice as often as asked; a busy machine may stall
    assert loop.end()[0] == 0
    assert systemd.receive()[-1] == "STOPPING=1"


def test_a_start_that_fails_is_not_ready(ours: SandboxProject, systemd: Listener) -> None:
    ours.configure("platform: x", "platform: y")
    loop = ours.start(until="G102")
    assert loop.popen.wait(60) == 1
    assert systemd.receive() == [STARTING]


def test_a_second_instance_is_not_ready(ours: SandboxProject, systemd: Listener) -> None:
    del ours.others["NOTIFY_SOCKET"]
    ours.start()
    ours.others["NOTIFY_SOCKET"] = systemd.address
    second = ours.start(until="is already working on")
    assert second.popen.wait(60) == 3
    assert systemd.receive() == [STARTING]


def test_killed_by_the_watchdog_during_a_send_posts_nothing_twice(
    ours: SandboxProject, systemd: Listener
) -> None:
    """The log says what each thread was doing, and the next start finds the post."""
    ours.world.duplicate_window = timedelta(0)
    ours.world.faults.add("POST", "/2/tweets", {"stall": 30})
    ours.write_campaign(ours.post("now"))
    loop = ours.start(until="")
    loop.wait(ours.texts)
    assert loop.end(signal.SIGABRT)[0] != 0
    assert "Fatal Python error: Aborted" in loop.output()
    assert "run_until" in loop.output()
    assert systemd.receive()[1] == "READY=1"
    assert ours.states() == {"now": "sending"}
    with ours.started_app() as app:
        ours.drive(app)
    assert ours.texts() == ["Post now."]
    assert ours.states() == {"now": "published"}


class Seconds:
    """A monotonic clock that the test advances."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Watched:
    """The supervision of a started app, with its jobs, by the test's clock."""

    systemd: Listener
    seconds: Seconds
    app: LoopApp
    supervision: Supervision
    jobs: dict[str, Job]

    def is_alive(self) -> bool:
        """Return whether a sign of life comes now, once one is due."""
        before = self.systemd.receive().count("WATCHDOG=1")
        self.seconds.now += 1
        self.supervision.report()
        return self.systemd.receive().count("WATCHDOG=1") > before


@pytest.fixture
def watched(
    ours: SandboxProject, systemd: Listener, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watched]:
    seconds = Seconds()
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0)
    monkeypatch.setattr("bot.delivery.dispatcher.monotonic", seconds)
    with ours.started_app() as app:
        supervision = Supervision(app, ServiceManager(dict(ours.others), seconds), seconds)
        jobs = {job.name: job for job in supervision.follow(app.jobs())}
        yield Watched(systemd, seconds, app, supervision, jobs)


def test_without_its_jobs_the_loop_is_not_alive(watched: Watched) -> None:
    assert watched.is_alive()
    for name, limit in PATIENCE_SECONDS.items():
        for job in watched.jobs.values():
            job.run()
        watched.seconds.now += limit - 2
        for other in PATIENCE_SECONDS.keys() - {name}:
            watched.jobs[other].run()
        assert watched.is_alive()
        watched.seconds.now += 2
        assert not watched.is_alive()
        watched.jobs[name].run()
        assert watched.is_alive()


def test_a_database_that_another_process_locks_ends_the_signs_of_life(
    ours: SandboxProject, watched: Watched
) -> None:
    watched.jobs["publish"].run()
    other = sqlite3.connect(ours.folder / "groundswell.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    watched.seconds.now += PATIENCE_SECONDS["publish"]
    with pytest.raises(StoreError):
        watched.jobs["publish"].run()
    watched.jobs["watch"].run()
    assert not watched.is_alive()
    assert "STATUS=no post can be sent" in " ".join(watched.systemd.receive())
    other.execute("ROLLBACK")
    other.close()
    watched.jobs["publish"].run()
    assert watched.is_alive()


def test_a_publish_job_that_hangs_ends_the_signs_of_life(
    ours: SandboxProject, watched: Watched
) -> None:
    """The job hangs where it writes a payload. Its thread lives, and the other jobs go on."""
    app = watched.app
    client, hangs, released = app.clients("our-x"), threading.Event(), threading.Event()
    payload = client.payload

    def hang(*args: Any) -> Any:
        hangs.set()
        released.wait(60)
        return payload(*args)

    vars(client)["payload"] = hang
    ours.take_in(ours.post("now"))
    app.verified_clients.verify("our-x")
    thread = threading.Thread(target=watched.jobs["publish"].run)
    thread.start()
    assert hangs.wait(60)
    assert watched.is_alive()
    watched.seconds.now += PATIENCE_SECONDS["publish"]
    watched.jobs["watch"].run()
    assert not watched.is_alive()
    released.set()
    thread.join()
    assert watched.is_alive()
    assert ours.texts() == ["Post now."]


def test_a_send_that_hangs_is_alive(ours: SandboxProject, watched: Watched) -> None:
    """A send has a time limit of its own, and one to look for a post has the longest."""
    ours.world.faults.add("POST", "/2/tweets", {"stall": 2})
    ours.take_in(ours.post("now"))
    watched.app.verified_clients.verify("our-x")
    watched.seconds.now += PATIENCE_SECONDS["publish"]  # until now, nothing was done
    thread = threading.Thread(target=watched.jobs["publish"].run)
    thread.start()
    while not ours.texts():
        time.sleep(0.01)
    assert thread.is_alive()
    watched.seconds.now += max(Limits().send, Limits().read)
    assert watched.is_alive()
    thread.join()


def test_proving_that_the_database_can_be_written_writes_nothing(
    ours: SandboxProject, watched: Watched
) -> None:
    watched.jobs["publish"].run()
    with sqlite3.connect(ours.folder / "groundswell.db") as other:
        version = other.execute("PRAGMA data_version").fetchone()
        for _ in range(3):
            watched.jobs["publish"].run()
        assert other.execute("PRAGMA data_version").fetchone() == version
    other.close()
