"""Why a delivery cannot be taken out of the queue any more, and what can be done instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.model import State

if TYPE_CHECKING:
    from bot.model import Delivery

_WAIT = "Its outcome is found out first; groundswell inbox shows where a person must say it."
_INSTEAD = {
    State.PUBLISHED: "It is out: take it down on the platform.",
    State.SENDING: _WAIT,
    State.UNKNOWN: _WAIT,
    State.NEEDS_HUMAN: "groundswell inbox settle {id} --drop settles it.",
}


def refusal(delivery: Delivery, state: State) -> Problem:
    """Return why it cannot be dropped as it now stands."""
    hint = _INSTEAD.get(state, "It is not sent in any case.").format(id=delivery.id)
    message = f"It is {state.value}, and cannot be dropped."
    return Problem(delivery.key, 0, 0, "Q103", message, hint)
