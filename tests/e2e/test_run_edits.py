from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.run import SandboxProject

pytest_plugins = ["helpers.run"]


def test_running_loop_takes_in_an_edit_within_seconds(ours: SandboxProject) -> None:
    ours.write_campaign(ours.post("first"))
    loop = ours.start(until=" published: ")
    ours.write_campaign(ours.post("first"), ours.post("second"))
    loop.wait(lambda: ours.texts() == ["Post first.", "Post second."])
    assert loop.popen.poll() is None


def test_broken_edit_is_reported_and_the_last_good_plan_stays(ours: SandboxProject) -> None:
    good = ours.post("first", minutes=30), ours.post("second", minutes=31)
    ours.write_campaign(*good)
    loop = ours.start()
    ours.write_campaign(good[0].replace("text:", "txt:"))
    said = loop.until("go out as last planned")
    [line] = [line for line in said.splitlines() if "txt" in line]
    assert ' !! posts/ours.yaml:10:5: C202 The key "txt" is unknown' in line
    loop.end()
    assert ours.states() == {"first": "scheduled", "second": "scheduled"}
    # After a restart too, the loop keeps that plan and sends its posts that the files may contain.
    ours.clock.advance(minutes=32)
    with ours.started_app() as app:
        ours.drive(app, minutes=2)
    assert ours.texts() == ["Post first."]
    assert "left the files at" in ours.run_cli_process("queue", "list").out


def test_post_added_by_queue_add_goes_out_of_a_running_loop(ours: SandboxProject) -> None:
    loop = ours.start()
    added = ours.run_cli_process("queue", "add", "Said in a hurry.", "--at", "in 30 minutes")
    assert added.code == 0, added.err
    loop.until("plan: 1 post queued")
    loop.end()
    ours.clock.advance(minutes=31)
    with ours.started_app() as app:
        ours.drive(app, minutes=1)
    assert ours.texts() == ["Said in a hurry."]


def test_pause_and_drop_reach_a_running_loop(ours: SandboxProject) -> None:
    loop = ours.start()
    assert ours.run_cli_process("pause").code == 0
    ours.write_campaign(ours.post("held"), ours.post("dropped"), ours.post("late", minutes=-20))
    loop.until("queued")
    assert ours.run_cli_process("queue", "drop", "ours/dropped/our-x/once").code == 0
    assert ours.run_cli_process("resume").code == 0
    loop.wait(ours.texts)
    loop.end()
    assert ours.texts() == ["Post held."]
    assert ours.states() == {"held": "published", "dropped": "dropped", "late": "missed"}
