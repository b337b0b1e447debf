"""Sums over time: what was known at each instant, never guessed between two reads.

A series steps at each read and holds its value until the next (forward fill), so its last point is
the table's figure to the unit.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from datetime import datetime

    from bot.model import Publication
    from bot.reports.evidence import Evidence

K = TypeVar("K", bound="Hashable")

Steps = list[tuple["datetime", int]]


def steps(
    evidence: Evidence,
    key: Callable[[Publication], K],
    names: Sequence[str],
) -> dict[K, Steps]:
    """Give, for each key, the sum of the named counters after each read that told of one."""
    groups = {each.id: key(each) for each in evidence.publications}
    known: dict[tuple[int, str], int] = defaultdict(int)
    totals: dict[K, int] = defaultdict(int)
    found: dict[K, Steps] = defaultdict(list)
    for snapshot in sorted(evidence.snapshots, key=lambda each: each.read):
        values = {name: getattr(snapshot.counters, name) for name in names}
        told = {name: value for name, value in values.items() if value is not None}
        if snapshot.publication not in groups or not told:
            continue
        group = groups[snapshot.publication]
        for name, value in told.items():
            totals[group] += value - known[snapshot.publication, name]
            known[snapshot.publication, name] = value
        _put(found[group], snapshot.read, totals[group])
    return dict(found)


def _put(series: Steps, at: datetime, value: int) -> None:
    if series and series[-1][0] == at:
        series.pop()
    series.append((at, value))


def instants(start: datetime, end: datetime, count: int) -> list[datetime]:
    """Give ``count`` instants, evenly from start to end, both included; at least two."""
    width = (end - start) / (count - 1)
    return [*(start + width * each for each in range(count - 1)), end]


def at(series: Steps, moments: Sequence[datetime]) -> list[int | None]:
    """Give the series' value at each moment: the last known then, None before the first."""
    reads = [each[0] for each in series]
    places = [bisect_right(reads, moment) for moment in moments]
    return [series[place - 1][1] if place else None for place in places]


def period(evidence: Evidence) -> tuple[datetime, datetime] | None:
    """Give the first publication's instant and the last read's; None if nothing was read since."""
    start = min((each.published for each in evidence.publications), default=None)
    if start is None or evidence.read is None or evidence.read <= start:
        return None
    return start, evidence.read


def gains(
    evidence: Evidence,
    key: Callable[[Publication], K],
    names: Sequence[str],
    buckets: int,
) -> Mapping[K, tuple[int, ...]]:
    """Give what each key gained in each of so many equal spans of the whole period."""
    span = period(evidence)
    if span is None:
        return {}
    moments = instants(*span, buckets + 1)
    found = {}
    for group, series in steps(evidence, key, names).items():
        values = [value or 0 for value in at(series, moments)]
        found[group] = tuple(b - a for a, b in pairwise(values))
    return found
