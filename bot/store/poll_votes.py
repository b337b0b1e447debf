"""The votes of polls, as they were last read."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.database import rows
from bot.database import tables as t
from bot.database.types import dialect_insert
from bot.model import PollVotes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Connection

    from bot.database.connections import Database


def read_votes(database: Database, *where: ColumnElement[bool]) -> dict[int, PollVotes]:
    """Return the last known votes of each poll that was ever read, by publication.

    The conditions are about publications and their deliveries.
    """
    c = t.poll_votes.c
    joined = rows.PUBLICATIONS_WITH_DELIVERIES.join(
        t.poll_votes, c.publication == t.publications.c.id
    )
    query = select(t.poll_votes).select_from(joined).where(*where)
    polls: dict[int, dict[int, Any]] = defaultdict(dict)
    for row in database.read(query.order_by(c.publication, c.option)):
        polls[row.publication][row.option] = row
    votes = {}
    for publication, options in polls.items():
        known = {place: row.votes for place, row in options.items()}
        counts = tuple(map(known.get, range(max(known) + 1)))
        closed = all(row.closed for row in options.values())
        read = max(row.read for row in options.values())
        votes[publication] = PollVotes(counts, read, closed)
    return votes


def put_votes(connection: Connection, votes: Mapping[int, PollVotes]) -> None:
    """Write the known votes of polls, unless later ones are there already."""
    values = [
        {
            "publication": publication,
            "option": option,
            "votes": count,
            "read": poll.read,
            "closed": poll.closed,
        }
        for publication, poll in sorted(votes.items())
        for option, count in enumerate(poll.counts)
        if count is not None
    ]
    query = dialect_insert(connection.dialect.name, t.poll_votes)
    new = query.excluded
    query = query.on_conflict_do_update(
        index_elements=["publication", "option"],
        set_={"votes": new.votes, "read": new.read, "closed": new.closed},
        where=new.read >= t.poll_votes.c.read,
    )
    if values:
        connection.execute(query, values)
