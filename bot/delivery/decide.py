"""What should happen to a scheduled delivery now: send, wait, or give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.model import PauseCause, State
from bot.planning.left_files import left_files_reason
from bot.schedules.account_times import DEFAULT_DAILY_CAP, day_span, quiet_span
from bot.schedules.local_time import format_duration, format_local, zone

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.model import Account, Delivery, Duplicate, Pause, Situation

NOT_DUE = "not due yet"
"""Why a delivery waits that just waits for its time."""

LATE_AFTER = timedelta(minutes=5)
"""From here on a post counts as late, whatever delayed it: downtime, quiet hours, an approval."""

CATCH_UP_GAP = timedelta(minutes=5)
"""Time between two late posts of an account, if all that can still go fit before their deadlines:
nothing is sent in a flood."""

LAST_TRY_ROOM = timedelta(seconds=60)
"""The last try begins this long before the deadline: a send may take 30 s, and so may what must be
asked before it."""

UPLOAD_RECHECK = timedelta(seconds=1)
"""A due post that waits for its media is checked again after this."""


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


Decision = Send | Wait | GiveUp


def decide(  # noqa: PLR0911 - a guard after the other
    delivery: Delivery, situation: Situation, now: datetime
) -> Decision:
    """Return what to do with a delivery in state ``scheduled``. The only place with guards."""
    # Before all other guards: by a doubtful clock, nobody knows what is too late.
    for pause in situation.pauses:
        if pause.cause is PauseCause.CLOCK and pause.scope == "all":
            return _wait_for_end_of(pause)
    if now > delivery.deadline:
        return _too_late(delivery, situation, now)
    if now < delivery.not_before:
        return Wait(delivery.not_before, _why_not_yet(delivery, situation))
    if wait := wait_for_human(delivery, situation, now):
        return wait
    backoff, duplicate = situation.backoff, situation.duplicate
    if backoff and now < backoff.until:
        return Wait(backoff.until, f"the account waits: {backoff.why}")
    # A thread that is half out goes on.
    if duplicate and not delivery.next_part and _needs_person(duplicate, delivery):
        return GiveUp(State.NEEDS_HUMAN, describe_duplicate(duplicate, delivery))
    return (
        _wait_for_limits(delivery, situation, now)
        or _wait_for_gap(delivery, situation, now)
        or _wait_for_upload(situation, now)
        or Send()
    )


def _why_not_yet(delivery: Delivery, situation: Situation) -> str:
    then, duplicate = delivery.not_before, situation.duplicate
    # What a person has to do comes first: a pause may have ended by then.
    release = _wait_for_release(delivery, situation, then)
    if wait := release or wait_for_human(delivery, situation, then):
        return wait.why
    if delivery.next_part:
        return f"part {delivery.next_part + 1} of {len(delivery.content.parts)} comes next"
    if duplicate and _needs_person(duplicate, delivery):
        return f"{NOT_DUE}, and then a person is asked: {describe_duplicate(duplicate, delivery)}"
    return delivery.reason or NOT_DUE


def _too_late(delivery: Delivery, situation: Situation, now: datetime) -> GiveUp:
    """Return the final state, and name also what delayed it until the end."""
    then = delivery.deadline
    delayed_by = wait_for_human(delivery, situation, then)
    if now - then < LATE_AFTER:  # otherwise the loop was down, whatever the hour was
        delayed_by = (
            delayed_by
            or _wait_for_limits(delivery, situation, then)
            or _wait_for_upload(situation, now)
        )
    late = format_duration(now - delivery.due)
    if delivery.next_part:
        parts = len(delivery.content.parts)
        state = State.NEEDS_HUMAN
        why = f"the thread stopped after part {delivery.next_part} of {parts}, now {late} late"
    elif delivery.expires and now > delivery.expires:
        state, why = State.EXPIRED, "its end passed before it could go out"
    else:
        state = State.MISSED
        why = f"{late} late, more than its grace of {format_duration(delivery.grace)}"
    reason = delivery.reason or (delayed_by.why if delayed_by else "")
    return GiveUp(state, f"{why} ({reason})" if reason else why)


# --- what a person has decided, or must decide ---


def wait_for_human(delivery: Delivery, situation: Situation, now: datetime) -> Wait | None:
    """Return what a person must do, or has ruled, before any part of it may be sent."""
    if situation.account is None:
        return Wait(None, f"config.yaml has no account {delivery.account}")
    for pause in situation.pauses:
        if pause.covers(delivery):
            return _wait_for_end_of(pause)
    return _wait_for_release(delivery, situation, now)


def _wait_for_end_of(pause: Pause) -> Wait:
    """Return the wait of what it covers, in the same words for each account that is paused."""
    what = "everything" if pause.scope == "all" else f"its {pause.scope}"
    return Wait(None, f"{what} is paused by {pause.who}: {pause.why}")


def _wait_for_release(delivery: Delivery, situation: Situation, at: datetime) -> Wait | None:
    """Return what holds it then: a secret, that it left the files, embargo, review, approval.

    A thread that has begun goes on although a fact is due for review: its first part is out.
    """
    if situation.holds_secret:
        return Wait(None, "a secret of your environment stands in it: take it out of the file")
    if delivery.left_files:
        return Wait(None, left_files_reason(delivery))
    embargo, stale = delivery.embargo, delivery.stale_from
    if embargo and embargo > at:
        return Wait(embargo, f"embargo until {format_local(embargo, delivery.timezone)}")
    if stale and stale <= at and not delivery.next_part:
        since = format_local(stale, delivery.timezone)
        return Wait(None, f"a fact that it relies on is due for review since {since}")
    return Wait(None, situation.missing_approval) if situation.missing_approval else None


def _needs_person(duplicate: Duplicate, delivery: Delivery) -> bool:
    """Return whether it is held: a permit is only for an account's own words."""
    return not (delivery.allowed and duplicate.may_be_allowed(delivery))


def describe_duplicate(duplicate: Duplicate, delivery: Delivery) -> str:
    """Return who has said the same before, and where."""
    where = duplicate.url or f"due {duplicate.due:%Y-%m-%d %H:%M} UTC, {duplicate.state}"
    if duplicate.account == delivery.account:
        return f"the account has said the same as {duplicate.post} ({where}); a renamed post?"
    return (
        f"{duplicate.account} has {duplicate.what} in {duplicate.post} ({where}); "
        "no two accounts of a platform may"
    )


# --- limits, gaps and media ---


def _wait_for_limits(delivery: Delivery, situation: Situation, now: datetime) -> Wait | None:
    """Return the budget, the daily cap or the quiet hours that stand against it.

    A thread that is half out goes on.
    """
    account = situation.account
    if account is None or delivery.next_part:
        return None
    if situation.budget_wait:
        return Wait(*situation.budget_wait)
    if why := _day_is_full(delivery, account, situation):
        _, midnight = day_span(account, now)
        return Wait(midnight, why)
    quiet = quiet_span(account.quiet, account.timezone, now)
    # A post that is due in quiet hours was meant for them; one that was due before was not.
    if quiet and delivery.due < quiet[0]:
        until = quiet[1].astimezone(zone(account.timezone))
        return Wait(quiet[1], f"quiet hours until {until:%H:%M}")
    return None


def _day_is_full(delivery: Delivery, account: Account, situation: Situation) -> str:
    """Return why nothing more of the account leaves today; "" if it may. A thread is one post."""
    cap = account.daily_cap or DEFAULT_DAILY_CAP
    if situation.posts_today >= cap:
        posts = f"{cap} posts" if cap > 1 else "one post"
        more = "" if account.daily_cap else "; daily_cap in config.yaml can allow it more"
        return f"the account's {posts} of today are out{more}"
    parts = len(delivery.content.parts)
    if situation.parts_today + parts > account.daily_parts:
        begun = f"{situation.parts_today} parts of the account's posts of today are out or follow"
        have = "this has one more" if parts == 1 else f"this has {parts} more"
        return f"{begun}, and {have}; its daily_parts is {account.daily_parts}"
    return ""


def _wait_for_gap(delivery: Delivery, situation: Situation, now: datetime) -> Wait | None:
    if situation.account_busy:
        return Wait(None, "another post of the account is on its way")
    account, last_sent = situation.account, situation.last_sent
    if account is None or delivery.next_part or last_sent is None:  # no gap within a thread
        return None
    gap, why = account.gap, "the account's gap between posts"
    if now - delivery.due > LATE_AFTER:
        spread = catch_up_gap(gap, last_sent, situation.late_deadlines)
        if spread > gap:
            gap, why = spread, f"late posts go out {format_duration(spread)} apart"
    return Wait(last_sent + gap, why) if now < last_sent + gap else None


def catch_up_gap(
    least: timedelta, last_sent: datetime, deadlines: Collection[datetime]
) -> timedelta:
    """Return how far apart an account's late posts go out, so that all fit before their deadlines.

    Never closer than its own gap ``least``; what cannot even go out then does not count. However
    long the loop was down, this is no flood: what is left to each is from its own time on, so that
    they are about as close as they were planned.
    """
    gap, place = CATCH_UP_GAP, 1
    for deadline in sorted(deadlines):
        left = deadline - last_sent
        if left >= least * place:
            fits = (left - LAST_TRY_ROOM) / place
            gap, place = min(gap, max(least, fits)), place + 1
    return max(least, timedelta(seconds=gap // timedelta(seconds=1)))


def _wait_for_upload(situation: Situation, now: datetime) -> Wait | None:
    if situation.media_uploaded:
        return None
    return Wait(now + UPLOAD_RECHECK, "its media are still being uploaded")
