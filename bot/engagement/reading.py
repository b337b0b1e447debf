"""The plan of when a publication's counters are read next, and a month's cost of that. Pure.

A platform may bill a post once a day, however often it is read (see X's page "Post cap").
Further reads on a billed day are then free, and the question is whether the next day is worth it.
In its first three days a post always is. After that, the faster its count grew, the sooner it is
read again. Once it has been flat for days, it is read a last time just before its platform stops
giving clicks, if it gives any, and then only if it has grown again. After 90 days it is no longer
read.

The platform defines the price of a read, the day on which it is billed, and how long there are
clicks. If reads are free and there are no clicks, as on Mastodon and Bluesky, the same plan holds
without a budget and without that last read. Flat posts bring no news, and servers limit requests.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.model import FIRST_READ_AGE, sum_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.model import Account, Content, Counters
    from bot.platforms.base import Platform


DENSE_PLAN = (
    (timedelta(hours=3), timedelta(minutes=20)),
    (timedelta(hours=12), timedelta(hours=1)),
    (timedelta(days=1), timedelta(hours=3)),
    (timedelta(days=3), timedelta(hours=8)),
)
"""Up to this age, a post is read this often. Beyond the last, growth decides."""

YOUNG_AGE = DENSE_PLAN[-1][0]
"""Younger posts are read as long as anything of the budget is left."""

LAST_READ_AGE = timedelta(days=90)
"""Older posts are no longer read."""

BEFORE_CLICKS_END = timedelta(hours=12)
"""How long before a platform stops giving link and profile clicks they are read a last time."""

MIN_INTERVAL, MAX_INTERVAL = timedelta(days=1), timedelta(days=7)
"""The least and the most time between two reads of a post that is no longer young."""

NEWS_GROWTH = 0.02
"""The share of growth that is worth the cost of a read."""

FLAT_GROWTH, FLAT_PERIOD = 0.01, timedelta(days=5)
"""A count is flat when it changed by less than this share in that time."""

MIN_COUNT = 100
"""Lower counts are treated as this one, because from three to four is not growth by a third."""

_A_DAY_AGO = timedelta(hours=20)

READ_TOGETHER = timedelta(minutes=10)
"""Reads due within this time are made together, because one call can ask for many posts."""

FAILED_WAIT = timedelta(minutes=15)
"""The wait after a read that failed, if the platform named none."""


@dataclass(frozen=True, slots=True)
class PastRead:
    """An earlier read of a post."""

    at: datetime
    count: int
    """The count that growth is measured by (see ``growth_count``)."""


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """The reads that the account can still pay for until the budget is renewed."""

    days: int
    """How many days of one post it can pay for."""
    posts: int
    """How many posts are still being read."""
    renews_at: datetime


def next_read(
    platform: Platform,
    published: datetime,
    reads: Sequence[PastRead],
    now: datetime,
    budget: ReadBudget | None = None,
) -> datetime | None:
    """Return the next read after a read at ``now``, or None if the post is no longer read.

    ``reads`` are the earlier ones, oldest first. Without ``budget``, money does not matter.
    """
    end = published + LAST_READ_AGE
    if now >= end - READ_TOGETHER:
        return None
    wanted = _next_without_budget(platform, published, reads, now)
    if wanted is None:
        return None
    wanted = min(wanted, end)
    day_is_paid = reads and platform.billed_on(reads[-1].at) == platform.billed_on(wanted)
    if budget and not day_is_paid:
        wanted = _defer_to_budget(published, wanted, now, budget)
    return wanted if wanted <= end else None


def growth_count(counters: Counters) -> int | None:
    """Return the count that growth is measured by: impressions, or the sum of known counters."""
    if counters.impressions is not None:
        return counters.impressions
    return sum_known(astuple(counters))


def last_clicks_age(platform: Platform) -> timedelta:
    """Return the age at which clicks are read a last time; 0 if the platform gives none."""
    return platform.CLICKS_LAST - BEFORE_CLICKS_END if platform.CLICKS_LAST else timedelta(0)


def _next_without_budget(
    platform: Platform, published: datetime, reads: Sequence[PastRead], now: datetime
) -> datetime | None:
    for until, every in DENSE_PLAN:
        if now - published < until:
            return now + every
    last = published + last_clicks_age(platform)
    # A last read that was made a little early, together with others, is not repeated at once.
    clicks_to_come = now < last - READ_TOGETHER
    base = _read_before(reads, FLAT_PERIOD)
    if base and _relative_change(base, reads[-1]) < FLAT_GROWTH:  # it has stood still for days
        return last if clicks_to_come else None
    wanted = now + _interval(reads)
    return min(wanted, last) if clicks_to_come else wanted


def _interval(reads: Sequence[PastRead]) -> timedelta:
    """Return how long it takes until there is news, if it goes on growing as it last did."""
    base = _read_before(reads, _A_DAY_AGO)
    if base is None:
        return MIN_INTERVAL
    change = _relative_change(base, reads[-1])
    news = NEWS_GROWTH * ((reads[-1].at - base.at) / timedelta(days=1))
    if change * MAX_INTERVAL.days <= news:
        return MAX_INTERVAL
    return max(MIN_INTERVAL, timedelta(days=int(news / change)))


def _read_before(reads: Sequence[PastRead], span: timedelta) -> PastRead | None:
    """Return the newest read that is at least ``span`` before the last one."""
    earlier = (read for read in reversed(reads) if reads[-1].at - read.at >= span)
    return next(earlier, None)


def _relative_change(base: PastRead, last: PastRead) -> float:
    # A count that falls is news too.
    return abs(last.count - base.count) / max(base.count, MIN_COUNT)


def _defer_to_budget(
    published: datetime, wanted: datetime, now: datetime, budget: ReadBudget
) -> datetime:
    """Put off a paid read so far that the budget lasts until it is renewed."""
    # Each at its own hour, so that not everything is read at once at the start of the month.
    renewed = budget.renews_at + (now - now.replace(hour=0, minute=0, second=0, microsecond=0))
    if budget.days < 1:
        return max(wanted, renewed)
    if now - published < YOUNG_AGE:
        return wanted
    apart = (budget.renews_at - now) * max(1, budget.posts) / budget.days
    return max(wanted, min(now + apart, renewed))


READS = "reads"
"""The item of reading a post's counters on one day, beside the platform's items."""

_GROWTH_TIME = timedelta(hours=36)
_FINAL_IMPRESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class Forecast:
    """An account's cost in a month, spent and to come without a budget, in US dollars."""

    account: str
    since: datetime
    """The first instant of the month."""
    budget: Decimal | None
    spent: Decimal
    posts: int
    """How many posts are to go out; a thread counts as one."""
    posting_cost: Decimal
    reading_cost: Decimal
    items: Mapping[str, tuple[int, Decimal]]
    """The billed items of the parts and the reads to come: how many of each, and the dollars."""

    @property
    def total(self) -> Decimal:
        """The cost of the whole month."""
        return self.spent + self.posting_cost + self.reading_cost

    @property
    def notes(self) -> list[str]:
        """A line on what the budget does not pay for, if there is anything."""
        if self.budget is None:
            return []
        if (over := self.spent + self.posting_cost - self.budget) > 0:
            return [f"its posts alone cost ${over} more than its budget"]
        if over := max(Decimal(0), self.total - self.budget):
            return [f"counters are read for ${over} less than this, to keep its budget"]
        return []


def forecast_month(
    account: Account,
    platform: Platform,
    span: tuple[datetime, datetime],
    now: datetime,
    coming: Iterable[tuple[datetime, Content]],
    out: Iterable[datetime],
    spent: Decimal,
) -> Forecast:
    """Return the forecast of a month, the ``span`` [since, until), as of ``now``.

    ``coming`` has the contents to go out, in the month or before it, with their instants; of a
    thread that is half out, the rest. ``out`` has the instants of publication of posts that are
    still being read. ``spent`` was booked in the month.
    """
    since, until = span
    known = [(due, content) for due, content in coming if now <= due < until]
    to_pay = [(due, content) for due, content in known if due >= since]
    items: defaultdict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for due, content in to_pay:
        for charge in platform.charges(content):
            quantity, dollars = items[charge.item]
            dollars += platform.price(charge, due)
            items[charge.item] = (quantity + charge.quantity, dollars)
    posting = sum((dollars for _, dollars in items.values()), start=Decimal(0))
    ages = typical_read_ages(platform)
    published = [due for due, content in known for _ in content.parts]
    days = sum(_read_days(platform, ages, span, now, at) for at in (*published, *out))
    billed, reading = dict(sorted(items.items())), Decimal(0)
    if days:
        reading = platform.read_price(account, since)[0] * days
        billed[READS] = (days, reading)
    return Forecast(
        account.name, since, account.budget, spent, len(to_pay), posting, reading, billed
    )


def _read_days(
    platform: Platform,
    ages: Iterable[timedelta],
    span: tuple[datetime, datetime],
    now: datetime,
    published: datetime,
) -> int:
    """Return the number of days in the span on which a post is read at these ages.

    Days before today do not count, and today only for posts that are not out yet.
    """
    since, until = map(platform.billed_on, span)
    today = platform.billed_on(now)
    first = max(since, today if published >= now else today + timedelta(days=1))
    return sum(
        first <= day < until for day in {platform.billed_on(published + age) for age in ages}
    )


def typical_read_ages(platform: Platform) -> tuple[timedelta, ...]:
    """Return the ages at which a post of typical growth is read.

    It is assumed, not measured, that a post gathers half of its audience in its first day and has
    levelled off after a week.
    """
    start = datetime(2001, 1, 1, tzinfo=UTC)
    reads: list[PastRead] = []
    at: datetime | None = start + FIRST_READ_AGE
    while at is not None:
        share = -math.expm1(-((at - start) / _GROWTH_TIME))
        reads.append(PastRead(at, int(_FINAL_IMPRESSIONS * share)))
        at = next_read(platform, start, reads, at)
    return tuple(read.at - start for read in reads)
