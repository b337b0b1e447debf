"""The report on share pages, on the arrivals from them beside those from our own posts.

People read a table for networks, wordings, partners and days each. Programs read all rows in one,
in which ``what`` says what a row is about. All of them count the same arrivals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.reports.arrivals import FIGURES, arrivals_of, campaigns_by_mark
from bot.reports.share_notes import (
    MIN_COUNT,
    NO_FILES,
    SMALL,
    caveats,
    describe_arrivals,
    first_notes,
)
from bot.reports.share_rows import (
    OF_PARTNERS,
    SHARED,
    PostsOfDays,
    by_campaign,
    by_day,
    by_network,
    by_partner,
    by_wording,
)
from bot.reports.table import CAMPAIGN_COLUMN, Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.reports.arrivals import Arrivals
    from bot.reports.evidence import Evidence
    from bot.reports.share_rows import Row

TITLE = "Arrivals from the share page and from our posts"

_COLUMNS = (
    Column("what", "What", "text"),
    Column("name", "Name", "text"),
    Column("id", "Id", "text", rank=5),
    Column("demand", "Demand", "text", rank=4),
    Column("language", "Language", "text", rank=5),
    CAMPAIGN_COLUMN,
    Column(
        "opened",
        "Opened",
        "count",
        "Links of the share page that were followed, as groundswell share serve counted them.",
        rank=1,
    ),
    Column(
        "arrived",
        "Arrived from the share page",
        "count",
        "Visits by a link of the share page, as the web log or the analytics count them. One "
        "person may arrive several times.",
        bar=True,
        short="Arrived",
    ),
    Column(
        "arrived_from_posts",
        "Arrived from our posts",
        "count",
        "Visits by a link in a post of our own accounts, counted in the same way.",
        short="From posts",
    ),
    Column(
        "arrived_from_partners",
        "Arrived from partners' posts",
        "count",
        "Visits by a link in a text that a partner got from share-texts, counted in the same way.",
        rank=3,
        short="Partners",
    ),
    Column(
        "posts",
        "Our posts",
        "count",
        "Posts of our own accounts that went out on the days of the files.",
        rank=2,
    ),
    Column(
        "engagements",
        "Their engagements",
        "count",
        "Likes, reposts, quotes, replies and bookmarks of our posts of these days, up to now.",
        rank=2,
        short="Engaged",
    ),
)

_ALIKE = ("language", "campaign", "arrived_from_partners")
"""The columns that people need only if their rows differ."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of one kind, and how people see them."""

    what: str
    """The kind."""
    rows: list[Row]
    total: Row
    shows_id: bool = False
    """Whether people read the ids, or else the names say enough."""


def share_table(evidence: Evidence, now: datetime) -> Table:
    """List the arrivals by network, wording, partner and day."""
    arrivals, reading = arrivals_of(evidence), evidence.arrivals
    if arrivals is None or reading is None:
        return Table("share", TITLE, _COLUMNS, (), (NO_FILES,))
    notes = (*caveats(evidence, reading, arrivals),)
    if not arrivals.days:
        return Table("share", TITLE, _COLUMNS, (), notes)
    parts = [*_parts(evidence, arrivals, now)]
    tables = [_table(evidence, part) for part in parts]
    small = (SMALL,) if any(map(_is_small, parts)) else ()
    lead = describe_arrivals(arrivals)
    first = (*first_notes(evidence, arrivals), *small)
    tables[0] = replace(tables[0], lead=lead, notes=first)
    tables[-1] = replace(tables[-1], notes=notes)
    rows = [{"what": part.what, **row} for part in parts for row in part.rows[: evidence.row_limit]]
    total: Row = {"what": "total", **parts[0].total}
    return Table(
        *("share", TITLE, _COLUMNS),
        tuple(tuple(row.get(column.key) for column in _COLUMNS) for row in rows),
        (*first, *notes),
        total=tuple(total.get(column.key) for column in _COLUMNS),
        left_out=sum(table.left_out for table in tables),
        lead=lead,
        parts=tuple(tables),
    )


def _parts(evidence: Evidence, arrivals: Arrivals, now: datetime) -> Iterator[_Part]:
    """Yield the kinds of rows, without those of which there is only one row."""
    posts = PostsOfDays(evidence, arrivals, now)
    total: Row = {figure: arrivals.total(figure) for figure in FIGURES} | posts.all()
    shared = {figure: total[figure] for figure in SHARED}
    yield _Part("network", _most_first(by_network(evidence, arrivals, posts)), total)
    if wordings := _most_first(by_wording(evidence, arrivals)):
        yield _Part("wording", wordings, shared, shows_id=True)
    if len(partners := _most_first(by_partner(evidence, arrivals))) > 1:
        yield _Part("partner", partners, {figure: total[figure] for figure in OF_PARTNERS})
    if len(campaigns_by_mark(evidence.campaigns)) > 1:
        yield _Part("campaign", _most_first(by_campaign(evidence, arrivals, posts)), total)
    yield _Part("day", [*by_day(evidence, arrivals, posts)], total)


def _most_first(rows: Iterator[Row]) -> list[Row]:
    """Return rows with the most arrivals first, and otherwise as they are."""
    order = ("arrived", "opened", "arrived_from_posts")
    return sorted(rows, key=lambda row: [-int(str(row.get(key) or 0)) for key in order])


def _table(evidence: Evidence, part: _Part) -> Table:
    """Return the table of a part for people, without columns that have nothing to say."""
    values = {c.key: {row.get(c.key) for row in part.rows} - {None, ""} for c in _COLUMNS}
    known = {key for key, found in values.items() if len(found) > (key in _ALIKE)}
    columns = tuple(
        replace(column, name=part.what.capitalize())
        if column.key == "name"
        else replace(column, machine_only=column.key == "id" and not part.shows_id)
        for column in _COLUMNS
        if column.key in known
    )
    rows = part.rows[: evidence.row_limit]
    total: Row = {"name": "Total", **part.total}
    return Table(
        f"share-{part.what}",
        f"Arrivals by {part.what}",
        columns,
        tuple(tuple(row.get(column.key) for column in columns) for row in rows),
        total=tuple(total.get(column.key) for column in columns),
        left_out=len(part.rows) - len(rows),
    )


def _is_small(part: _Part) -> bool:
    """Return whether rows that a reader may compare have small counts."""
    counts = (row.get(figure) for row in part.rows for figure in FIGURES)
    return part.what != "day" and any(isinstance(n, int) and 0 < n < MIN_COUNT for n in counts)
