"""Gathers what the digest of a week draws on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.alerts import digest, weeks
from bot.alerts.notices import LOST, asks, lost, paused, vanished
from bot.model import Slot, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.alerts.deps import NotifierDeps
    from bot.alerts.notices import Budget
    from bot.reports import Names

MONDAY = Slot(0, weeks.MORNING)

DAYS_AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Digester:
    """Writes the digest of the week that ends at an instant."""

    deps: NotifierDeps

    def last(self, now: datetime) -> tuple[str, datetime]:
        """Give the key of the last digest that was due, one for a local day, and its end."""
        day, end = weeks.last(self.deps.wanted.digest or MONDAY, self.deps.wanted.timezone, now)
        return f"digest:{day}", end

    def text(self, end: datetime, names: Names | None = None) -> str:
        """Write it; ``names`` are what people call things, if not as the loop read them."""
        timezone = self.deps.wanted.timezone
        start, before = (weeks.begins(end, timezone, back) for back in (1, 2))
        week, earlier = self._week(start, end), self._week(before, start)
        told = digest.Told(
            [one.text for one in map(lost, self.deps.alerts.ended(LOST, start))],
            list(self._waiting(end)),
            [_budget(one) for one in self.deps.budgets.standings()],
            self._ahead(end),
        )
        posts = self.deps.metrics.publications()
        return digest.text(posts, week, earlier, told, timezone, names or self.deps.files.names)

    def _week(self, start: datetime, end: datetime) -> weeks.Week:
        booked = self.deps.ledger.spending(since=start)
        spent = sum((one.dollars for one in booked if one.at < end), Decimal(0))
        standing = self.deps.alerts.standing
        return weeks.Week(start, end, standing(start), standing(end), spent)

    def _waiting(self, now: datetime) -> Iterator[str]:
        for delivery in self.deps.queue.in_states([State.NEEDS_HUMAN]):
            yield asks(delivery).text
        if found := self.deps.approvals.waiting(now):
            yield f"{len(found)} texts wait for approval: groundswell review"
        if held := self.deps.mass_cancels.held_back():
            yield vanished(held.keys, held.scheduled).text
        for notice in paused(self.deps.queue.pauses()):
            yield notice.text

    def _ahead(self, now: datetime) -> int:
        found = self.deps.queue.between(now, now + DAYS_AHEAD)
        return sum(one.state is State.SCHEDULED for one in found)


def _budget(one: Budget) -> str:
    reached = f"; {one.mark} % are reached" if one.mark else ""
    return f"{one.account}: {one}{reached}"
