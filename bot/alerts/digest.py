"""The week in figures against the week before, as plain text that is Markdown too. Pure.

Figures are what all posts gained within a week, from the last reading before its begin to the last
before its end: two weeks of equal length compare, where the totals of old and young posts do not.
A post that was not read before a week began has no data for it, unless it went out within it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.reports import figures
from bot.reports.numbers import ENGAGEMENTS, add
from bot.schedules.wall import place, zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from bot.model import Publication, Slot, Snapshot

TITLE = "Groundswell: the week"

MORNING = time(9)
"""When it goes out, on Mondays, if nobody said otherwise."""

LATE = timedelta(hours=48)
"""After a downtime, a digest that is later than this is left out: the next one is near."""

BEST, LISTED = 5, 10
"""How many posts are named as those that gained most; how many of what failed or waits."""


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days by a place's clock, with the readings that stood at both ends."""

    start: datetime
    end: datetime
    before: Mapping[int, Snapshot]
    after: Mapping[int, Snapshot]
    spent: Decimal


@dataclass(frozen=True, slots=True)
class Told:
    """What a digest tells beside figures: lines for a person."""

    failed: Sequence[str] = ()
    waiting: Sequence[str] = ()
    ahead: int = 0


@dataclass(slots=True)
class Gained:
    """What posts gained; None is no data."""

    impressions: list[int | None] = field(default_factory=list)
    engagements: list[int | None] = field(default_factory=list)
    rated: list[tuple[int, int]] = field(default_factory=list)

    def add(self, impressions: int | None, engagements: int | None) -> None:
        """Add a post's."""
        self.impressions.append(impressions)
        self.engagements.append(engagements)
        if impressions is not None and engagements is not None:
            self.rated.append((engagements, impressions))

    @property
    def rate(self) -> Decimal | None:
        """Engagements per impression, over the posts where both are known."""
        whole = sum(shown for _, shown in self.rated)
        return Decimal(sum(acts for acts, _ in self.rated)) / whole if whole > 0 else None


# --- When -----------------------------------------------------------------------------------------


def last(slot: Slot, timezone: str, now: datetime) -> tuple[date, datetime]:
    """Give the last time that the digest was due, by its local day and as an instant.

    An hour that the clock shows twice means the first; one that it skips, as much later.
    """
    today = now.astimezone(zone(timezone)).date()
    days = [today - timedelta(days=back) for back in range(8)]
    found = [(day, _at(day, slot.at, timezone)) for day in days if day.weekday() == slot.day]
    return next((day, instant) for day, instant in found if instant <= now)


def begins(end: datetime, timezone: str, weeks: int = 1) -> datetime:
    """Give the instant that many weeks before ``end`` by a place's clock."""
    local = end.astimezone(zone(timezone)).replace(tzinfo=None)
    return place(local - timedelta(weeks=weeks), timezone, one_off=False)


def _at(day: date, at: time, timezone: str) -> datetime:
    return place(datetime.combine(day, at), timezone, one_off=False)


# --- What -----------------------------------------------------------------------------------------


def gain(post: Publication, week: Week, *names: str) -> int | None:
    """Give how much its counters grew within the week; None where that is not known."""
    return add(_grown(post, week, name) for name in names)


def _grown(post: Publication, week: Week, name: str) -> int | None:
    end = _value(week.after.get(post.id), name)
    start = 0 if post.published >= week.start else _value(week.before.get(post.id), name)
    return None if end is None or start is None else end - start


def _value(snapshot: Snapshot | None, name: str) -> int | None:
    value: int | None = getattr(snapshot.counters, name) if snapshot else None
    return value


def gained(
    posts: Sequence[Publication], week: Week, key: Callable[[Publication], str]
) -> dict[str, Gained]:
    """Sum what posts gained, by key."""
    found: dict[str, Gained] = defaultdict(Gained)
    for post in posts:
        if post.published < week.end:
            acts = gain(post, week, *ENGAGEMENTS)
            found[key(post)].add(gain(post, week, "impressions"), acts)
    return found


def text(posts: Sequence[Publication], week: Week, earlier: Week, told: Told, timezone: str) -> str:
    """Write the digest; ``earlier`` is the week before."""
    home = zone(timezone)
    ends = [figures.instant(at, home) for at in (week.start, week.end)]
    lines = [f"The week from {ends[0]} to {ends[1]} ({timezone}); in brackets the week before.", ""]
    lines += _totals(posts, week, earlier)
    for title, key in _TABLES:
        lines += _table(title, posts, week, earlier, key)
    lines += _best(posts, week)
    lines += _list("Did not go out", told.failed)
    lines += _list("Waits for a person", told.waiting)
    lines += ["", f"{told.ahead} posts are scheduled for the seven days ahead."]
    return "\n".join(lines)


_TABLES: tuple[tuple[str, Callable[[Publication], str]], ...] = (
    ("Campaigns", lambda post: post.campaign),
    ("Demands", lambda post: f"{post.campaign}: {post.demand or 'no demand'}"),
    ("Accounts", lambda post: post.account),
)


def _totals(posts: Sequence[Publication], week: Week, earlier: Week) -> list[str]:
    now, then = (gained(posts, one, lambda _: "").get("", Gained()) for one in (week, earlier))
    out = [sum(one.start <= post.published < one.end for post in posts) for one in (week, earlier)]
    return [
        f"- Posts out: {out[0]} ({out[1]})",
        f"- Impressions gained: {_pair(now.impressions, then.impressions)}",
        f"- Engagements gained: {_pair(now.engagements, then.engagements)}",
        f"- Engagements per impression: {_rate(now)} ({_rate(then)})",
        f"- Spent: {figures.money(week.spent)} ({figures.money(earlier.spent)})",
    ]


def _table(
    title: str,
    posts: Sequence[Publication],
    week: Week,
    earlier: Week,
    key: Callable[[Publication], str],
) -> list[str]:
    now, then = gained(posts, week, key), gained(posts, earlier, key)
    names = sorted(now, key=lambda name: (-(add(now[name].impressions) or 0), name))
    rows = [_row(name, now[name], then.get(name, Gained())) for name in names]
    return ["", f"## {title}", "", *rows] if rows else []


def _row(name: str, now: Gained, then: Gained) -> str:
    shown, acts = _pair(now.impressions, then.impressions), _pair(now.engagements, then.engagements)
    return f"- {name}: {shown} impressions, {acts} engagements, {_rate(now)} ({_rate(then)})"


def _best(posts: Sequence[Publication], week: Week) -> list[str]:
    known = [(gain(post, week, "impressions"), post) for post in posts if post.published < week.end]
    most = sorted(
        ((shown, post) for shown, post in known if shown), key=lambda one: (-one[0], one[1].id)
    )
    rows = [
        f"- {figures.count(shown)} impressions: {post.campaign}/{post.post}, {post.url}"
        for shown, post in most[:BEST]
    ]
    return ["", "## Posts that gained most", "", *rows] if rows else []


def _list(title: str, items: Sequence[str]) -> list[str]:
    shown = [f"- {figures.one_line(item, 300)}" for item in items[:LISTED]]
    if more := len(items) - len(shown):
        shown.append(f"- and {more} more: groundswell inbox")
    return ["", f"## {title}", "", *(shown or ["- nothing"])]


def _pair(now: Sequence[int | None], then: Sequence[int | None]) -> str:
    return f"{_count(add(now))} ({_count(add(then))})"


def _count(value: int | None) -> str:
    return "no data" if value is None else figures.count(value)


def _rate(gained: Gained) -> str:
    return "no data" if gained.rate is None else figures.rate(gained.rate)
