"""The weeks of a digest: when each is over, and what posts gained within it. Pure.

Figures are what all posts gained within a week, from the last reading before its start to the last
before its end: two weeks of equal length compare, where the totals of old and young posts do not.
A post that was not read before a week began has no data for it, unless it was published within it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.evidence import sum_known
from bot.reports.totals import ENGAGEMENTS
from bot.schedules.local_time import to_utc, zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from bot.model import Publication, Slot, Snapshot

DEFAULT_TIME = time(9)
"""When it goes out, on Mondays, if the config does not say."""

DIGEST_GRACE = timedelta(hours=48)
"""After a downtime, a digest later than this is skipped: the next one is near."""


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days by a place's clock, with the last readings at both ends."""

    start: datetime
    end: datetime
    before: Mapping[int, Snapshot]
    after: Mapping[int, Snapshot]
    spent: Decimal


@dataclass(slots=True)
class WeekGains:
    """What posts gained; None means no data. ``read`` is when one of them was last read."""

    impressions: list[int | None] = field(default_factory=list)
    engagements: list[int | None] = field(default_factory=list)
    rated: list[tuple[int, int]] = field(default_factory=list)
    read: datetime | None = None

    def add(self, impressions: int | None, engagements: int | None, read: datetime | None) -> None:
        """Add what one post gained."""
        self.impressions.append(impressions)
        self.engagements.append(engagements)
        if impressions is not None and engagements is not None:
            self.rated.append((engagements, impressions))
        self.read = max(filter(None, (self.read, read)), default=None)

    @property
    def unread(self) -> int:
        """How many posts have no data."""
        both = zip(self.impressions, self.engagements, strict=True)
        return sum(pair == (None, None) for pair in both)

    @property
    def rate(self) -> Decimal | None:
        """Engagements per impression, over the posts where both are known."""
        engagements = sum(engaged for engaged, _ in self.rated)
        impressions = sum(shown for _, shown in self.rated)
        return Decimal(engagements) / impressions if impressions > 0 else None


# --- When -----------------------------------------------------------------------------------------


def last_due(slot: Slot, timezone: str, now: datetime) -> tuple[date, datetime]:
    """Return the last time that the digest was due: its local day, and the instant.

    An hour that the clock shows twice means the first; one that it skips, the same span later.
    """
    today = now.astimezone(zone(timezone)).date()
    days = [today - timedelta(days=back) for back in range(8)]
    due = [
        (day, to_utc(datetime.combine(day, slot.at), timezone, one_off=False))
        for day in days
        if day.weekday() == slot.day
    ]
    return next((day, instant) for day, instant in due if instant <= now)


def week_start(end: datetime, timezone: str, weeks: int = 1) -> datetime:
    """Return the instant that many weeks before ``end`` by a place's clock."""
    local = end.astimezone(zone(timezone)).replace(tzinfo=None)
    return to_utc(local - timedelta(weeks=weeks), timezone, one_off=False)


# --- What was gained ------------------------------------------------------------------------------


def gain(post: Publication, week: Week, *names: str) -> int | None:
    """Return how much its counters grew within the week; None where that is not known."""
    return sum_known(_counter_gain(post, week, name) for name in names)


def _counter_gain(post: Publication, week: Week, name: str) -> int | None:
    last = week.after.get(post.id)
    if last is None or last.read <= week.start:  # it was not read within the week
        return None
    end = counter_value(last, name)
    start = 0 if post.published >= week.start else counter_value(week.before.get(post.id), name)
    return None if end is None or start is None else end - start


def counter_value(snapshot: Snapshot | None, name: str) -> int | None:
    """Return a counter of a reading; None where the platform gave none, or there is no reading."""
    value: int | None = getattr(snapshot.counters, name) if snapshot else None
    return value


def gains_by(
    posts: Iterable[Publication], week: Week, key: Callable[[Publication], str]
) -> dict[str, WeekGains]:
    """Return what posts gained, summed by key."""
    sums: dict[str, WeekGains] = defaultdict(WeekGains)
    for post in posts:
        if post.published < week.end:
            last = week.after.get(post.id)
            impressions, engagements = (
                gain(post, week, "impressions"),
                gain(post, week, *ENGAGEMENTS),
            )
            sums[key(post)].add(impressions, engagements, last.read if last else None)
    return sums
