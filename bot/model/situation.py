"""All that decides what becomes of a delivery now, beside the delivery itself and the instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.model.happened import Pause, Rest, Twin
    from bot.model.said import Account


@dataclass(frozen=True, slots=True)
class Situation:
    """What ``bot.delivery.decide`` looks at.

    ``account`` is None where the config does not have it. ``last_sent`` is when the account last
    sent anything of another delivery, and ``sending`` whether it is at it just now. ``rest`` is
    until when the platform told it to wait. ``said_before`` is another post with the same content,
    of its own or of another account; ``lacking`` says which approval is missing; ``today`` is how
    many other posts of the account are out, or may be, since its audience's midnight. ``unpaid``
    is until when, and why, a budget that stops posts holds it; ``uploaded`` is whether all that it
    shows is at the platform.
    """

    account: Account | None
    pauses: Sequence[Pause] = ()
    last_sent: datetime | None = None
    sending: bool = False
    rest: Rest | None = None
    said_before: Twin | None = None
    lacking: str | None = None
    today: int = 0
    unpaid: tuple[datetime, str] | None = None
    uploaded: bool = True
