"""The reports by when posts went out: hour, weekday and hour, before, during or after an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.reports.grouped import Grouping, build
from bot.reports.table import Column, Table

if TYPE_CHECKING:
    from datetime import datetime

    from bot.model import Publication
    from bot.reports.evidence import Evidence

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PHASES = ("Before", "During", "After", "Time unknown", "No event")


def by_hour(evidence: Evidence, now: datetime) -> Table:
    """Sum by the hour of the audience's day at which posts went out."""
    zone = evidence.zone
    grouping = Grouping(
        "hour",
        "Hour of publication",
        lambda each: (_hour(each.published.astimezone(zone)),),
        (Column("hour", "Hour", "text"),),
        lambda key, _: key,
        ordered=True,
        whole=True,
    )
    return build(grouping, evidence, now)


def _hour(local: datetime) -> str:
    return f"{local.hour:02}:00"


def _weekday_and_hour(local: datetime) -> tuple[str, str]:
    return str(local.isoweekday()), _hour(local)


def by_week(evidence: Evidence, now: datetime) -> Table:
    """Sum by weekday and hour, in the audience's timezone."""
    zone = evidence.zone
    grouping = Grouping(
        "week",
        "Weekday and hour of publication",
        lambda each: _weekday_and_hour(each.published.astimezone(zone)),
        (Column("weekday", "Weekday", "text"), Column("hour", "Hour", "text")),
        lambda key, _: (DAYS[int(key[0]) - 1], key[1]),
        ordered=True,
        whole=True,
    )
    return build(grouping, evidence, now)


def by_phase(evidence: Evidence, now: datetime) -> Table:
    """Sum by event, and whether posts went out before, during or after it."""
    names = evidence.names
    grouping = Grouping(
        "phase",
        "Before, during and after events",
        lambda each: (each.campaign, each.event or "", str(_phase(evidence, each))),
        (
            Column("event", "Event", "text"),
            Column("event_id", "Id", "text", machine=True),
            Column("phase", "When", "text"),
            Column("campaign", "Campaign", "text", rank=8),
        ),
        lambda key, _: (
            names.events.get((key[0], key[1]), key[1] or "No event"),
            key[1],
            _PHASES[int(key[2])],
            names.campaigns.get(key[0], key[0]),
        ),
        ordered=True,
        whole=True,
    )
    return build(grouping, evidence, now)


def _phase(evidence: Evidence, each: Publication) -> int:
    """Give the place in ``_PHASES``; an event lasts from its start up to its end."""
    if each.event is None:
        return _PHASES.index("No event")
    span = evidence.names.spans.get((each.campaign, each.event))
    if span is None:
        return _PHASES.index("Time unknown")
    starts, ends = span
    return 0 if each.published < starts else 1 if each.published < ends else 2
