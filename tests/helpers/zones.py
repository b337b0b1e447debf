"""All zones, and when their clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST, DAYS = datetime(2026, 1, 1, tzinfo=UTC), 730
ZONES = sorted(name for name in available_timezones() if name not in ("localtime", "Factory"))


def offset_changes(zone: ZoneInfo) -> list[datetime]:
    """Return the instants, to the minute, at which the zone's offset changes."""
    days = [FIRST + timedelta(days=n) for n in range(DAYS + 1)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    pairs = zip(pairwise(days), pairwise(offsets), strict=True)
    return [_bisect(zone, *span) for span, (before, after) in pairs if before != after]


@cache
def changing_zones() -> Mapping[str, list[datetime]]:
    """Return when the clocks change, by zone; of zones with the same clocks, one."""
    found: dict[object, tuple[str, list[datetime]]] = {}
    for name in ZONES:
        zone = ZoneInfo(name)
        changes = offset_changes(zone)
        offsets = [instant.astimezone(zone).utcoffset() for instant in (FIRST, *changes)]
        if changes:
            found[*changes, *offsets] = name, changes
    return dict(found.values())


def _bisect(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // 2
        same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
        low, high = (middle, high) if same else (low, middle)
    return high.replace(second=0, microsecond=0)
