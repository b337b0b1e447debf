"""The invariants of delivery (I1 to I10) hold under random events in random order.

``make test`` takes about 1,000 steps, always the same. ``.ci/run`` takes 4,000 and ``make faults``
50,000.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.machine_rules import Machine, run_settings
from helpers.scale import FULL, SEEDS
from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = 300 if FULL else 24
STEPS = 12_500 if FULL else 1_000


@pytest.mark.timeout(7200 if FULL else 1200)
@pytest.mark.parametrize("number", range(SEEDS))
def test_nothing_is_sent_twice_or_lost_whatever_happens(
    number: int, record_property: Callable[[str, object], None]
) -> None:
    @seed(number)
    class Seeded(Machine):
        pass

    run_state_machine_as_test(Seeded, settings=run_settings(EXAMPLES))
    sound = {"runs": Seeded.steps, "doubles": 0, "lost": 0}
    record_property("figures", {"harness": "state machine (steps)", **sound})
    assert Seeded.steps >= 0.9 * STEPS, "the machine took too few steps"
    assert Seeded.sends > EXAMPLES, "too few sends to prove anything"


DELETED: list[Callable[[Machine], None]] = [
    lambda machine: machine.a_backup_does_not_know_of_a_send(("mj",), 3, "slot", 1, 4),
    lambda machine: machine.edit(0, "reword", soon=False),
    lambda machine: machine.edit(0, "rename", soon=False),
    lambda machine: machine.somebody_deletes(0),
    lambda machine: machine.add(0, ("mj", "ath"), 2, "slot", 0, None, picture=False),
    lambda machine: machine.a_backup_does_not_know_of_a_send(("mj",), 2, "once", 25, 6),
    lambda machine: machine.edit(0, "reword", soon=False),
    lambda machine: machine.a_send_is_overtaken(2, "once", "claimed", 2, 1),
    lambda machine: machine.a_send_is_overtaken(2, "once", "answering", 2, 4),
    lambda machine: machine.restore_backup(25),
    lambda machine: machine.somebody_deletes(8),
    lambda machine: machine.a_backup_does_not_know_of_a_send(("mj", "ath"), 3, "slot", 1, 3),
]
REWORDED: list[Callable[[Machine], None]] = [
    lambda machine: machine.time_passes(1000),
    lambda machine: machine.edit(0, "remove", soon=False),
    lambda machine: machine.back_up(),
    lambda machine: machine.edit(0, "remove", soon=True),
    lambda machine: machine.a_backup_does_not_know_of_a_send(("mj",), 1, "once", 1, 4),
    lambda machine: machine.edit(0, "reword", soon=False),
    lambda machine: machine.restore_backup(1),
]


@pytest.mark.parametrize("steps", [DELETED, REWORDED], ids=["deleted", "reworded"])
def test_rest_of_a_thread_whose_head_was_deleted_is_not_sent_again(
    steps: list[Callable[[Machine], None]],
) -> None:
    """Neither the restored backup knows the thread nor the timeline its head (found by seed 1)."""
    machine = Machine()
    try:
        machine.open(refuses=False, lag=0, due=0)
        for step in steps:
            step(machine)
            machine.holds()
    finally:
        machine.teardown()


def test_post_that_is_held_back_keeps_its_slot() -> None:
    """Posts left the files at once, and a new one took one of their slots (found by seed 3)."""
    machine, both = Machine(), ("mj", "ath")
    try:
        machine.open(refuses=True, lag=0, due=0)
        machine.add(0, both, 1, "every", -60, None, picture=False)
        machine.add(0, ("mj",), 1, "once", 0, None, picture=False)
        machine.add(2, ("mj",), 1, "once", 0, None, picture=False)
        machine.add(8, both, 1, "slot", 0, None, picture=False)
        machine.holds()
    finally:
        machine.teardown()


def test_a_plan_whose_process_dies_before_it_returns_may_be_sent_by_the_next() -> None:
    """The plan is on disk, and the next process sends before it plans (found by seed 0)."""
    machine = Machine()
    try:
        machine.open(refuses=False, lag=0, due=0)
        machine.a_write_will_fail(count=0, fault="crash after")
        machine.add(0, ("mj",), 1, "once", 0, None, picture=False)
    finally:
        machine.teardown()
