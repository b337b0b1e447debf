"""What should happen to a scheduled delivery now: send, wait, or give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.model import Cause, State
from bot.schedules import zone
from bot.schedules.hours import day_span, quiet_span

if TYPE_CHECKING:
    from bot.model import Account, Delivery, Situation, Twin

LATE = timedelta(minutes=5)
"""From here on a post counts as late, whatever held it: downtime, quiet hours, an approval."""

CATCH_UP_GAP = timedelta(minutes=5)
"""Least time between two posts of an account that are late: nothing is sent in a flood."""


UPLOAD_LOOK = timedelta(seconds=1)
"""A post that is due and waits for what it shows is looked at again after this."""


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


Step = Send | Wait | GiveUp


def decide(delivery: Delivery, situation: Situation, now: datetime) -> Step:
    """Say what to do with a delivery in state ``scheduled``. The only place where a guard is."""
    return (
        _clock_in_doubt(situation)
        or _out_of_time(delivery, situation, now)
        or held(delivery, situation, now)
        or _resting(situation, now)
        or _echoes(delivery, situation)
        or _paced(delivery, situation, now)
        or _spaced(delivery, situation, now)
        or _uploading(situation, now)
        or Send()
    )


def held(delivery: Delivery, situation: Situation, now: datetime) -> Wait | None:
    """Give what a person has said, or must say, before any part of it may leave."""
    if situation.account is None:
        return Wait(None, f"config.yaml has no account {delivery.account}")
    for pause in situation.pauses:
        if pause.holds(delivery):
            return Wait(None, str(pause))
    return _embargoed(delivery, now) or _unsaid(delivery, situation, now)


def _embargoed(delivery: Delivery, now: datetime) -> Wait | None:
    """Give the embargo that is not over."""
    embargo = delivery.embargo
    if embargo is None or embargo <= now:
        return None
    return Wait(embargo, f"embargo until {_local(embargo, delivery.timezone)}")


def _unsaid(delivery: Delivery, situation: Situation, now: datetime) -> Wait | None:
    """Give what must be looked at by a person before it is said.

    A thread that has begun with a fact is told to its end: its first part is out.
    """
    stale = delivery.stale_from
    if stale and stale <= now and not delivery.next_part:
        since = _local(stale, delivery.timezone)
        return Wait(None, f"a fact that it stands on is due for review since {since}")
    return Wait(None, situation.lacking) if situation.lacking else None


def _paced(delivery: Delivery, situation: Situation, now: datetime) -> Wait | None:
    """Give what the audience is to be spared, or the budget does not pay for.

    The audience is spared too much in a day, and late posts in the night. A thread that is half
    out goes on.
    """
    account = situation.account
    if account is None or delivery.next_part:
        return None
    if situation.unpaid:
        return Wait(*situation.unpaid)
    if account.daily_cap is not None and situation.today >= account.daily_cap:
        _, midnight = day_span(account, now)
        return Wait(midnight, f"the account's {_posts(account.daily_cap)} of today are out")
    until = quiet_until(delivery, account, now)
    if until:
        return Wait(until, f"quiet hours until {until.astimezone(zone(account.timezone)):%H:%M}")
    return None


def _uploading(situation: Situation, now: datetime) -> Wait | None:
    """Give what is still to be uploaded."""
    if situation.uploaded:
        return None
    return Wait(now + UPLOAD_LOOK, "what it shows is still being uploaded")


def quiet_until(delivery: Delivery, account: Account, now: datetime) -> datetime | None:
    """Give until when it must not disturb; None where it may go out.

    What is due in quiet hours was meant for them; what was due before them and is late was not.
    """
    span = None if delivery.next_part else quiet_span(account, now)
    return span[1] if span and delivery.due < span[0] else None


def _posts(count: int) -> str:
    return f"{count} posts" if count > 1 else "one post"


def _local(instant: datetime, timezone: str) -> str:
    return f"{instant.astimezone(zone(timezone)):%a %Y-%m-%d %H:%M %Z}"


def _clock_in_doubt(situation: Situation) -> Wait | None:
    """Hold it before anything else: whether it is too late cannot be told either."""
    doubts = (pause for pause in situation.pauses if pause.cause is Cause.CLOCK)
    return next((Wait(None, str(pause)) for pause in doubts), None)


def _out_of_time(delivery: Delivery, situation: Situation, now: datetime) -> Wait | GiveUp | None:
    if now > delivery.deadline:
        return _too_late(delivery, situation, now)
    if now < delivery.not_before:
        return Wait(delivery.not_before, _why_not_yet(delivery, situation))
    return None


def _resting(situation: Situation, now: datetime) -> Wait | None:
    rest = situation.rest
    return Wait(rest.until, f"the account waits: {rest.why}") if rest and now < rest.until else None


def _echoes(delivery: Delivery, situation: Situation) -> GiveUp | None:
    """A person must say first that it may be said again; a thread that is half out goes on."""
    twin = situation.said_before
    if twin is None or delivery.allowed or delivery.next_part:
        return None
    return GiveUp(State.NEEDS_HUMAN, _echo(delivery, twin))


def _echo(delivery: Delivery, twin: Twin) -> str:
    where = twin.url or f"due {twin.due:%Y-%m-%d %H:%M} UTC, {twin.state}"
    if twin.account == delivery.account:
        return f"the account has said the same as {twin.post} ({where}); a renamed post?"
    return (
        f"{twin.account} has said the same words in {twin.post} ({where}); no two accounts of a "
        "platform may"
    )


def _why_not_yet(delivery: Delivery, situation: Situation) -> str:
    then, said_before = delivery.not_before, situation.said_before
    if waits := _embargoed(delivery, then) or _unsaid(delivery, situation, then):
        return waits.why
    if delivery.next_part:
        return f"part {delivery.next_part + 1} of {len(delivery.content.parts)} comes next"
    if said_before and not delivery.allowed:
        return f"not due yet, and then a person is asked: {_echo(delivery, said_before)}"
    return delivery.reason or "not due yet"


def _too_late(delivery: Delivery, situation: Situation, now: datetime) -> GiveUp:
    """Say what held it back, too, as far as that held it to the end."""
    then = delivery.deadline
    holding = held(delivery, situation, then)
    if now - then < LATE:  # else the loop was down, whatever the hour was
        holding = holding or _paced(delivery, situation, then) or _uploading(situation, now)
    reason = delivery.reason or (holding.why if holding else "")
    late = in_words(now - delivery.due)
    if delivery.next_part:
        parts = len(delivery.content.parts)
        why = f"the thread stopped after part {delivery.next_part} of {parts}, now {late} late"
        return GiveUp(State.NEEDS_HUMAN, _because(why, reason))
    if delivery.expires and now > delivery.expires:
        return GiveUp(State.EXPIRED, _because("its end passed before it could go out", reason))
    why = f"{late} late, more than its grace of {in_words(delivery.grace)}"
    return GiveUp(State.MISSED, _because(why, reason))


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
    return max(account.gap, CATCH_UP_GAP) if now - delivery.due > LATE else account.gap


def _spaced(delivery: Delivery, situation: Situation, now: datetime) -> Wait | None:
    if situation.sending:
        return Wait(None, "another post of the account is on its way")
    account, last_sent = situation.account, situation.last_sent
    if account is None or delivery.next_part or last_sent is None:
        return None
    needed = gap(delivery, account, now)
    until = last_sent + needed
    if now < until:
        apart = f"late posts go out {in_words(CATCH_UP_GAP)} apart"
        return Wait(until, apart if needed > account.gap else "the account's gap between posts")
    return None
