"""The plain values that every figure of a report comes from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from bot.model import Account, Campaign, Delivery, Publication, Snapshot, Spending
    from bot.reports.numbers import Standing


@dataclass(frozen=True, slots=True)
class Names:
    """What people call things; whatever has no name here is shown by its id.

    Demands and events are named by (campaign, id), as their ids are unique only within a campaign;
    ``spans`` tells from when to when an event took place.
    """

    campaigns: Mapping[str, str] = field(default_factory=dict)
    demands: Mapping[tuple[str, str], str] = field(default_factory=dict)
    events: Mapping[tuple[str, str], str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    spans: Mapping[tuple[str, str], tuple[datetime, datetime]] = field(default_factory=dict)

    @classmethod
    def of(cls, campaigns: Iterable[Campaign], accounts: Iterable[Account] = ()) -> Names:
        """Take titles, asks, event names and handles from what the YAML and the config say."""
        listed = list(campaigns)
        return cls(
            {each.id: each.title for each in listed},
            {(each.id, d.id): d.ask for each in listed for d in each.demands.values()},
            {(each.id, e.id): e.name for each in listed for e in each.events.values()},
            {each.name: _at(each.handle) for each in accounts if each.handle},
            {(each.id, e.id): (e.starts, e.ends) for each in listed for e in each.events.values()},
        )


def _at(handle: str) -> str:
    return handle if handle.startswith("@") else f"@{handle}"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything a report may draw on.

    ``spending`` is what was booked, None where nobody asked for it. ``prices`` is what publishing
    cost in dollars, by publication id: it ties money to a demand, an event or a post, which the
    booking of a batch of reads cannot. ``deliveries`` add what did not go out and how posts looked.
    ``timezone`` is the audience's, in which people read the times of the report. ``simulated`` says
    that the figures come from the sandbox. ``since`` and ``until`` tell that only what went out
    from the one up to the other is listed. Snapshots of publications that are not listed are left
    out.
    """

    publications: Sequence[Publication]
    snapshots: Sequence[Snapshot]
    spending: Sequence[Spending] | None = None
    prices: Mapping[int, Decimal] | None = None
    deliveries: Sequence[Delivery] = ()
    names: Names = field(default_factory=Names)
    timezone: str = "UTC"
    simulated: bool = False
    since: datetime | None = None
    until: datetime | None = None
    memo: dict[datetime, list[Standing]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Standings by the instant they were asked for: every report starts from them."""

    @cached_property
    def histories(self) -> Mapping[int, list[Snapshot]]:
        """The snapshots of each publication, oldest first."""
        found: dict[int, list[Snapshot]] = {each.id: [] for each in self.publications}
        for snapshot in self.snapshots:
            if snapshot.publication in found:
                found[snapshot.publication].append(snapshot)
        for history in found.values():
            history.sort(key=_read)
        return found

    @cached_property
    def parts(self) -> Mapping[int, list[Publication]]:
        """The publications of each delivery, in the order of its parts."""
        found: dict[int, list[Publication]] = defaultdict(list)
        for publication in sorted(self.publications, key=lambda each: each.part):
            found[publication.delivery].append(publication)
        return dict(found)

    @cached_property
    def read(self) -> datetime | None:
        """When counters were last read, or None if they never were."""
        return max((each[-1].read for each in self.histories.values() if each), default=None)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The audience's timezone. Raises ZoneInfoNotFoundError."""
        return ZoneInfo(self.timezone)


def _read(snapshot: Snapshot) -> datetime:
    return snapshot.read
