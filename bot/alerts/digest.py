"""The digest: the week in figures against the week before, as plain text for people. Pure.

Figures are what all posts gained within a week, from the last reading before its start to the last
before its end: two weeks of equal length compare, where the totals of old and young posts do not.
A post that was not read before a week began has no data for it, unless it was published within it.

Each line says when its counters were last read.

Posts are named by their first words where they are out; what did not go out may be under embargo,
and is named by its ids only.

A post that gained much is shown with its engagements per impression as a multiple of its account's
median. The multiple is left out where it would be noise: below ``MEDIAN_FROM`` posts of the
account, and where the post neither has ``MIN_ENGAGEMENTS`` engagements nor would have at the usual
rate.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

from bot.model import Slot
from bot.reports import Names, table
from bot.reports.evidence import sum_known
from bot.reports.totals import ENGAGEMENTS, MEDIAN_FROM
from bot.schedules.local_time import to_utc, zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from typing import TypeAlias

    from bot.model import Publication, Snapshot

    Key: TypeAlias = Callable[[Publication], str]


DEFAULT_SLOT = Slot(0, time(9))
"""When the digest goes out where the config does not say."""

DIGEST_GRACE = timedelta(hours=48)
"""After a downtime, a digest later than this is skipped: the next one is near."""


TITLE = "Groundswell: the week"

MAX_TOP_POSTS, MAX_ROWS, MAX_LISTED = 5, 6, 10
"""At most so many posts that gained most, rows of a table, and things that failed or wait."""

MIN_ENGAGEMENTS = 20
"""This many engagements are precise to within about a quarter; fewer say little about a post."""

POST_CHARS, LABEL_CHARS, ITEM_CHARS = 60, 80, 300
"""At most so many characters of a post, of a row's label, and of what failed or waits."""

_CHAT_MARKUP = str.maketrans(
    "<>",
    "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
)


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days by a place's clock, with the last readings at both ends."""

    start: datetime
    end: datetime
    before: Mapping[int, Snapshot]
    after: Mapping[int, Snapshot]
    spent: Decimal


@dataclass(slots=True)
class WeekGains:
    """What posts gained; None means no data. ``read`` is when one of them was last read."""

    impressions: list[int | None] = field(default_factory=list)
    engagements: list[int | None] = field(default_factory=list)
    rated: list[tuple[int, int]] = field(default_factory=list)
    read: datetime | None = None

    @property
    def unread(self) -> int:
        """How many posts have no data."""
        both = zip(self.impressions, self.engagements, strict=True)
        return sum(pair == (None, None) for pair in both)

    @property
    def rate(self) -> str:
        """Engagements per impression, over the posts where both are known, in words."""
        engagements = sum(engaged for engaged, _ in self.rated)
        impressions = sum(shown for _, shown in self.rated)
        if impressions <= 0:
            return "no data"
        return table.format_rate(Decimal(engagements) / impressions)


# --- When -----------------------------------------------------------------------------------------


def last_due(slot: Slot, timezone: str, now: datetime) -> tuple[date, datetime]:
    """Return the last time that the digest was due: its local day, and the instant.

    An hour that the clock shows twice means the first; one that it skips, the same span later.
    """
    today = now.astimezone(zone(timezone)).date()
    days = [today - timedelta(days=back) for back in range(8)]
    due = [
        (day, to_utc(datetime.combine(day, slot.at), timezone, one_off=False))
        for day in days
        if day.weekday() == slot.day
    ]
    return next((day, instant) for day, instant in due if instant <= now)


def week_start(end: datetime, timezone: str, weeks: int = 1) -> datetime:
    """Return the instant that many weeks before ``end`` by a place's clock."""
    local = end.astimezone(zone(timezone)).replace(tzinfo=None)
    return to_utc(local - timedelta(weeks=weeks), timezone, one_off=False)


# --- What was gained ------------------------------------------------------------------------------


def gain(post: Publication, week: Week, *names: str) -> int | None:
    """Return how much its counters grew within the week; None where that is not known."""
    last, before = week.after.get(post.id), week.before.get(post.id)
    if last is None or last.read <= week.start:  # it was not read within the week
        return None
    grown = []
    for name in names:
        end = counter_value(last, name)
        start = 0 if post.published >= week.start else counter_value(before, name)
        grown.append(None if end is None or start is None else end - start)
    return sum_known(grown)


def counter_value(snapshot: Snapshot | None, name: str) -> int | None:
    """Return a counter of a reading; None where the platform gave none, or there is no reading."""
    value: int | None = getattr(snapshot.counters, name) if snapshot else None
    return value


def gains_by(
    posts: Iterable[Publication], week: Week, key: Callable[[Publication], str]
) -> dict[str, WeekGains]:
    """Return what posts gained, summed by key."""
    sums: dict[str, WeekGains] = defaultdict(WeekGains)
    for post in posts:
        if post.published < week.end:
            last = week.after.get(post.id)
            impressions = gain(post, week, "impressions")
            engagements = gain(post, week, *ENGAGEMENTS)
            gained = sums[key(post)]
            gained.impressions.append(impressions)
            gained.engagements.append(engagements)
            if impressions is not None and engagements is not None:
                gained.rated.append((engagements, impressions))
            if last:
                gained.read = max(last.read, gained.read or last.read)
    return sums


# --- The text -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DigestNotes:
    """What a digest says beside figures, as lines for a person; ``budgets`` are as of now."""

    failed: Sequence[str] = ()
    waiting: Sequence[str] = ()
    budgets: Sequence[str] = ()
    scheduled_ahead: int = 0


def write_digest(
    posts: Sequence[Publication],
    week: Week,
    earlier: Week,
    notes: DigestNotes,
    timezone: str,
    names: Names | None = None,
) -> str:
    """Return the text of the digest; ``earlier`` is the week before."""
    page = _Page(posts, week, earlier, timezone, names or Names())
    return "\n".join(page.lines(notes))


@dataclass(frozen=True)
class _Page:
    """Writes the lines of a digest."""

    posts: Sequence[Publication]
    week: Week
    earlier: Week
    timezone: str
    names: Names

    def lines(self, notes: DigestNotes) -> Iterator[str]:
        start, end = self._local(self.week.start), self._local(self.week.end)
        yield f"The week from {start} to {end} ({self.timezone}); in brackets the week before."
        yield ""
        yield from self._totals()
        yield from (f"- Budget of {budget}" for budget in notes.budgets)
        yield from self._table("Campaigns", lambda post: post.campaign, self._campaign)
        several = len({post.campaign for post in self.posts}) > 1

        def demand(post: Publication) -> str:
            key = (post.campaign, post.demand or "")
            name = self.names.demands.get(key, post.demand or "no demand")
            return f"{self._campaign(post)}: {name}" if several else name

        yield from self._table("Demands", lambda post: f"{post.campaign} {post.demand}", demand)
        yield from self._table("Accounts", lambda post: post.account, self._account)
        yield from self._top_posts()
        yield from _list("Did not go out", notes.failed)
        yield from _list("Waits for a person", notes.waiting)
        yield ""
        count = notes.scheduled_ahead
        words = {0: "No post is", 1: "1 post is"}
        posts = words.get(count, f"{table.format_count(count)} posts are")
        yield f"{posts} scheduled for the seven days ahead."

    def _totals(self) -> Iterator[str]:
        weeks = (self.week, self.earlier)
        now, then = (
            gains_by(self.posts, week, lambda _: "").get("", WeekGains()) for week in weeks
        )
        out, out_before = (
            sum(week.start <= post.published < week.end for post in self.posts) for week in weeks
        )
        spent, spent_before = (table.format_money(week.spent) for week in weeks)
        yield f"- Posts out: {out} ({out_before})"
        yield f"- Impressions gained: {_with_earlier(now.impressions, then.impressions)}"
        yield f"- Engagements gained: {_with_earlier(now.engagements, then.engagements)}"
        yield f"- Engagements per impression: {now.rate} ({then.rate})"
        yield f"- Counters last read: {self._local(now.read) if now.read else 'never'}"
        if now.unread:
            yield f"- No data for the week: {now.unread} of {len(now.impressions)} posts"
        yield f"- Spent: {spent} ({spent_before})"

    def _campaign(self, post: Publication) -> str:
        return self.names.campaigns.get(post.campaign, post.campaign)

    def _account(self, post: Publication) -> str:
        return self.names.accounts.get(post.account, post.account)

    def _table(self, title: str, key: Key, label: Key) -> list[str]:
        """Return a row for each key; none where there is only one, which repeats the total."""
        now, then = (gains_by(self.posts, week, key) for week in (self.week, self.earlier))
        if len(now) <= 1:
            return []
        labels = {key(post): label(post) for post in self.posts}
        order = sorted(now, key=lambda name: (-(sum_known(now[name].impressions) or 0), name))
        lines = ["", title]
        for name in order[:MAX_ROWS]:
            gained, before = now[name], then.get(name, WeekGains())
            impressions = _with_earlier(gained.impressions, before.impressions)
            engagements = _with_earlier(gained.engagements, before.engagements)
            lines.append(
                f"- {_quoted(labels[name], LABEL_CHARS)}: impressions {impressions}, "
                f"engagements {engagements}, {gained.rate} ({before.rate})"
                f"{self._when_read(gained.read)}"
            )
        if (more := len(order) - MAX_ROWS) > 0:
            lines.append(f"- and {more} more: groundswell report")
        return lines

    def _top_posts(self) -> list[str]:
        posts: dict[int, list[Publication]] = defaultdict(list)  # the parts of each thread
        for part in sorted(self.posts, key=lambda part: (part.published, part.part)):
            if part.published < self.week.end:
                posts[part.delivery].append(part)
        gained = [
            (sum_known(gain(part, self.week, "impressions") for part in parts), parts)
            for parts in posts.values()
        ]
        known = [(impressions, parts) for impressions, parts in gained if impressions]
        usual, lines = self._median_rates(posts.values()), []
        for impressions, parts in sorted(known, key=lambda pair: -pair[0])[:MAX_TOP_POSTS]:
            reads = [last.read for part in parts if (last := self.week.after.get(part.id))]
            compared = self._compared_to_median(parts, usual)
            lines.append(
                f"- “{_quoted(parts[0].text, POST_CHARS)}”: {table.format_count(impressions)} "
                f"impressions{compared}{self._when_read(max(reads, default=None))}. {parts[0].url}"
            )
        return ["", "Posts that gained most", *lines] if lines else []

    def _compared_to_median(
        self, parts: Sequence[Publication], usual_rates: Mapping[str, Decimal]
    ) -> str:
        usual = usual_rates.get(parts[0].account)
        engagements, impressions = self._rated_counts(parts)
        if not usual or not impressions or engagements is None:
            return ""
        if engagements < MIN_ENGAGEMENTS and usual * impressions < MIN_ENGAGEMENTS:
            return ""
        times = table.format_factor(Decimal(engagements) / impressions / usual)
        return f", {times} the usual engagement of {self._account(parts[0])}"

    def _median_rates(self, posts: Iterable[Sequence[Publication]]) -> dict[str, Decimal]:
        """Return each account's median engagements per impression, where it has enough posts."""
        rates: dict[str, list[Decimal]] = defaultdict(list)
        for parts in posts:
            engagements, impressions = self._rated_counts(parts)
            if engagements is not None and impressions:
                rates[parts[0].account].append(Decimal(engagements) / impressions)
        return {name: median(known) for name, known in rates.items() if len(known) >= MEDIAN_FROM}

    def _rated_counts(self, parts: Sequence[Publication]) -> tuple[int | None, int | None]:
        """Return a post's engagements and impressions by the week's end, of parts with both."""
        engagements, impressions = [], []
        for part in parts:
            last = self.week.after.get(part.id)
            engaged = sum_known(counter_value(last, name) for name in ENGAGEMENTS)
            shown = counter_value(last, "impressions")
            if engaged is not None and shown is not None:
                engagements.append(engaged)
                impressions.append(shown)
        return sum_known(engagements), sum_known(impressions)

    def _when_read(self, read: datetime | None) -> str:
        return f"; read {self._local(read)}" if read else ""

    def _local(self, instant: datetime) -> str:
        return table.format_instant(instant, zone(self.timezone))


def _list(title: str, items: Sequence[str]) -> list[str]:
    listed = [f"- {_quoted(item, ITEM_CHARS)}" for item in items[:MAX_LISTED]]
    if more := len(items) - len(listed):
        listed.append(f"- and {more} more: groundswell inbox")
    return ["", title, *(listed or ["- nothing"])]


def _quoted(words: str, limit: int) -> str:
    """Return words on one line that a chat does not take for its own markup (<!channel>)."""
    return table.one_line(words.translate(_CHAT_MARKUP), limit)


def _with_earlier(now: Sequence[int | None], then: Sequence[int | None]) -> str:
    sums = (sum_known(now), sum_known(then))
    this, before = ("no data" if gained is None else table.format_count(gained) for gained in sums)
    return f"{this} ({before})"
