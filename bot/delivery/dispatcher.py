"""Sends what is due, for all accounts: one transaction claims, a few threads send, one writes back.

``decide`` says what is sent, given what the claiming transaction has read. The intents are on disk
before a byte leaves; right before it does, the deadline and the pauses are checked once more.
Answers that arrive together are written together, with what they cost. An account sends one post at
a time, and each platform has threads of its own: one that hangs holds up nobody else.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from bot.delivery import sending
from bot.delivery.decide import GiveUp, Wait, decide
from bot.delivery.probing import PreSendCheck
from bot.delivery.sending import AccountThreads, FinishedProbe
from bot.delivery.transitions import transition_for
from bot.model import Transition
from bot.platforms.base import Outcome, Unsent
from bot.store.claims import Intent, due_accounts, next_due, ready

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.delivery.sending import FinishedWork
    from bot.delivery.situations import PublisherDeps, SituationBatch
    from bot.model import Delivery
    from bot.store.claims import Claim, ClaimTransaction

LEASE_SECONDS = 60.0
"""How long a claim is valid, in real seconds: the timeouts (25 s), and 30 s and more."""

REFUSED_RECHECK_SECONDS = 1.0
"""What another worker holds is checked again after this; usually it has moved on."""

SEND_THREADS = 8
"""Threads that send, for each platform."""

MAX_CLAIMED = 8 * SEND_THREADS
"""At most this many posts are claimed at a time, and the next ones once half of them are out: the
threads always have work, and many posts share a transaction."""

FIRST_CANDIDATES = 1
"""This many deliveries of an account are read first: mostly, the one due first may go."""

IDLE_RECHECK_SECONDS = 2.0
"""An account that had nothing to send is checked again after this, while others are sending."""

log = logging.getLogger("groundswell.delivery")


@dataclass(slots=True)
class _Batch:
    """What one transaction is going to do."""

    capacity: int
    now: datetime
    to_send: list[tuple[Delivery, SituationBatch]] = field(default_factory=list)
    to_probe: list[tuple[Delivery, str | None]] = field(default_factory=list)
    settled: list[tuple[Delivery, Transition]] = field(default_factory=list)
    waits: dict[str, datetime | None] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        return len(self.to_send) + len(self.to_probe) >= self.capacity


class Dispatcher:
    """Sends for all accounts."""

    def __init__(self, deps: PublisherDeps) -> None:
        self._deps = deps
        self._presend = PreSendCheck(deps)
        self._threads: AccountThreads[FinishedWork] = AccountThreads("send", SEND_THREADS)
        self._waits: dict[str, datetime] = {}
        self._run_lock = threading.Lock()
        self._refused = False
        self._shutting_down = False

    def shutdown(self) -> None:
        """Claim nothing more; what is on its way is still written down."""
        self._shutting_down = True

    def run(self) -> None:
        """Send what is due now, each account's in order, until nothing more is."""
        with self._run_lock:
            self._waits, self._refused = {}, False
            try:
                more = self._round([])
                while more or self._threads.busy:
                    more = self._round(self._collect())
                self._deps.claims.flush()
            except Exception:
                # What is on its way comes back first, and goes into the database or the journal.
                while self._threads.busy:
                    self._record(self._collect())
                raise

    def next_wake(self) -> datetime | None:
        """Return when the queue must be looked at next; None where nothing is scheduled."""
        deps = self._deps
        now = deps.clock.now()
        with deps.database.reading() as connection:
            due = ready(connection, due_accounts(connection, now), now)
            situations = deps.situations.read(connection, due, now)
            upcoming = next_due(connection, now)
        waits = [upcoming] if upcoming else []
        for delivery in due:
            decision = decide(delivery, situations.by_delivery[delivery.id], now)
            if not isinstance(decision, Wait):
                # It became due since the last run, or that run could not have it: no haste then.
                return deps.clock.after(REFUSED_RECHECK_SECONDS) if self._refused else now
            waits += sending.recheck_times(delivery, decision, now)
        return min(waits, default=None)

    # --- one round: record, claim, start ---

    def _round(self, finished: Sequence[FinishedWork]) -> bool:
        """Record what has come back, claim what may go, and start its threads.

        Return whether the queue has changed, so that more may be due.
        """
        deps = self._deps
        # One instant for all: were a gap to end half-way, a later post would overtake the first.
        now = deps.clock.now()
        results = sending.send_results(deps, finished, now) if finished else []
        room = MAX_CLAIMED - len(self._threads.busy)
        batch = _Batch(room if 2 * room >= MAX_CLAIMED and not self._shutting_down else 0, now)
        launch_by = deps.clock.uptime() + sending.LAUNCH_SECONDS
        claiming, claims = None, []
        try:
            deps.clockguard.check()
            if results or (batch.capacity and self._has_due(now)):
                with deps.claims.claiming() as claiming:
                    if results:
                        claiming.record_results(results, now)
                    claims = self._claim(claiming, batch)
        finally:
            if results:
                sending.record_results(deps, results, claiming, now)
        for delivery, transition in batch.settled:
            sending.log_outcome(delivery, transition, now)
        recheck_at = deps.clock.after(IDLE_RECHECK_SECONDS)
        for name, until in batch.waits.items():
            self._waits[name] = min(recheck_at, until) if until else recheck_at
        self._start_threads(batch, claims, launch_by)
        return bool(claims or batch.to_probe or batch.settled)

    def _has_due(self, now: datetime) -> bool:
        """Return whether an account has something due, without taking a lock for the answer."""
        with self._deps.database.reading() as connection:
            return bool(self._free_accounts(connection, now))

    def _free_accounts(self, connection: Connection, now: datetime) -> list[str]:
        """Return the accounts with something due that are not busy, and not known to wait."""
        return [
            name
            for name in due_accounts(connection, now)
            if name not in self._threads.busy and self._waits.get(name, now) <= now
        ]

    def _start_threads(self, batch: _Batch, claims: Sequence[Claim], launch_by: float) -> None:
        """Hand what was claimed, and what must be looked for, to threads of its platform."""
        deps = self._deps
        situations = {delivery.id: batch_read for delivery, batch_read in batch.to_send}
        for claim in claims:
            delivery = claim.delivery
            work = partial(sending.send, deps, claim, situations[delivery.id], launch_by)
            self._threads.submit(delivery.account, delivery.platform, work)
        for delivery, parent in batch.to_probe:
            probe = partial(sending.probe_first, deps, self._presend, delivery, parent)
            self._threads.submit(delivery.account, delivery.platform, probe)

    def _collect(self) -> list[FinishedWork]:
        """Return what has come back. Raise what should not have happened on the way."""
        finished, error = self._threads.collect()
        for work in finished:
            self._waits.pop(work.delivery.account, None)
            if isinstance(work, FinishedProbe):
                sending.apply_probe(self._deps, work)
        if error:
            self._record(finished)
            raise error
        return finished

    def _record(self, finished: Sequence[FinishedWork]) -> None:
        now = self._deps.clock.now()
        if results := sending.send_results(self._deps, finished, now):
            sending.record_results(self._deps, results, None, now)

    # --- claiming ---

    def _claim(self, claiming: ClaimTransaction, batch: _Batch) -> list[Claim]:
        """Choose what is sent, and write its intents and what is given up.

        Of two posts with the same words, only one is sent at a time.
        """
        due = self._free_accounts(claiming.connection, batch.now) if batch.capacity else []
        for first in range(0, len(due), batch.capacity or 1):
            self._choose(claiming, due[first : first + batch.capacity], batch, FIRST_CANDIDATES)
        self._refused |= claiming.contended
        by_words = {
            (delivery.platform, delivery.words): (delivery, situations)
            for delivery, situations in reversed(batch.to_send)
        }
        intents = [self._build_intent(*chosen, batch) for chosen in by_words.values()]
        lease_end = self._deps.clock.after(LEASE_SECONDS)
        claims = claiming.claim([intent for intent in intents if intent], batch.now, lease_end)
        claiming.apply_transitions(batch.settled, batch.now)
        return claims

    def _choose(
        self, claiming: ClaimTransaction, accounts: Sequence[str], batch: _Batch, limit: int | None
    ) -> None:
        """Put into the batch what of these accounts may go, must be looked for, or is given up.

        At most ``limit`` deliveries of an account are read first, and all where none of those may
        go.
        """
        if batch.full:
            return
        deliveries = claiming.ready(accounts, batch.now, limit)
        situations = self._deps.situations.read(
            claiming.connection, deliveries, batch.now, lock=True
        )
        by_account = {
            name: list(group)
            for name, group in groupby(deliveries, lambda delivery: delivery.account)
        }
        # In their order: of two accounts that would say the same, the one due first says it.
        names = sorted(by_account, key=lambda name: min((d.due, d.id) for d in by_account[name]))
        chosen = {name: self._pick_first(by_account[name], situations, batch) for name in names}
        more = [name for name in names if not chosen[name] and len(by_account[name]) == limit]
        if more:
            self._choose(claiming, more, batch, None)

    def _pick_first(
        self, deliveries: Sequence[Delivery], situations: SituationBatch, batch: _Batch
    ) -> bool:
        """Take the first delivery of an account that may go; return whether one may."""
        name = deliveries[0].account
        batch.waits[name] = None
        for delivery in deliveries:
            decision = decide(delivery, situations.by_delivery[delivery.id], batch.now)
            if isinstance(decision, GiveUp):
                batch.settled.append((delivery, Transition(decision.state, reason=decision.why)))
            elif isinstance(decision, Wait):
                ends = [batch.waits[name], *sending.recheck_times(delivery, decision, batch.now)]
                batch.waits[name] = min(filter(None, ends), default=None)
            else:
                batch.waits.pop(name)
                if batch.full:  # the next transaction has room for it
                    return True
                if self._needs_probe(delivery, situations):
                    parent = situations.facts.reply_targets.get(delivery.id)
                    batch.to_probe.append((delivery, parent))
                else:
                    batch.to_send.append((delivery, situations))
                return True
        return False

    def _needs_probe(self, delivery: Delivery, situations: SituationBatch) -> bool:
        """Return whether the platform must be asked something before it may be sent."""
        return not self._deps.client.is_verified(delivery.account) or self._presend.needs_probe(
            delivery, situations.facts.unverified_slots
        )

    def _build_intent(
        self, delivery: Delivery, situations: SituationBatch, batch: _Batch
    ) -> Intent | None:
        """Return the intent to send it; None, and settled, where the client cannot write it."""
        parent = situations.facts.reply_targets.get(delivery.id)
        media_ids = situations.media_ids(delivery)
        try:
            client = self._deps.client(delivery.account)
            payload = client.payload(delivery.content, delivery.next_part, media_ids, parent)
        except Exception as error:
            # One post that trips the client must not keep the account's others from going out.
            if not isinstance(error, Outcome):
                log.exception("a bug in the platform's client before sending %s", delivery.key)
                error = Unsent(f"the client failed: {type(error).__name__}")
            situation = situations.by_delivery[delivery.id]
            transition = transition_for(
                delivery, situation.account, error, batch.now, situation.backoff
            )
            batch.settled.append((delivery, transition))
            return None
        return Intent(delivery, payload, parent)
