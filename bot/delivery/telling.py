"""Words for what became of a send: in the log, and in the attempt."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.model import State
from bot.platforms.base import Outcome, Published, Unknown

if TYPE_CHECKING:
    from datetime import datetime

    from bot.model import Delivery, Settlement

log = logging.getLogger("groundswell.delivery")


def name(result: Published | Outcome) -> str:
    """Give the outcome's name, as attempts have it."""
    if isinstance(result, Published):
        return "published"
    return "duplicate" if isinstance(result, Unknown) and result.duplicate else result.name


def words(result: Published | Outcome) -> str:
    """Give the platform's words, or the address of what is out."""
    return result.detail if isinstance(result, Outcome) else result.url


def tell(delivery: Delivery, settlement: Settlement, now: datetime) -> None:
    """Log what became of it, in words and with fields for ``--log-format json``."""
    parts = len(delivery.content.parts)
    part = f" part {delivery.next_part + 1}/{parts}" if parts > 1 else ""
    level = logging.INFO if settlement.published else logging.WARNING
    if settlement.state in {State.NEEDS_HUMAN, State.REJECTED} or settlement.hold:
        level = logging.ERROR
    text = settlement.published.url if settlement.published else settlement.reason
    state = "published" if settlement.published else settlement.state.value
    late = (now - delivery.due).total_seconds()
    fields = {"delivery": delivery.key, "state": state, "late_seconds": round(late, 3)}
    log.log(level, "%s%s %s: %s", delivery.key, part, state, text, extra={"fields": fields})
