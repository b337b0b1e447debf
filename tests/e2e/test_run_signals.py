from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from helpers.run import SandboxProject

pytest_plugins = ["helpers.run"]

SOON = 20.0
"""Longest time in which a loop without a request must stop on a busy machine, in seconds."""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_loop_stops_cleanly_and_loses_nothing(ours: SandboxProject, number: int, code: int) -> None:
    ours.write_campaign(ours.post("now"), ours.post("later", minutes=60))
    loop = ours.start(until=" published: ", fresh=True)
    ended, seconds = loop.end(number)
    assert ended == code
    assert seconds < SOON
    assert loop.output().splitlines()[-1].endswith("stopped; queued posts stay queued")
    assert "Traceback" not in loop.output()
    assert ours.states() == {"now": "published", "later": "scheduled"}
    assert ours.run_cli_process("run", "--once").code == 0
    assert ours.texts() == ["Post now."]


def test_stop_while_a_send_is_on_the_wire_waits_for_its_answer(ours: SandboxProject) -> None:
    ours.world.faults.add("POST", "/2/tweets", {"stall": 2})
    ours.write_campaign(ours.post("now"))
    loop = ours.start(until="")
    loop.wait(ours.texts)
    code, _ = loop.end(signal.SIGTERM)
    assert code == 0
    assert ours.states() == {"now": "published"}


def test_second_ctrl_c_ends_the_loop_at_once_and_the_send_is_settled_later(
    ours: SandboxProject,
) -> None:
    ours.world.faults.add("POST", "/2/tweets", {"stall": 60})
    ours.write_campaign(ours.post("now"))
    loop = ours.start(until="")
    loop.wait(ours.texts)
    loop.popen.send_signal(signal.SIGINT)
    loop.until("stopping when the requests")
    code, seconds = loop.end(signal.SIGINT)
    assert code == 130
    assert seconds < SOON
    assert "Traceback" not in loop.output()
    ours.clock.advance(seconds=1)
    with ours.started_app() as app:
        ours.drive(app)
    assert ours.states() == {"now": "published"}
    assert ours.texts() == ["Post now."]


@pytest.mark.parametrize("once", [False, True])
def test_sigterm_waits_no_longer_than_a_container_may_and_the_send_is_settled_later(
    ours: SandboxProject, *, once: bool
) -> None:
    ours.world.faults.add("POST", "/2/tweets", {"stall": 60})
    ours.write_campaign(ours.post("now"), ours.post("later", minutes=60))
    loop = ours.start(*(["--once"] if once else []), until="", fresh=True)
    loop.wait(ours.texts)
    code, seconds = loop.end(signal.SIGTERM)
    assert code == 0
    assert seconds < SOON
    assert "stopped at once; the next run checks the requests in progress" in loop.output()
    assert "Traceback" not in loop.output()
    assert ours.states()["later"] == "scheduled"
    ours.clock.advance(seconds=1)
    with ours.started_app() as app:
        ours.drive(app)
    assert ours.states() == {"now": "published", "later": "scheduled"}
    assert ours.texts() == ["Post now."]


def test_sigterm_ends_a_long_start_as_it_ends_the_loop(
    ours: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plan_for_long(_: object) -> None:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGALRM)

    monkeypatch.setattr("bot.runtime.loop.start_up", plan_for_long)
    monkeypatch.setattr(os, "_exit", sys.exit)
    ran = ours.run_cli("run")
    assert ran.code == 0
    assert "stopped at once" in ran.err


def test_sigterm_also_ends_a_stop_that_hangs(
    ours: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the scheduler does if a job holds its lock while PostgreSQL does not answer."""

    def hang(_: object) -> None:
        signal.raise_signal(signal.SIGTERM)
        try:
            signal.pause()
        finally:
            signal.pause()

    monkeypatch.setattr("bot.runtime.loop.STOP_SECONDS", 0.01)
    monkeypatch.setattr("bot.runtime.loop.start_up", hang)
    monkeypatch.setattr(os, "_exit", sys.exit)
    ran = ours.run_cli("run")
    assert ran.code == 0
    assert "stopped at once" in ran.err
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_one_pass_that_is_interrupted_ends_with_130(ours: SandboxProject) -> None:
    ours.world.faults.add("POST", "/2/tweets", {"stall": 2})
    ours.write_campaign(ours.post("now"))
    loop = ours.start("--once", until="", fresh=True)
    loop.wait(ours.texts)
    assert loop.end(signal.SIGINT)[0] == 130
    assert ours.states() == {"now": "published"}
