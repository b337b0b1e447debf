"""Delete old readings that say nothing new, whose absence no report shows."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, true

from bot.database import rows
from bot.database import tables as t
from bot.database.types import batched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.clock import Clock
    from bot.database.connections import Database
    from bot.model import Snapshot

THIN_SECONDS = 86_400.0
"""How often the loop looks for old readings, besides its start."""

KEPT_WHOLE = timedelta(days=100)
"""Younger posts keep all readings. They are still read, or belong to the account's usual figures,
which an alert compares a post with."""

SPAN = timedelta(hours=12)
"""Readings are only deleted within such a span of a post's age. A report looks at whole days, and
at whether a post was read at an age of 48 hours or later. Two equal readings of one span are thus
the same to it."""

_POSTS_AT_ONCE = 50
"""A few thousand readings are one transaction, for which a due post does not wait long."""

_KEY = "thinned"

log = logging.getLogger("groundswell.engagement")


@dataclass(frozen=True, slots=True)
class Thinning:
    """Deletes the redundant readings of each post once, after the post grew old enough."""

    database: Database
    clock: Clock

    def run(self) -> int:
        """Delete redundant readings, and return how many. Raise StoreError.

        If it is interrupted, the next run looks at the same posts again.
        """
        c, until = t.publications.c, self.clock.now() - KEPT_WHOLE
        since = rows.read(self.database, _KEY)
        is_new = c.published >= datetime.fromisoformat(since) if since else true()
        query = select(c.id, c.published).where(c.published < until, is_new).order_by(c.id)
        posts, deleted = [(row.id, row.published) for row in self.database.read(query)], 0
        for first in range(0, len(posts), _POSTS_AT_ONCE):
            deleted += self._thin(dict(posts[first : first + _POSTS_AT_ONCE]))
        if posts:
            rows.write(self.database, _KEY, until.isoformat())
        if deleted:
            log.info("%d old readings that said nothing new were deleted", deleted)
        return deleted

    def _thin(self, published: Mapping[int, datetime]) -> int:
        c = t.snapshots.c
        query = select(t.snapshots).where(c.publication.in_(published))
        found = self.database.read(query.order_by(c.publication, c.read, c.id))
        history = [(row.id, rows.snapshot(row)) for row in found]
        redundant = [
            id_
            for publication, own in groupby(history, key=lambda reading: reading[1].publication)
            for id_ in redundant_snapshots(published[publication], own)
        ]
        if redundant:
            with self.database.writing() as connection:
                for batch in batched(redundant):
                    connection.execute(delete(t.snapshots).where(c.id.in_(batch)))
        return len(redundant)


def redundant_snapshots(
    published: datetime, history: Iterable[tuple[int, Snapshot]]
) -> Iterator[int]:
    """Yield the ids of readings between two others with the same counters, in one ``SPAN``. Pure.

    ``history`` has a publication's snapshots with their ids in the database, oldest first.
    """
    for _, span in groupby(history, key=lambda reading: (reading[1].read - published) // SPAN):
        readings = [*span]
        neighbours = zip(readings, readings[1:], readings[2:], strict=False)
        for (_, before), (id_, snapshot), (_, after) in neighbours:
            if before.counters == snapshot.counters == after.counters:
                yield id_
