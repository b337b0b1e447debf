"""Every promise of delivery, under whatever may happen, in whatever order: invariants I1 to I10.

``make test`` goes about 1,000 steps, always the same, ``.ci/run`` 4,000 and ``make faults`` 50,000.
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
    assert Seeded.steps >= 0.9 * STEPS, "the machine did not go its way"
    assert Seeded.sends > EXAMPLES, "hardly anything was sent: the steps prove nothing"
