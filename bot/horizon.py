"""What the campaign files want later than the planning horizon reaches: not queued yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.schedules import Every

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model import Campaign, Moment, Post, Schedule

_FAR_AHEAD = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)
_DAY = timedelta(days=1)
_RARE = timedelta(days=366)
"""So far a recurrence is followed from its beginning on: a rarer one is not looked for."""


@dataclass(frozen=True, slots=True)
class Later:
    """A post of which nothing is due within the horizon, but something after it.

    ``due`` is its first time, ``queued`` the instant from which on the horizon reaches it.
    """

    post: Post
    due: datetime
    queued: datetime
    timezone: str

    @property
    def name(self) -> str:
        """The post as people name it: ``campaign/post``."""
        return f"{self.post.campaign}/{self.post.id}"

    @property
    def local(self) -> datetime:
        """When it is due, where its audience is."""
        return self.due.astimezone(ZoneInfo(self.timezone))

    @property
    def queued_on(self) -> str:
        """The day from which on it is queued."""
        return f"{self.queued.astimezone(ZoneInfo(self.timezone)):%Y-%m-%d}"

    def __str__(self) -> str:
        """Return what it is, when it is due, and when it will be queued."""
        return f"{self.name}, {self.local:%a %Y-%m-%d %H:%M %Z}: queued from {self.queued_on} on"


def beyond(campaigns: Iterable[Campaign], now: datetime, horizon: timedelta) -> list[Later]:
    """Return what is due only later than ``now + horizon``; the next due first."""
    posts = (post for campaign in campaigns for post in campaign.posts)
    found = {
        # Once, whatever it says on which platform.
        (post.campaign, post.id, moment.due): Later(
            post, moment.due, moment.due - horizon, moment.timezone
        )
        for post in posts
        if (moment := _first_after(post.when, now, now + horizon))
    }
    return sorted(found.values(), key=lambda later: (later.due, later.name))


def _first_after(when: Schedule, now: datetime, end: datetime) -> Moment | None:
    """Return the first time from ``end`` on; None where there is none, or one before it."""
    if not isinstance(when, Every):
        return next(when.occurrences(end, _FAR_AHEAD), None)
    if any(when.occurrences(now, end)):
        return None
    begin = datetime.combine(when.start, time(), UTC) - _DAY if when.start else end
    begin = max(begin, end)
    return next(when.occurrences(begin, begin + _RARE), None)
