"""Sends what is due, for all accounts: one transaction claims, a few threads send, one writes back.

``decide`` says what is sent, over what the claiming transaction has read. The intents are on disk
before a byte leaves; right before it does, the deadline and the pauses are looked at once more.
Answers that arrive together are written together, with what they cost. An account sends one post at
a time, and each platform has threads of its own: one that hangs costs nobody else's turn.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from bot.delivery import answers, telling
from bot.delivery.answers import Looked
from bot.delivery.decide import GiveUp, Wait, decide
from bot.delivery.overdue import Overdue
from bot.delivery.settle import settle
from bot.delivery.turns import Turns
from bot.model import Settlement
from bot.platforms.base import Outcome, Unsent
from bot.store.claiming import Intent, due_accounts, next_due, ready

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.delivery.answers import Answered
    from bot.delivery.desk import Desk
    from bot.delivery.situations import Seen
    from bot.model import Delivery
    from bot.store.claiming import Claim, Claiming

LEASE_SECONDS = 60.0
"""How long a claim is good for, in real seconds: the timeouts (25 s), and 30 s and more."""

REFUSED_SECONDS = 1.0
"""What another worker is at is looked at again after this; usually it has moved on."""

SENDERS = 8
"""Threads that send, for each platform."""

CLAIMED = 8 * SENDERS
"""So many posts are claimed at most, and the next ones once half of them are out: the threads are
never without work, and many posts share a transaction."""

FIRST = 1
"""So many deliveries of an account are looked at first: mostly, the one due first may go."""

STALE_SECONDS = 2.0
"""An account that had nothing to send is looked at anew after this, while others are sending."""

log = logging.getLogger("groundswell.delivery")


@dataclass(slots=True)
class _Batch:
    """What one transaction is going to do."""

    room: int
    now: datetime
    send: list[tuple[Delivery, Seen]] = field(default_factory=list)
    look: list[tuple[Delivery, str | None]] = field(default_factory=list)
    settled: list[tuple[Delivery, Settlement]] = field(default_factory=list)
    waits: dict[str, datetime | None] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        return len(self.send) + len(self.look) >= self.room


class Dispatcher:
    """Sends for all accounts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._overdue = Overdue(desk)
        self._turns: Turns[Answered] = Turns("send", SENDERS)
        self._waits: dict[str, datetime] = {}
        self._one = threading.Lock()
        self._refused = False
        self._leaving = False

    def leave(self) -> None:
        """Claim nothing more; what is on its way is still written down."""
        self._leaving = True

    def run(self) -> None:
        """Send what is due now, each account's in order, until nothing more is."""
        with self._one:
            self._waits, self._refused = {}, False
            try:
                more = self._round([])
                while more or self._turns.busy:
                    more = self._round(self._back())
                self._desk.sending.rest()
            except Exception:
                # What is on its way comes back first, and is written down or spilled.
                while self._turns.busy:
                    self._write(self._back())
                raise

    def next_wake(self) -> datetime | None:
        """Give when the queue wants attention next; None where nothing is scheduled."""
        desk = self._desk
        now = desk.clock.now()
        with desk.database.reading() as connection:
            due = ready(connection, due_accounts(connection, now), now)
            seen = desk.situations.read(connection, due, now)
            upcoming = next_due(connection, now)
        waits = [upcoming] if upcoming else []
        for one in due:
            step = decide(one, seen.of[one.id], now)
            if not isinstance(step, Wait):
                # It became due since the last run, or that run could not have it: no haste then.
                return desk.clock.after(REFUSED_SECONDS) if self._refused else now
            waits += answers.ends(one, step, now)
        return min(waits, default=None)

    # --- claiming ---

    def _round(self, answered: Sequence[Answered]) -> bool:
        """Write down what has come back, claim what may go and let it go.

        True where the queue has changed, and more may be due.
        """
        desk = self._desk
        # One instant for all: were a gap to end half-way, a later post would overtake the first.
        now = desk.clock.now()
        told = answers.told(desk, answered, now) if answered else []
        room = CLAIMED - len(self._turns.busy)
        batch = _Batch(room if 2 * room >= CLAIMED and not self._leaving else 0, now)
        launch_by = desk.clock.boot() + answers.LAUNCH_SECONDS
        claiming, claims = None, []
        try:
            desk.clockguard.check()
            if told or (batch.room and self._due(batch)):
                with desk.sending.claiming() as claiming:
                    if told:
                        claiming.close(told, now)
                    claims = self._claim(claiming, batch)
        finally:
            if told:
                answers.write(desk, told, claiming, now)
        for delivery, settlement in batch.settled:
            telling.tell(delivery, settlement, now)
        self._wait(batch)
        self._begin(batch, claims, launch_by)
        return bool(claims or batch.look or batch.settled)

    def _begin(self, batch: _Batch, claims: Sequence[Claim], launch_by: float) -> None:
        """Give what was claimed, and what is to be looked for, to threads of its platform."""
        desk = self._desk
        seen = {one.id: there for one, there in batch.send}
        for claim in claims:
            delivery = claim.delivery
            act = partial(answers.send, desk, claim, seen[delivery.id], launch_by)
            self._turns.begin(delivery.account, delivery.platform, act)
        for delivery, parent in batch.look:
            look = partial(answers.look, desk, self._overdue, delivery, parent)
            self._turns.begin(delivery.account, delivery.platform, look)

    def _due(self, batch: _Batch) -> bool:
        """Tell whether an account has something due: at rest, nobody's lock is taken."""
        with self._desk.database.reading() as connection:
            return bool(self._accounts(connection, batch.now))

    def _accounts(self, connection: Connection, now: datetime) -> list[str]:
        """Give the accounts with something due that are at nothing, and may have some to send."""
        return [
            name
            for name in due_accounts(connection, now)
            if name not in self._turns.busy and self._waits.get(name, now) <= now
        ]

    def _claim(self, claiming: Claiming, batch: _Batch) -> list[Claim]:
        """Choose what is sent, write its intents and what is given up.

        Two that say the same are not sent at once.
        """
        due = self._accounts(claiming.connection, batch.now) if batch.room else []
        for first in range(0, len(due), batch.room or 1):
            self._choose(claiming, due[first : first + batch.room], batch, FIRST)
        self._refused |= claiming.refused
        words = {}
        for one, seen in reversed(batch.send):
            words[one.platform, one.words] = one, seen
        intents = (self._intent(one, seen, batch) for one, seen in words.values())
        written = [intent for intent in intents if intent]
        claims = claiming.claim(written, batch.now, self._desk.clock.after(LEASE_SECONDS))
        claiming.settle(batch.settled, batch.now)
        return claims

    def _choose(
        self, claiming: Claiming, accounts: Sequence[str], batch: _Batch, most: int | None
    ) -> None:
        """Put into the batch what of these accounts may go, is to be looked for, or given up."""
        if batch.full:
            return
        deliveries = claiming.ready(accounts, batch.now, most)
        seen = self._desk.situations.read(claiming.connection, deliveries, batch.now, lock=True)
        theirs = {name: list(some) for name, some in groupby(deliveries, lambda one: one.account)}
        # In their order: of two accounts that would say the same, the one due first says it.
        mine = sorted(theirs, key=lambda name: min((one.due, one.id) for one in theirs[name]))
        went = {name: self._first(theirs[name], seen, batch) for name in mine}
        more = [name for name in mine if not went[name] and len(theirs[name]) == most]
        if more:
            self._choose(claiming, more, batch, None)

    def _first(self, deliveries: Sequence[Delivery], seen: Seen, batch: _Batch) -> bool:
        """Take the first of an account that may go; False where none does."""
        name = deliveries[0].account
        batch.waits[name] = None
        for one in deliveries:
            step = decide(one, seen.of[one.id], batch.now)
            if isinstance(step, GiveUp):
                batch.settled.append((one, Settlement(step.state, reason=step.why)))
            elif isinstance(step, Wait):
                ends = [*answers.ends(one, step, batch.now), *filter(None, [batch.waits[name]])]
                batch.waits[name] = min(ends, default=None)
            else:
                batch.waits.pop(name)
                if batch.full:  # the next transaction has room for it
                    return True
                parent = seen.facts.parents.get(one.id)
                if self._unlooked(one, seen):
                    batch.look.append((one, parent))
                else:
                    batch.send.append((one, seen))
                return True
        return False

    def _unlooked(self, delivery: Delivery, seen: Seen) -> bool:
        """Tell whether something must be asked of the platform before it may be sent."""
        known = self._desk.client.known(delivery.account)
        return not known or self._overdue.unlooked(delivery, seen.facts.slot_doubt)

    def _intent(self, delivery: Delivery, seen: Seen, batch: _Batch) -> Intent | None:
        """Write what is to be sent; where the client cannot, it is settled."""
        parent = seen.facts.parents.get(delivery.id)
        media_ids = seen.media_ids(delivery)
        try:
            client = self._desk.client(delivery.account)
            payload = client.payload(delivery.content, delivery.next_part, media_ids, parent)
        except Exception as error:
            # One post that trips the client must not keep the account's others from going out.
            if not isinstance(error, Outcome):
                log.exception("a bug in the platform's client before sending %s", delivery.key)
                error = Unsent(f"the client failed: {type(error).__name__}")
            situation = seen.of[delivery.id]
            settlement = settle(delivery, situation.account, error, batch.now, situation.rest)
            batch.settled.append((delivery, settlement))
            return None
        return Intent(delivery, payload, parent)

    def _wait(self, batch: _Batch) -> None:
        """Remember which accounts had nothing to send, and until when."""
        again = self._desk.clock.after(STALE_SECONDS)
        for name, until in batch.waits.items():
            self._waits[name] = min(again, until) if until else again

    def _back(self) -> list[Answered]:
        """Give what has come back. Raises what should not have happened on the way."""
        answered, wrong = self._turns.back()
        for one in answered:
            self._waits.pop(one.delivery.account, None)
            if isinstance(one, Looked):
                answers.settled(self._desk, one)
        if wrong:
            self._write(answered)
            raise wrong
        return answered

    def _write(self, answered: Sequence[Answered]) -> None:
        now = self._desk.clock.now()
        if told := answers.told(self._desk, answered, now):
            answers.write(self._desk, told, None, now)
