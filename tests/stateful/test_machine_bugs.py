"""The state machine catches every seeded bug.

``make test`` tries the bugs that post twice or late and those of queue slots. ``make faults`` tries
all of them.
"""

from __future__ import annotations

import pytest
from helpers.machine_bugs import BUGS
from helpers.machine_rules import Machine, run_settings
from helpers.scale import FULL
from hypothesis import Phase, seed
from hypothesis.stateful import run_state_machine_as_test

SLOTS = ("slot in the key", "missed slot is the end")
WORST = ("blind resend", "no launch deadline", "late intent", *SLOTS)
SEEDED = tuple(BUGS) if FULL else WORST


@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", SEEDED)
def test_a_seeded_bug_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    @seed(0)
    class Bugged(Machine):
        pass

    BUGS[bug](monkeypatch)
    # It need only be caught, not shortened.
    settings = run_settings(100, phases=[Phase.generate])
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - its type is asserted below
        run_state_machine_as_test(Bugged, settings=settings)
    messages = [str(caught.value), *getattr(caught.value, "__notes__", [])]
    assert isinstance(caught.value, AssertionError) or "UNIQUE" in messages[0], messages
