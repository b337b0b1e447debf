"""Sends the due posts of all accounts. One transaction claims them, and threads send them.

``decide`` chooses from the deliveries that the claiming transaction has read. The intents are on
disk before a byte leaves. Right before it does, ``sending`` checks the deadline and the pauses once
more. Answers that arrive together are written together, with their costs. An account sends one post
at a time. Each platform has threads of its own, and gets more of them if accounts hang.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from operator import attrgetter
from time import monotonic
from typing import TYPE_CHECKING

from bot.delivery import sending
from bot.delivery.clients import bugs_as_unsent
from bot.delivery.decide import GiveUp, Wait, decide
from bot.delivery.restore_check import PreSendCheck, unproved_until
from bot.delivery.situations import media_ids
from bot.delivery.threads import AccountThreads
from bot.delivery.transitions import transition_for
from bot.errors import GroundswellError
from bot.model import State, Transition
from bot.platforms import load_platform
from bot.platforms.outcomes import Outcome
from bot.store.claims import due_accounts, due_deliveries, next_due
from bot.store.sends import Intent, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.delivery.deps import DeliveryDeps
    from bot.delivery.situations import SituationBatch
    from bot.model import Delivery
    from bot.store.claims import ClaimTransaction
    from bot.store.sends import Claim

LEASE_SECONDS = 90.0
"""How long a claim is valid, in real seconds. It covers the time until the launch (30 s at most),
the longest send (30 s, ``Limits`` in ``bot.platforms.calls``), and the recording of the result."""

REFUSED_RECHECK_SECONDS = 1.0
"""A delivery that another worker holds is checked again after this. Usually it has moved on."""

SEND_THREADS = 8
"""Threads that send, for each platform, while none is stuck."""

MAX_CLAIMED = 8 * SEND_THREADS
"""The most posts that are claimed at a time. The next ones are claimed once half of them are out.
So the threads always have work, and many posts share a transaction."""

FIRST_CANDIDATES = 1
"""The number of an account's deliveries that are read first. Mostly, the one due first may go."""

IDLE_RECHECK_SECONDS = 2.0
"""An account that had nothing to send is checked again after this, while others are sending."""

_due_order = attrgetter("due", "id")


@dataclass(slots=True)
class _Batch:
    """The work that one transaction chooses."""

    capacity: int
    """The most deliveries to send, to look for, or to ask about."""
    now: datetime
    to_send: list[Intent] = field(default_factory=list)
    to_probe: list[tuple[Delivery, str | None]] = field(default_factory=list)
    """Deliveries to look for on the timeline first, each with the part before its next one."""
    to_ask: list[Delivery] = field(default_factory=list)
    """Deliveries whose account's server must be asked for its clock first."""
    situations: dict[int, SituationBatch] = field(default_factory=dict)
    """The situations of the deliveries to send, by their numbers."""
    settled: list[tuple[Delivery, Transition]] = field(default_factory=list)
    """Deliveries that are given up or put off."""

    @property
    def full(self) -> bool:
        return len(self.to_send) + len(self.to_probe) + len(self.to_ask) >= self.capacity


class Dispatcher:
    """Sends for all accounts."""

    def __init__(self, deps: DeliveryDeps) -> None:
        self._deps = deps
        self._presend = PreSendCheck(deps)
        self._threads: AccountThreads[SendResult | None] = AccountThreads("send", SEND_THREADS)
        self._look_again: dict[str, datetime] = {}
        """When to look again at the accounts that had nothing to send so far in this run."""
        self._run_lock = threading.Lock()
        self._refused = False
        self._shutting_down = False
        self.wrote_at = monotonic()
        """When a round last wrote to the database, in real seconds while the machine is awake."""

    def shutdown(self) -> None:
        """Claim nothing more. The results of posts on their way are still recorded."""
        self._shutting_down = True

    def run(self) -> None:
        """Send the posts that are due, each account's in order, until none is left."""
        with self._run_lock:
            self._look_again, self._refused = {}, False
            results: list[SendResult] = []
            try:
                while self._round(results) or self._threads.busy:
                    results = self._collect()
                self._deps.claims.flush()
            except Exception:
                # The results of posts on their way must get into the database or the journal.
                while self._threads.busy:
                    with suppress(GroundswellError):  # a second failure concerns one of them
                        results, now = self._collect(), self._deps.clock.now()
                        sending.record_results(self._deps, results, None, now)
                raise

    def next_wake(self) -> datetime | None:
        """Return when the queue must be looked at next, or None if nothing is scheduled."""
        deps = self._deps
        now = deps.clock.now()
        with deps.database.reading() as connection:
            due = due_deliveries(connection, due_accounts(connection, now), now)
            situations = deps.situations.read(connection, due, now)
            upcoming = next_due(connection, now)
        wakes = [upcoming]
        for delivery in due:
            decision = decide(delivery, situations.by_delivery[delivery.id], now)
            if not isinstance(decision, Wait):
                # It became due since the last run, or another worker held it.
                return deps.clock.after(REFUSED_RECHECK_SECONDS) if self._refused else now
            wakes.append(_look_again_at(delivery, decision, now))
        return min(filter(None, wakes), default=None)

    # --- one round: record, claim, start ---

    def _round(self, results: Sequence[SendResult]) -> bool:
        """Record results, claim posts, and start their threads.

        Return whether the queue has changed, after which more may be due.
        """
        deps = self._deps
        # One instant for all. If a gap ended half-way, a later post would overtake the first.
        now = deps.clock.now()
        room = MAX_CLAIMED - len(self._threads.busy) + self._threads.stuck
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
                self.wrote_at = monotonic()
        finally:
            if results:
                sending.record_results(deps, results, claiming, now)
        for delivery, transition in batch.settled:
            sending.log_outcome(delivery, transition, now)
        self._start_threads(batch, claims, launch_by)
        return bool(claims or batch.to_probe or batch.to_ask or batch.settled)

    def _has_due(self, now: datetime) -> bool:
        """Return whether a free account has a due delivery, without taking a lock."""
        with self._deps.database.reading() as connection:
            return bool(self._free_accounts(connection, now))

    def _free_accounts(self, connection: Connection, now: datetime) -> list[str]:
        """Return the accounts with a due delivery that are not busy, and not known to wait."""
        return [
            name
            for name in due_accounts(connection, now)
            if name not in self._threads.busy and self._look_again.get(name, now) <= now
        ]

    def _start_threads(self, batch: _Batch, claims: Sequence[Claim], launch_by: float) -> None:
        """Start the sends, and the questions to platforms, in the threads of their platforms."""
        deps = self._deps
        work: dict[str, dict[str, Callable[[], SendResult | None]]] = {}
        for claim in claims:
            delivery = claim.delivery
            send = partial(sending.send, deps, claim, batch.situations[delivery.id], launch_by)
            work.setdefault(delivery.platform, {})[delivery.account] = send
        for delivery, parent in batch.to_probe:
            probe = partial(sending.probe_first, deps, self._presend, delivery, parent)
            work.setdefault(delivery.platform, {})[delivery.account] = probe
        for delivery in batch.to_ask:
            ask = partial(deps.client.ask, delivery.account)
            work.setdefault(delivery.platform, {})[delivery.account] = ask
        for platform, by_account in work.items():
            self._threads.submit(platform, by_account)

    def _collect(self) -> list[SendResult]:
        """Return the results that are in. Raise the first unforeseen error."""
        finished, error = self._threads.collect()
        for account in finished:
            self._look_again.pop(account, None)
        results = [result for result in finished.values() if result]
        if error:
            sending.record_results(self._deps, results, None, self._deps.clock.now())
            raise error
        return results

    # --- claiming ---

    def _claim(self, claiming: ClaimTransaction, batch: _Batch) -> list[Claim]:
        """Choose the deliveries to send, and write their intents and those that are given up."""
        due = self._free_accounts(claiming.connection, batch.now) if batch.capacity else []
        for first in range(0, len(due), batch.capacity or 1):
            self._choose(claiming, due[first : first + batch.capacity], batch, FIRST_CANDIDATES)
        self._refused |= claiming.contended
        lease_end = self._deps.clock.after(LEASE_SECONDS)
        claims = claiming.claim(batch.to_send, batch.now, lease_end)
        claiming.apply_transitions(batch.settled, batch.now)
        return claims

    def _choose(
        self, claiming: ClaimTransaction, accounts: Sequence[str], batch: _Batch, limit: int | None
    ) -> None:
        """Add the sendable, doubtful and abandoned deliveries of these accounts to the batch.

        At most ``limit`` deliveries of an account are read first, and all if none of those may go.
        """
        if batch.full:
            return
        settled = {delivery.id for delivery, _ in batch.settled}  # they are read again below
        due = claiming.claimable(accounts, batch.now, limit)
        deliveries = [delivery for delivery in due if delivery.id not in settled]
        situations = self._deps.situations.read(
            claiming.connection, deliveries, batch.now, lock=True
        )
        by_account: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            by_account.setdefault(delivery.account, []).append(delivery)
        # In their order, because of two accounts that would say the same, the first one says it.
        groups = sorted(by_account.values(), key=lambda group: min(map(_due_order, group)))
        chosen = [self._pick_first(group, situations, batch) for group in groups]
        more = [
            group[0].account
            for group, found in zip(groups, chosen, strict=True)
            if not found and len(group) == limit
        ]
        if more:
            self._choose(claiming, more, batch, None)

    def _pick_first(
        self, deliveries: Sequence[Delivery], situations: SituationBatch, batch: _Batch
    ) -> bool:
        """Take the first delivery of an account that may go, and return whether there is one."""
        name = deliveries[0].account
        self._look_again[name] = self._deps.clock.after(IDLE_RECHECK_SECONDS)
        for delivery in deliveries:
            decision = decide(delivery, situations.by_delivery[delivery.id], batch.now)
            if isinstance(decision, GiveUp):
                if self._must_ask_first(name):  # the clock was not compared yet
                    self._look_again.pop(name)
                    batch.to_ask.append(delivery)
                    return True
                batch.settled.append((delivery, Transition(decision.state, reason=decision.why)))
            elif isinstance(decision, Wait):
                if again := _look_again_at(delivery, decision, batch.now):
                    self._look_again[name] = min(self._look_again[name], again)
            else:
                self._look_again.pop(name)
                stored = situations.stored
                if batch.full:  # the next transaction has room for it
                    return True
                # Does the platform have to be asked something before it may be sent?
                in_doubt = self._presend.since(delivery, stored.unverified)
                adopted = not self._deps.client.is_current(name, stored.identities.get(name))
                if adopted or self._deps.clockguard.is_silent(name):
                    self._deps.client.ask_again(name)
                if in_doubt or name not in self._deps.client.verified:
                    batch.to_probe.append((delivery, stored.reply_targets.get(delivery.id)))
                elif intent := self._build_intent(delivery, situations, batch):
                    batch.situations[delivery.id] = situations
                    batch.to_send.append(intent)
                return True
        return False

    def _must_ask_first(self, name: str) -> bool:
        """Return whether the account's server must be asked before anything is given up.

        Its clock shows whether ours can be relied on. It is asked only once.
        """
        client = self._deps.client
        return name in self._deps.accounts and name not in client.verified | client.asked

    def _build_intent(
        self, delivery: Delivery, situations: SituationBatch, batch: _Batch
    ) -> Intent | None:
        """Return the intent to send a delivery, or settle it and return None."""
        parent = situations.stored.reply_targets.get(delivery.id)
        try:
            with bugs_as_unsent(f"writing {delivery.key}"):
                client = self._deps.client(delivery.account)
                media = media_ids(delivery, situations.stored, batch.now)
                payload = client.payload(delivery.content, delivery.next_part, media, parent)
        except Outcome as outcome:
            situation = situations.by_delivery[delivery.id]
            transition = transition_for(
                delivery, situation.account, outcome, batch.now, situation.backoff
            )
            batch.settled.append((delivery, transition))
            return None
        if look_at := unproved_until(self._deps, delivery, payload, batch.now):
            why = "an earlier try may be out already; Groundswell checks that first"
            batch.settled.append((delivery, Transition(State.UNKNOWN, look_at, why)))
            return None
        reusable = bool(load_platform(delivery.platform).MEDIA_LASTS)
        return Intent(delivery, payload, parent, () if reusable else tuple(media))


def _look_again_at(delivery: Delivery, wait: Wait, now: datetime) -> datetime | None:
    """Return when to decide again about a waiting delivery, or None.

    That is when its wait or its time ends. If its deadline has passed and it still waits, the clock
    is in doubt, and a person ends the wait.
    """
    over = delivery.deadline + timedelta(seconds=1)
    ends = [wait.until, over if over > now else None]
    return min(filter(None, ends), default=None)
