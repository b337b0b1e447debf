"""What an account will cost in a month: its posts, and reading their counters. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from bot.engagement.reading import Read, next_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.model import Account, Content
    from bot.platforms.base import Kind

READS = "reads"
"""What reading is called beside the platform's items: a post's counters on one day."""

_LEVELS_OFF = timedelta(hours=36)
_REACH = 10_000


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that will go out, or what is left of it: a thread may be half out."""

    due: datetime
    content: Content


@dataclass(frozen=True, slots=True)
class Item:
    """So many of one thing that is billed, and the dollars for them."""

    item: str
    quantity: int
    dollars: Decimal


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an account has cost in a month, and what is to come, in US dollars.

    ``posts`` is how many are to go out, a thread counting as one; ``items`` what they are billed
    as, part by part, and the reads.
    """

    account: str
    since: datetime
    budget: Decimal | None
    spent: Decimal
    posts: int
    items: tuple[Item, ...]

    @property
    def posting(self) -> Decimal:
        """What the posts to come will cost."""
        return sum((one.dollars for one in self.items if one.item != READS), start=Decimal(0))

    @property
    def reading(self) -> Decimal:
        """What reading would cost with no budget."""
        return sum((one.dollars for one in self.items if one.item == READS), start=Decimal(0))

    @property
    def total(self) -> Decimal:
        """What was spent, and all that is to come with no budget."""
        return self.spent + self.posting + self.reading

    @property
    def notes(self) -> list[str]:
        """Say where the budget does not reach."""
        if self.budget is None:
            return []
        if (over := self.spent + self.posting - self.budget) > 0:
            return [f"its posts alone cost ${over} more than its budget"]
        if over := max(Decimal(0), self.total - self.budget):
            return [f"counters are read for ${over} less than this, to keep its budget"]
        return []


def outlook(
    account: Account,
    kind: Kind,
    span: tuple[datetime, datetime],
    now: datetime,
    coming: Iterable[Coming],
    out: Iterable[datetime],
    spent: Decimal,
) -> Outlook:
    """Foresee a month, given as [since, until), as of ``now``.

    ``coming`` is all that is to go out, in the month or before it; ``out`` is when those were
    published that are still being read; ``spent`` is what was booked in the month.
    """
    since, until = span
    known = [one for one in coming if now <= one.due < until]
    due = [one for one in known if one.due >= since]
    published = [one.due for one in known for _ in one.content.parts]
    read = partial(_days, kind, typical(kind), span, now)
    days = sum(map(read, (*published, *out)))
    usual, _ = kind.reading(account, since)
    reads = (Item(READS, days, usual * days),) if days else ()
    items = (*_posting(due, kind), *reads)
    return Outlook(account.name, since, account.budget, spent, len(due), items)


def _posting(due: Iterable[Coming], kind: Kind) -> Iterator[Item]:
    quantities: Counter[str] = Counter()
    dollars: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in due:
        for charge in kind.charges(one.content):
            quantities[charge.item] += charge.quantity
            dollars[charge.item] += kind.price(charge, one.due)
    for item, quantity in sorted(quantities.items()):
        yield Item(item, quantity, dollars[item])


def _days(
    kind: Kind,
    ages: Iterable[timedelta],
    span: tuple[datetime, datetime],
    now: datetime,
    published: datetime,
) -> int:
    """Count the days in the span, later than today, on which a post is read at these ages.

    Today counts for what is not out yet.
    """
    since, until = map(kind.billed_on, span)
    today = kind.billed_on(now)
    first = max(since, today if published >= now else today + timedelta(days=1))
    return sum(first <= day < until for day in {kind.billed_on(published + age) for age in ages})


def typical(kind: Kind) -> tuple[timedelta, ...]:
    """Give the ages at which a post is read that grows as posts do, roughly.

    It is taken to gather half of its audience in its first day and to have levelled off after a
    week. That is an assumption, not a measurement.
    """
    start = datetime(2001, 1, 1, tzinfo=UTC)
    reads: list[Read] = []
    at: datetime | None = start
    while at is not None:
        reads.append(Read(at, int(_REACH * -math.expm1(-((at - start) / _LEVELS_OFF)))))
        at = next_read(kind, start, reads, at)
    return tuple(read.at - start for read in reads)
