"""All zones, and when their clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

FIRST, DAYS = datetime(2026, 1, 1, tzinfo=UTC), 730
ZONES = sorted(name for name in available_timezones() if name not in ("localtime", "Factory"))


def offset_changes(zone: ZoneInfo) -> list[datetime]:
    """Give the instants, to the minute, at which the zone's offset changes."""
    days = [FIRST + timedelta(days=n) for n in range(DAYS + 1)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    pairs = zip(pairwise(days), pairwise(offsets), strict=True)
    return [_bisect(zone, *span) for span, (before, after) in pairs if before != after]


def _bisect(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // 2
        same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
        low, high = (middle, high) if same else (low, middle)
    return high.replace(second=0, microsecond=0)
