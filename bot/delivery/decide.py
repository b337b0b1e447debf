"""What should happen to a scheduled delivery now: send, wait, or give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.model import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.model import Account, Delivery, Pause, Rest, Twin

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
    rest: Rest | None = None,
    said_before: Twin | None = None,
) -> Send | Wait | GiveUp:
    """Say what to do with a delivery in state ``scheduled``.

    ``last_sent`` is when the account last sent anything of another delivery, ``rest`` until when
    the platform told it to wait, ``said_before`` another post of it with the same content.
    """
    return (
        _clock_in_doubt(pauses)
        or _out_of_time(delivery, now, said_before)
        or _held(delivery, account, pauses, rest, now)
        or _echoes(delivery, said_before)
        or _spaced(delivery, account, now, last_sent)
        or Send()
    )


def _clock_in_doubt(pauses: Sequence[Pause]) -> Wait | None:
    """Hold it before anything else: whether it is too late cannot be told either."""
    return next((Wait(None, str(pause)) for pause in pauses if pause.doubts_clock), None)


def _out_of_time(delivery: Delivery, now: datetime, twin: Twin | None) -> Wait | GiveUp | None:
    if now > delivery.deadline:
        return _too_late(delivery, now)
    if now < delivery.not_before:
        return Wait(delivery.not_before, _why_not_yet(delivery, twin))
    return None


def _held(
    delivery: Delivery,
    account: Account | None,
    pauses: Sequence[Pause],
    rest: Rest | None,
    now: datetime,
) -> Wait | None:
    if account is None:
        return Wait(None, f"config.yaml has no account {delivery.account}")
    for pause in pauses:
        if pause.holds(delivery):
            return Wait(None, str(pause))
    if rest and now < rest.until:
        return Wait(rest.until, f"the account waits: {rest.why}")
    return None


def _echoes(delivery: Delivery, twin: Twin | None) -> GiveUp | None:
    """A person must say first that it may be said again; a thread that is half out goes on."""
    if twin is None or delivery.allowed or delivery.next_part:
        return None
    return GiveUp(State.NEEDS_HUMAN, _echo(twin))


def _echo(twin: Twin) -> str:
    where = twin.url or f"due {twin.due:%Y-%m-%d %H:%M} UTC, {twin.state}"
    return f"the account has said the same as {twin.post} ({where}); a renamed post?"


def _why_not_yet(delivery: Delivery, said_before: Twin | None) -> str:
    if delivery.next_part:
        return f"part {delivery.next_part + 1} of {len(delivery.content.parts)} comes next"
    if said_before and not delivery.allowed:
        return f"not due yet, and then a person is asked: {_echo(said_before)}"
    return delivery.reason or "not due yet"


def _too_late(delivery: Delivery, now: datetime) -> GiveUp:
    late = in_words(now - delivery.due)
    if delivery.next_part:
        parts = len(delivery.content.parts)
        why = f"the thread stopped after part {delivery.next_part} of {parts}, now {late} late"
        return GiveUp(State.NEEDS_HUMAN, _because(why, delivery.reason))
    if delivery.expires and now > delivery.expires:
        return GiveUp(
            State.EXPIRED, _because("its end passed before it could go out", delivery.reason)
        )
    why = f"{late} late, more than its grace of {in_words(delivery.grace)}"
    return GiveUp(State.MISSED, _because(why, delivery.reason))


def _because(why: str, reason: str) -> str:
    return f"{why} ({reason})" if reason else why


def in_words(span: timedelta) -> str:
    """Give a span as a person says it: ``1 h 5 min``."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return f"{int(span.total_seconds())} s"
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [f"{days} d"] * bool(days) + [f"{hours} h"] * bool(hours)
    return " ".join(parts + [f"{minutes % 60} min"] * bool(minutes % 60 or not parts))


def gap(delivery: Delivery, account: Account, now: datetime) -> timedelta:
    """Give the least time since the account's last post; none between the parts of a thread."""
    if delivery.next_part:
        return timedelta(0)
    return max(account.gap, CATCH_UP_GAP) if _catches_up(delivery, now) else account.gap


def _catches_up(delivery: Delivery, now: datetime) -> bool:
    return now - delivery.due > LATE


def _spaced(
    delivery: Delivery,
    account: Account | None,
    now: datetime,
    last_sent: datetime | None,
) -> Wait | None:
    if account is None or delivery.next_part or last_sent is None:
        return None
    until = last_sent + gap(delivery, account, now)
    if now < until:
        late = _catches_up(delivery, now)
        why = "catching up after downtime" if late else "the account's gap between posts"
        return Wait(until, why)
    return None
