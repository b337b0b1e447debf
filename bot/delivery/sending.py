"""The work of the threads: uploading, looking, sending, and recording the results.

The media of posts are uploaded before they are due, in threads of their own, so that a slow film
delays no other post. ``dispatcher`` lets a post wait until all its media are uploaded.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.delivery.clients import IDENTITY_UNKNOWN, bugs_as_unsent
from bot.delivery.decide import UPLOAD_RECHECK, wait_for_pause_or_person
from bot.delivery.lookahead import NameLookups
from bot.delivery.situations import UPLOAD_MARGIN
from bot.delivery.threads import AccountThreads
from bot.delivery.transitions import postpone, transition_for
from bot.model import RemotePost, State
from bot.platforms.outcomes import Outcome, Rejected, Unknown, Unsent
from bot.store.claims import due_accounts, due_deliveries, next_due
from bot.store.journal import JournalEntry
from bot.store.pauses import read_backoff
from bot.store.sends import SendResult
from bot.store.voices import voice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.delivery.deps import DeliveryDeps
    from bot.delivery.restore_check import PreSendCheck
    from bot.delivery.situations import SituationBatch
    from bot.model import Delivery, Transition
    from bot.store.claims import ClaimTransaction
    from bot.store.sends import Claim

LAUNCH_SECONDS = 30.0
"""A send must begin within this after the claim, by the boot clock, or not at all."""

PREPARE_AHEAD = timedelta(minutes=2)
"""Media are uploaded this long before the post is due, so that a slow upload does not delay it."""

UPLOAD_THREADS = 4
"""Threads that upload, for each platform, while none is stuck."""

log = logging.getLogger("groundswell.delivery")


# --- before anything is posted ---


def probe_first(
    deps: DeliveryDeps, check: PreSendCheck, delivery: Delivery, parent: str | None
) -> None:
    """Check the account's keys, and look for the next part, before it may be sent."""
    now = deps.clock.now()
    try:
        deps.client(delivery.account)
    except Outcome as outcome:
        settle_unsent(deps, delivery, postpone(delivery, outcome, IDENTITY_UNKNOWN, now))
        return
    try:
        with bugs_as_unsent(f"looking for {delivery.key}"):
            transition = check.transition(delivery, parent)
    except Outcome as outcome:
        transition = transition_unposted(deps, delivery, outcome)
    if transition:
        settle_unsent(deps, delivery, transition)


def transition_unposted(deps: DeliveryDeps, delivery: Delivery, outcome: Outcome) -> Transition:
    """Return the transition after a failure before anything was posted. Unknown is unsent then."""
    failed = Unsent(outcome.detail) if isinstance(outcome, Unknown) else outcome
    backoff = read_backoff(deps.database, delivery.account)
    account, now = deps.accounts[delivery.account], deps.clock.now()
    return transition_for(delivery, account, failed, now, backoff)


def settle_unsent(deps: DeliveryDeps, delivery: Delivery, transition: Transition) -> None:
    """Record the transition of a delivery that was not sent, with its bill."""
    now = deps.clock.now()
    if deps.claims.give_up(delivery, transition, now):
        log_outcome(delivery, transition, now)
        if transition.bill:
            deps.on_booked(delivery.account)


class Uploads:
    """Uploads for all accounts, one file of an account after the other."""

    def __init__(self, deps: DeliveryDeps) -> None:
        self._deps = deps
        self._threads: AccountThreads[None] = AccountThreads("upload", UPLOAD_THREADS)
        self._run_lock = threading.Lock()
        self._shutting_down = False
        self.names = NameLookups(deps)
        """A job of its own, because a server that hangs must not delay uploads."""

    def shutdown(self) -> None:
        """Start no more uploads, and finish those that have begun."""
        self._shutting_down = True
        self.names.shutdown()

    def run(self) -> None:
        """Upload the media of posts that are due soon and do not wait for a person."""
        with self._run_lock:
            done: set[int] = set()
            while True:
                soon = [] if self._shutting_down else self._due_soon()
                for delivery in soon:
                    voice(delivery)  # kept for the claim: there is less time once it is due
                for delivery in self._lacking_media(soon):
                    # The account's other posts follow in one of the next rounds.
                    if delivery.id not in done and delivery.account not in self._threads.busy:
                        done.add(delivery.id)
                        work = {delivery.account: partial(self._upload, delivery)}
                        self._threads.submit(delivery.platform, work)
                if not self._threads.busy:
                    break
                _, error = self._threads.collect()
                if error:
                    raise error

    def next_wake(self) -> datetime | None:
        """Return when the next uploads can begin, or None if nothing is scheduled."""
        now = self._deps.clock.now()
        with self._deps.database.reading() as connection:
            upcoming = next_due(connection, now + PREPARE_AHEAD)
        # A failure has put them off, or their account was busy with another file.
        lacking = self._lacking_media(self._due_soon())
        wakes = [max(delivery.not_before, now + UPLOAD_RECHECK) for delivery in lacking]
        if upcoming:
            wakes.append(upcoming - PREPARE_AHEAD)
        return min(wakes, default=None)

    def _due_soon(self) -> list[Delivery]:
        until = self._deps.clock.now() + PREPARE_AHEAD
        with self._deps.database.reading() as connection:
            return due_deliveries(connection, due_accounts(connection, until), until)

    def _lacking_media(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Return the deliveries that lack an upload and do not wait for a person."""
        with_media = [of for of in deliveries if of.content.parts[of.next_part].media]
        if not with_media:
            return []
        now = self._deps.clock.now()
        with self._deps.database.reading() as connection:
            situations = self._deps.situations.read(connection, with_media, now).by_delivery
        return [
            delivery
            for delivery in with_media
            if not (situation := situations[delivery.id]).media_uploaded
            and not wait_for_pause_or_person(delivery, situation, now + PREPARE_AHEAD)
        ]

    def _upload(self, delivery: Delivery) -> None:
        deps, now = self._deps, self._deps.clock.now()
        until = max(delivery.due, now) + UPLOAD_MARGIN
        try:
            client = deps.client(delivery.account)
        except Outcome as outcome:
            if now >= delivery.not_before:
                settle_unsent(deps, delivery, postpone(delivery, outcome, IDENTITY_UNKNOWN, now))
            return
        try:
            with bugs_as_unsent(f"uploading for {delivery.key}"):
                for media in delivery.content.parts[delivery.next_part].media:
                    if not deps.ledger.find_upload(delivery.account, media, until):
                        deps.record_upload(delivery, media, client.upload(media))
        except Outcome as outcome:
            self._handle_failure(delivery, outcome)

    def _handle_failure(self, delivery: Delivery, outcome: Outcome) -> None:
        """Settle the failure once the post is due, or at once if the platform refuses the file.

        Until then, an edit of the post may replace the file.
        """
        refused = isinstance(outcome, Rejected) and outcome.status is not None
        if self._deps.clock.now() < delivery.not_before and not refused:
            log.warning("%s: media not uploaded yet: %s", delivery.key, outcome.detail)
            return
        transition = transition_unposted(self._deps, delivery, outcome)
        transition = replace(transition, reason=f"media: {transition.reason}")
        settle_unsent(self._deps, delivery, transition)


# --- sending ---


def send(
    deps: DeliveryDeps, claim: Claim, situations: SituationBatch, launch_by: float
) -> SendResult:
    """Send a claimed part, and return the result with its transition."""
    delivery = claim.delivery
    bill = deps.bill(delivery, situations.stored.media_id)
    backoff = situations.by_delivery[delivery.id].backoff
    result = launch(deps, claim, launch_by)
    platform_time = deps.client(delivery.account).platform_time
    deps.clockguard.check_platform_time(delivery.account, platform_time)
    account, now = deps.accounts.get(delivery.account), deps.clock.now()
    transition = transition_for(delivery, account, result, now, backoff, bill)
    if isinstance(result, RemotePost):
        return SendResult(claim, transition, "published", result.url)
    duplicate = isinstance(result, Unknown) and result.duplicate
    name = "duplicate" if duplicate else result.name
    return SendResult(claim, transition, name, result.detail, result.status)


def launch(deps: DeliveryDeps, claim: Claim, launch_by: float) -> RemotePost | Outcome:
    """Make the one call that publishes, after the last checks, and return its outcome.

    An unforeseen exception means Unknown, because the part may be published.
    """
    deps.clockguard.check()
    delivery = claim.delivery
    if any(pause.covers(delivery) for pause in deps.queue.pauses()):
        return Unsent("paused at the last moment")
    if deps.clock.uptime() > launch_by:
        return Unsent("it waited too long just before it was sent, or the machine stood still")
    if deps.clock.now() > delivery.deadline:
        return Unsent("its time ended just before it was sent")
    try:
        return deps.client(delivery.account).publish(claim.payload, claim.send_key)
    except Outcome as outcome:
        return outcome
    except Exception as error:
        log.exception("a bug in the platform's client while sending %s", delivery.key)
        return Unknown(f"the client failed: {type(error).__name__}")


# --- recording ---


def record_results(
    deps: DeliveryDeps,
    results: Sequence[SendResult],
    claiming: ClaimTransaction | None,
    now: datetime,
) -> None:
    """Make sure that results are in the database, or else in the journal, and log them.

    ``claiming`` is the transaction that should have written them. If it was rolled back, they are
    written in one of their own, before anything else uses the database. Raise StoreError.
    """
    if not results:
        return
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
                if transition.published:
                    _append_to_journal(deps, result.claim, transition.published)
    for result, was_closed in zip(results, closed, strict=True):
        if was_closed and result.transition.bill:
            deps.on_booked(result.claim.delivery.account)


def _append_to_journal(deps: DeliveryDeps, claim: Claim, published: RemotePost) -> None:
    """Write the id of a published part to the file beside the database, which gets it later."""
    delivery = claim.delivery
    names = (delivery.id, delivery.key, delivery.next_part, claim.attempt, claim.fence)
    remote = (published.remote_id, published.url, published.at, published.reply)
    try:
        deps.journal.append(JournalEntry(*names, claim.payload, *remote))
    except OSError as error:  # the part is looked for on the timeline then
        log.error("%s: the journal failed too: %s", delivery.key, error)  # noqa: TRY400 - no bug


def log_outcome(delivery: Delivery, transition: Transition, now: datetime) -> None:
    """Log a transition, in words and with fields for ``--log-format json``."""
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
