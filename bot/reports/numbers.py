"""Sums over evidence, to the unit the platform's own.

A counter that was never read is None, "no data", and stays apart from 0: a sum is None only if none
of its parts is known. A counter counts as last read, even where it fell. Rates compare only
publications for which both sides are known, so that a platform without impressions cannot lift the
engagement rate of another.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, TypeVar

from bot.model import Counters

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.model import Publication, Snapshot
    from bot.reports.evidence import Evidence

COUNTERS = tuple(each.name for each in fields(Counters))
ENGAGEMENTS = ("likes", "reposts", "quotes", "replies", "bookmarks")
"""What counts as an engagement: each is one act of one person that the platform reports."""

DAY = timedelta(hours=24)

USUAL_FROM = 5
"""Posts of an account, threads whole, from which on there is something usual to it."""

K = TypeVar("K", bound="Hashable")


def add(values: Iterable[int | None]) -> int | None:
    """Sum what is known; None if nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one publication.

    ``latest`` holds each counter's last known value, ``before`` the same as of 24 hours ago;
    ``fell`` names the counters that were lower at some reading than at the one before; ``fresh``
    is True for what was published within the last 24 hours, when every counter began at 0.
    ``usual`` is its account's usual engagement rate, None where too few posts tell.
    """

    publication: Publication
    latest: Counters
    before: Counters
    fell: tuple[str, ...]
    fresh: bool
    read: datetime | None
    usual: Decimal | None = None

    def value(self, names: Sequence[str]) -> int | None:
        """Sum the named counters as last read."""
        return add(getattr(self.latest, name) for name in names)

    def growth(self, names: Sequence[str]) -> int | None:
        """Give how much they grew since 24 hours ago; None without a reading from then."""
        return add(self._grown(name) for name in names)

    def _grown(self, name: str) -> int | None:
        now, before = getattr(self.latest, name), getattr(self.before, name)
        base = 0 if self.fresh else before
        return None if now is None or base is None else now - base


def standing(publication: Publication, history: Sequence[Snapshot], now: datetime) -> Standing:
    """Read off one publication's history, which is sorted oldest first."""
    yesterday = now - DAY
    return Standing(
        publication,
        latest_known(history),
        latest_known([each for each in history if each.read <= yesterday]),
        tuple(name for name in COUNTERS if _fell(history, name)),
        publication.published > yesterday,
        history[-1].read if history else None,
    )


def latest_known(history: Sequence[Snapshot]) -> Counters:
    """Give the last value of each counter that was read at all."""
    found: dict[str, int | None] = dict.fromkeys(COUNTERS)
    for snapshot in reversed(history):
        for name, value in found.items():
            if value is None:
                found[name] = getattr(snapshot.counters, name)
        if None not in found.values():
            break
    return Counters(**found)


def _fell(history: Sequence[Snapshot], name: str) -> bool:
    values = [getattr(each.counters, name) for each in history]
    return any(b < a for a, b in pairwise(v for v in values if v is not None))


def standings(evidence: Evidence, now: datetime) -> list[Standing]:
    """Give every publication's standing, in the order of the evidence."""
    if now not in evidence.memo:
        histories = evidence.histories
        found = [standing(each, histories[each.id], now) for each in evidence.publications]
        usual = usual_rates(found)
        evidence.memo[now] = [
            replace(each, usual=usual.get(each.publication.account)) for each in found
        ]
    return evidence.memo[now]


def usual_rates(standings: Iterable[Standing]) -> dict[str, Decimal]:
    """Give each account's usual engagement rate: the median of its posts, each thread as one."""
    rates: dict[str, list[Decimal]] = defaultdict(list)
    for sums in by_delivery(standings):
        rate = sums.per_impression(*ENGAGEMENTS)
        if rate is not None:
            rates[sums.standings[0].publication.account].append(rate)
    return {account: median(each) for account, each in rates.items() if len(each) >= USUAL_FROM}


def by_delivery(standings: Iterable[Standing]) -> list[Sums]:
    """Put the parts of each thread together, as people saw them: as one post."""
    found: dict[int, list[Standing]] = defaultdict(list)
    for each in standings:
        found[each.publication.delivery].append(each)
    return [Sums(tuple(each)) for each in found.values()]


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures of some publications together; ``spend`` in dollars, None if not known."""

    standings: tuple[Standing, ...]
    spend: Decimal | None = None

    @property
    def posts(self) -> int:
        """How many posts are out, each part of a thread counted, deleted ones too."""
        return len(self.standings)

    @property
    def gone(self) -> int:
        """How many of them were found deleted on the platform."""
        return sum(each.publication.gone is not None for each in self.standings)

    @property
    def unread(self) -> int:
        """How many were never read."""
        return sum(each.read is None for each in self.standings)

    @property
    def fell(self) -> int:
        """How many have a counter that fell."""
        return sum(bool(each.fell) for each in self.standings)

    @property
    def read(self) -> datetime | None:
        """When any of them was last read."""
        return max((each.read for each in self.standings if each.read), default=None)

    @property
    def stalest(self) -> datetime | None:
        """When the one that was read the longest ago was last read; the deleted do not count."""
        reads = [each.read for each in self.standings if not each.publication.gone]
        return min((read for read in reads if read), default=None)

    @property
    def against_usual(self) -> Decimal | None:
        """Give the median of its posts' engagement rates, each divided by its account's usual."""
        found = [
            rate / usual
            for post in by_delivery(self.standings)
            if (rate := post.per_impression(*ENGAGEMENTS)) is not None
            and (usual := post.standings[0].usual)
        ]
        return median(found) if found else None

    def count(self, *names: str) -> int | None:
        """Sum the named counters."""
        return add(each.value(names) for each in self.standings)

    def growth(self, *names: str) -> int | None:
        """Sum their growth since 24 hours ago, over the publications where it is known."""
        return add(each.growth(names) for each in self.standings)

    def per_impression(self, *names: str) -> Decimal | None:
        """Give the named counters per impression; None without impressions."""
        pairs = [(each.value(names), each.latest.impressions) for each in self.standings]
        known = [(part, whole) for part, whole in pairs if part is not None and whole is not None]
        whole = sum(each[1] for each in known)
        return Decimal(sum(each[0] for each in known)) / whole if whole else None

    @property
    def cost_per_engagement(self) -> Decimal | None:
        """Give dollars per engagement; None without spend known or without engagement."""
        engagements = self.count(*ENGAGEMENTS)
        return self.spend / engagements if self.spend is not None and engagements else None


def grouped(
    evidence: Evidence,
    now: datetime,
    key: Callable[[Publication], K],
    spend: Mapping[K, Decimal] | None = None,
) -> dict[K, Sums]:
    """Sum publications by key; ``spend`` by key, or else what publishing them cost."""
    groups: dict[K, list[Standing]] = defaultdict(list)
    for each in standings(evidence, now):
        groups[key(each.publication)].append(each)
    return {
        name: Sums(
            tuple(group),
            published_for(evidence, group) if spend is None else spend.get(name, Decimal(0)),
        )
        for name, group in groups.items()
    }


def published_for(evidence: Evidence, group: Iterable[Standing]) -> Decimal | None:
    """Give what publishing these cost; None if that is not known of every one."""
    prices = evidence.prices or {}
    known = [prices.get(each.publication.id) for each in group]
    priced = [price for price in known if price is not None]
    return sum(priced, Decimal(0)) if len(priced) == len(known) else None


def booked(evidence: Evidence) -> Decimal | None:
    """Give all that was booked; None where nobody asked for spending."""
    if evidence.spending is None:
        return None
    return sum((each.dollars for each in evidence.spending), Decimal(0))


def overall(evidence: Evidence, now: datetime) -> Sums:
    """Sum everything; the spend is what was booked, or else what publishing cost."""
    every = tuple(standings(evidence, now))
    spend = booked(evidence)
    return Sums(every, published_for(evidence, every) if spend is None else spend)
