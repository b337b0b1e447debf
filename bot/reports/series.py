"""Sums over time: what was known at each instant, never guessed between two reads.

Each publication holds its last known value until its next read, so the last point of a series is
the table's figure to the unit. Series are taken at even instants of the whole period; of what lies
between two of them, nothing is said.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from bot.reports.numbers import add

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.model import Counters, Publication
    from bot.reports.evidence import Evidence

K = TypeVar("K", bound="Hashable")

BUCKETS = 12
"""How many spans a trend has: enough to see a shape, few enough for a narrow column."""

FINER = 8
"""So many times as many spans has a line of a chart: enough for its shape, light for a page."""


def instants(start: datetime, end: datetime, count: int) -> list[datetime]:
    """Give ``count`` instants, evenly from start to end, both included; at least two."""
    width = (end - start) / (count - 1)
    return [*(start + width * each for each in range(count - 1)), end]


def moments(evidence: Evidence, *, fine: bool = False) -> list[datetime]:
    """Give the instants at which the evidence's series are taken: ``FINER`` ones for charts.

    They go from the first publication to the last read. There are none where nothing was read.
    """
    published = (each.published for each in evidence.publications)
    return moments_of(published, evidence.read, fine=fine)


def moments_of(
    published: Iterable[datetime], read: datetime | None, *, fine: bool
) -> list[datetime]:
    """Give the same of plain values; the coarse ones are among the fine."""
    start = min(published, default=None)
    if start is None or read is None or read <= start:
        return []
    found = instants(start, read, BUCKETS * FINER + 1)
    return found if fine else found[::FINER]


def over_time(
    evidence: Evidence,
    key: Callable[[Publication], K],
    names: Sequence[str],
    *,
    fine: bool = False,
    only: Collection[K] | None = None,
) -> dict[K, list[int | None]]:
    """Give the sum of the named counters by key, at each moment; of some keys ``only``, if given.

    None before the first read; what was never read has no line.
    """
    curves = _curves(evidence, names, fine=fine)
    groups: dict[K, list[Sequence[int | None]]] = defaultdict(list)
    for each in evidence.publications:
        name = key(each)
        if each.id in curves and (only is None or name in only):
            groups[name].append(curves[each.id])
    return {name: _summed(group) for name, group in groups.items()}


def _summed(curves: Sequence[Sequence[int | None]]) -> list[int | None]:
    columns = zip(*curves, strict=True)
    return [add(column) if None in column else sum(column) for column in columns]


def _curves(
    evidence: Evidence, names: Sequence[str], *, fine: bool
) -> Mapping[int, Sequence[int | None]]:
    """Give each publication's own sum at each instant; only of those for which there is any."""
    return evidence.remembered(("curves", *names, fine), lambda: _drawn(evidence, names, fine=fine))


def _drawn(
    evidence: Evidence, names: Sequence[str], *, fine: bool
) -> dict[int, tuple[int | None, ...]]:
    known = [evidence.known(moment) for moment in moments(evidence, fine=fine)]
    ids = known[-1] if known else ()
    columns = [_values(each, ids, names) for each in known]
    found = zip(ids, zip(*columns, strict=True), strict=True)
    return {each: values for each, values in found if values[-1] is not None}


def _values(
    known: Mapping[int, Counters], ids: Iterable[int], names: Sequence[str]
) -> list[int | None]:
    if len(names) == 1:
        one = attrgetter(names[0])
        return [one(known[each]) if each in known else None for each in ids]
    some = attrgetter(*names)
    return [add(some(known[each])) if each in known else None for each in ids]


def gains(
    evidence: Evidence,
    key: Callable[[Publication], K],
    names: Sequence[str],
    only: Collection[K] | None = None,
) -> Mapping[K, tuple[int, ...]]:
    """Give what each key, or some ``only``, gained in each of ``BUCKETS`` spans of the period."""
    found = {}
    for group, values in over_time(evidence, key, names, only=only).items():
        known = [value or 0 for value in values]
        found[group] = tuple(b - a for a, b in pairwise(known))
    return found
