"""Visits to the organisation's own pages that came by a marked link, as counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Arrival:
    """The marks of the link by which somebody arrived, and the day. No more is kept of a visit."""

    day: date
    """The day in the timezone of the log or of the analytics."""
    network: str
    """``utm_source``: a network of the share page, or the platform of our own post."""
    medium: str
    """``utm_medium``: ``share`` for links of the share page, ``post`` for our own posts."""
    campaign: str
    """``utm_campaign``."""
    content: str
    """``utm_content``: the wording of the share page, or what our own posts name there."""
    partner: str = ""
    """``utm_term``: the partner on whose share page the link stood, or ""."""


@dataclass(frozen=True, slots=True)
class ArrivalReading:
    """The arrivals in the files that were read, and the lines that were left out."""

    arrived: Mapping[Arrival, int]
    """How often each was counted, from web logs or analytics."""
    opened: Mapping[Arrival, int] = field(default_factory=dict)
    """How often links were opened, by the counters of ``groundswell share serve``."""
    robots: int = 0
    """Marked requests that were left out, because a robot or a previewer made them."""
    redirected: int = 0
    """Marked requests that were left out, because the site answered with a redirect."""
    refused: int = 0
    """Marked requests that were left out, because the site answered with an error."""
    unreadable: int = 0
    """Lines with marks, and rows of exports, that do not have the format of the rest."""
    lines: int = 0
    """All lines that were read."""
    days: frozenset[date] = frozenset()
    """The days that web logs or analytics speak of, with marked requests or without. There is no
    data for any other day."""
    opened_days: frozenset[date] = frozenset()
    """The days that the counters of ``groundswell share serve`` speak of."""
    clocks: tuple[str, ...] = ()
    """The offsets from UTC in which the days are counted, such as ``+0200``, as far as the files
    name them."""
    notes: tuple[str, ...] = ()
    """Sentences that a reader needs to trust the counts."""
