"""The decision about a scheduled delivery at an instant: send, wait, or give up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.model import PauseCause, State
from bot.model.post_words import STATE_WORDS
from bot.planning.left_files import left_files_reason
from bot.schedules.account_times import DEFAULT_DAILY_CAP, day_span, quiet_span
from bot.schedules.local_time import format_duration, format_local, zone

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.model import Account, Delivery, Duplicate, Pause, Situation

NOT_DUE = "not due yet"
"""The reason of a delivery that just waits for its time."""

LATE_AFTER = timedelta(minutes=5)
"""From then on, a post counts as late, whether by downtime, quiet hours or an approval."""

CATCH_UP_GAP = timedelta(minutes=5)
"""Time between two late posts of an account, to avoid a flood. It is shorter if not all of them
could leave before their deadlines."""

LAST_TRY_ROOM = timedelta(seconds=60)
"""The last try begins this long before the deadline. A send may take 30 s, and so may a look at the
timeline before it."""

UPLOAD_RECHECK = timedelta(seconds=1)
"""A due post that waits for its media is checked again after this."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send the next part now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do not send now."""

    until: datetime | None
    """When to decide again; None if only a person or another delivery can end the wait."""
    why: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Never send it without a person."""

    state: State
    """The state into which it goes."""
    why: str


Decision = Send | Wait | GiveUp


def decide(  # noqa: PLR0911 - a guard after the other
    delivery: Delivery, situation: Situation, now: datetime
) -> Decision:
    """Return the decision about a delivery in state ``scheduled``. All guards are here."""
    # Before all other guards, because a doubtful clock cannot show which delivery is too late.
    for pause in situation.pauses:
        if pause.cause is PauseCause.CLOCK and pause.scope == "all":
            return _wait_for_end_of(pause)
    if now > delivery.deadline:
        return _too_late(delivery, situation, now)
    if now < delivery.not_before:
        return Wait(delivery.not_before, _why_not_yet(delivery, situation))
    if wait := wait_for_pause_or_person(delivery, situation, now):
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
    # Tasks for a person come first. A pause may have ended by then.
    release = _wait_for_release(delivery, situation, then)
    if wait := release or wait_for_pause_or_person(delivery, situation, then):
        return wait.why
    if delivery.next_part:
        return f"part {delivery.next_part + 1} of {len(delivery.content.parts)} comes next"
    if duplicate and _needs_person(duplicate, delivery):
        return f"{NOT_DUE}, and then a person is asked: {describe_duplicate(duplicate, delivery)}"
    return delivery.reason or NOT_DUE


def _too_late(delivery: Delivery, situation: Situation, now: datetime) -> GiveUp:
    """Return the final state, with the reason for the delay."""
    then = delivery.deadline
    delayed_by = wait_for_pause_or_person(delivery, situation, then)
    if now - then < LATE_AFTER:  # otherwise the loop was down
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
        state, why = State.EXPIRED, "it expired before it could go out"
    else:
        state = State.MISSED
        why = f"{late} late, more than its grace of {format_duration(delivery.grace)}"
    reason = delivery.reason or (delayed_by.why if delayed_by else "")
    return GiveUp(state, f"{why} ({reason})" if reason else why)


# --- decisions of a person ---


def wait_for_pause_or_person(
    delivery: Delivery, situation: Situation, now: datetime
) -> Wait | None:
    """Return the wait for a pause, an embargo, or something that a person must do, or None."""
    if situation.account is None:
        return Wait(None, f"config.yaml has no account {delivery.account}")
    for pause in situation.pauses:
        if pause.covers(delivery):
            return _wait_for_end_of(pause)
    return _wait_for_release(delivery, situation, now)


def _wait_for_end_of(pause: Pause) -> Wait:
    """Return the wait of a paused delivery, in the same words for each account."""
    what = "everything" if pause.scope == "all" else f"its {pause.scope}"
    return Wait(None, f"{what} is paused by {pause.who}: {pause.why}")


def _wait_for_release(delivery: Delivery, situation: Situation, at: datetime) -> Wait | None:
    """Return the wait of a delivery for a person or its embargo, at an instant, or None.

    A thread that has begun goes on although a fact is due for review, as its first part is out.
    """
    if situation.holds_secret:
        return Wait(None, "it contains a secret of your environment: take that out of the file")
    if delivery.left_files:
        return Wait(None, left_files_reason(delivery))
    embargo, stale = delivery.embargo, delivery.stale_from
    if embargo and embargo > at:
        return Wait(embargo, f"embargo until {format_local(embargo, delivery.timezone)}")
    if stale and stale <= at and not delivery.next_part:
        since = format_local(stale, delivery.timezone)
        return Wait(None, f"a fact that it relies on is due for review since {since}")
    return Wait(None, situation.approval_hold) if situation.approval_hold else None


def _needs_person(duplicate: Duplicate, delivery: Delivery) -> bool:
    """Return whether a duplicate keeps the delivery from being sent without a person.

    A permit is only good for the account's own words.
    """
    return not (delivery.allowed and duplicate.may_be_allowed(delivery))


def describe_duplicate(duplicate: Duplicate, delivery: Delivery) -> str:
    """Return a sentence on the post that said the same before."""
    where = (
        duplicate.url or f"due {duplicate.due:%Y-%m-%d %H:%M} UTC, {STATE_WORDS[duplicate.state]}"
    )
    if duplicate.account == delivery.account:
        return f"the account has said the same as {duplicate.post} ({where}); a renamed post?"
    return (
        f"{duplicate.account} has {duplicate.what} in {duplicate.post} ({where}); "
        "two accounts of a platform may not say the same"
    )


# --- limits, gaps and media ---


def _wait_for_limits(delivery: Delivery, situation: Situation, now: datetime) -> Wait | None:
    """Return the wait for the account's budget, daily limits or quiet hours, or None.

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
    # A post that is due in quiet hours was meant for them. One that was due before was not.
    if quiet and delivery.due < quiet[0]:
        until = quiet[1].astimezone(zone(account.timezone))
        return Wait(quiet[1], f"quiet hours until {until:%H:%M}")
    return None


def _day_is_full(delivery: Delivery, account: Account, situation: Situation) -> str:
    """Return why this delivery does not leave today, or "" if the account's day has room for it.

    A thread counts as one post.
    """
    cap = account.daily_cap or DEFAULT_DAILY_CAP
    if situation.posts_today >= cap:
        posts = f"{cap} posts of today are" if cap > 1 else "one post of today is"
        more = "" if account.daily_cap else "; daily_cap in config.yaml can allow it more"
        return f"the account's {posts} out{more}"
    parts = len(delivery.content.parts)
    if situation.parts_today + parts > account.daily_parts:
        begun = f"{situation.parts_today} parts of the account's posts of today are out or follow"
        have = "this has one more" if parts == 1 else f"this has {parts} more"
        return f"{begun}, and {have}; its daily_parts is {account.daily_parts}"
    return ""


def _wait_for_gap(delivery: Delivery, situation: Situation, now: datetime) -> Wait | None:
    if situation.account_busy:
        return Wait(None, "another post of the account is being sent")
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

    That is never closer than the account's own gap ``least``. Posts that cannot leave in time even
    then do not count. However long the loop was down, there is no flood: each post has its own
    deadline, and so they leave about as close to each other as they were planned.
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
