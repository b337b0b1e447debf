"""Thins snapshots that are long past to the last word of each day. No total changes.

A post is read often while it is young, and nobody asks years later how it stood at four and at five
in the afternoon. Of a day (by UTC) all goes but the snapshot that told a counter last; where one
counter was told last by another snapshot, that one stays as well. So what is known at the end of
each day stays as it is, and with it what is known now. A line of a chart may be coarser within a
day. That a counter once fell is remembered apart from the snapshots.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from bot.model import COUNTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from bot.model import Snapshot
    from bot.store.thinning import OldSnapshots

KEPT_WHOLE = timedelta(days=90)
"""Younger snapshots all stay: so long a post is read, and its account's usual is looked for."""

POSTS_AT_ONCE = 50
"""Publications in one transaction: some thousand snapshots, so that the loop never waits long."""


def superfluous(history: Iterable[tuple[int, Snapshot]]) -> Iterator[int]:
    """Yield the ids of those that can go, of one publication's old snapshots. Pure.

    ``history`` are ids of the database with their snapshots, oldest first.
    """
    told: set[tuple[date, str]] = set()
    days: set[date] = set()
    for one, snapshot in reversed([*history]):
        day = snapshot.read.astimezone(UTC).date()
        tells = {(day, name) for name in COUNTERS if getattr(snapshot.counters, name) is not None}
        if day in days and tells <= told:
            yield one
        told |= tells
        days.add(day)


def thin(
    old: OldSnapshots, *, dry: bool = False, told: Callable[[float], None] | None = None
) -> int:
    """Let go what is superfluous, or only count it; give how many.

    ``told`` hears the share that is done. What is done when it is stopped stays done, and the next
    time goes on from there.
    """
    publications, dropped = old.publications(), 0
    for first in range(0, len(publications), POSTS_AT_ONCE):
        some = old.of(publications[first : first + POSTS_AT_ONCE])
        ids = [
            one
            for _, history in groupby(some, key=lambda each: each[1].publication)
            for one in superfluous(history)
        ]
        dropped += len(ids) if dry else old.drop(ids)
        if told:
            told((first + POSTS_AT_ONCE) / len(publications))
    return dropped
