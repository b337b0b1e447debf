"""What is done on the way, in a thread of its own, and what becomes of its answer.

A send is one call. What may be out already is looked for before it is sent.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.delivery.identity import UNKNOWN
from bot.delivery.settle import put_off, settle, settle_unposted
from bot.delivery.telling import name, tell, words
from bot.platforms.base import Outcome, Published, Unknown, Unsent
from bot.store import rests
from bot.store.claiming import Answer
from bot.store.spill import Spilled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.delivery.decide import Wait
    from bot.delivery.desk import Desk
    from bot.delivery.overdue import Overdue
    from bot.delivery.situations import Seen
    from bot.model import Delivery, Rest, Settlement, Spending
    from bot.store.claiming import Claim, Claiming

LAUNCH_SECONDS = 30.0
"""The bytes must start to leave within this after the claim, by the boot clock, or not at all."""

log = logging.getLogger("groundswell.delivery")


@dataclass(frozen=True, slots=True)
class Sent:
    """A send that is over; ``bill`` is what it costs if it is out."""

    claim: Claim
    result: Published | Outcome
    rest: Rest | None
    bill: tuple[Spending, ...]

    @property
    def delivery(self) -> Delivery:
        """What was sent."""
        return self.claim.delivery


@dataclass(frozen=True, slots=True)
class Looked:
    """A look that is over; ``settlement`` is None where it may be sent now."""

    delivery: Delivery
    settlement: Settlement | None


Answered = Sent | Looked


def ends(delivery: Delivery, wait: Wait, now: datetime) -> list[datetime]:
    """Give when what waits is to be looked at again: its wait is over, or its time.

    Not if its time is over already: by a clock in doubt, that says nothing.
    """
    over = delivery.deadline + timedelta(seconds=1)
    return [over] * (over > now) + ([wait.until] if wait.until else [])


# --- sending ---


def send(desk: Desk, claim: Claim, seen: Seen, launch_by: float) -> Sent:
    """Send it; all that its answer is settled by is known before."""
    delivery = claim.delivery
    bill = desk.bill(delivery, seen.uploaded(delivery.account))
    result = launch(desk, claim, launch_by)
    client = desk.client(delivery.account)
    desk.clockguard.heard(delivery.account, client.platform_time)
    return Sent(claim, result, seen.of[delivery.id].rest, bill)


def launch(desk: Desk, claim: Claim, launch_by: float) -> Published | Outcome:
    """Make the one call. Whatever it raises that is no outcome may have published: unknown."""
    desk.clockguard.check()
    delivery = claim.delivery
    if any(pause.holds(delivery) for pause in desk.queue.pauses()):
        return Unsent("paused in the last moment")
    if desk.clock.boot() > launch_by:
        return Unsent("it waited too long for its turn after the claim, or the machine stood still")
    if desk.clock.now() > delivery.deadline:
        return Unsent("its time ended between the claim and the send")
    try:
        return desk.client(delivery.account).publish(claim.payload, delivery.key)
    except Outcome as outcome:
        return outcome
    except Exception as error:
        log.exception("a bug in the platform's client while sending %s", delivery.key)
        return Unknown(f"the client failed: {type(error).__name__}")


def told(desk: Desk, answered: Sequence[Answered], now: datetime) -> list[Answer]:
    """Say of each send that is over what it makes of its delivery."""
    found = []
    for one in answered:
        if isinstance(one, Sent):
            account, result = desk.accounts.get(one.delivery.account), one.result
            settlement = settle(one.delivery, account, result, now, one.rest)
            if isinstance(result, Published):
                settlement = replace(settlement, bill=one.bill)
            status = result.status if isinstance(result, Outcome) else None
            found.append(Answer(one.claim, settlement, name(result), words(result), status))
    return found


def write(desk: Desk, answers: Sequence[Answer], claiming: Claiming | None, now: datetime) -> None:
    """See that what came of sends is written down, or else spilled, and tell it.

    ``claiming`` is the transaction that was to write it. Where that came to nothing, it is written
    by itself: until it is written or spilled, nothing else asks the database. Raises StoreError.
    """
    closed = claiming.closed if claiming and claiming.on_disk else []
    try:
        if not closed:
            closed = desk.sending.close(answers, now)
    finally:
        for number, answer in enumerate(answers):
            delivery, settlement = answer.claim.delivery, answer.settlement
            if closed and closed[number]:
                tell(delivery, settlement, now)
            else:
                said = f"{answer.outcome} {answer.detail}"
                log.error("%s: could not be recorded: %s", delivery.key, said)
                _spill(desk, answer)
    for answer, done in zip(answers, closed, strict=True):
        if done and answer.settlement.bill:
            desk.booked(answer.claim.delivery.account)


def _spill(desk: Desk, answer: Answer) -> None:
    """Keep the id of what is out beside the database, which is told later."""
    claim, result = answer.claim, answer.settlement.published
    if result is None:
        return
    delivery = claim.delivery
    names = (delivery.id, delivery.key, delivery.next_part, claim.attempt, claim.fence)
    out = (result.remote_id, result.url, result.at, result.reply)
    spilled = Spilled(*names, claim.payload, *out)
    try:
        desk.spill.append(spilled)
    except OSError as error:  # then it is looked for on the timeline
        log.error("%s: the spill file failed too: %s", delivery.key, error)  # noqa: TRY400 - no bug


# --- looking before sending ---


def look(desk: Desk, overdue: Overdue, delivery: Delivery, parent: str | None) -> Looked:
    """Ask the platform all that must be known before it may be sent."""
    now = desk.clock.now()
    try:
        desk.client(delivery.account)
    except Outcome as outcome:
        return Looked(delivery, put_off(delivery, outcome, UNKNOWN, now))
    try:
        return Looked(delivery, overdue.settlement(delivery, parent))
    except Outcome as outcome:
        account = desk.accounts[delivery.account]
        rest = rests.rest(desk.database, delivery.account)
        return Looked(delivery, settle_unposted(delivery, account, outcome, desk.clock.now(), rest))


def settled(desk: Desk, looked: Looked) -> None:
    """Settle what a look has shown; what it found was paid for once."""
    delivery, settlement, now = looked.delivery, looked.settlement, desk.clock.now()
    if settlement is None or not desk.sending.give_up(delivery, settlement, now):
        return
    tell(delivery, settlement, now)
    if settlement.bill:
        desk.booked(delivery.account)
