"""What an outcome makes of a delivery: its next state, and when to try again. Pure.

The rules are the failure catalogue: only what is provably unsent is tried again, and only inside
the grace; what may be out is looked for; what is refused stays refused.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.delivery.verdict import UNREADABLE_WAIT
from bot.model import Rest, Settlement, State
from bot.platforms.base import (
    Published,
    RateLimited,
    Rejected,
    Unknown,
    Unsent,
)

if TYPE_CHECKING:
    from bot.model import Account, Delivery
    from bot.platforms.base import Outcome

FIRST_LOOK = timedelta(seconds=15)
"""An unknown send is first looked for after this: the timeline needs a moment to show it."""

UNSENT_TRIES = 5
UNSENT_WAITS = tuple(map(timedelta, (0, 0, 0, 0, 0), (10, 30, 90, 270, 600)))
"""Waits before each new try of what provably never left; five tries, all inside the usual grace."""

RATE_WAITS = tuple(timedelta(minutes=m) for m in (1, 2, 4, 8, 15))
"""Waits after a 429 that does not say when to come back."""


def settle(
    delivery: Delivery,
    account: Account | None,
    outcome: Published | Outcome,
    now: datetime,
    rest: Rest | None = None,
) -> Settlement:
    """Turn the answer to a send (or to the upload before it) into what happens next.

    ``account`` is None where the config does not have it any more.
    ``rest`` is what the account was last told to wait, if it has sent nothing since.
    """
    if isinstance(outcome, Published):
        return _published(delivery, account, outcome, now)
    if isinstance(outcome, Rejected):
        return _rejected(delivery, outcome)
    if isinstance(outcome, RateLimited):
        return _rate_limited(delivery, outcome, now, rest)
    if isinstance(outcome, Unsent):
        return _unsent(delivery, outcome, now)
    hold = outcome.hold(delivery.account, delivery.platform)
    if hold:
        return Settlement(State.SCHEDULED, now, hold.why, hold=hold)
    # Unknown, and any outcome that this table does not know: it may be out.
    return Settlement(State.UNKNOWN, now + FIRST_LOOK, outcome.detail)


def settle_unposted(
    delivery: Delivery, account: Account, outcome: Outcome, now: datetime, rest: Rest | None
) -> Settlement:
    """Settle what failed before anything was posted: an unknown outcome is a plain failure."""
    failed = Unsent(outcome.detail) if isinstance(outcome, Unknown) else outcome
    return settle(delivery, account, failed, now, rest)


def put_off(delivery: Delivery, outcome: Outcome, why: str, now: datetime) -> Settlement:
    """Let it wait, without a try, for what must be known before it may be sent."""
    hold = outcome.hold(delivery.account, delivery.platform)
    # Who is paused waits for the pause and for no time: that is what the queue then says.
    again = now if hold else now + UNREADABLE_WAIT
    if isinstance(outcome, RateLimited) and outcome.until:
        again = max(again, outcome.until)
    return Settlement(State.SCHEDULED, again, f"{why}: {outcome.detail}", hold=hold)


def _published(
    delivery: Delivery,
    account: Account | None,
    published: Published,
    now: datetime,
) -> Settlement:
    if delivery.next_part + 1 < len(delivery.content.parts):
        gap = account.part_gap if account else timedelta(0)
        return Settlement(State.SCHEDULED, now + gap, published=published)
    return Settlement(State.PUBLISHED, published=published)


def _rejected(delivery: Delivery, outcome: Outcome) -> Settlement:
    if not delivery.next_part:
        return Settlement(State.REJECTED, reason=outcome.detail)
    why = (
        f"part {delivery.next_part + 1} was refused, the parts before it are out: {outcome.detail}"
    )
    return Settlement(State.NEEDS_HUMAN, reason=why)


def _rate_limited(
    delivery: Delivery,
    outcome: RateLimited,
    now: datetime,
    before: Rest | None,
) -> Settlement:
    """The account waits as a whole: its other posts would be refused just so."""
    times = max(delivery.tries, before.times if before else 0)
    wait = RATE_WAITS[min(times, len(RATE_WAITS) - 1)]
    until = _spread(delivery, max(outcome.until or now + wait, now))
    why = f"rate limited: {outcome.detail}"
    return replace(_later(delivery, until, why), rest=Rest(until, why, times + 1))


def _unsent(delivery: Delivery, outcome: Outcome, now: datetime) -> Settlement:
    if delivery.tries >= UNSENT_TRIES:
        return _lost(delivery, f"could not be sent in {UNSENT_TRIES} tries: {outcome.detail}")
    until = _spread(delivery, now + UNSENT_WAITS[delivery.tries])
    return _later(delivery, until, f"not sent yet: {outcome.detail}")


def _later(delivery: Delivery, until: datetime, why: str) -> Settlement:
    """Wait until then; where that is too late, say so now and not only then."""
    if until > delivery.deadline:
        state = State.EXPIRED if delivery.deadline == delivery.expires else State.MISSED
        return _lost(delivery, f"{why}; the next try would be too late", state)
    return Settlement(State.SCHEDULED, until, why, tried=True)


def _lost(delivery: Delivery, why: str, state: State = State.MISSED) -> Settlement:
    if delivery.next_part:
        parts = len(delivery.content.parts)
        why = f"the thread stopped after part {delivery.next_part} of {parts}: {why}"
        return Settlement(State.NEEDS_HUMAN, reason=why)
    return Settlement(state, reason=why)


def _spread(delivery: Delivery, until: datetime) -> datetime:
    """Return up to two seconds later, fixed per try: several accounts do not come back at once.

    Of what is left until the deadline, half stays for the try itself: whether a post is missed
    does not depend on its name.
    """
    seed = f"{delivery.key}#{delivery.fence}".encode()
    later = timedelta(milliseconds=zlib.crc32(seed) % 2000)
    left = delivery.deadline - until
    return until + (later if left < timedelta(0) else min(later, left / 2))
