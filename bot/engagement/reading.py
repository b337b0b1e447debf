"""The reading plan: when a publication's counters are read next, and what a month of it costs.

X bills a post that is read once a UTC day, however often (its page "Post cap"). So what costs money
is a day on which a post is read at all: within it, further reads are free, and the question is
whether the next day is worth it. In its first three days a post always is. After that, the faster
its count grew, the sooner it is read again. Once it has been flat for days it is read a last time
just before its platform stops giving clicks, if it gives them, and not again unless it has woken
up. After 90 days it is no longer read.

All of it is pure, except ``thin``, which deletes old snapshots.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from bot.model import COUNTER_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from bot.model import Account, Content, Counters, Snapshot
    from bot.platforms.base import Platform
    from bot.store.metrics import OldSnapshots


DENSE_PLAN = (
    (timedelta(hours=3), timedelta(minutes=20)),
    (timedelta(hours=12), timedelta(hours=1)),
    (timedelta(days=1), timedelta(hours=3)),
    (timedelta(days=3), timedelta(hours=8)),
)
"""(up to this age, read this often), youngest first; beyond, growth decides."""

YOUNG_AGE = DENSE_PLAN[-1][0]
"""Younger posts are read however little of the budget is left, as long as anything is."""

LAST_READ_AGE = timedelta(days=90)
"""Older posts are no longer read."""

BEFORE_CLICKS_END = timedelta(hours=12)
"""How long before a platform stops giving link and profile clicks they are read a last time."""

MIN_INTERVAL, MAX_INTERVAL = timedelta(days=1), timedelta(days=7)
"""The least and the most time between two reads of a post that is no longer young."""

NEWS_GROWTH = 0.02
"""Growth by this share is worth the cost of a read."""

FLAT_GROWTH, FLAT_PERIOD = 0.01, timedelta(days=5)
"""A count is flat when it changed by less than this share in that time."""

MIN_COUNT = 100
"""Lower counts are treated as this one: three becoming four is no growth of a third."""

_A_DAY_AGO = timedelta(hours=20)

READ_TOGETHER = timedelta(minutes=10)
"""Reads due within this time are made together: one call can ask for a hundred posts."""

FAILED_WAIT = timedelta(minutes=15)
"""Wait after a read that failed without saying when to come back."""


@dataclass(frozen=True, slots=True)
class PastRead:
    """An earlier read: when, and a count that grows as the post does (see ``growth_count``)."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """What the account can still pay for: ``days`` on which a post is read.

    They are for all ``posts`` that are still being read, until the budget is renewed.
    """

    days: int
    posts: int
    renews_at: datetime


def next_read(
    platform: Platform,
    published: datetime,
    reads: Sequence[PastRead],
    now: datetime,
    budget: ReadBudget | None = None,
) -> datetime | None:
    """Return when to read after a read at ``now``; None where the post is no longer read.

    ``reads`` are those made before, oldest first. Without ``budget``, money does not matter.
    """
    end = published + LAST_READ_AGE
    wanted = (
        None
        if now >= end - READ_TOGETHER
        else _next_without_budget(platform, published, reads, now)
    )
    if wanted is None:
        return None
    wanted = min(wanted, end)
    if budget and not is_day_paid(platform, reads, wanted):
        wanted = _defer_to_budget(published, wanted, now, budget)
    return wanted if wanted <= end else None


def growth_count(counters: Counters) -> int | None:
    """Return the count that growth is measured by: impressions, or the sum of what is known."""
    if counters.impressions is not None:
        return counters.impressions
    known = [value for value in astuple(counters) if value is not None]
    return sum(known) if known else None


def is_day_paid(platform: Platform, reads: Sequence[PastRead], instant: datetime) -> bool:
    """Return whether a read at this instant is on a day that is paid for already."""
    return bool(reads) and platform.billed_on(reads[-1].at) == platform.billed_on(instant)


def last_clicks_age(platform: Platform) -> timedelta:
    """Return the age at which clicks are read a last time; 0 where the platform gives none."""
    return platform.CLICKS_LAST - BEFORE_CLICKS_END if platform.CLICKS_LAST else timedelta(0)


def _next_without_budget(
    platform: Platform, published: datetime, reads: Sequence[PastRead], now: datetime
) -> datetime | None:
    """Return when the post's age and growth ask for a read."""
    for until, every in DENSE_PLAN:
        if now - published < until:
            return now + every
    last = published + last_clicks_age(platform)
    # A last read that was a little early, together with others, need not be repeated at once.
    clicks_to_come = now < last - READ_TOGETHER
    if is_flat(reads):
        return last if clicks_to_come else None
    wanted = now + _interval(reads)
    return min(wanted, last) if clicks_to_come else wanted


def is_flat(reads: Sequence[PastRead]) -> bool:
    """Return whether the count has stood still for days."""
    base = _read_before(reads, FLAT_PERIOD)
    return base is not None and _relative_change(base, reads[-1]) < FLAT_GROWTH


def _interval(reads: Sequence[PastRead]) -> timedelta:
    """Return how long it takes until there is news, if it goes on growing as it last did."""
    base = _read_before(reads, _A_DAY_AGO)
    if base is None:
        return MIN_INTERVAL
    change = _relative_change(base, reads[-1])
    days = (reads[-1].at - base.at) / timedelta(days=1)
    most = (
        MAX_INTERVAL.days
        if change * MAX_INTERVAL.days <= NEWS_GROWTH * days
        else int(NEWS_GROWTH * days / change)
    )
    return max(MIN_INTERVAL, timedelta(days=most))


def _read_before(reads: Sequence[PastRead], span: timedelta) -> PastRead | None:
    """Return the newest read that is at least ``span`` before the last one."""
    earlier = (read for read in reversed(reads) if reads[-1].at - read.at >= span)
    return next(earlier, None)


def _relative_change(base: PastRead, last: PastRead) -> float:
    """Return by which share it changed; a count that falls is news as well."""
    return abs(last.count - base.count) / max(base.count, MIN_COUNT)


def _defer_to_budget(
    published: datetime, wanted: datetime, now: datetime, budget: ReadBudget
) -> datetime:
    """Put off a paid read so far that what is left lasts until the budget is renewed."""
    # Each at its own hour: not everything is read at once at the start of the month.
    renewed = budget.renews_at + (now - now.replace(hour=0, minute=0, second=0, microsecond=0))
    if budget.days < 1:
        return max(wanted, renewed)
    if now - published < YOUNG_AGE:
        return wanted
    apart = (budget.renews_at - now) * max(1, budget.posts) / budget.days
    return max(wanted, min(now + apart, renewed))


THIN_AFTER = timedelta(days=90)
"""Younger snapshots all stay: posts are read for as long, and alerts compare with them."""

THIN_BATCH = 50
"""Publications in one transaction: some thousand snapshots, so that the loop waits briefly."""


def redundant_snapshots(history: Iterable[tuple[int, Snapshot]]) -> Iterator[int]:
    """Yield the ids of snapshots that can be deleted. Pure.

    The last reading of each counter on each day is kept. ``history`` has one publication's old
    snapshots with their database ids, oldest first.
    """
    kept: set[tuple[date, str]] = set()
    days: set[date] = set()
    for snapshot_id, snapshot in reversed([*history]):
        day = snapshot.read.astimezone(UTC).date()
        known = {
            (day, name) for name in COUNTER_NAMES if getattr(snapshot.counters, name) is not None
        }
        if day in days and known <= kept:
            yield snapshot_id
        kept |= known
        days.add(day)


def thin(
    old: OldSnapshots, *, dry_run: bool = False, on_progress: Callable[[float], None] | None = None
) -> int:
    """Delete redundant snapshots, or only count them; return how many.

    ``on_progress`` is called with the share that is done. If it is interrupted, what was deleted
    stays deleted, and the next run continues from there.
    """
    publications, dropped = old.publications(), 0
    for first in range(0, len(publications), THIN_BATCH):
        snapshots = old.of_publications(publications[first : first + THIN_BATCH])
        ids = [
            snapshot_id
            for _, history in groupby(snapshots, key=lambda pair: pair[1].publication)
            for snapshot_id in redundant_snapshots(history)
        ]
        dropped += len(ids) if dry_run else old.drop(ids)
        if on_progress:
            on_progress((first + THIN_BATCH) / len(publications))
    return dropped


READS = "reads"
"""The name of reading beside the platform's items: a post's counters on one day."""

_GROWTH_TIME = timedelta(hours=36)
_FINAL_IMPRESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class UpcomingPost:
    """A post that will go out, or what is left of it: a thread may be half out."""

    due: datetime
    content: Content


@dataclass(frozen=True, slots=True)
class CostItem:
    """How many of one billed item, and the dollars for them."""

    item: str
    quantity: int
    dollars: Decimal


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an account has cost in a month, and what is to come, in US dollars.

    ``posts`` is how many are to go out, a thread counting as one; ``items`` is what their parts and
    the reads are billed as.
    """

    account: str
    since: datetime
    budget: Decimal | None
    spent: Decimal
    posts: int
    items: tuple[CostItem, ...]

    @property
    def posting_cost(self) -> Decimal:
        """What the posts to come will cost."""
        return sum((item.dollars for item in self.items if item.item != READS), start=Decimal(0))

    @property
    def reading_cost(self) -> Decimal:
        """What reading would cost without a budget."""
        return sum((item.dollars for item in self.items if item.item == READS), start=Decimal(0))

    @property
    def total(self) -> Decimal:
        """What was spent, and all that is to come without a budget."""
        return self.spent + self.posting_cost + self.reading_cost

    @property
    def notes(self) -> list[str]:
        """What the budget does not pay for, in words."""
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
    coming: Iterable[UpcomingPost],
    out: Iterable[datetime],
    spent: Decimal,
) -> Forecast:
    """Return the forecast of a month, given as [since, until), as of ``now``.

    ``coming`` is all that is to go out, in the month or before it; ``out`` is when the posts were
    published that are still being read; ``spent`` is what was booked in the month.
    """
    since, until = span
    known = [post for post in coming if now <= post.due < until]
    due = [post for post in known if post.due >= since]
    published = [post.due for post in known for _ in post.content.parts]
    read_days = partial(_read_days, platform, typical_read_ages(platform), span, now)
    days = sum(map(read_days, (*published, *out)))
    usual, _ = platform.read_price(account, since)
    reads = (CostItem(READS, days, usual * days),) if days else ()
    items = (*_posting_items(due, platform), *reads)
    return Forecast(account.name, since, account.budget, spent, len(due), items)


def _posting_items(due: Iterable[UpcomingPost], platform: Platform) -> Iterator[CostItem]:
    quantities: Counter[str] = Counter()
    dollars: defaultdict[str, Decimal] = defaultdict(Decimal)
    for post in due:
        for charge in platform.charges(post.content):
            quantities[charge.item] += charge.quantity
            dollars[charge.item] += platform.price(charge, post.due)
    for item, quantity in sorted(quantities.items()):
        yield CostItem(item, quantity, dollars[item])


def _read_days(
    platform: Platform,
    ages: Iterable[timedelta],
    span: tuple[datetime, datetime],
    now: datetime,
    published: datetime,
) -> int:
    """Return on how many days in the span, after today, a post is read at these ages.

    Today counts for posts that are not out yet.
    """
    since, until = map(platform.billed_on, span)
    today = platform.billed_on(now)
    first = max(since, today if published >= now else today + timedelta(days=1))
    return sum(
        first <= day < until for day in {platform.billed_on(published + age) for age in ages}
    )


def typical_read_ages(platform: Platform) -> tuple[timedelta, ...]:
    """Return the ages at which a post is read that grows roughly as posts do.

    It is assumed, not measured, that a post gathers half of its audience in its first day and has
    levelled off after a week.
    """
    start = datetime(2001, 1, 1, tzinfo=UTC)
    reads: list[PastRead] = []
    at: datetime | None = start
    while at is not None:
        share = -math.expm1(-((at - start) / _GROWTH_TIME))
        reads.append(PastRead(at, int(_FINAL_IMPRESSIONS * share)))
        at = next_read(platform, start, reads, at)
    return tuple(read.at - start for read in reads)
