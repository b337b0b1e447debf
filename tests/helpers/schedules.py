"""Schedules made from text, as people write them in campaign files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bot.schedules import At, EventRelative
from bot.schedules.local_time import parse_clock, parse_duration, parse_local

if TYPE_CHECKING:
    from datetime import datetime

    from bot.model import Event


def at(text: str, timezone: str) -> At:
    """Make a one-off from ``2022-07-12 09:00``, in the zone unless it has its own offset."""
    return At(parse_local(text), timezone)


def utc(text: str) -> datetime:
    """Return the instant of a date and time in UTC."""
    return at(text, "UTC").due


def event_relative(
    event: Event,
    offset: str = "0d",
    at: str | None = None,
    anchor: Literal["start", "end"] = "start",
) -> EventRelative:
    """Make an event-relative schedule from an offset such as ``-1d`` and a time of day."""
    clock = None if at is None else parse_clock(at)
    return EventRelative(event, parse_duration(offset), clock, anchor)
