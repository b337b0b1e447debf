"""The votes in the polls that are out, as counts without voters."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.model import sum_known
from bot.reports.table import CAMPAIGN_COLUMN, EXCERPT_LENGTH, Cell, Column, Table, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.model import Publication
    from bot.reports.evidence import Evidence

_COLUMNS = (
    Column("poll", "Poll", "text"),
    Column("post_id", "Id", "text", machine_only=True),
    Column("option", "Option", "text"),
    Column("votes", "Votes", "count", "How many people chose it, as last read.", bar=True),
    Column("share", "Share", "rate", "Of the votes in its poll."),
    Column("state", "State", "text"),
    Column("ends", "Until", "instant", rank=4),
    Column("account", "Account", "text", rank=4),
    Column("published", "Out", "instant", rank=5),
    CAMPAIGN_COLUMN,
)


def poll_table(evidence: Evidence, now: datetime) -> Table:
    """List each poll that is out with its options, the one with most votes first."""
    polls = [publication for publication in evidence.publications if publication.poll]
    totals = {publication: sum_known(votes.counts) for publication, votes in evidence.votes.items()}
    polls.sort(
        key=lambda asked: (-(totals.get(asked.id) or 0), asked.id not in totals, asked.published)
    )
    rows = [row for publication in polls for row in _rows(evidence, publication, now)]
    shown = tuple(rows[: evidence.row_limit])
    known = (evidence.votes[asked.id].read for asked in polls if asked.id in evidence.votes)
    notes = () if polls else ("No post that went out has a poll.",)
    read, left_out = max(known, default=None), len(rows) - len(shown)
    return Table("poll", "Polls", _COLUMNS, shown, notes, read=read, left_out=left_out)


def _rows(
    evidence: Evidence, publication: Publication, now: datetime
) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of a poll, with shares only if the votes of all options are known."""
    assert publication.poll is not None
    options = publication.poll.options
    votes = evidence.votes.get(publication.id)
    known = dict(enumerate(votes.counts)) if votes else {}
    counts = [known.get(place) for place in range(len(options))]
    total = 0 if None in counts else sum_known(counts)
    ends = publication.published + timedelta(minutes=publication.poll.minutes)
    state = "open"
    if votes and votes.closed:
        state = "closed"
    elif now >= ends:
        state = "closed, last read before its end" if votes else "closed, never read"
    for option, count in zip(options, counts, strict=True):
        yield (
            one_line(publication.text, EXCERPT_LENGTH) or publication.post,
            publication.post,
            option,
            count,
            Decimal(count) / total if count is not None and total else None,
            f"{state}, deleted" if publication.gone else state,
            ends,
            evidence.names.account(publication.account),
            publication.published,
            evidence.names.campaign(publication.campaign),
        )
