"""The week in figures against the week before, as plain text for a chat or a mail. Pure.

Each line says when its counters were last read.

Posts are named by their first words where they are out; what did not go out may be under embargo,
and is named by its ids only.

Beside a post that gained much stands how its engagements per impression compare to its account's
usual ones, the median of its posts. It is left out where it would be noise: below ``USUAL_FROM``
posts of the account, and where neither the post has ``LEAST_ACTS`` engagements nor would have at
the usual rate.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING

from bot.alerts.weeks import Gained, gain, gained, value
from bot.reports import Names, figures
from bot.reports.numbers import ENGAGEMENTS, USUAL_FROM, add
from bot.schedules.wall import zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime, tzinfo
    from typing import TypeAlias

    from bot.alerts.weeks import Week
    from bot.model import Publication

    Key: TypeAlias = Callable[[Publication], str]

TITLE = "Groundswell: the week"

BEST, ROWS, LISTED = 5, 6, 10
"""How many posts that gained most, rows of a table, and things that failed or wait are named."""

LEAST_ACTS = 20
"""So many engagements are known to within about a quarter; fewer say little of a post."""

WORDS, LABEL, LONGEST = 60, 80, 300
"""So many characters of a post, of what a row is called, and of what failed or waits."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a digest tells beside figures: lines for a person; ``budgets`` are as of now."""

    failed: Sequence[str] = ()
    waiting: Sequence[str] = ()
    budgets: Sequence[str] = ()
    ahead: int = 0


def text(
    posts: Sequence[Publication],
    week: Week,
    earlier: Week,
    told: Told,
    timezone: str,
    names: Names | None = None,
) -> str:
    """Write the digest; ``earlier`` is the week before."""
    page = _Page(posts, week, earlier, zone(timezone), names or Names())
    return "\n".join(page.lines(told, timezone))


@dataclass(frozen=True)
class _Page:
    """Writes the lines of a digest."""

    posts: Sequence[Publication]
    week: Week
    earlier: Week
    home: tzinfo
    names: Names

    def lines(self, told: Told, timezone: str) -> Iterator[str]:
        start, end = self._at(self.week.start), self._at(self.week.end)
        yield f"The week from {start} to {end} ({timezone}); in brackets the week before."
        yield ""
        yield from self._totals()
        yield from (f"- Budget of {one}" for one in told.budgets)
        for table in self._tables():
            yield from table
        yield from self._best()
        yield from _list("Did not go out", told.failed)
        yield from _list("Waits for a person", told.waiting)
        yield ""
        yield _ahead(told.ahead)

    def _totals(self) -> Iterator[str]:
        weeks = (self.week, self.earlier)
        now, then = (gained(self.posts, one, lambda _: "").get("", Gained()) for one in weeks)
        out = [sum(one.start <= each.published < one.end for each in self.posts) for one in weeks]
        yield f"- Posts out: {out[0]} ({out[1]})"
        yield f"- Impressions gained: {_pair(now.impressions, then.impressions)}"
        yield f"- Engagements gained: {_pair(now.engagements, then.engagements)}"
        yield f"- Engagements per impression: {_rate(now)} ({_rate(then)})"
        yield f"- Counters last read: {self._at(now.read) if now.read else 'never'}"
        if now.unread:
            yield f"- No data for the week: {now.unread} of {len(now.impressions)} posts"
        yield f"- Spent: {figures.money(self.week.spent)} ({figures.money(self.earlier.spent)})"

    # --- by campaign, demand and account ---

    def _tables(self) -> Iterator[list[str]]:
        yield self._table("Campaigns", lambda post: post.campaign, self._campaign)
        yield self._table("Demands", lambda post: f"{post.campaign} {post.demand}", self._demand)
        yield self._table("Accounts", lambda post: post.account, self._account)

    def _campaign(self, post: Publication) -> str:
        return self.names.campaigns.get(post.campaign, post.campaign)

    def _demand(self, post: Publication) -> str:
        asks = self.names.demands
        ask = asks.get((post.campaign, post.demand), post.demand) if post.demand else "no demand"
        return ask if self._one_campaign else f"{self._campaign(post)}: {ask}"

    @cached_property
    def _one_campaign(self) -> bool:
        return len({each.campaign for each in self.posts}) == 1

    def _account(self, post: Publication) -> str:
        return self.names.accounts.get(post.account, post.account)

    def _table(self, title: str, key: Key, label: Key) -> list[str]:
        """Write a row for each; none where there is but one, which is the total again."""
        now, then = (gained(self.posts, one, key) for one in (self.week, self.earlier))
        if len(now) <= 1:
            return []
        labels = {key(post): label(post) for post in self.posts}
        order = sorted(now, key=lambda one: (-(add(now[one].impressions) or 0), one))
        rows = [self._row(labels[one], now[one], then.get(one, Gained())) for one in order[:ROWS]]
        more = len(order) - len(rows)
        return ["", title, *rows, *[f"- and {more} more: groundswell report"] * bool(more)]

    def _row(self, name: str, now: Gained, then: Gained) -> str:
        shown = _pair(now.impressions, then.impressions)
        acts = _pair(now.engagements, then.engagements)
        rates = f"{_rate(now)} ({_rate(then)})"
        said = f"impressions {shown}, engagements {acts}, {rates}{self._read(now.read)}"
        return f"- {_quoted(name, LABEL)}: {said}"

    # --- posts ---

    def _best(self) -> list[str]:
        known = [
            (add(gain(part, self.week, "impressions") for part in one), one) for one in self._out
        ]
        most = sorted(((shown, one) for shown, one in known if shown), key=lambda each: -each[0])
        rows = [self._post(shown, one) for shown, one in most[:BEST]]
        return ["", "Posts that gained most", *rows] if rows else []

    @cached_property
    def _out(self) -> list[list[Publication]]:
        """Give what was out by the week's end, oldest first, the parts of a thread together."""
        found: dict[int, list[Publication]] = defaultdict(list)
        for each in sorted(self.posts, key=lambda one: (one.published, one.part)):
            if each.published < self.week.end:
                found[each.delivery].append(each)
        return list(found.values())

    def _post(self, shown: int, parts: Sequence[Publication]) -> str:
        first = parts[0]
        reads = [each.read for part in parts if (each := self.week.after.get(part.id))]
        usual = self._against_usual(parts)
        return (
            f"- “{_quoted(first.text, WORDS)}”: {figures.count(shown)} impressions"
            f"{f', {usual}' if usual else ''}{self._read(max(reads, default=None))}. {first.url}"
        )

    def _against_usual(self, parts: Sequence[Publication]) -> str:
        usual, (acts, shown) = self._usual.get(parts[0].account), self._stands(parts)
        if not usual or not shown or acts is None:
            return ""
        if acts < LEAST_ACTS and usual * shown < LEAST_ACTS:
            return ""
        times = figures.factor(Decimal(acts) / shown / usual)
        return f"{times} the usual engagement of {self._account(parts[0])}"

    @cached_property
    def _usual(self) -> dict[str, Decimal]:
        """Give each account's usual engagements per impression, where enough posts tell."""
        rates: dict[str, list[Decimal]] = defaultdict(list)
        for parts in self._out:
            acts, shown = self._stands(parts)
            if acts is not None and shown:
                rates[parts[0].account].append(Decimal(acts) / shown)
        return {name: median(each) for name, each in rates.items() if len(each) >= USUAL_FROM}

    def _stands(self, parts: Sequence[Publication]) -> tuple[int | None, int | None]:
        """Give all engagements and impressions of a post by the week's end, where both are told."""
        found = [
            (add(value(last, name) for name in ENGAGEMENTS), last.counters.impressions)
            for part in parts
            if (last := self.week.after.get(part.id))
        ]
        both = [each for each in found if None not in each]
        return add(acts for acts, _ in both), add(shown for _, shown in both)

    def _read(self, read: datetime | None) -> str:
        return f"; read {self._at(read)}" if read else ""

    def _at(self, instant: datetime) -> str:
        return figures.instant(instant, self.home)


def _ahead(posts: int) -> str:
    many = {0: "No post is", 1: "1 post is"}.get(posts, f"{figures.count(posts)} posts are")
    return f"{many} scheduled for the seven days ahead."


def _list(title: str, items: Sequence[str]) -> list[str]:
    shown = [f"- {_quoted(item, LONGEST)}" for item in items[:LISTED]]
    if more := len(items) - len(shown):
        shown.append(f"- and {more} more: groundswell inbox")
    return ["", title, *(shown or ["- nothing"])]


def _quoted(words: str, limit: int) -> str:
    """Put words on one line; a chat must not take them for its own marks, such as <!channel>."""
    return figures.one_line(words.translate(_MARKS), limit)


_MARKS = str.maketrans(
    {
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
    }
)


def _pair(now: Sequence[int | None], then: Sequence[int | None]) -> str:
    return f"{_count(add(now))} ({_count(add(then))})"


def _count(value: int | None) -> str:
    return "no data" if value is None else figures.count(value)


def _rate(gained: Gained) -> str:
    return "no data" if gained.rate is None else figures.rate(gained.rate)
