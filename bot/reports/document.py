"""The report as a JSON document, whose shape is versioned (``JSON_VERSION``).

Instants are ISO 8601 in UTC, shares and money are decimals as text, and null is "no data", which is
not 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from bot.model.documents import json_text
from bot.reports.table import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.reports.answer import Answer
    from bot.reports.evidence import Evidence
    from bot.reports.lines import Section
    from bot.reports.moved import MovedOn, MovedPost
    from bot.reports.table import Table

JSON_VERSION = 3
"""Raised if a key goes, is renamed or means something else, and not if one is added."""


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column of a table."""

    key: str
    """Its key in the rows."""
    name: str
    """Its heading."""
    kind: str
    """``text``, ``count``, ``rate``, ``factor``, ``money``, ``delta``, ``number``, ``instant``."""
    meaning: str
    """What it counts."""


@dataclass(frozen=True, slots=True)
class TableView:
    """A table, which is one report."""

    id: str
    """Its name, as ``--by`` takes it."""
    title: str
    lead: str
    """A sentence on what its rows say, or ""."""
    notes: tuple[str, ...]
    """Sentences that a reader needs to trust its figures."""
    method: str
    """How its rows were compared, or ""."""
    read: datetime | None
    """When its figures were last read from a platform."""
    columns: tuple[ColumnView, ...]
    """Its columns, in order."""
    rows: tuple[dict[str, Cell], ...]
    """Its rows, by the columns' keys."""
    left_out: int
    """How many more rows there are than were asked for."""
    total: dict[str, Cell] | None
    """The totals of its columns that have one."""


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of the first screen."""

    text: str
    command: str
    """The words for a technician, with the command that settles the matter, or ""."""
    page: str
    """The address of the page of the control room about the matter, or ""."""
    url: str
    """The address of its post, or ""."""
    on: tuple[str, ...]
    """A line for each account, if it is about a post on several."""


@dataclass(frozen=True, slots=True)
class SectionView:
    """Some lines of the first screen under a title."""

    id: str
    """Its name."""
    title: str
    lines: tuple[LineView, ...]
    """Its lines, in order."""
    note: str
    """Sentences below the lines, or ""."""
    detail: str
    """More sentences below the lines, or ""."""


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A post on one account, with its gains there and against the account's other posts."""

    account: str
    platform: str
    url: str
    """Its address."""
    impressions: int | None
    """How often it was shown, in this time."""
    engagements: int | None
    """How often people did something with it, in this time."""
    rate: Decimal | None
    """Engagements per impression."""
    sureness: str
    """``surely``, ``likely``, ``about usual``, ``too early to say`` or ``no median yet``."""
    times_median: Decimal | None
    """All that it has reached, as a multiple of the account's median."""
    per_impression: bool
    """Whether the multiple is of engagements per impression, or else of engagements per post."""


@dataclass(frozen=True, slots=True)
class MovedView:
    """A post, with its gains on all of its accounts together."""

    name: str
    """The name that a person types for it."""
    campaign: str
    post: str
    label: str
    """The schedule's name for its moment."""
    demand: str | None
    engagements: int | None
    """Those on all of its accounts, in this time."""
    impressions: int | None
    """Those on its accounts that count them, in this time."""
    outcome: str
    """``more``, ``less``, ``mixed``, ``usual`` or ``unknown``, against the usual."""
    on: tuple[PlaceView, ...]
    """Its accounts."""


@dataclass(frozen=True, slots=True)
class DayView:
    """The gains of all posts in a day, or in a longer step."""

    start: datetime
    """When it begins."""
    end: datetime
    """When it is over."""
    impressions: int | None
    """How often posts were shown."""
    engagements: int | None
    """How often people did something with posts."""


@dataclass(frozen=True, slots=True)
class AnswerView:
    """The first screen."""

    start: datetime
    """When its time begins."""
    end: datetime
    """When its time is over."""
    before: datetime
    """When the time begins that this one is compared with."""
    lead: str
    """The verdict in words."""
    new_posts: int
    """Posts that came out in its time."""
    new_posts_before: int
    """Posts that came out in the time before."""
    engagements: int | None
    """The gains of all posts in its time."""
    engagements_before: int | None
    """The gains of all posts in the time before."""
    sections: tuple[SectionView, ...]
    """Its lines."""
    best: tuple[MovedView, ...]
    """The posts that gained most engagements, if they were not below usual."""
    worse: tuple[MovedView, ...]
    """The posts that moved fewer people than usual."""
    too_early: tuple[MovedView, ...]
    """The new posts that cannot be judged yet."""
    days: tuple[DayView, ...]
    """The days of the time before, then those of this one."""


@dataclass(frozen=True, slots=True)
class ReportView:
    """The whole document."""

    groundswell_report: int
    """``JSON_VERSION``."""
    generated: datetime
    """When it was made."""
    simulated: bool
    """Whether all figures come from the sandbox."""
    timezone: str
    """The zone of its days and hours."""
    since: datetime | None
    """When the time of its tables begins, or null without a beginning."""
    until: datetime | None
    """When the time of its tables is over, or null if it goes on."""
    reports: tuple[TableView, ...]
    """The tables that were asked for."""
    answer: AnswerView | None
    """The first screen, or null if it was not asked for."""


def render_json(
    evidence: Evidence, tables: Iterable[Table], now: datetime, answer: Answer | None
) -> str:
    """Write the tables as one JSON document."""
    document = ReportView(
        JSON_VERSION,
        now,
        evidence.simulated,
        evidence.timezone,
        evidence.since,
        evidence.until,
        tuple(map(_table_view, tables)),
        _answer_view(answer) if answer else None,
    )
    return json_text(document) + "\n"


def _table_view(table: Table) -> TableView:
    keys = [column.key for column in table.columns]
    return TableView(
        table.id,
        table.title,
        table.lead,
        table.notes,
        table.method,
        table.read,
        tuple(ColumnView(c.key, c.name, c.kind, c.meaning) for c in table.columns),
        tuple(dict(zip(keys, row, strict=True)) for row in table.rows),
        table.left_out,
        dict(zip(keys, table.total, strict=True)) if table.total else None,
    )


def _answer_view(answer: Answer) -> AnswerView:
    review = answer.review
    new, new_before = review.out
    gained, gained_before = review.gained
    days = (*review.days_before.items(), *review.days.items())
    view_post = partial(_moved_view, answer.evidence)
    return AnswerView(
        start=review.period.start,
        end=review.period.end,
        before=review.before.start,
        lead=answer.lead,
        new_posts=new,
        new_posts_before=new_before,
        engagements=gained.engagements,
        engagements_before=gained_before.engagements,
        sections=tuple(map(_section_view, answer.sections)),
        best=tuple(map(view_post, review.best)),
        worse=tuple(map(view_post, review.worse)),
        too_early=tuple(map(view_post, review.too_early)),
        days=tuple(DayView(day.start, day.end, of.impressions, of.engagements) for day, of in days),
    )


def _section_view(section: Section) -> SectionView:
    lines = tuple(
        LineView(line.text, line.command, line.page, line.url, tuple(on.text for on in line.on))
        for line in section.lines
    )
    return SectionView(section.id, section.title, lines, section.note, section.detail)


def _moved_view(evidence: Evidence, post: MovedPost) -> MovedView:
    return MovedView(
        evidence.post_name(post.key),
        *post.key,
        post.first.demand,
        post.gained.engagements,
        post.gained.impressions,
        post.outcome,
        tuple(map(_place_view, post.on)),
    )


def _place_view(moved: MovedOn) -> PlaceView:
    first, multiple = moved.first, moved.multiple
    return PlaceView(
        first.account,
        first.platform,
        first.url,
        moved.gained.impressions,
        moved.gained.engagements,
        moved.gained.rate,
        multiple.sureness.value,
        multiple.value,
        multiple.impressions is not None,
    )
