"""Sends what is due: intent on disk, deadline compared, one call, outcome on disk.

It decides nothing (``decide``, ``settle``) and knows no platform. One account at a time: each
account has a job of its own in ``bot.scheduler``, so that one that stalls does not delay another.
What is to be shown is handed over by ``uploads``, in another job, before a post can leave.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.delivery import telling
from bot.delivery.decide import GiveUp, Send, Wait, decide, gap, quiet_until
from bot.delivery.identity import UNKNOWN
from bot.delivery.overdue import Overdue
from bot.delivery.settle import put_off, settle, settle_unposted
from bot.errors import GroundswellError
from bot.model import Settlement
from bot.platforms.base import Outcome, Published, Unknown, Unsent
from bot.schedules.hours import day_span
from bot.store.claiming import Pace
from bot.store.spill import Spilled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.delivery.desk import Desk
    from bot.delivery.uploads import Uploads
    from bot.model import Delivery, Pause, Rest, Spending
    from bot.platforms.base import Client
    from bot.store.sending import Claim

LEASE_SECONDS = 60.0
"""How long a claim is good for, in real seconds: the timeouts (25 s), and 30 s and more."""

LAUNCH_SECONDS = 30.0
"""The bytes must start to leave within this after the claim, by the boot clock, or not at all."""

REFUSED_SECONDS = 1.0
"""A delivery that could not be claimed is looked at again after this; usually it has moved on."""

log = logging.getLogger("groundswell.delivery")


@dataclass(frozen=True, slots=True)
class _Around:
    """What all of an account's deliveries are decided by, read once for one look at them."""

    now: datetime
    pauses: Sequence[Pause]
    last_sent: datetime | None
    rest: Rest | None
    today: int
    lacking: Mapping[int, str]


class Publisher:
    """Publishes for one account at a time."""

    def __init__(self, desk: Desk, uploads: Uploads) -> None:
        self._desk = desk
        self._uploads = uploads
        self._overdue = Overdue(desk)
        self._refused: set[str] = set()

    def run(self, account: str) -> None:
        """Send what is due now, in order, until nothing more is."""
        self._refused.discard(account)
        while self._next(account):
            pass

    def next_wake(self, account: str) -> datetime | None:
        """Give when the account's queue wants attention next; None where nothing is scheduled."""
        desk = self._desk
        now = desk.clock.now()
        waits: list[datetime] = []
        ready, around = self._ready(account, now)
        for delivery in ready:
            step = self._decide(delivery, around)
            if not isinstance(step, Wait):
                # It became due since the last run, or that run could not have it: no haste then.
                refused = account in self._refused
                return desk.clock.after(REFUSED_SECONDS) if refused else now
            # What waits is looked at again when its time is over, but not if it is over already: by
            # a clock in doubt, that says nothing.
            over = delivery.deadline + timedelta(seconds=1)
            waits += [over] * (over > now) + ([step.until] if step.until else [])
        upcoming = desk.queue.next_wake(account, now)
        if upcoming:
            waits += [upcoming]
        return min(waits, default=None)

    def _next(self, account: str) -> bool:
        """Take one step for the first delivery that allows one; False where none does."""
        self._desk.clockguard.check()
        # One instant for all: were the gap to end half-way, a later one would overtake the first.
        ready, around = self._ready(account, self._desk.clock.now())
        for delivery in ready:
            step = self._decide(delivery, around)
            if isinstance(step, Wait):
                continue
            if not self._take(delivery, step):
                self._refused.add(account)
                return False
            return True
        return False

    def _take(self, delivery: Delivery, step: Send | GiveUp) -> bool:
        if isinstance(step, GiveUp):
            return self._give_up(delivery, Settlement(step.state, reason=step.why))
        return self._send(delivery)

    def _ready(self, account: str, now: datetime) -> tuple[Sequence[Delivery], _Around]:
        """Give what is to be touched by now, and what it is decided by."""
        desk = self._desk
        ready = desk.queue.ready(account, now)
        last_sent = desk.sending.last_sent(account, but=0)
        lacking = desk.guards.lacking(ready)
        around = (desk.queue.pauses(), last_sent, desk.guards.rest(account))
        return ready, _Around(now, *around, self._today(account, now), lacking)

    def _today(self, account: str, now: datetime) -> int:
        """Count the account's posts of today, if that is bounded."""
        known = self._desk.accounts.get(account)
        if known is None or known.daily_cap is None:
            return 0
        return self._desk.sending.out_since(account, day_span(known, now)[0])

    def _decide(self, delivery: Delivery, around: _Around) -> Send | Wait | GiveUp:
        desk, now = self._desk, around.now
        last_sent = around.last_sent
        if delivery.fence:  # it may be what was sent last itself
            last_sent = desk.sending.last_sent(delivery.account, but=delivery.id)
        step = partial(
            decide,
            delivery,
            desk.accounts.get(delivery.account),
            now=now,
            pauses=around.pauses,
            last_sent=last_sent,
            rest=around.rest,
            lacking=around.lacking.get(delivery.id),
            today=around.today,
            unpaid=desk.purse.unpaid(delivery),
            uploaded=self._uploads.ids(delivery) is not None,
        )
        # What waits anyway need not be looked up; what would go out must be.
        found = step()
        return step(said_before=desk.guards.twin(delivery, now)) if found == Send() else found

    # --- one part ---

    def _send(self, delivery: Delivery) -> bool:
        """Claim, send, settle. True where the queue has changed."""
        try:
            client = self._desk.client(delivery.account)
        except Outcome as outcome:
            settlement = put_off(delivery, outcome, UNKNOWN, self._desk.clock.now())
            return self._without_sending(delivery, settlement)
        reply_to = self._desk.sending.reply_to(delivery)
        try:
            if known := self._overdue.settlement(delivery, reply_to):
                return self._without_sending(delivery, known)
            payload = self._payload(delivery, client, reply_to)
        except Outcome as outcome:
            return self._before_claim(delivery, outcome)
        bill = self._desk.bill(delivery)
        claim, launch = self._claim(delivery, payload, reply_to)
        if claim is None:
            return False
        rest = self._desk.guards.rest(delivery.account)
        finished = self._finish(claim, self._launch(client, claim, launch), rest, bill)
        self._desk.clockguard.heard(delivery.account, client.platform_time)
        return finished

    def _payload(self, delivery: Delivery, client: Client, reply_to: str | None) -> str:
        """Write what is to be sent. Raises Outcome."""
        media_ids = self._uploads.ids(delivery)
        if media_ids is None:
            raise Unsent("what it shows is not there any more")
        try:
            return client.payload(delivery.content, delivery.next_part, media_ids, reply_to)
        except GroundswellError:
            raise
        except Exception as error:
            # One post that trips the client must not keep the account's others from going out.
            log.exception("a bug in the platform's client before sending %s", delivery.key)
            raise Unsent(f"the client failed: {type(error).__name__}") from error

    def _claim(
        self,
        delivery: Delivery,
        payload: str,
        reply_to: str | None,
    ) -> tuple[Claim | None, float]:
        clock = self._desk.clock
        launch_by = clock.boot() + LAUNCH_SECONDS
        lease = clock.after(LEASE_SECONDS)
        claim = self._desk.sending.claim(
            delivery,
            payload,
            reply_to=reply_to,
            now=clock.now(),
            lease_until=lease,
            pace=self._pace(delivery, clock.now()),
        )
        return claim, launch_by

    def _pace(self, delivery: Delivery, now: datetime) -> Pace:
        account = self._desk.accounts[delivery.account]
        return Pace(
            gap=gap(delivery, account, now),
            cap=account.daily_cap,
            midnight=day_span(account, now)[0],
            quiet=quiet_until(delivery, account, now) is not None,
            purse=self._desk.purse.bound(delivery),
            approvals=account.require_approval,
        )

    def _launch(self, client: Client, claim: Claim, launch_by: float) -> Published | Outcome:
        """Make the one call. Whatever it raises that is no outcome may have published: unknown."""
        self._desk.clockguard.check()
        if any(pause.holds(claim.delivery) for pause in self._desk.queue.pauses()):
            return Unsent("paused in the last moment")
        if self._desk.clock.boot() > launch_by:
            return Unsent("the machine stood still between the claim and the send")
        if self._desk.clock.now() > claim.delivery.deadline:
            return Unsent("its time ended between the claim and the send")
        try:
            return client.publish(claim.payload, claim.delivery.key)
        except Outcome as outcome:
            return outcome
        except Exception as error:
            log.exception("a bug in the platform's client while sending %s", claim.delivery.key)
            return Unknown(f"the client failed: {type(error).__name__}")

    def _finish(
        self,
        claim: Claim,
        result: Published | Outcome,
        rest: Rest | None,
        bill: tuple[Spending, ...],
    ) -> bool:
        """Settle it. Until it is written down or spilled, nothing here may ask the database."""
        desk, delivery = self._desk, claim.delivery
        now = desk.clock.now()
        settlement = settle(delivery, desk.accounts[delivery.account], result, now, rest)
        if isinstance(result, Published):
            settlement = replace(settlement, bill=bill)
        if not self._close(claim, settlement, result, now):
            return False
        if settlement.bill:
            desk.booked(delivery.account)
        telling.tell(delivery, settlement, now)
        return True

    def _close(
        self,
        claim: Claim,
        settlement: Settlement,
        result: Published | Outcome,
        now: datetime,
    ) -> bool:
        """Write down what came of it; where that fails, the spill file and the log have it."""
        name, words = telling.name(result), telling.words(result)
        status = result.status if isinstance(result, Outcome) else None
        closed = False
        try:
            closed = self._desk.sending.close(
                claim, settlement, outcome=name, detail=words, status=status, now=now
            )
        finally:
            if not closed:
                log.error("%s: could not be recorded: %s %s", claim.delivery.key, name, words)
                self._spill(claim, result)
        return closed

    def _spill(self, claim: Claim, result: Published | Outcome) -> None:
        """Keep the id of what is out beside the database, which is told later."""
        if not isinstance(result, Published):
            return
        delivery = claim.delivery
        names = (delivery.id, delivery.key, delivery.next_part, claim.attempt, claim.fence)
        spilled = Spilled(*names, claim.payload, result.remote_id, result.url, result.at)
        try:
            self._desk.spill.append(spilled)
        except OSError as error:  # then it is looked for on the timeline
            log.error("%s: the spill file failed too: %s", delivery.key, error)  # noqa: TRY400 - no bug

    # --- before the claim ---

    def _before_claim(self, delivery: Delivery, outcome: Outcome) -> bool:
        account = self._desk.accounts[delivery.account]
        rest = self._desk.guards.rest(delivery.account)
        now = self._desk.clock.now()
        return self._give_up(delivery, settle_unposted(delivery, account, outcome, now, rest))

    def _without_sending(self, delivery: Delivery, settlement: Settlement) -> bool:
        """Settle what a look at the timeline has shown; what it found was paid for once."""
        given_up = self._give_up(delivery, settlement)
        if given_up and settlement.bill:
            self._desk.booked(delivery.account)
        return given_up

    def _give_up(self, delivery: Delivery, settlement: Settlement) -> bool:
        now = self._desk.clock.now()
        if not self._desk.sending.give_up(delivery, settlement, now):
            return False
        telling.tell(delivery, settlement, now)
        return True
