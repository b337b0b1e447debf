"""What should happen to a scheduled delivery now: send, wait, or give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.model import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model import Account, Delivery, Pause

LATE = timedelta(minutes=5)
"""From here on a post counts as catching up after downtime, not as waiting for its turn."""

CATCH_UP_GAP = timedelta(minutes=5)
"""Least time between two posts of an account that is catching up (reliability bar, sleep)."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send its next part now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now. ``until`` is None where only a person or another delivery can end the waiting."""

    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It goes into ``state`` and is never sent by itself."""

    state: State
    why: str


def decide(
    delivery: Delivery,
    account: Account | None,
    *,
    now: datetime,
    pauses: Sequence[Pause] = (),
    last_sent: datetime | None = None,
) -> Send | Wait | GiveUp:
    """Say what to do with a delivery in state ``scheduled``.

    ``last_sent`` is when the account last sent anything of another delivery.
    """
    if now > delivery.deadline:
        return _too_late(delivery, now)
    if now < delivery.not_before:
        return Wait(delivery.not_before, _why_not_yet(delivery))
    if account is None:
        return Wait(None, f"config.yaml has no account {delivery.account}")
    for pause in pauses:
        if pause.holds(delivery):
            return Wait(None, str(pause))
    return _spaced(delivery, account, now, last_sent)


def _why_not_yet(delivery: Delivery) -> str:
    if delivery.next_part:
        return f"part {delivery.next_part + 1} of {len(delivery.content.parts)} comes next"
    return delivery.reason or "not due yet"


def _too_late(delivery: Delivery, now: datetime) -> GiveUp:
    late = _words(now - delivery.due)
    if delivery.next_part:
        parts = len(delivery.content.parts)
        why = f"the thread stopped after part {delivery.next_part} of {parts}, now {late} late"
        return GiveUp(State.NEEDS_HUMAN, _because(why, delivery.reason))
    if delivery.expires and now > delivery.expires:
        return GiveUp(
            State.EXPIRED, _because("its end passed before it could go out", delivery.reason)
        )
    why = f"{late} late, more than its grace of {_words(delivery.grace)}"
    return GiveUp(State.MISSED, _because(why, delivery.reason))


def _because(why: str, reason: str) -> str:
    return f"{why} ({reason})" if reason else why


def _words(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return f"{int(span.total_seconds())} s"
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [f"{days} d"] * bool(days) + [f"{hours} h"] * bool(hours)
    return " ".join(parts + [f"{minutes % 60} min"] * bool(minutes % 60 or not parts))


def _spaced(
    delivery: Delivery,
    account: Account,
    now: datetime,
    last_sent: datetime | None,
) -> Send | Wait:
    if delivery.next_part or last_sent is None:
        return Send()
    catching_up = now - delivery.due > LATE
    gap = max(account.gap, CATCH_UP_GAP) if catching_up else account.gap
    if now < last_sent + gap:
        why = "catching up after downtime" if catching_up else "the account's gap between posts"
        return Wait(last_sent + gap, why)
    return Send()
