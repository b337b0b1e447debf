"""The transition of a delivery after an outcome, a probe or a person's decision. Pure.

Only a delivery that certainly was not sent is tried again, and only within its grace. One that may
be out is looked for on the timeline. One that was refused stays refused.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.delivery.decide import LAST_TRY_ROOM, GiveUp, Send, Wait
from bot.model import Backoff, RemotePost, State, Transition
from bot.platforms.outcomes import RateLimited, Rejected, Unsent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.delivery.decide import Decision
    from bot.model import Account, Delivery, Duplicate, Probe, Spending
    from bot.platforms.outcomes import Outcome

FIRST_PROBE_DELAY = timedelta(seconds=15)
"""An unknown send is first looked for after this, as the timeline needs a moment to show it."""

UNSENT_WAITS = tuple(timedelta(seconds=s) for s in (10, 30, 60, 120, 240, 300))
"""Waits before each new try of a delivery that certainly never left. The last one is repeated."""

RATE_LIMIT_WAITS = tuple(timedelta(minutes=m) for m in (1, 2, 4, 8, 15))
"""Waits after a 429 that does not say when to come back."""

PROBE_DELAYS = (timedelta(seconds=15), timedelta(seconds=75), timedelta(minutes=5))
"""When an unknown send is looked for after it became unknown. If it is absent each time, it was
not sent."""

KEPT_PROBES = 2
"""The number of these looks that is enough if the platform keeps the key of the send, by which a
repetition is the same post."""

UNREADABLE_WAIT = timedelta(minutes=1)
"""Wait after a timeline that could not be read, or an account that could not be checked."""

UNREADABLE_LIMIT = timedelta(hours=1)
"""A person is asked once a timeline could not be read for this long."""

NO_GAP = timedelta(0)


# --- outcomes ---


def transition_for(  # noqa: PLR0911 - one outcome after the other
    delivery: Delivery,
    account: Account | None,
    outcome: RemotePost | Outcome,
    now: datetime,
    backoff: Backoff | None = None,
    bill: tuple[Spending, ...] = (),
) -> Transition:
    """Return the transition after the outcome of a send, or of the upload before it.

    ``account`` is None if the config does not have it any more. ``backoff`` is the account's last
    one, if nothing was sent since. ``bill`` has the costs of a published part.
    """
    if isinstance(outcome, RemotePost):
        state, goes_on_at = State.PUBLISHED, None
        if delivery.next_part + 1 < len(delivery.content.parts):
            state, goes_on_at = State.SCHEDULED, now + (account.part_gap if account else NO_GAP)
        ended = backoff is not None  # a post that was found later does not end a newer backoff
        return Transition(state, goes_on_at, published=outcome, ends_backoff=ended, bill=bill)
    if isinstance(outcome, Rejected):
        if not delivery.next_part:
            return Transition(State.REJECTED, reason=outcome.detail)
        part = f"part {delivery.next_part + 1} was refused, the parts before it are out"
        return Transition(State.NEEDS_HUMAN, reason=f"{part}: {outcome.detail}")
    if isinstance(outcome, RateLimited):
        return _rate_limited(delivery, outcome, now, backoff)
    if isinstance(outcome, Unsent):
        wait = UNSENT_WAITS[min(delivery.tries, len(UNSENT_WAITS) - 1)]
        until = _jitter(delivery, _before_deadline(delivery, now + wait, now))
        return _retry_at(delivery, until, f"not sent yet: {outcome.detail}")
    if request := outcome.pause_request(delivery.account, delivery.platform):
        return Transition(State.SCHEDULED, now, request.why, pause_request=request)
    # Unknown, and any outcome that this function does not know. It may be out.
    return Transition(State.UNKNOWN, now + FIRST_PROBE_DELAY, outcome.detail)


def postpone(delivery: Delivery, outcome: Outcome, why: str, now: datetime) -> Transition:
    """Return the transition of a delivery that waits because a check before its send failed.

    This does not count as a try.
    """
    request = outcome.pause_request(delivery.account, delivery.platform)
    # A delivery that waits for the end of a pause has no time of its own.
    retry_at = now if request else now + UNREADABLE_WAIT
    if isinstance(outcome, RateLimited) and outcome.until:
        retry_at = max(retry_at, outcome.until)
    reason = f"{why}: {outcome.detail}"
    return Transition(State.SCHEDULED, retry_at, reason, pause_request=request)


def _rate_limited(
    delivery: Delivery, outcome: RateLimited, now: datetime, before: Backoff | None
) -> Transition:
    """Let the whole account wait, because its other posts would be refused as well."""
    times = max(delivery.tries, before.times if before else 0)
    wait = RATE_LIMIT_WAITS[min(times, len(RATE_LIMIT_WAITS) - 1)]
    wait = _before_deadline(delivery, now + wait, now) - now
    until = _jitter(delivery, outcome.retry_at(now, wait))
    why = f"rate limited: {outcome.detail}"
    return replace(_retry_at(delivery, until, why), backoff=Backoff(until, why, times + 1))


def _before_deadline(delivery: Delivery, until: datetime, now: datetime) -> datetime:
    """Return ``until``, or a last try right before the deadline if that is earlier."""
    last = delivery.deadline - LAST_TRY_ROOM
    return last if now < last < until else until


def _retry_at(delivery: Delivery, until: datetime, why: str) -> Transition:
    """Return a wait, or give up at once if its end would be too late."""
    if until > delivery.deadline:
        state = State.EXPIRED if delivery.deadline == delivery.expires else State.MISSED
        return _give_up(delivery, f"{why}; the next try would be too late", state)
    return Transition(State.SCHEDULED, until, why, counts_as_try=True)


def _give_up(delivery: Delivery, why: str, state: State = State.MISSED) -> Transition:
    if delivery.next_part:
        parts = len(delivery.content.parts)
        why = f"the thread stopped after part {delivery.next_part} of {parts}: {why}"
        return Transition(State.NEEDS_HUMAN, reason=why)
    return Transition(state, reason=why)


def _jitter(delivery: Delivery, until: datetime) -> datetime:
    """Return an instant up to two seconds later, so that accounts do not all come back at once.

    The delay is fixed for each try. Half of the time until the deadline stays for the try itself,
    because a post must not be missed by its name.
    """
    seed = f"{delivery.key}#{delivery.fence}".encode()
    later = timedelta(milliseconds=zlib.crc32(seed) % 2000)
    left = delivery.deadline - until
    return until + (later if left < timedelta(0) else min(later, left / 2))


# --- a person's decision ---


def confirmed_unsent(
    delivery: Delivery, who: str, now: datetime, duplicate: Duplicate | None = None
) -> Transition:
    """Return the transition after a person says that a delivery is not out.

    It is queued again if there is time. ``duplicate`` is another post with the same words, if the
    person was asked about that.
    """
    why = f"{who} says that it is not on the platform"
    if duplicate:
        why = f"{who} lets it say again what {duplicate.post} has said on {duplicate.account}"
    if now <= delivery.deadline:
        return Transition(State.SCHEDULED, now, why, absent=duplicate is None)
    if delivery.next_part:
        return Transition(State.DROPPED, reason=f"{why}; too late for the rest of the thread")
    return Transition(State.MISSED, reason=f"{why}; too late to send it")


# --- probes of an unknown send ---


def judge_probes(
    delivery: Delivery,
    probes: Sequence[Probe],
    *,
    since: datetime,
    duplicate: bool,
    now: datetime,
    unknown_nearby: str = "",
    again: bool = False,
    kept: bool = False,
) -> RemotePost | Decision:
    """Return the post that an unknown send has made, or the decision about its delivery.

    ``probes`` are the looks at the timeline since it became unknown (``since``), the newest last. A
    delivery is sent once more only if it proved absent and is in time.

    ``duplicate`` says that the platform called the send a duplicate. ``unknown_nearby`` is a
    sentence on posts of that time that belong to no delivery. ``again`` says that it was sent once
    more already. ``kept`` says that the platform takes a repetition for the first send, which may
    then be repeated as long as there is time.
    """
    newest, absences = probes[-1], sum(probe.readable for probe in probes)
    needed = KEPT_PROBES if kept else len(PROBE_DELAYS)
    if len(newest.matches) == 1:
        return newest.matches[0]
    if newest.matches:
        ids = ", ".join(match.remote_id for match in newest.matches)
        why = f"{len(newest.matches)} posts on the timeline match: {ids}"
    elif not newest.readable:
        if now - since <= UNREADABLE_LIMIT:
            return Wait(now + UNREADABLE_WAIT, newest.evidence)
        why = f"the timeline could not be read for an hour: {newest.evidence}"
    elif absences < needed:
        minimum = timedelta(seconds=60) if absences > 1 else timedelta(0)
        return Wait(max(since + PROBE_DELAYS[absences], now + minimum), newest.evidence)
    elif duplicate:
        why = "the platform calls it a duplicate, but it is not on the timeline"
    elif again and not kept:
        why = "absent from the timeline, but it was already sent a second time"
    elif now > delivery.deadline:
        why = "absent from the timeline, and too late to send it again without asking"
    else:
        why = unknown_nearby
    return GiveUp(State.NEEDS_HUMAN, why) if why else Send()
