"""Finds out what became of sends whose outcome is unknown: looks for them, never resends blindly.

After a crash, what was on its way becomes ``unknown`` (its intent was open) or goes back into the
queue (no intent was open: nothing left). Unknown ones are looked for on the account's own timeline.
Outcomes that the database could not take are replayed from the journal beside it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.database.audit import GROUNDSWELL
from bot.delivery.probing import (
    adoption,
    describe_unknown_posts,
    search_timeline,
    unknown_posts,
)
from bot.delivery.transitions import (
    FIRST_PROBE_DELAY,
    Adopt,
    AskHuman,
    ProbeAgain,
    ProbeResult,
    judge_probes,
)
from bot.model import Probe, RemotePost, State, Transition
from bot.platforms.base import Outcome
from bot.store.claims import Claim, SendResult

if TYPE_CHECKING:
    from datetime import datetime

    from bot.delivery.situations import PublisherDeps
    from bot.model import Attempt, Delivery
    from bot.store.journal import JournalEntry, OutcomeJournal

LEASE_RECHECK_SECONDS = 30.0
"""A claim whose lease has ended, but which could not be settled, is checked again after this."""

RESEND_SECONDS = 5.0
"""From proved absent until it is sent once more: time to notice that it has left the files."""

log = logging.getLogger("groundswell.delivery")


class Reconciler:
    """Looks for unknown deliveries, and rescues those that a dead worker left behind."""

    def __init__(self, deps: PublisherDeps) -> None:
        self._deps = deps
        self._journal_replay = JournalReplay(deps, deps.journal)

    def rescue(self, *, sole: bool) -> int:
        """Settle what dead workers left in ``sending``; return how many.

        ``sole`` is whether no other worker can be alive.
        """
        self._journal_replay.run()  # first: what is known to be out need not be looked for
        now = self._deps.clock.now()
        orphans = self._deps.unsettled.orphans(now, sole=sole)
        for delivery, attempt in orphans:
            self._rescue(delivery, attempt, now)
        return len(orphans)

    def _rescue(self, delivery: Delivery, attempt: Attempt | None, now: datetime) -> None:
        if attempt is None:
            transition = Transition(State.SCHEDULED, now, "its worker stopped before sending")
        else:
            why = "its worker stopped while sending"
            transition = Transition(State.UNKNOWN, now + FIRST_PROBE_DELAY, why)
        if self._deps.unsettled.rescue(delivery, attempt, transition, now):
            log.warning("%s %s: %s", delivery.key, transition.state, transition.reason)

    def run(self) -> None:
        """Look for every unknown delivery whose next probe is due."""
        for delivery, attempt in self._deps.unsettled.due_probes(self._deps.clock.now()):
            if delivery.account in self._deps.accounts:
                self._probe(delivery, attempt)
            else:
                why = f"config.yaml has no account {delivery.account}, so it cannot be looked for"
                self._apply(delivery, AskHuman(why))

    def next_wake(self) -> datetime | None:
        """Return when the next probe is due, or the next lease ends."""
        unsettled, clock = self._deps.unsettled, self._deps.clock
        lease_end, next_probe = unsettled.next_lease_end(), unsettled.next_probe()
        if lease_end and lease_end <= clock.now():  # by the database's clock it may still be good
            lease_end = clock.after(LEASE_RECHECK_SECONDS)
        return min(filter(None, (lease_end, next_probe)), default=None)

    def _probe(self, delivery: Delivery, attempt: Attempt) -> None:
        probe, unknown_nearby = self._search(delivery, attempt)
        self._deps.unsettled.record_probe(attempt, probe)
        result = judge_probes(
            delivery,
            self._deps.queue.probes(attempt.id),
            since=attempt.closed or attempt.opened,
            duplicate=attempt.outcome == "duplicate",
            now=self._deps.clock.now(),
            unknown_nearby=unknown_nearby,
        )
        self._apply(delivery, result)

    def _search(self, delivery: Delivery, attempt: Attempt) -> tuple[Probe, str]:
        """Look at the timeline; return also which posts of that time are not known here."""
        deps, now = self._deps, self._deps.clock.now()
        since = deps.unsettled.first_attempted_at(delivery.id, attempt.part) or attempt.opened
        try:
            matches, search = search_timeline(deps, delivery, attempt.payload, since)
            platform_time = deps.client(delivery.account).platform_time
            deps.clockguard.check_platform_time(delivery.account, platform_time)
            # Where it is found itself, it does not matter which others there are.
            others = () if matches else unknown_posts(deps, delivery, search, since, attempt.opened)
        except Outcome as outcome:
            self._pause(outcome, delivery, now)
            return Probe(now, readable=False, matches=(), evidence=outcome.detail), ""
        except Exception as error:
            log.exception("a bug in the platform's client while looking for %s", delivery.key)
            return Probe(now, readable=False, matches=(), evidence=type(error).__name__), ""
        probe = Probe(
            now, readable=search.complete, matches=tuple(matches), evidence=search.evidence
        )
        return probe, describe_unknown_posts(others) if others else ""

    def _pause(self, outcome: Outcome, delivery: Delivery, now: datetime) -> None:
        request = outcome.pause_request(delivery.account, delivery.platform)
        if request and self._deps.queue.pause(request, GROUNDSWELL, now):
            log.error("%s %s is paused: %s", request.scope, request.name, request.why)

    def _apply(self, delivery: Delivery, result: ProbeResult) -> None:
        unsettled, now = self._deps.unsettled, self._deps.clock.now()
        if isinstance(result, Adopt):
            transition = adoption(self._deps, delivery, result.published)
            if unsettled.resolve(delivery, transition, now):
                self._deps.on_booked(delivery.account)
                log.info("%s found on the timeline: %s", delivery.key, result.published.url)
        elif isinstance(result, ProbeAgain):
            transition = Transition(State.UNKNOWN, result.at, delivery.reason)
            unsettled.resolve(delivery, transition, now)
        elif isinstance(result, AskHuman):
            reason = f"{result.why} ({delivery.reason})"
            unsettled.resolve(delivery, Transition(State.NEEDS_HUMAN, reason=reason), now)
            log.error("%s needs a person: %s. See: groundswell inbox", delivery.key, result.why)
        else:
            send_at = self._deps.clock.after(RESEND_SECONDS)
            transition = Transition(State.SCHEDULED, send_at, "proved absent; is sent once more")
            unsettled.resolve(delivery, transition, now, resent=True)
            log.warning("%s is not on the timeline; it is sent once more", delivery.key)


class JournalReplay:
    """Settles the published posts that the journal holds, as the database could not take them."""

    def __init__(self, deps: PublisherDeps, journal: OutcomeJournal) -> None:
        self._deps = deps
        self._journal = journal
        self._reported: set[str] = set()

    def run(self) -> None:
        """Settle what can be settled now, and empty the journal once everything is."""
        entries, unreadable = self._journal.read()
        if not entries and not unreadable:
            return
        for line in unreadable:
            self._report(f"a line of {self._journal.path.name} cannot be read: {line}")
        done = [self._settle(entry) for entry in entries]
        if all(done):
            self._journal.clear(len(entries) + len(unreadable))

    def _settle(self, entry: JournalEntry) -> bool:
        """Settle one entry; return False where it must be tried again."""
        deps, delivery = self._deps, self._deps.queue.get(entry.key)
        if delivery is None or delivery.id != entry.delivery:
            found = f"{entry.key} is out as {entry.url}"
            self._report(f"{found}, but the database has no such delivery")
            return True
        if entry.remote_id in deps.unsettled.known_remote_ids(delivery.account):
            return True
        if delivery.next_part != entry.part:
            found = f"{entry.key} is out as {entry.url}"
            self._report(f"{found}, and again as another post: look at it")
            return True
        published = RemotePost(entry.remote_id, entry.url, entry.at, entry.reply)
        written = self._write(delivery, entry, adoption(deps, delivery, published))
        if written is None:
            self._report(f"{entry.key} is {delivery.state}, but it is out as {entry.url}")
            return True
        if written:
            deps.on_booked(delivery.account)
            log.warning("%s is out as %s; the database has it now", entry.key, entry.url)
        return written

    def _write(
        self, delivery: Delivery, entry: JournalEntry, transition: Transition
    ) -> bool | None:
        """Return whether it was written; None where the delivery's state is final."""
        claims, now = self._deps.claims, self._deps.clock.now()
        match delivery.state:
            case State.SENDING:
                claim = Claim(delivery, entry.attempt, entry.fence, entry.payload)
                result = SendResult(claim, transition, "published", entry.url)
                [closed] = claims.record_results([result], now)
                return closed
            case State.UNKNOWN | State.NEEDS_HUMAN:
                return self._deps.unsettled.resolve(delivery, transition, now)
            case State.SCHEDULED:
                return claims.give_up(delivery, transition, now)
            case _:
                return None

    def _report(self, words: str) -> None:
        if words not in self._reported:
            self._reported.add(words)
            log.error("%s", words)
