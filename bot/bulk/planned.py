"""What is to go out, and what became of what was: the plan and the queue put together. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot import planning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from bot.model import Delivery, Occurrence
    from bot.planning import Action

PLANNED = "planned"
"""The state of what is in no queue yet: ``run`` would put it there."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Something on the calendar: what it says and when, and where it stands."""

    subject: Occurrence | Delivery
    state: str

    @property
    def local(self) -> datetime:
        """When it is due, where its audience is."""
        return self.subject.due.astimezone(ZoneInfo(self.subject.timezone))


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked for: days, both included, each where it is due; and one campaign, or all.

    Without ``since``, what is due after ``now``.
    """

    now: datetime
    since: date | None = None
    until: date | None = None
    campaign: str | None = None

    def holds(self, one: Planned) -> bool:
        """Tell whether it is asked for."""
        begun = self.since is not None or one.subject.due >= self.now
        return begun and self.asks(one.subject.campaign, one.local.date())

    def asks(self, campaign: str, day: date) -> bool:
        """Tell whether the campaign, and the day on which something of it is due, are asked for."""
        begun = self.since is None or day >= self.since
        over = self.until is not None and day > self.until
        return begun and not over and self.campaign in (None, campaign)


def planned(
    actions: Iterable[Action],
    deliveries: Iterable[Delivery],
    held: Collection[str] = (),
) -> list[Planned]:
    """Give each delivery as it will stand once the actions are done, and what they add; by time.

    ``held`` are the keys of what left the files and is not cancelled for now.
    """
    found = {one.key: Planned(one, one.state.value) for one in deliveries}
    for action in actions:
        match action:
            case planning.Add(occurrence):
                found[occurrence.key] = Planned(occurrence, PLANNED)
            case planning.AddMissed(occurrence):
                found[occurrence.key] = Planned(occurrence, "missed")
            case planning.Change(_, occurrence) | planning.Revive(_, occurrence):
                found[occurrence.key] = Planned(occurrence, "scheduled")
            case planning.Cancel(delivery) if delivery.key not in held:
                found[delivery.key] = Planned(delivery, "cancelled")
    return sorted(found.values(), key=lambda one: (one.subject.due, one.subject.key))
