"""The published parts of single deliveries, with their addresses and last known counters.

``metrics`` reads all publications of a campaign or a time, as reports need them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from bot.database import rows
from bot.database import tables as t
from bot.database.types import batched
from bot.store.poll_votes import read_votes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.database.connections import Database
    from bot.model import PollVotes, Snapshot


@dataclass(frozen=True, slots=True)
class PublishedPart:
    """A part of a delivery that was published, with its last known counters."""

    delivery: int
    """The delivery's number."""
    part: int
    """The index of the part."""
    url: str
    """The address that a person can open."""
    published: datetime
    gone: datetime | None
    """When it was found deleted."""
    known: Snapshot | None
    """The last known counters; None if they were never read."""
    votes: PollVotes | None
    """The last known votes of its poll; None if it has none, or they were never read."""


def read_addresses(database: Database, deliveries: Iterable[int]) -> dict[int, dict[int, str]]:
    """Return the addresses of the published parts of these deliveries, by delivery and part."""
    found: dict[int, dict[int, str]] = defaultdict(dict)
    c = t.publications.c
    for batch in batched([*deliveries]):
        query = select(c.delivery, c.part, c.url).where(c.delivery.in_(batch))
        for delivery, part, url in database.read(query):
            found[delivery][part] = url
    return found


def read_parts(database: Database, deliveries: Iterable[int]) -> list[PublishedPart]:
    """Return the published parts of these deliveries, by delivery and part."""
    found: list[PublishedPart] = []
    c = t.publications.c
    for batch in batched(sorted(deliveries)):
        mine = c.delivery.in_(batch)
        joined = t.publications.outerjoin(t.latest, t.latest.c.publication == c.id)
        columns = (c.id, c.delivery, c.part, c.url, c.published, c.gone, *rows.LATEST_COLUMNS)
        query = select(*columns).select_from(joined).where(mine).order_by(c.delivery, c.part)
        votes = read_votes(database, mine)
        for id_, delivery, part, url, published, gone, *latest in database.read(query):
            known = rows.latest(latest) if latest[0] is not None else None
            found.append(PublishedPart(delivery, part, url, published, gone, known, votes.get(id_)))
    return found
