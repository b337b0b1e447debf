"""The calendar of one person as iCalendar, for the calendars of phones and desktops.

It has what ``export`` writes, for the posts that the person sees. A calendar that follows the
address takes each new version whole, and knows its entries by their UIDs.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot import __version__
from bot.planning.diff import PLANNED
from bot.services.calendar_choices import visible_campaigns
from bot.services.calendar_entries import read_names
from bot.services.exporting import CalendarPost, ExportSpan, as_ics
from bot.store.calendar import read_by_number

if TYPE_CHECKING:
    from bot.model import PostKey
    from bot.model.people import Scope
    from bot.planning.diff import PlannedDelivery
    from bot.runtime.app import App
    from bot.runtime.calendar_times import CalendarTimes

BACK = timedelta(days=31)
"""Posts that are over stay in the feed for this long."""

AHEAD = tuple(timedelta(days=days) for days in (366, 92, 31))
"""How far the feed reaches; less if the files plan too many posts for that."""

MOST_POSTS = 2_000
"""Posts in a feed, the earliest first. A calendar of a phone is slow with more."""


def feed_tag(app: App, scope: Scope) -> str:
    """Return a text that changes if the feed may. It costs next to nothing. Raise StoreError."""
    seen = (
        sorted(names) if names is not None else None for names in (scope.accounts, scope.campaigns)
    )
    told = app.calendar.version(), _midnight(app), *seen, app.config.web_origin, __version__
    return hashlib.sha256(repr(told).encode()).hexdigest()


def read_feed(app: App, scope: Scope) -> str:
    """Return the posts and events that the scope shows, in iCalendar. Raise StoreError."""
    midnight = _midnight(app)
    for ahead in AHEAD:
        times = app.calendar.read(midnight - BACK, midnight + ahead)
        if not times.too_many:
            break
    posts = _posts(app, times, scope)
    campaigns = visible_campaigns(times.campaigns, scope)
    first, last = ((midnight + away).date() for away in (-BACK, ahead))
    span = ExportSpan(app.clock.now(), first, last)
    return as_ics(posts, campaigns, app.config.accounts, span, app.config.web_origin)


def _midnight(app: App) -> datetime:
    """Return the beginning of the UTC day, so that the feed is the same for a whole day."""
    return datetime.combine(app.clock.now().astimezone(UTC).date(), time(), UTC)


def _posts(app: App, times: CalendarTimes, scope: Scope) -> list[CalendarPost]:
    """Return the posts, each on all accounts that the scope shows."""
    now = app.clock.now()
    groups: dict[PostKey, list[PlannedDelivery]] = defaultdict(list)
    numbers: dict[int, PostKey] = {}
    for post in times.posts:
        if len(groups) == MOST_POSTS and post.key not in groups:
            break
        for place in post.places:
            if not scope.sees(post.key.campaign, place.account):
                continue
            if place.number:
                numbers[place.number] = post.key
                groups.setdefault(post.key, [])
            elif now <= post.due:
                groups[post.key].append((times.planned[post.key, place.account], PLANNED))
    for delivery in read_by_number(app.database, [*numbers]):
        groups[numbers[delivery.id]].append((delivery, delivery.state.value))
    names = read_names(app, times, groups)
    return [
        CalendarPost(
            names[key],
            key,
            tuple(sorted(group, key=lambda item: (item[0].platform, item[0].account))),
        )
        for key, group in groups.items()
    ]
