"""Two people pause, resume, approve and settle while posts leave and both processes are killed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from faults_figures import record_figures
from faults_room import chaos_in
from faults_rules import Act, Sent, broken_rules
from faults_stage import database_url
from helpers.cli import run_cli_process
from helpers.scale import scaled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytest_plugins = ["faults_fixtures"]

STEPS = 60
KILLS = 6


@pytest.mark.parametrize("seed", range(scaled(20)))
@pytest.mark.parametrize("name", ["SQLite", "PostgreSQL"])
def test_no_order_of_acts_and_kills_breaks_a_rule(
    folder: Path,
    request: pytest.FixtureRequest,
    name: str,
    seed: int,
    record_property: Callable[[str, object], None],
) -> None:
    with database_url(name, request) as url, chaos_in(folder / "one", database=url) as chaos:
        chaos.play(seed, STEPS, KILLS)
        broken = broken_rules(chaos.acts, chaos.sent)
        found = chaos.finish()
        environ = chaos.room.environ
        verified = run_cli_process("log", "--verify", cwd=chaos.project.folder, env=environ)
        assert verified.code == 0, verified.out + verified.err
    figures = {name: len(getattr(found, name)) for name in ("doubles", "lost", "unsaved")}
    harness = f"two people at the control room, {name}"
    record_figures(record_property, harness, runs=1, kills=chaos.kills, **figures)
    assert {act.kind for act in chaos.acts if act.is_done} >= {"approve", "pause", "resume"}
    assert chaos.sent
    assert (found.doubles, found.lost, found.unsaved) == ([], [], [])
    assert (broken, chaos.faults, chaos.errors_in_logs(), chaos.unlogged()) == ([], [], [], [])


def test_harness_catches_a_pause_that_stops_nothing(folder: Path) -> None:
    with chaos_in(folder / "one", "no_pause") as chaos:
        client = chaos.room.signed_in("Ana")
        chaos.send_form(client, ("pause", "Ana", "all"), "/pauses/pause", {"what": "all"})
        loop = chaos.start_run()
        loop.wait(lambda: chaos.sent)
        assert broken_rules(chaos.acts, chaos.sent)


def test_harness_catches_posts_that_leave_without_approvals(folder: Path) -> None:
    with chaos_in(folder / "one", "no_hold") as chaos:
        loop = chaos.start_run()
        loop.wait(lambda: broken_rules(chaos.acts, chaos.sent))


# --- The rules ------------------------------------------------------------------------------------

SENT = Sent("free", "free-1", "our-x", at=10)
SENT_TWO = Sent("two", "two-1", "our-x", at=10)


def act(kind: str, what: str, begun: float, ended: float, **more: Any) -> Act:
    fields = {"who": "Ana", "what": what, "status": 200, "words": "", **more}
    return Act(kind=kind, begun=begun, ended=ended, **fields)


@pytest.mark.parametrize(
    ("acts", "is_broken"),
    [
        ([act("pause", "all", 8, 9)], True),
        ([act("pause", "account our-x", 8, 9)], True),
        ([act("pause", "account their-x", 8, 9)], False),
        ([act("pause", "campaign free", 8, 9)], True),
        ([act("pause", "all", 8, 11)], False),
        ([act("pause", "all", 8, 9, status=0)], False),
        ([act("pause", "all", 8, 9, words="may still leave: free/free-1/our-x/once")], False),
        ([act("pause", "all", 6, 7), act("resume", "all", 8, 9)], False),
        ([act("pause", "all", 6, 7), act("resume", "all", 8, 9, status=0)], False),
        ([act("pause", "all", 6, 7), act("resume", "all", 8, 9, status=409)], True),
        ([act("pause", "all", 6, 7), act("resume", "account our-x", 8, 9)], True),
        ([act("resume", "all", 1, 2), act("pause", "all", 6, 7)], True),
        ([act("resume", "all", 5, 6.5), act("pause", "all", 6, 7)], False),
    ],
)
def test_rules_of_pauses_judge_what_is_certain(acts: list[Act], *, is_broken: bool) -> None:
    assert bool(broken_rules(acts, [SENT])) is is_broken


def approved(begun: float, ended: float, **more: Any) -> Act:
    return act("approve", more.pop("what", "two/two-1"), begun, ended, **more)


def withdrawn(begun: float, ended: float, **more: Any) -> Act:
    return act("withdraw", more.pop("what", "two/two-1"), begun, ended, **more)


def refused(begun: float, ended: float, **more: Any) -> Act:
    return act("refuse", more.pop("what", "two/two-1"), begun, ended, **more)


BEN = approved(1, 2, who="Ben")


@pytest.mark.parametrize(
    ("acts", "is_broken"),
    [
        ([], True),
        ([BEN], True),
        ([BEN, approved(3, 4)], False),
        ([BEN, approved(3, 4, status=409)], True),
        ([BEN, approved(3, 4, status=0)], False),
        ([BEN, approved(9, 11)], False),
        ([BEN, approved(11, 12)], True),
        ([BEN, approved(3, 4, what="one/one-1")], True),
        ([BEN, approved(3, 4), withdrawn(5, 6)], True),
        ([BEN, approved(3, 4), withdrawn(5, 6, status=409)], False),
        ([BEN, approved(3, 4), withdrawn(5, 6, status=0)], False),
        ([BEN, approved(3, 4), withdrawn(9, 11)], False),
        ([BEN, approved(3, 4), withdrawn(5, 6), approved(7, 8)], False),
        ([BEN, approved(3, 4), withdrawn(5, 6, who="Ben")], True),
        ([BEN, approved(3, 4), refused(5, 6)], True),
        ([BEN, approved(3, 4), refused(9, 11)], False),
        ([BEN, approved(3, 4), refused(5, 6), act("take back", "two/two-1", 7, 8)], False),
        ([BEN, approved(3, 4), refused(5, 6), act("take back", "two/two-2", 7, 8)], True),
    ],
)
def test_rules_of_approvals_judge_what_is_certain(acts: list[Act], *, is_broken: bool) -> None:
    assert bool(broken_rules(acts, [SENT_TWO])) is is_broken
