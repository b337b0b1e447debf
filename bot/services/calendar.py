"""The calendar: the posts of a month, a week or a day, as days of a timezone.

Posts in the queue are shown in any state, past ones as well. Posts that the campaign files plan
beyond the horizon are shown as planned. A post that is due at several instants, because its
accounts have queue slots of their own, is shown at each of them.

A month may have thousands of posts. All are counted without their content, and only those that are
shown are read whole and explained.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from bot.model import OVER, State
from bot.model.post_words import MIXED, STATE_WORDS
from bot.planning.diff import PLANNED
from bot.schedules.clock_changes import clock_changes
from bot.schedules.local_time import zone as zone_of
from bot.services.calendar_choices import main_zone, read_choices
from bot.services.calendar_days import DAYS_IN_WEEK, name_span, neighbours, span_around
from bot.services.calendar_entries import read_entries
from bot.services.views_calendar import CalendarDay, CalendarFilter, CalendarKind, CalendarView

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from bot.model.people import Scope
    from bot.runtime.app import App
    from bot.runtime.calendar_times import CalendarTimes, PostTime
    from bot.services.calendar_days import DaySpan
    from bot.services.views_calendar import CalendarEntry

SHOWN: Mapping[CalendarKind, int] = {"month": 4, "week": 12, "day": 150}
"""The most posts of a day that are shown, on a page of its own those of one page."""

PLACES_SHOWN: Mapping[CalendarKind, int] = {"month": 40, "week": 200, "day": 1_500}
"""Fewer posts are shown if they have more accounts than this in all, because each is explained."""

_MARGIN = timedelta(days=1)
"""No timezone is further from UTC than this."""

_NOTABLE = (State.NEEDS_HUMAN, State.UNKNOWN, State.REJECTED, State.MISSED, State.EXPIRED)
"""States that are named although their posts are not shown."""


@dataclass(frozen=True, slots=True)
class CalendarRequest:
    """The part of the calendar that a person asks for."""

    kind: CalendarKind
    day: date
    """A day of the month or week, or the day itself."""
    zone: ZoneInfo | None = None
    """The timezone of all days and times; None for that of each post's audience."""
    only: CalendarFilter = field(default_factory=CalendarFilter)
    page: int = 1
    """The page of a long day."""


class _Found(NamedTuple):
    """A post that passes the filter."""

    local: datetime
    """When it is due, in the timezone that decides about its day."""
    post: PostTime


def read_calendar(app: App, asked: CalendarRequest, *, scope: Scope) -> CalendarView:
    """Return a month, a week or a day of the calendar, as far as the scope reaches.

    Raise StoreError.
    """
    now, span = app.clock.now(), span_around(asked.kind, asked.day)
    start, end = (datetime.combine(day, time(), UTC) for day in (span.first, span.last))
    times = app.calendar.read(start - _MARGIN, end + 2 * _MARGIN)
    by_day, left_out = _sort_into_days(times, asked, span, scope, now)
    found = [one for group in by_day.values() for one in group]
    inner = [one for one in found if span.is_inner(one.local.date())]
    home = asked.zone or main_zone(times.campaigns, scope)
    zones = {one.post.timezone for one in found} if asked.zone is None else set()
    previous, following = neighbours(asked.kind, asked.day)
    shown = {day: next(_pages(group, asked.kind)) for day, group in by_day.items()}
    page = last_page = 1
    if asked.kind == "day" and asked.day in by_day:
        pages = [*_pages(by_day[asked.day], asked.kind)]
        last_page = len(pages)
        page = min(max(1, asked.page), last_page)
        shown = {asked.day: pages[page - 1]}
    today, zones = now.astimezone(home).date(), zones or {home.key}
    entries = _entries(app, times, shown, scope)
    return CalendarView(
        kind=asked.kind,
        day=asked.day,
        title=name_span(asked.kind, asked.day),
        weeks=_weeks(span, by_day, entries, _changes(zones, span), today),
        today=today,
        previous=previous,
        following=following,
        zone=asked.zone.key if asked.zone else "",
        zones=tuple(sorted(zones)),
        posts=len(inner),
        counts=_counts(inner),
        left_out=left_out,
        page=page,
        pages=last_page,
        choices=read_choices(times.campaigns, app.config.accounts, asked.only, scope),
        notes=times.notes,
    )


def present_day(app: App, zone: ZoneInfo | None, *, scope: Scope) -> date:
    """Return the present day in a timezone; without one, in that of most campaigns."""
    home = zone or main_zone(app.files.read().campaigns, scope)
    return app.clock.now().astimezone(home).date()


def _entries(
    app: App, times: CalendarTimes, shown: Mapping[date, Sequence[_Found]], scope: Scope
) -> Mapping[date, Sequence[CalendarEntry]]:
    """Return views of the posts of each day, read together."""
    found = [(one.local, one.post) for group in shown.values() for one in group]
    views = iter(read_entries(app, times, found, scope))
    return {day: [next(views) for _ in group] for day, group in shown.items()}


# --- Days -----------------------------------------------------------------------------------------


def _sort_into_days(
    times: CalendarTimes, asked: CalendarRequest, span: DaySpan, scope: Scope, now: datetime
) -> tuple[Mapping[date, Sequence[_Found]], int]:
    """Return the posts by local day, and how many cancelled or dropped ones are left out."""
    days: dict[date, list[_Found]] = defaultdict(list)
    zones: dict[str, ZoneInfo] = {}
    left_out = 0
    for post in _narrow(times.posts, asked.only, scope, now):
        name = post.timezone
        home = asked.zone or zones.get(name) or zones.setdefault(name, zone_of(name))
        local = post.due.astimezone(home)
        day, found = local.date(), _Found(local, post)
        if not span.first <= day <= span.last:
            continue
        if asked.only.state:
            if asked.only.state in {state.value if state else PLANNED for state in post.states}:
                days[day].append(found)
        elif post.states <= OVER:
            left_out += span.is_inner(day)
        else:
            days[day].append(found)
    if len(zones) > 1:  # local times have another order than UTC
        for group in days.values():
            group.sort(key=lambda found: found.local.replace(tzinfo=None))
    return days, left_out


def _narrow(
    posts: Iterable[PostTime], only: CalendarFilter, scope: Scope, now: datetime
) -> Iterator[PostTime]:
    """Yield the posts on the accounts that are wanted, without plans that are over."""
    everywhere = scope.is_everything and not only.account
    for post in posts:
        if only.campaign not in ("", post.key.campaign) or only.demand not in ("", post.demand):
            continue
        if everywhere and (None not in post.states or now <= post.due):
            yield post
            continue
        places = [
            place
            for place in post.places
            if (place.state or now <= post.due)
            and only.account in ("", place.account)
            and scope.sees(post.key.campaign, place.account)
        ]
        if places:
            yield post.on(places)


def _counts(found: Iterable[_Found]) -> tuple[tuple[str, int], ...]:
    """Return how many posts are in each state, without the waits that only ``decide`` knows."""
    counts: Counter[str] = Counter()
    for states, number in Counter(one.post.states for one in found).items():
        [state, *others] = states
        counts[MIXED if others else STATE_WORDS[state] if state else PLANNED] += number
    return tuple(counts.most_common())


def _pages(found: Sequence[_Found], kind: CalendarKind) -> Iterator[list[_Found]]:
    """Yield the posts of a day in parts, the first of which fits into a month or a week."""
    part: list[_Found] = []
    places = 0
    for one in found:
        places += len(one.post.places)
        if part and (len(part) == SHOWN[kind] or places > PLACES_SHOWN[kind]):
            yield part
            part, places = [], len(one.post.places)
        part.append(one)
    yield part


def _weeks(
    span: DaySpan,
    by_day: Mapping[date, Sequence[_Found]],
    entries: Mapping[date, Sequence[CalendarEntry]],
    changes: Mapping[date, Sequence[str]],
    today: date,
) -> tuple[tuple[CalendarDay, ...], ...]:
    days = []
    for day in span.days:
        found, shown = by_day.get(day, ()), tuple(entries.get(day, ()))
        hidden = found[len(shown) :]
        counts = Counter(state for one in hidden for state in one.post.states)
        notable = (f"{counts[state]} {STATE_WORDS[state]}" for state in _NOTABLE if counts[state])
        days.append(
            CalendarDay(
                day=day,
                is_today=day == today,
                is_outside=not span.is_inner(day),
                posts=len(found),
                entries=shown,
                hidden=len(hidden),
                hidden_words=", ".join(notable),
                changes=tuple(changes.get(day, ())),
            )
        )
    starts = range(0, len(days), DAYS_IN_WEEK)
    return tuple(tuple(days[start : start + DAYS_IN_WEEK]) for start in starts)


def _changes(zones: Iterable[str], span: DaySpan) -> Mapping[date, Sequence[str]]:
    """Return the days on which clocks change, in words; zones that change alike are named once."""
    alike: dict[tuple[date, str], list[str]] = defaultdict(list)
    for timezone in sorted(zones):
        for change in clock_changes(timezone, span.first, span.last):
            alike[change.day, str(change)].append(timezone)
    days: dict[date, list[str]] = defaultdict(list)
    for (day, words), names in alike.items():
        days[day].append(f"{', '.join(names)}: {words}")
    return days
