"""Finds out what became of sends that nobody can be sure of: looks, never resends blindly.

After a crash, what was on its way becomes ``unknown`` (its intent was open) or goes back into the
queue (no intent was open: nothing left). Unknown ones are looked for on the own timeline.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.delivery.settle import FIRST_LOOK, settle
from bot.delivery.spilled import SpilledPosts
from bot.delivery.strangers import look, named, strangers
from bot.delivery.verdict import Adopt, AskHuman, LookAgain, Verdict, verdict
from bot.model import Look, Settlement, State
from bot.platforms.base import Outcome
from bot.store.audit import GROUNDSWELL

if TYPE_CHECKING:
    from datetime import datetime

    from bot.delivery.desk import Desk
    from bot.model import Attempt, Delivery

UNSETTLED_SECONDS = 30.0
"""A claim that is good no more, and could not be settled, is looked at again after this."""

RESEND_SECONDS = 5.0
"""Between proved absent and sent once more: enough to see that it has left the files meanwhile."""

log = logging.getLogger("groundswell.delivery")


class Reconciler:
    """Looks for unknown deliveries, and rescues those that a dead worker left behind."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._spilled = SpilledPosts(desk, desk.spill)

    def rescue(self, *, sole: bool) -> int:
        """Settle what dead workers left in ``sending``; ``sole``: no other one can be alive."""
        self._spilled.settle()  # first: what is known to be out need not be looked for
        now = self._desk.clock.now()
        orphans = self._desk.sending.orphans(now, sole=sole)
        for delivery, attempt in orphans:
            self._rescue(delivery, attempt, now)
        return len(orphans)

    def _rescue(self, delivery: Delivery, attempt: Attempt | None, now: datetime) -> None:
        if attempt is None:
            settlement = Settlement(State.SCHEDULED, now, "its worker stopped before sending")
        else:
            why = "its worker stopped while sending"
            settlement = Settlement(State.UNKNOWN, now + FIRST_LOOK, why)
        if self._desk.sending.rescue(delivery, attempt, settlement, now):
            log.warning("%s %s: %s", delivery.key, settlement.state, settlement.reason)

    def run(self) -> None:
        """Look for every unknown delivery that is to be looked for by now."""
        for delivery, attempt in self._desk.sending.unknown_due(self._desk.clock.now()):
            if delivery.account in self._desk.accounts:
                self._look(delivery, attempt)
            else:
                why = f"config.yaml has no account {delivery.account}, so it cannot be looked for"
                self._act(delivery, AskHuman(why))

    def next_wake(self) -> datetime | None:
        """Give when the next look is due, or a claim is good no more."""
        sending, clock = self._desk.sending, self._desk.clock
        lease, look = sending.next_lease_end(), sending.next_look()
        if lease and lease <= clock.now():  # by the database's clock it may still be good
            lease = clock.after(UNSETTLED_SECONDS)
        return min(filter(None, (lease, look)), default=None)

    def _look(self, delivery: Delivery, attempt: Attempt) -> None:
        seen, beside = self._see(delivery, attempt)
        self._desk.sending.looked(attempt, seen)
        looks = self._desk.queue.looks(attempt.id)
        result = verdict(
            delivery,
            looks,
            since=attempt.closed or attempt.opened,
            duplicate=attempt.outcome == "duplicate",
            now=self._desk.clock.now(),
            beside=beside,
        )
        self._act(delivery, result)

    def _see(self, delivery: Delivery, attempt: Attempt) -> tuple[Look, str]:
        """Look at the timeline. Posts that belong to another delivery are no match.

        With the look comes what to say of posts of that time that are not known here.
        """
        desk = self._desk
        now = desk.clock.now()
        since = desk.sending.first_opened(delivery.id, attempt.part) or attempt.opened
        try:
            search = look(desk, delivery, attempt.payload, since)
            desk.clockguard.heard(delivery.account, desk.client(delivery.account).platform_time)
            known = desk.sending.known_ids(delivery.account)
            matches = tuple(match for match in search.matches if match.remote_id not in known)
            # Which others there are is no matter where it is found itself.
            others = () if matches else strangers(desk, delivery, search, since, attempt.opened)
        except Outcome as outcome:
            self._hold(delivery, outcome, now)
            return Look(now, readable=False, matches=(), evidence=outcome.detail), ""
        except Exception as error:
            log.exception("a bug in the platform's client while looking for %s", delivery.key)
            return Look(now, readable=False, matches=(), evidence=type(error).__name__), ""
        seen = Look(now, readable=search.whole, matches=matches, evidence=search.evidence)
        return seen, named(others) if others else ""

    def _hold(self, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
        hold = outcome.hold(delivery.account, delivery.platform)
        if hold and self._desk.queue.pause(hold, GROUNDSWELL, now):
            log.error("%s %s is paused: %s", hold.scope, hold.name, hold.why)

    def _act(self, delivery: Delivery, result: Verdict) -> None:
        now = self._desk.clock.now()
        if isinstance(result, Adopt):
            account = self._desk.accounts[delivery.account]
            settlement = settle(delivery, account, result.published, now)
            settlement = replace(settlement, bill=self._desk.bill(delivery))
            if self._desk.sending.resolve(delivery, settlement, now):
                self._desk.booked(delivery.account)
                log.info("%s found on the timeline: %s", delivery.key, result.published.url)
        elif isinstance(result, LookAgain):
            again = Settlement(State.UNKNOWN, result.at, delivery.reason)
            self._desk.sending.resolve(delivery, again, now)
        elif isinstance(result, AskHuman):
            asked = Settlement(State.NEEDS_HUMAN, reason=f"{result.why} ({delivery.reason})")
            self._desk.sending.resolve(delivery, asked, now)
            log.error("%s needs a person: %s. See: groundswell inbox", delivery.key, result.why)
        else:
            soon = self._desk.clock.after(RESEND_SECONDS)
            back = Settlement(State.SCHEDULED, soon, "proved absent; is sent once more")
            self._desk.sending.resolve(delivery, back, now, resent=True)
            log.warning("%s is not on the timeline; it is sent once more", delivery.key)
