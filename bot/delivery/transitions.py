"""What an outcome, a probe or a person's word makes of a delivery: its next state, and when. Pure.

The rules are the failure catalogue: only what is provably unsent is tried again, and only inside
the grace; what may be out is looked for on the timeline; what is refused stays refused.
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
"""An unknown send is first looked for after this: the timeline needs a moment to show it."""

UNSENT_WAITS = tuple(timedelta(seconds=s) for s in (10, 30, 60, 120, 240, 300))
"""Waits before each new try of what provably never left; the last one is repeated."""

RATE_LIMIT_WAITS = tuple(timedelta(minutes=m) for m in (1, 2, 4, 8, 15))
"""Waits after a 429 that does not say when to come back."""

PROBE_DELAYS = (timedelta(seconds=15), timedelta(seconds=75), timedelta(minutes=5))
"""When an unknown send is looked for, after it became unknown; absent each time means absent."""

KEPT_PROBES = 2
"""So many of these looks are enough where a repetition is surely the same post: its key is kept."""

UNREADABLE_WAIT = timedelta(minutes=1)
"""Wait after a timeline that could not be read, or an account that could not be asked for."""

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
    """Turn the answer to a send (or to the upload before it) into what happens next.

    ``account`` is None where the config has lost it. ``backoff`` is the account's last one, if
    nothing was sent since. ``bill`` is what it costs if it is published.
    """
    if isinstance(outcome, RemotePost):
        state, goes_on_at = State.PUBLISHED, None
        if delivery.next_part + 1 < len(delivery.content.parts):
            state, goes_on_at = State.SCHEDULED, now + (account.part_gap if account else NO_GAP)
        ended = backoff is not None  # what is found later proves nothing about a newer one
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
    # Unknown, and any outcome that this function does not know: it may be out.
    return Transition(State.UNKNOWN, now + FIRST_PROBE_DELAY, outcome.detail)


def postpone(delivery: Delivery, outcome: Outcome, why: str, now: datetime) -> Transition:
    """Let it wait, without counting a try, for what must be known before it may be sent."""
    request = outcome.pause_request(delivery.account, delivery.platform)
    # What waits for the end of a pause has no time of its own, and the queue says so.
    retry_at = now if request else now + UNREADABLE_WAIT
    if isinstance(outcome, RateLimited) and outcome.until:
        retry_at = max(retry_at, outcome.until)
    reason = f"{why}: {outcome.detail}"
    return Transition(State.SCHEDULED, retry_at, reason, pause_request=request)


def _rate_limited(
    delivery: Delivery, outcome: RateLimited, now: datetime, before: Backoff | None
) -> Transition:
    """Let the whole account wait: its other posts would be refused as well."""
    times = max(delivery.tries, before.times if before else 0)
    wait = RATE_LIMIT_WAITS[min(times, len(RATE_LIMIT_WAITS) - 1)]
    wait = _before_deadline(delivery, now + wait, now) - now
    until = _jitter(delivery, outcome.retry_at(now, wait))
    why = f"rate limited: {outcome.detail}"
    return replace(_retry_at(delivery, until, why), backoff=Backoff(until, why, times + 1))


def _before_deadline(delivery: Delivery, until: datetime, now: datetime) -> datetime:
    """Return when to try again: the last try is moved to right before the deadline."""
    last = delivery.deadline - LAST_TRY_ROOM
    return last if now < last < until else until


def _retry_at(delivery: Delivery, until: datetime, why: str) -> Transition:
    """Wait until then; where that is too late, give up now and not only then."""
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
    """Return up to two seconds later, fixed per try: several accounts do not come back at once.

    Half of what is left until the deadline stays for the try itself: whether a post is missed does
    not depend on its name.
    """
    seed = f"{delivery.key}#{delivery.fence}".encode()
    later = timedelta(milliseconds=zlib.crc32(seed) % 2000)
    left = delivery.deadline - until
    return until + (later if left < timedelta(0) else min(later, left / 2))


# --- a person's word ---


def confirmed_unsent(
    delivery: Delivery, who: str, now: datetime, duplicate: Duplicate | None = None
) -> Transition:
    """Return what follows when a person says that it is not out: queued again if still in time.

    The remaining parts of a thread are not sent when it is too late. ``duplicate`` is another post
    with the same words, if the person was asked about that.
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
    """Return what the probes, newest last, have shown of a send that is unknown ``since`` then.

    A post is what it has become; else it is looked for again, given up to a person, or sent once
    more, as it is proved absent and still in time. ``duplicate`` is whether the platform called it
    one; ``unknown_nearby`` names the posts of that time that belong to no delivery, if there are
    any. ``again`` is whether it was sent once more already; ``kept`` whether the platform takes a
    repetition for the post itself, if that is out, so that there may be as many as are in time.
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
        why = "absent from the timeline, and it was sent again once already"
    elif now > delivery.deadline:
        why = "absent from the timeline, and too late to send it again unasked"
    else:
        why = unknown_nearby
    return GiveUp(State.NEEDS_HUMAN, why) if why else Send()
