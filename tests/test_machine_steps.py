"""Every promise of delivery, under whatever may happen, in whatever order: invariants I1 to I10.

``make test`` goes about 4,000 steps, always the same; with ``FAULTS=full`` it is 50,000.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test
from machine_rules import Machine, profile

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = os.environ.get("FAULTS") == "full"
EXAMPLES = 300 if FULL else 24
STEPS = 12_500 if FULL else 1_000


@pytest.mark.timeout(7200 if FULL else 1200)
@pytest.mark.parametrize("number", range(4))
def test_nothing_is_sent_twice_or_lost_whatever_happens(
    number: int, record_property: Callable[[str, object], None]
) -> None:
    @seed(number)
    class Seeded(Machine):
        pass

    run_state_machine_as_test(Seeded, settings=profile(EXAMPLES))
    sound = {"runs": Seeded.steps, "doubles": 0, "lost": 0}
    record_property("figures", {"harness": "state machine (steps)", **sound})
    assert Seeded.steps >= 0.9 * STEPS, "the machine did not go its way"
    assert Seeded.sends > EXAMPLES, "hardly anything was sent: the steps prove nothing"
