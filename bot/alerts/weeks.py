"""The weeks of a digest: when each is over, and what posts gained within it. Pure.

Figures are what all posts gained within a week, from the last reading before its begin to the last
before its end: two weeks of equal length compare, where the totals of old and young posts do not.
A post that was not read before a week began has no data for it, unless it went out within it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.numbers import ENGAGEMENTS, add
from bot.schedules.wall import place, zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from bot.model import Publication, Slot, Snapshot

MORNING = time(9)
"""When it goes out, on Mondays, if nobody said otherwise."""

LATE = timedelta(hours=48)
"""After a downtime, a digest that is later than this is left out: the next one is near."""


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days by a place's clock, with the readings that stood at both ends."""

    start: datetime
    end: datetime
    before: Mapping[int, Snapshot]
    after: Mapping[int, Snapshot]
    spent: Decimal


@dataclass(slots=True)
class Gained:
    """What posts gained; None is no data. ``read`` is when one of them was last read."""

    impressions: list[int | None] = field(default_factory=list)
    engagements: list[int | None] = field(default_factory=list)
    rated: list[tuple[int, int]] = field(default_factory=list)
    read: datetime | None = None

    def add(self, impressions: int | None, engagements: int | None, read: datetime | None) -> None:
        """Add a post's."""
        self.impressions.append(impressions)
        self.engagements.append(engagements)
        if impressions is not None and engagements is not None:
            self.rated.append((engagements, impressions))
        self.read = max(filter(None, (self.read, read)), default=None)

    @property
    def unread(self) -> int:
        """How many posts there is no data for."""
        both = zip(self.impressions, self.engagements, strict=True)
        return sum(shown is None and acts is None for shown, acts in both)

    @property
    def rate(self) -> Decimal | None:
        """Engagements per impression, over the posts where both are known."""
        whole = sum(shown for _, shown in self.rated)
        return Decimal(sum(acts for acts, _ in self.rated)) / whole if whole > 0 else None


# --- When -----------------------------------------------------------------------------------------


def last(slot: Slot, timezone: str, now: datetime) -> tuple[date, datetime]:
    """Give the last time that the digest was due, by its local day and as an instant.

    An hour that the clock shows twice means the first; one that it skips, as much later.
    """
    today = now.astimezone(zone(timezone)).date()
    days = [today - timedelta(days=back) for back in range(8)]
    found = [(day, _at(day, slot.at, timezone)) for day in days if day.weekday() == slot.day]
    return next((day, instant) for day, instant in found if instant <= now)


def begins(end: datetime, timezone: str, weeks: int = 1) -> datetime:
    """Give the instant that many weeks before ``end`` by a place's clock."""
    local = end.astimezone(zone(timezone)).replace(tzinfo=None)
    return place(local - timedelta(weeks=weeks), timezone, one_off=False)


def _at(day: date, at: time, timezone: str) -> datetime:
    return place(datetime.combine(day, at), timezone, one_off=False)


# --- What was gained ------------------------------------------------------------------------------


def gain(post: Publication, week: Week, *names: str) -> int | None:
    """Give how much its counters grew within the week; None where that is not known."""
    return add(_grown(post, week, name) for name in names)


def _grown(post: Publication, week: Week, name: str) -> int | None:
    last = week.after.get(post.id)
    if last is None or last.read <= week.start:  # it was not read within the week
        return None
    end = value(last, name)
    start = 0 if post.published >= week.start else value(week.before.get(post.id), name)
    return None if end is None or start is None else end - start


def value(snapshot: Snapshot | None, name: str) -> int | None:
    """Give a counter of a reading; None where it was not told, or there is no reading."""
    told: int | None = getattr(snapshot.counters, name) if snapshot else None
    return told


def gained(
    posts: Iterable[Publication], week: Week, key: Callable[[Publication], str]
) -> dict[str, Gained]:
    """Sum what posts gained, by key."""
    found: dict[str, Gained] = defaultdict(Gained)
    for post in posts:
        if post.published < week.end:
            last = week.after.get(post.id)
            shown, acts = gain(post, week, "impressions"), gain(post, week, *ENGAGEMENTS)
            found[key(post)].add(shown, acts, last.read if last else None)
    return found
