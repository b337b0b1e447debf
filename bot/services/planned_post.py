"""The occurrences of a post at one moment, as the campaign files plan it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.model import ScheduleKind
from bot.planning.occurrences import build_occurrence
from bot.schedules.local_time import VALID_YEARS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.model import Account, Campaign, Moment, Occurrence, Schedule

_LABEL_FORMAT = "%Y-%m-%dT%H:%M"
_AROUND = timedelta(days=2)
"""No timezone is further than this from UTC, whatever its clocks do on that day."""


def planned_at(
    campaign: Campaign, post: str, label: str, accounts: Mapping[str, Account]
) -> list[Occurrence]:
    """Return the occurrences of a post at the moment with this label, by network and account.

    A post that takes the next queue slot has no moment before it is queued.
    """
    found = [
        build_occurrence(campaign, entry, accounts[name], moment)
        for entry in campaign.posts
        if entry.id == post
        for moment in _moments(entry.when, label)
        for name in entry.accounts
        if name in accounts
    ]
    return sorted(found, key=lambda occurrence: (occurrence.platform, occurrence.account))


def _moments(when: Schedule, label: str) -> Iterator[Moment]:
    """Yield the moment with this label, if the schedule has it."""
    around = when.due
    if when.kind is ScheduleKind.EVERY:
        around = _local_label(label)
    if around:
        found = when.occurrences(around - _AROUND, around + _AROUND)
        yield from (moment for moment in found if moment.label == label)


def _local_label(label: str) -> datetime | None:
    """Return the local time that a recurrence's label names, or None for another label."""
    try:
        local = datetime.strptime(label, _LABEL_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return local if local.year in VALID_YEARS else None
