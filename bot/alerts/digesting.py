"""Gathers what the digest of a week draws on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.alerts import digest, weeks
from bot.alerts.notices import LOST, asks, lost, paused, vanished
from bot.model import Slot, State
from bot.reports import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from bot.alerts.notices import Budget
    from bot.alerts.wanted import Wanted
    from bot.store.alerts import Alerts
    from bot.store.approvals import Approvals
    from bot.store.ledger import Ledger
    from bot.store.mass_cancel import MassCancels
    from bot.store.metrics import Metrics
    from bot.store.queue import Queue

MONDAY = Slot(0, weeks.MORNING)

DAYS_AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Digester:
    """Writes the digest of the week that ends at an instant."""

    wanted: Wanted
    alerts: Alerts
    queue: Queue
    approvals: Approvals
    mass_cancels: MassCancels
    metrics: Metrics
    ledger: Ledger
    budgets: Callable[[], Iterable[Budget]] = tuple
    names: Callable[[], Names] = Names

    def last(self, now: datetime) -> tuple[str, datetime]:
        """Give the key of the last digest that was due, one for a local day, and its end."""
        day, end = weeks.last(self.wanted.digest or MONDAY, self.wanted.timezone, now)
        return f"digest:{day}", end

    def text(self, end: datetime, names: Names | None = None) -> str:
        """Write it; ``names`` are what people call things, if not as the loop read them."""
        timezone = self.wanted.timezone
        start, before = (weeks.begins(end, timezone, back) for back in (1, 2))
        week, earlier = self._week(start, end), self._week(before, start)
        told = digest.Told(
            [one.text for one in map(lost, self.alerts.ended(LOST, start))],
            list(self._waiting(end)),
            [_budget(one) for one in self.budgets()],
            self._ahead(end),
        )
        posts = self.metrics.publications()
        return digest.text(posts, week, earlier, told, timezone, names or self.names())

    def _week(self, start: datetime, end: datetime) -> weeks.Week:
        booked = self.ledger.spending(since=start)
        spent = sum((one.dollars for one in booked if one.at < end), Decimal(0))
        standing = self.alerts.standing
        return weeks.Week(start, end, standing(start), standing(end), spent)

    def _waiting(self, now: datetime) -> Iterator[str]:
        for delivery in self.queue.in_states([State.NEEDS_HUMAN]):
            yield asks(delivery).text
        if found := self.approvals.waiting(now):
            yield f"{len(found)} texts wait for approval: groundswell review"
        if held := self.mass_cancels.held_back():
            yield vanished(held.keys, held.scheduled).text
        for notice in paused(self.queue.pauses()):
            yield notice.text

    def _ahead(self, now: datetime) -> int:
        found = self.queue.between(now, now + DAYS_AHEAD)
        return sum(one.state is State.SCHEDULED for one in found)


def _budget(one: Budget) -> str:
    reached = f"; {one.mark} % are reached" if one.mark else ""
    return f"{one.account}: {one}{reached}"
