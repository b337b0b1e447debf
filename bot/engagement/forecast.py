"""What an account will cost in a month: its posts, and reading their counters. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from bot.engagement.reading import PastRead, next_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.model import Account, Content
    from bot.platforms.base import Platform

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
