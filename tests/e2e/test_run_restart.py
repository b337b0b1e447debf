from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers import machine_bugs

if TYPE_CHECKING:
    from helpers.run import RunProcess, SandboxProject


pytest_plugins = ["helpers.run"]

THREAD = "thread:\n  - The first part.\n  - The second part.\n  - The third part."
ALL = ["Post one.", "Post two.", "The first part.", "The second part.", "The third part."]

# Effects on the send during which the process is killed.
ON_THE_WIRE: dict[str, Any] = {
    "stored, not answered": {"stall": 30},
    "not stored yet": {"stall": 30, "commit": "never"},
    "stored after the process is dead": {"stall": 1.5, "commit": "late"},
}


@pytest.fixture(autouse=True)
def unprotected(ours: SandboxProject) -> None:
    """Let the platform accept duplicates, because it must not prevent a double post."""
    ours.world.duplicate_window = timedelta(0)


def killed(ours: SandboxProject, loop: RunProcess) -> None:
    """Kill the loop by SIGKILL, as Linux does if it has no memory left."""
    loop.popen.kill()
    loop.popen.wait()


@pytest.mark.parametrize("skip", [0, 1, 3])
@pytest.mark.parametrize("effect", ON_THE_WIRE)
def test_killed_on_the_wire_posts_nothing_twice(
    ours: SandboxProject, effect: str, skip: int
) -> None:
    """Whatever the outcome of the interrupted send, each post is out exactly once in the end."""
    ours.world.faults.add("POST", "/2/tweets", ON_THE_WIRE[effect], skip=skip)
    ours.write_campaign(ours.post("one"), ours.post("two"), ours.post("thread", more=THREAD))
    loop = ours.start(until="")
    loop.wait(lambda: ours.world.faults.hits)
    killed(ours, loop)
    if effect.startswith("stored"):
        loop.wait(lambda: len(ours.texts()) > skip)
    assert "sending" in ours.states().values()
    with ours.started_app() as app:
        ours.drive(app)
    assert Counter(ours.texts()) == Counter(ALL)
    assert set(ours.states().values()) == {"published"}


def test_harness_catches_a_blind_resend(
    ours: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seeded bug queues interrupted sends again without a search.

    It also disables the guard that searches for posts due before a start.
    """
    machine_bugs.naive_requeue(monkeypatch)
    ours.world.faults.add("POST", "/2/tweets", {"stall": 30})
    ours.write_campaign(ours.post("one"))
    loop = ours.start(until="")
    loop.wait(ours.texts)
    killed(ours, loop)
    with ours.started_app() as app:
        ours.drive(app, minutes=1)
    assert ours.texts() == ["Post one.", "Post one."]


def test_interrupted_send_is_reported_after_the_restart(
    ours: SandboxProject, caplog: pytest.LogCaptureFixture
) -> None:
    ours.world.faults.add("POST", "/2/tweets", {"stall": 30})
    ours.write_campaign(ours.post("one"))
    loop = ours.start(until="")
    loop.wait(lambda: ours.world.faults.hits)
    killed(ours, loop)
    with caplog.at_level("INFO", "groundswell"), ours.started_app() as app:
        ours.drive(app, minutes=2)
    messages = [record.getMessage() for record in caplog.records]
    assert "ours/one/our-x/once unknown: its worker stopped while sending" in messages
    [found] = [line for line in messages if "found on the timeline" in line]
    assert found.endswith(ours.world.visible()[0].id)


def test_kill_during_the_search_after_a_dropped_answer_posts_nothing_twice(
    ours: SandboxProject,
) -> None:
    ours.world.faults.add("POST", "/2/tweets", "commit_then_drop")
    ours.write_campaign(ours.post("one"), ours.post("two"))
    loop = ours.start(until="unknown: ")
    killed(ours, loop)
    with ours.started_app() as app:
        ours.drive(app)
    assert Counter(ours.texts()) == Counter(["Post one.", "Post two."])
    assert set(ours.states().values()) == {"published"}


@pytest.mark.parametrize("copied", [False, True])
def test_database_that_is_replaced_under_the_loop_ends_it_and_posts_nothing_twice(
    ours: SandboxProject, copied: bool
) -> None:
    """A person moves the database away or restores a copy while the post is within its grace."""
    database = ours.folder / "groundswell.db"
    ours.write_campaign(ours.post("one"))
    if copied:
        ours.take_in()
        assert ours.run_cli_process("backup", "old.db").code == 0
    loop = ours.start(until="published: ")
    for path in ours.folder.glob("groundswell.db*"):
        path.rename(path.with_name(f"away-{path.name}"))
    if copied:
        (ours.folder / "old.db").rename(database)
    assert ours.run_cli_process("report").code == 0
    ours.write_campaign(ours.post("one"), ours.post("two", hours=1))
    assert loop.popen.wait(60) == 1
    *_, last = loop.output().splitlines()
    assert last.startswith(f"groundswell: {database} was moved away, replaced or restored")
    assert "!!" not in loop.output()
    with ours.started_app() as app:
        ours.drive(app, minutes=1)
    assert ours.texts() == ["Post one."]
    assert ours.states() == {"one": "published", "two": "scheduled"}


def test_killed_again_and_again_posts_each_once(ours: SandboxProject) -> None:
    posts = [f"p{number}" for number in range(6)]
    ours.world.faults.add("POST", "/2/tweets", {"stall": 0.4}, count=100)
    ours.write_campaign(*(ours.post(name) for name in posts))
    for _ in range(3):
        loop = ours.start(until="")
        _hit_once_more(ours, loop)
        killed(ours, loop)
    ours.world.faults.pending.clear()
    with ours.started_app() as app:
        ours.drive(app)
    assert Counter(ours.texts()) == Counter(f"Post {name}." for name in posts)
    assert set(ours.states().values()) == {"published"}


def _hit_once_more(ours: SandboxProject, loop: RunProcess) -> None:
    hits = ours.world.faults.hits
    before = len(hits)
    loop.wait(lambda: len(hits) > before)


def test_real_restart_goes_on_with_the_unsent_posts(ours: SandboxProject) -> None:
    """The second process is real too. It sends posts that had not begun without a search."""
    ours.write_campaign(ours.post("one"), ours.post("two", minutes=30))
    loop = ours.start(until=" published: ")
    killed(ours, loop)
    ours.write_campaign(ours.post("one"), ours.post("two"))
    ran = ours.run_cli_process("run", "--once")
    assert ran.code == 0, ran.err
    assert ours.texts() == ["Post one.", "Post two."], ran.err
