"""Gathers what the digest of a week is written from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.alerts import digest, weeks
from bot.alerts.notices import FAILED_STATES, mass_cancelled, needs_human, own_pauses, post_failed
from bot.model import Slot, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.alerts.notifier import NotifierDeps
    from bot.reports import Names

DEFAULT_SLOT = Slot(0, weeks.DEFAULT_TIME)
"""When the digest goes out where the config does not say."""

DAYS_AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DigestWriter:
    """Writes the digest of the week that ends at an instant."""

    deps: NotifierDeps

    def last_due(self, now: datetime) -> tuple[str, datetime]:
        """Return the key of the last digest that was due, one per local day, and its end."""
        settings = self.deps.settings
        day, end = weeks.last_due(settings.digest or DEFAULT_SLOT, settings.timezone, now)
        return f"digest:{day}", end

    def text(self, end: datetime, names: Names | None = None) -> str:
        """Write it; ``names`` are display names, by default those that the loop read last."""
        deps, timezone = self.deps, self.deps.settings.timezone
        start, before = (weeks.week_start(end, timezone, back) for back in (1, 2))
        failed = deps.alerts.deliveries_reaching(FAILED_STATES, start)
        ahead = deps.queue.between(end, end + DAYS_AHEAD)
        notes = digest.DigestNotes(
            failed=[post_failed(delivery).text for delivery in failed],
            waiting=list(self._waiting(end)),
            budgets=[
                f"{budget.account}: {budget}"
                + (f"; {budget.threshold} % are reached" if budget.threshold else "")
                for budget in deps.budgets.statuses()
            ],
            scheduled_ahead=sum(delivery.state is State.SCHEDULED for delivery in ahead),
        )
        return digest.write_digest(
            deps.metrics.publications(),
            self._week(start, end),
            self._week(before, start),
            notes,
            timezone,
            names or deps.files.names,
        )

    def _week(self, start: datetime, end: datetime) -> weeks.Week:
        booked = self.deps.ledger.spending(since=start)
        spent = sum((spending.dollars for spending in booked if spending.at < end), Decimal(0))
        snapshots = self.deps.alerts.last_snapshots
        return weeks.Week(start, end, snapshots(start), snapshots(end), spent)

    def _waiting(self, now: datetime) -> Iterator[str]:
        for delivery in self.deps.queue.in_states([State.NEEDS_HUMAN]):
            yield needs_human(delivery).text
        if waiting := self.deps.approvals.waiting(now):
            yield f"{len(waiting)} texts wait for approval: groundswell review"
        if held_back := self.deps.mass_cancels.held_back():
            yield mass_cancelled(held_back.keys, held_back.scheduled).text
        for notice in own_pauses(self.deps.queue.pauses()):
            yield notice.text
