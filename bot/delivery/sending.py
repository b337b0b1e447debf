"""Sends one claimed post, or looks for it first, in a thread; and records what came of it."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from bot.delivery.clients import IDENTITY_UNKNOWN
from bot.delivery.transitions import postpone, transition_for, transition_unposted
from bot.model import State
from bot.platforms.base import Outcome, RemotePost, Unknown, Unsent
from bot.store.claims import SendResult
from bot.store.journal import JournalEntry
from bot.store.pauses import read_backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bot.delivery.decide import Wait
    from bot.delivery.probing import PreSendCheck
    from bot.delivery.situations import PublisherDeps, SituationBatch
    from bot.model import Backoff, Delivery, Spending, Transition
    from bot.store.claims import Claim, ClaimTransaction

T = TypeVar("T")

LAUNCH_SECONDS = 30.0
"""The bytes must start to leave within this after the claim, by the boot clock, or not at all."""

COLLECT_SECONDS = 0.05
"""How often the queue is checked for what has become due while something is on its way."""

BATCH_SECONDS = 0.003
"""Once one result is in, others are awaited for this long: they are written down together."""

log = logging.getLogger("groundswell.delivery")


class AccountThreads(Generic[T]):
    """Threads per platform in which each account does one thing at a time."""

    def __init__(self, name: str, threads: int) -> None:
        self._name = name
        self._threads = threads
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._done: SimpleQueue[tuple[str, Future[T]]] = SimpleQueue()
        self.busy: set[str] = set()

    def submit(self, account: str, platform: str, work: Callable[[], T]) -> None:
        """Start work for an account that is not busy."""
        if platform not in self._pools:
            self._pools[platform] = ThreadPoolExecutor(self._threads, f"{self._name}-{platform}")
        self.busy.add(account)
        future = self._pools[platform].submit(work)
        future.add_done_callback(lambda done: self._done.put((account, done)))

    def collect(self) -> tuple[list[T], BaseException | None]:
        """Return the results that are in, and the first error; wait a moment if there are none."""
        results: list[T] = []
        first_error: BaseException | None = None
        until = monotonic() + COLLECT_SECONDS
        while self.busy:
            try:
                account, done = self._done.get(timeout=max(0.0, until - monotonic()))
            except Empty:
                break
            self.busy.discard(account)
            if error := done.exception():
                first_error = first_error or error
            elif (result := done.result()) is not None:
                if not results:
                    until = monotonic() + BATCH_SECONDS
                results.append(result)
        return results, first_error


@dataclass(frozen=True, slots=True)
class FinishedSend:
    """A send that is over; ``bill`` is what it costs if it is out."""

    claim: Claim
    result: RemotePost | Outcome
    backoff: Backoff | None
    bill: tuple[Spending, ...]

    @property
    def delivery(self) -> Delivery:
        """What was sent."""
        return self.claim.delivery


@dataclass(frozen=True, slots=True)
class FinishedProbe:
    """A look before sending that is over; ``transition`` is None where it may be sent now."""

    delivery: Delivery
    transition: Transition | None


FinishedWork = FinishedSend | FinishedProbe


def recheck_times(delivery: Delivery, wait: Wait, now: datetime) -> list[datetime]:
    """Return when a waiting delivery must be decided about again: its wait or its time ends.

    A deadline in the past is left out: the clock is in doubt then, and this is what it waits for.
    """
    over = delivery.deadline + timedelta(seconds=1)
    return [over] * (over > now) + ([wait.until] if wait.until else [])


# --- looking before sending ---


def probe_first(
    deps: PublisherDeps, check: PreSendCheck, delivery: Delivery, parent: str | None
) -> FinishedProbe:
    """Ask the platform all that must be known before the next part may be sent."""
    now = deps.clock.now()
    try:
        deps.client(delivery.account)
    except Outcome as outcome:
        return FinishedProbe(delivery, postpone(delivery, outcome, IDENTITY_UNKNOWN, now))
    try:
        transition = check.transition(delivery, parent)
    except Outcome as outcome:
        account, now = deps.accounts[delivery.account], deps.clock.now()
        backoff = read_backoff(deps.database, delivery.account)
        transition = transition_unposted(delivery, account, outcome, now, backoff)
    return FinishedProbe(delivery, transition)


def apply_probe(deps: PublisherDeps, probe: FinishedProbe) -> None:
    """Write down what was settled before anything was sent; its cost is booked once."""
    delivery, transition, now = probe.delivery, probe.transition, deps.clock.now()
    if transition is None or not deps.claims.give_up(delivery, transition, now):
        return
    log_outcome(delivery, transition, now)
    if transition.bill:
        deps.on_booked(delivery.account)


# --- sending ---


def send(
    deps: PublisherDeps, claim: Claim, situations: SituationBatch, launch_by: float
) -> FinishedSend:
    """Send it. The bill and the backoff, by which the answer is settled, are known before."""
    delivery = claim.delivery
    bill = deps.bill(delivery, situations.upload_checker(delivery.account))
    result = launch(deps, claim, launch_by)
    platform_time = deps.client(delivery.account).platform_time
    deps.clockguard.check_platform_time(delivery.account, platform_time)
    return FinishedSend(claim, result, situations.by_delivery[delivery.id].backoff, bill)


def launch(deps: PublisherDeps, claim: Claim, launch_by: float) -> RemotePost | Outcome:
    """Make the one call. An exception that is no Outcome means unknown: it may be published."""
    deps.clockguard.check()
    delivery = claim.delivery
    if any(pause.covers(delivery) for pause in deps.queue.pauses()):
        return Unsent("paused in the last moment")
    if deps.clock.uptime() > launch_by:
        return Unsent("it waited too long for its turn after the claim, or the machine stood still")
    if deps.clock.now() > delivery.deadline:
        return Unsent("its time ended between the claim and the send")
    try:
        return deps.client(delivery.account).publish(claim.payload, delivery.key)
    except Outcome as outcome:
        return outcome
    except Exception as error:
        log.exception("a bug in the platform's client while sending %s", delivery.key)
        return Unknown(f"the client failed: {type(error).__name__}")


# --- recording ---


def send_results(
    deps: PublisherDeps, finished: Sequence[FinishedWork], now: datetime
) -> list[SendResult]:
    """Return what each finished send makes of its delivery."""
    results = []
    for work in finished:
        if not isinstance(work, FinishedSend):
            continue
        delivery, result = work.delivery, work.result
        account = deps.accounts.get(delivery.account)
        transition = transition_for(delivery, account, result, now, work.backoff)
        if isinstance(result, RemotePost):
            transition = replace(transition, bill=work.bill)
            outcome = SendResult(work.claim, transition, "published", result.url)
        else:
            duplicate = isinstance(result, Unknown) and result.duplicate
            name = "duplicate" if duplicate else result.name
            outcome = SendResult(work.claim, transition, name, result.detail, result.status)
        results.append(outcome)
    return results


def record_results(
    deps: PublisherDeps,
    results: Sequence[SendResult],
    claiming: ClaimTransaction | None,
    now: datetime,
) -> None:
    """Make sure that results are in the database, or else in the journal, and log them.

    ``claiming`` is the transaction that was to write them. If it was rolled back, they are written
    on their own: until they are in one or the other, nothing else uses the database. Raise
    StoreError.
    """
    closed = claiming.closed if claiming and claiming.committed else []
    try:
        if not closed:
            closed = deps.claims.record_results(results, now)
    finally:
        for number, result in enumerate(results):
            delivery, transition = result.claim.delivery, result.transition
            if closed and closed[number]:
                log_outcome(delivery, transition, now)
            else:
                outcome = f"{result.outcome} {result.detail}"
                log.error("%s: could not be recorded: %s", delivery.key, outcome)
                _append_to_journal(deps, result)
    for result, was_closed in zip(results, closed, strict=True):
        if was_closed and result.transition.bill:
            deps.on_booked(result.claim.delivery.account)


def _append_to_journal(deps: PublisherDeps, result: SendResult) -> None:
    """Keep the id of what is published beside the database, which gets it later."""
    claim, published = result.claim, result.transition.published
    if published is None:
        return
    delivery = claim.delivery
    names = (delivery.id, delivery.key, delivery.next_part, claim.attempt, claim.fence)
    remote = (published.remote_id, published.url, published.at, published.reply)
    try:
        deps.journal.append(JournalEntry(*names, claim.payload, *remote))
    except OSError as error:  # then it is looked for on the timeline
        log.error("%s: the journal failed too: %s", delivery.key, error)  # noqa: TRY400 - no bug


def log_outcome(delivery: Delivery, transition: Transition, now: datetime) -> None:
    """Log what became of it, in words and with fields for ``--log-format json``."""
    parts = len(delivery.content.parts)
    part = f" part {delivery.next_part + 1}/{parts}" if parts > 1 else ""
    level = logging.INFO if transition.published else logging.WARNING
    if transition.state in {State.NEEDS_HUMAN, State.REJECTED} or transition.pause_request:
        level = logging.ERROR
    text = transition.published.url if transition.published else transition.reason
    state = "published" if transition.published else transition.state.value
    late = (now - delivery.due).total_seconds()
    fields = {"delivery": delivery.key, "state": state, "late_seconds": round(late, 3)}
    log.log(level, "%s%s %s: %s", delivery.key, part, state, text, extra={"fields": fields})
