"""The digest: the week in figures against the week before, as plain text for a chat or a mail.

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
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING

from bot.alerts import weeks
from bot.alerts.notices import FAILED_STATES, mass_cancelled, needs_human, own_pauses, post_failed
from bot.alerts.weeks import WeekGains, counter_value, gain, gains_by
from bot.model import Slot, State
from bot.reports import Names, table
from bot.reports.evidence import sum_known
from bot.reports.totals import ENGAGEMENTS, MEDIAN_FROM
from bot.schedules.local_time import zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime, tzinfo
    from typing import TypeAlias

    from bot.alerts.notifier import NotifierDeps
    from bot.alerts.weeks import Week
    from bot.model import Publication

    Key: TypeAlias = Callable[[Publication], str]


DEFAULT_SLOT = Slot(0, weeks.DEFAULT_TIME)
"""When the digest goes out where the config does not say."""

DAYS_AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DigestWriter:
    """Writes the digest of the week that ends at an instant."""

    deps: NotifierDeps

    def last_due(self, now: datetime) -> tuple[str, datetime]:
        """Return the key of the last digest that was due, one per local day, and its end."""
        settings = self.deps.settings
        day, end = weeks.last_due(settings.digest or DEFAULT_SLOT, settings.timezone, now)
        return f"digest:{day}", end

    def text(self, end: datetime, names: Names | None = None) -> str:
        """Write it; ``names`` are display names, by default those that the loop read last."""
        deps, timezone = self.deps, self.deps.settings.timezone
        start, before = (weeks.week_start(end, timezone, back) for back in (1, 2))
        failed = deps.alerts.deliveries_reaching(FAILED_STATES, start)
        ahead = deps.queue.between(end, end + DAYS_AHEAD)
        notes = DigestNotes(
            failed=[post_failed(delivery).text for delivery in failed],
            waiting=list(self._waiting(end)),
            budgets=[
                f"{budget.account}: {budget}"
                + (f"; {budget.threshold} % are reached" if budget.threshold else "")
                for budget in deps.budgets.statuses()
            ],
            scheduled_ahead=sum(delivery.state is State.SCHEDULED for delivery in ahead),
        )
        return write_digest(
            deps.metrics.publications(),
            self._week(start, end),
            self._week(before, start),
            notes,
            timezone,
            names or deps.files.names,
        )

    def _week(self, start: datetime, end: datetime) -> weeks.Week:
        booked = self.deps.ledger.spending(since=start)
        spent = sum((spending.dollars for spending in booked if spending.at < end), Decimal(0))
        snapshots = self.deps.alerts.last_snapshots
        return weeks.Week(start, end, snapshots(start), snapshots(end), spent)

    def _waiting(self, now: datetime) -> Iterator[str]:
        for delivery in self.deps.queue.in_states([State.NEEDS_HUMAN]):
            yield needs_human(delivery).text
        if waiting := self.deps.approvals.waiting(now):
            yield f"{len(waiting)} texts wait for approval: groundswell review"
        if held_back := self.deps.mass_cancels.held_back():
            yield mass_cancelled(held_back.keys, held_back.scheduled).text
        for notice in own_pauses(self.deps.queue.pauses()):
            yield notice.text


TITLE = "Groundswell: the week"

MAX_TOP_POSTS, MAX_ROWS, MAX_LISTED = 5, 6, 10
"""At most so many posts that gained most, rows of a table, and things that failed or wait."""

MIN_ENGAGEMENTS = 20
"""This many engagements are precise to within about a quarter; fewer say little about a post."""

POST_CHARS, LABEL_CHARS, ITEM_CHARS = 60, 80, 300
"""At most so many characters of a post, of a row's label, and of what failed or waits."""

_CHAT_MARKUP = str.maketrans(
    {
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
    }
)


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
    page = _Page(posts, week, earlier, zone(timezone), names or Names())
    return "\n".join(page.lines(notes, timezone))


@dataclass(frozen=True)
class _Page:
    """Writes the lines of a digest."""

    posts: Sequence[Publication]
    week: Week
    earlier: Week
    home: tzinfo
    names: Names

    def lines(self, notes: DigestNotes, timezone: str) -> Iterator[str]:
        start, end = self._local(self.week.start), self._local(self.week.end)
        yield f"The week from {start} to {end} ({timezone}); in brackets the week before."
        yield ""
        yield from self._totals()
        yield from (f"- Budget of {budget}" for budget in notes.budgets)
        yield from self._table("Campaigns", lambda post: post.campaign, self._campaign)
        yield from self._table(
            "Demands", lambda post: f"{post.campaign} {post.demand}", self._demand
        )
        yield from self._table("Accounts", lambda post: post.account, self._account)
        yield from self._top_posts()
        yield from _list("Did not go out", notes.failed)
        yield from _list("Waits for a person", notes.waiting)
        yield ""
        count = notes.scheduled_ahead
        posts = {0: "No post is", 1: "1 post is"}.get(
            count, f"{table.format_count(count)} posts are"
        )
        yield f"{posts} scheduled for the seven days ahead."

    def _totals(self) -> Iterator[str]:
        now, then = (
            gains_by(self.posts, week, lambda _: "").get("", WeekGains())
            for week in (self.week, self.earlier)
        )
        out, out_before = (
            sum(week.start <= post.published < week.end for post in self.posts)
            for week in (self.week, self.earlier)
        )
        spent, spent_before = map(table.format_money, (self.week.spent, self.earlier.spent))
        yield f"- Posts out: {out} ({out_before})"
        yield f"- Impressions gained: {_with_earlier(now.impressions, then.impressions)}"
        yield f"- Engagements gained: {_with_earlier(now.engagements, then.engagements)}"
        yield f"- Engagements per impression: {_rate(now)} ({_rate(then)})"
        yield f"- Counters last read: {self._local(now.read) if now.read else 'never'}"
        if now.unread:
            posts = len(now.impressions)
            yield f"- No data for the week: {now.unread} of {posts} posts"
        yield f"- Spent: {spent} ({spent_before})"

    # --- by campaign, demand and account ---

    def _campaign(self, post: Publication) -> str:
        return self.names.campaigns.get(post.campaign, post.campaign)

    def _demand(self, post: Publication) -> str:
        demands = self.names.demands
        demand = "no demand"
        if post.demand:
            demand = demands.get((post.campaign, post.demand), post.demand)
        return demand if self._one_campaign else f"{self._campaign(post)}: {demand}"

    @cached_property
    def _one_campaign(self) -> bool:
        return len({post.campaign for post in self.posts}) == 1

    def _account(self, post: Publication) -> str:
        return self.names.accounts.get(post.account, post.account)

    def _table(self, title: str, key: Key, label: Key) -> list[str]:
        """Return a row for each key; none where there is only one, which repeats the total."""
        now, then = (gains_by(self.posts, week, key) for week in (self.week, self.earlier))
        if len(now) <= 1:
            return []
        labels = {key(post): label(post) for post in self.posts}
        order = sorted(now, key=lambda name: (-(sum_known(now[name].impressions) or 0), name))
        rows = [
            self._row(labels[name], now[name], then.get(name, WeekGains()))
            for name in order[:MAX_ROWS]
        ]
        more = len(order) - len(rows)
        return ["", title, *rows, *[f"- and {more} more: groundswell report"] * bool(more)]

    def _row(self, name: str, now: WeekGains, then: WeekGains) -> str:
        impressions = _with_earlier(now.impressions, then.impressions)
        engagements = _with_earlier(now.engagements, then.engagements)
        return (
            f"- {_quoted(name, LABEL_CHARS)}: impressions {impressions}, "
            f"engagements {engagements}, {_rate(now)} ({_rate(then)}){self._when_read(now.read)}"
        )

    # --- posts ---

    def _top_posts(self) -> list[str]:
        gained = [
            (sum_known(gain(part, self.week, "impressions") for part in parts), parts)
            for parts in self._published_posts
        ]
        known = [(impressions, parts) for impressions, parts in gained if impressions]
        top = sorted(known, key=lambda pair: -pair[0])[:MAX_TOP_POSTS]
        rows = [self._post(impressions, parts) for impressions, parts in top]
        return ["", "Posts that gained most", *rows] if rows else []

    @cached_property
    def _published_posts(self) -> list[list[Publication]]:
        """The posts published by the week's end, oldest first, each as the parts of its thread."""
        parts: dict[int, list[Publication]] = defaultdict(list)
        for part in sorted(self.posts, key=lambda part: (part.published, part.part)):
            if part.published < self.week.end:
                parts[part.delivery].append(part)
        return list(parts.values())

    def _post(self, impressions: int, parts: Sequence[Publication]) -> str:
        first = parts[0]
        reads = [last.read for part in parts if (last := self.week.after.get(part.id))]
        compared = self._compared_to_median(parts)
        return (
            f"- “{_quoted(first.text, POST_CHARS)}”: {table.format_count(impressions)} impressions"
            f"{compared}{self._when_read(max(reads, default=None))}. {first.url}"
        )

    def _compared_to_median(self, parts: Sequence[Publication]) -> str:
        usual = self._median_rates.get(parts[0].account)
        engagements, impressions = self._rated_counts(parts)
        if not usual or not impressions or engagements is None:
            return ""
        if engagements < MIN_ENGAGEMENTS and usual * impressions < MIN_ENGAGEMENTS:
            return ""
        times = table.format_factor(Decimal(engagements) / impressions / usual)
        return f", {times} the usual engagement of {self._account(parts[0])}"

    @cached_property
    def _median_rates(self) -> dict[str, Decimal]:
        """Each account's median engagements per impression, where it has enough posts."""
        rates: dict[str, list[Decimal]] = defaultdict(list)
        for parts in self._published_posts:
            engagements, impressions = self._rated_counts(parts)
            if engagements is not None and impressions:
                rates[parts[0].account].append(Decimal(engagements) / impressions)
        return {name: median(known) for name, known in rates.items() if len(known) >= MEDIAN_FROM}

    def _rated_counts(self, parts: Sequence[Publication]) -> tuple[int | None, int | None]:
        """Return a post's engagements and impressions by the week's end, of parts with both."""
        counts = [
            (
                sum_known(counter_value(last, name) for name in ENGAGEMENTS),
                last.counters.impressions,
            )
            for part in parts
            if (last := self.week.after.get(part.id))
        ]
        both = [pair for pair in counts if None not in pair]
        return sum_known(pair[0] for pair in both), sum_known(pair[1] for pair in both)

    def _when_read(self, read: datetime | None) -> str:
        return f"; read {self._local(read)}" if read else ""

    def _local(self, instant: datetime) -> str:
        return table.format_instant(instant, self.home)


def _list(title: str, items: Sequence[str]) -> list[str]:
    listed = [f"- {_quoted(item, ITEM_CHARS)}" for item in items[:MAX_LISTED]]
    if more := len(items) - len(listed):
        listed.append(f"- and {more} more: groundswell inbox")
    return ["", title, *(listed or ["- nothing"])]


def _quoted(words: str, limit: int) -> str:
    """Return words on one line that a chat does not take for its own markup (<!channel>)."""
    return table.one_line(words.translate(_CHAT_MARKUP), limit)


def _with_earlier(now: Sequence[int | None], then: Sequence[int | None]) -> str:
    values = (sum_known(now), sum_known(then))
    this, before = ("no data" if n is None else table.format_count(n) for n in values)
    return f"{this} ({before})"


def _rate(gained: WeekGains) -> str:
    return "no data" if gained.rate is None else table.format_rate(gained.rate)
