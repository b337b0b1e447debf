"""The plain values that every figure of a report comes from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from bot.model import Latest, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from bot.model import Account, Campaign, Counters, Delivery, Publication, Spending


T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted, by publication, so that no report needs every snapshot there is.

    ``latest`` is what is known now. ``earlier`` is what was known at each instant that a report may
    ask about, but only of what has been read since: of the rest, ``latest`` tells.
    """

    latest: Mapping[int, Latest]
    earlier: Mapping[datetime, Mapping[int, Counters]]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything a report may draw on.

    What was counted is in ``counted``, or else in ``snapshots``, which answer for any instant.
    ``spending`` is what was booked, None where nobody asked for it. ``prices`` is what publishing
    cost in dollars, by publication id: it ties money to a demand, an event or a post, which the
    booking of a batch of reads cannot. ``deliveries`` add what did not go out and how posts looked.
    ``timezone`` is the audience's, in which people read the times of the report. ``simulated`` says
    that all figures come from the sandbox, ``sandboxed`` of which accounts they do. ``since`` and
    ``until`` tell that only what went out from the one up to the other is listed. ``held`` tells by
    account why its counters are not read now, where they are not. ``most`` rows of a table are
    wanted, None for all. What was counted of publications that are not listed is left out.
    """

    publications: Sequence[Publication]
    snapshots: Sequence[Snapshot] = ()
    counted: Counted | None = None
    spending: Sequence[Spending] | None = None
    prices: Mapping[int, Decimal] | None = None
    deliveries: Sequence[Delivery] = ()
    names: Names = field(default_factory=Names)
    timezone: str = "UTC"
    simulated: bool = False
    sandboxed: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    held: Mapping[str, str] = field(default_factory=dict)
    most: int | None = None
    memo: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def remembered(self, key: Hashable, work: Callable[[], T]) -> T:
        """Give what was worked out before under this key, or work it out: reports share much."""
        if key not in self.memo:
            self.memo[key] = work()
        found: T = self.memo[key]
        return found

    @cached_property
    def latest(self) -> Mapping[int, Latest]:
        """What is known now of each publication that was ever read."""
        if self.counted:
            return self.counted.latest
        found = {each: Latest.of(history) for each, history in self._histories.items()}
        return {each: latest for each, latest in found.items() if latest}

    def known(self, moment: datetime) -> Mapping[int, Counters]:
        """Give what was known at a moment, of each publication that had been read by then.

        Of ``counted``, only the moments that it holds can be asked for. Raises KeyError.
        """
        still = {
            each: latest.counters for each, latest in self.latest.items() if latest.read <= moment
        }
        if self.counted:
            return {**still, **self.counted.earlier[moment]}
        return {**still, **self._earlier(moment)}

    def _earlier(self, moment: datetime) -> dict[int, Counters]:
        histories = self._histories.items()
        then = {
            each: Latest.of(one for one in history if one.read <= moment)
            for each, history in histories
            if history and history[-1].read > moment
        }
        return {each: latest.counters for each, latest in then.items() if latest}

    @cached_property
    def _histories(self) -> Mapping[int, list[Snapshot]]:
        """The snapshots of each publication, oldest first."""
        found: dict[int, list[Snapshot]] = {each.id: [] for each in self.publications}
        for snapshot in sorted(self.snapshots, key=lambda each: each.read):
            if snapshot.publication in found:
                found[snapshot.publication].append(snapshot)
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
        return max((each.read for each in self.latest.values()), default=None)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The audience's timezone. Raises ZoneInfoNotFoundError."""
        return ZoneInfo(self.timezone)
