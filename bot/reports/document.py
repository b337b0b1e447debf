"""The report as a JSON document: frozen values, each field explained beside it.

Its shape is versioned (``JSON_VERSION``). Instants are ISO 8601 in UTC, shares and money are
decimals as text, and null is "no data", which is not 0.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports.table import Cell, json_cell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.reports.answer import Answer
    from bot.reports.evidence import Evidence
    from bot.reports.lines import Line, Section
    from bot.reports.moved import MovedOn, MovedPost
    from bot.reports.table import Table

JSON_VERSION = 2
"""Raised where something is renamed, or means something else; not where something is added."""


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column of a table."""

    key: str
    name: str
    kind: str
    """``text``, ``count``, ``rate``, ``factor``, ``money``, ``delta``, ``number``, ``instant``."""
    meaning: str


@dataclass(frozen=True, slots=True)
class TableView:
    """A table: one report."""

    id: str
    title: str
    notes: tuple[str, ...]
    """What a reader must know of its figures."""
    method: str
    """How its rows were compared; "" if they were not."""
    read: datetime | None
    """When its figures were last read from a platform."""
    columns: tuple[ColumnView, ...]
    rows: tuple[dict[str, Cell], ...]
    """Each by the columns' keys."""
    left_out: int
    """How many more rows there are than were asked for."""
    total: dict[str, Cell] | None
    trends: tuple[tuple[int, ...], ...]
    """Of each row, what it gained in equal spans of the whole time."""
    trend_of: str
    """What the trends count: ``impressions`` or ``engagements``."""


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of the first screen."""

    text: str
    command: str
    """What settles it; "" if nothing has to be settled."""
    url: str
    on: tuple[str, ...]
    """Of a post on several accounts, a line for each."""


@dataclass(frozen=True, slots=True)
class SectionView:
    """Some lines of the first screen under a title."""

    id: str
    title: str
    lines: tuple[LineView, ...]
    note: str
    detail: str
    """What else stands below them, for who wants to know more."""


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A post on one account: what it gained there, against the account's other posts."""

    account: str
    platform: str
    url: str
    impressions: int | None
    engagements: int | None
    rate: Decimal | None
    """Engagements per impression."""
    sureness: str
    """``surely``, ``likely``, ``about usual``, ``too early to say`` or ``no median yet``."""
    times_median: Decimal | None
    """All that it has reached, as a multiple of the account's median."""
    times_median_low: Decimal | None
    times_median_high: Decimal | None
    per_impression: bool
    """Whether that goes by engagements per impression, or else by engagements per post."""


@dataclass(frozen=True, slots=True)
class MovedView:
    """A post, with what it gained on all of its accounts together."""

    name: str
    """What a person types for it."""
    campaign: str
    post: str
    label: str
    """The schedule's name for its moment."""
    demand: str | None
    engagements: int | None
    impressions: int | None
    outcome: str
    """Against usual: ``more``, ``less``, ``mixed``, ``usual`` or ``unknown``."""
    on: tuple[PlaceView, ...]


@dataclass(frozen=True, slots=True)
class DayView:
    """What all posts gained in a day, or in a longer step."""

    start: datetime
    end: datetime
    impressions: int | None
    engagements: int | None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """The first screen."""

    start: datetime
    end: datetime
    before: datetime
    """When the time begins that this one is compared with."""
    lead: str
    """The verdict in words."""
    new_posts: int
    new_posts_before: int
    engagements: int | None
    engagements_before: int | None
    sections: tuple[SectionView, ...]
    best: tuple[MovedView, ...]
    worse: tuple[MovedView, ...]
    too_early: tuple[MovedView, ...]
    days: tuple[DayView, ...]
    """Those of the time before, then those of this one."""


@dataclass(frozen=True, slots=True)
class ReportView:
    """The whole document."""

    groundswell_report: int
    """``JSON_VERSION``."""
    generated: datetime
    simulated: bool
    """Whether all figures come from the sandbox."""
    timezone: str
    since: datetime | None
    until: datetime | None
    reports: tuple[TableView, ...]
    answer: AnswerView | None


def render_json(
    evidence: Evidence, tables: Iterable[Table], now: datetime, answer: Answer | None
) -> str:
    """Write the tables as one JSON document, pure ASCII, indented by two."""
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
    return json.dumps(document, indent=2, default=_plain) + "\n"


def _plain(value: object) -> object:
    """Return as JSON holds it what JSON does not know. Raise TypeError."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | Decimal):
        return json_cell(value)
    raise TypeError(f"{type(value).__name__} has no place in a report")


def _table_view(table: Table) -> TableView:
    keys = [column.key for column in table.columns]
    return TableView(
        table.id,
        table.title,
        table.notes,
        table.method,
        table.read,
        tuple(ColumnView(c.key, c.name, c.kind, c.meaning) for c in table.columns),
        tuple(dict(zip(keys, row, strict=True)) for row in table.rows),
        table.left_out,
        dict(zip(keys, table.total, strict=True)) if table.total else None,
        table.trends,
        table.trend_of,
    )


def _answer_view(answer: Answer) -> AnswerView:
    review = answer.review
    new, new_before = review.out
    gained, gained_before = review.gained
    days = (*review.days_before.items(), *review.days.items())
    return AnswerView(
        start=review.period.start,
        end=review.period.end,
        before=review.before.start,
        lead=answer.lead,
        new_posts=new,
        new_posts_before=new_before,
        engagements=gained.engagements,
        engagements_before=gained_before.engagements,
        sections=tuple(_section_view(part) for part in answer.sections),
        best=_moved_views(answer.evidence, review.best),
        worse=_moved_views(answer.evidence, review.worse),
        too_early=_moved_views(answer.evidence, review.too_early),
        days=tuple(DayView(day.start, day.end, of.impressions, of.engagements) for day, of in days),
    )


def _moved_views(evidence: Evidence, posts: Iterable[MovedPost]) -> tuple[MovedView, ...]:
    return tuple(_moved_view(evidence, post) for post in posts)


def _section_view(section: Section) -> SectionView:
    lines = tuple(map(_line_view, section.lines))
    return SectionView(section.id, section.title, lines, section.note, section.detail)


def _line_view(line: Line) -> LineView:
    return LineView(line.text, line.command, line.url, tuple(below.text for below in line.on))


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
        multiple.low,
        multiple.high,
        multiple.impressions is not None,
    )
