"""Sums over evidence, to the unit the platform's own.

A counter that was never read is None, "no data", and stays apart from 0: a sum is None only if none
of its parts is known. A counter counts as last read, even where it fell. Rates compare only
publications for which both sides are known, so that a platform without impressions cannot lift the
engagement rate of another.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from bot.model import COUNTERS, Counters, Latest

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from bot.model import Publication
    from bot.reports.evidence import Evidence

ENGAGEMENTS = ("likes", "reposts", "quotes", "replies", "bookmarks")
"""What counts as an engagement: each is one act of one person that the platform reports."""

DAY = timedelta(hours=24)

MANY = 10
"""Publications from which on it pays to take their counters apart, one by one."""

USUAL_FROM = 5
"""Posts of an account, threads whole, from which on there is something usual to it."""

K = TypeVar("K", bound="Hashable")

Cells = tuple[int | None, ...]

_cells: Callable[[Counters], Cells] = attrgetter(*COUNTERS)
_PLACES = {name: place for place, name in enumerate(COUNTERS)}
_SEEN = _PLACES["impressions"]
_ENGAGED = tuple(_PLACES[name] for name in ENGAGEMENTS)


class Response(NamedTuple):
    """How people answered to what they saw: engagements, or some of them, and impressions."""

    engaged: int
    seen: int


def add(values: Iterable[int | None]) -> int | None:
    """Sum what is known; None if nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one publication.

    ``latest`` holds each counter's last known value, ``before`` the public ones as of 24 hours ago;
    ``fell`` names the counters that were lower at some reading than at the one before; ``fresh``
    is True for what was published within the last 24 hours, when every counter began at 0;
    ``current`` for what was read within them: of the rest, nobody knows how much it grew.
    ``post`` holds the engagements and the impressions of its whole post, all parts of a thread
    together, None where they are not both known; ``against_usual`` their rate as a multiple of what
    is usual for its account, None where too few posts tell.
    """

    publication: Publication
    latest: Counters
    before: Counters
    fell: tuple[str, ...]
    fresh: bool
    current: bool
    read: datetime | None
    post: Response | None = None
    against_usual: Decimal | None = None

    def grown(self, name: str) -> int | None:
        """Give how much one counter grew since 24 hours ago; None without readings to tell."""
        now = getattr(self.latest, name) if self.current else None
        base = 0 if self.fresh else getattr(self.before, name)
        return None if now is None or base is None else now - base


_NOTHING = Counters()
_NEVER = datetime.min.replace(tzinfo=UTC)


def standings(evidence: Evidence, now: datetime) -> list[Standing]:
    """Give every publication's standing, in the order of the evidence."""
    return evidence.remembered(("standings", now), lambda: _standings(evidence, now))


def _standings(evidence: Evidence, now: datetime) -> list[Standing]:
    yesterday = now - DAY
    latest, before = evidence.latest, evidence.known(yesterday)
    posts = _responses(evidence)
    usual = _against_usual(evidence, posts)
    unread = Latest(0, _NEVER, _NOTHING)
    known = ((each, latest.get(each.id, unread)) for each in evidence.publications)
    return [
        Standing(
            each,
            state.counters,
            before.get(each.id, _NOTHING),
            state.fell,
            each.published > yesterday,
            state.read > yesterday,
            None if state is unread else state.read,
            posts.get(each.delivery),
            usual.get(each.delivery),
        )
        for each, state in known
    ]


def _responses(evidence: Evidence) -> dict[int, Response]:
    """Give each post's response, by delivery, where anything was seen of it."""
    latest = evidence.latest
    found = {
        delivery: _response(
            (_cells(latest[each.id].counters) for each in parts if each.id in latest), _ENGAGED
        )
        for delivery, parts in evidence.parts.items()
    }
    return {delivery: response for delivery, response in found.items() if response.seen}


def _against_usual(evidence: Evidence, posts: Mapping[int, Response]) -> dict[int, Decimal]:
    """Give each post's engagement rate as a multiple of its account's median, by delivery.

    Only for accounts that have ``USUAL_FROM`` posts or more.
    """
    rates: dict[str, dict[int, Decimal]] = defaultdict(dict)
    for delivery, post in posts.items():
        account = evidence.parts[delivery][0].account
        rates[account][delivery] = Decimal(post.engaged) / post.seen
    found: dict[int, Decimal] = {}
    for each in rates.values():
        usual = median(each.values())
        if len(each) >= USUAL_FROM and usual:
            found |= {delivery: rate / usual for delivery, rate in each.items()}
    return found


def _total(column: Cells) -> int | None:
    """Sum what is known, as ``add``; faster where all is."""
    return add(column) if None in column or not column else sum(column)  # type: ignore[arg-type]


def _response(rows: Iterable[Cells], places: Sequence[int]) -> Response:
    """Sum what people did and saw, over the rows that tell of both."""
    engaged = seen = 0
    for row in rows:
        part = add([row[place] for place in places])
        if part is not None and (shown := row[_SEEN]) is not None:
            engaged += part
            seen += shown
    return Response(engaged, seen)


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures of some publications together; ``spend`` in dollars, None if not known."""

    standings: tuple[Standing, ...]
    spend: Decimal | None = None
    _columns: list[Cells] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def posts(self) -> int:
        """How many posts are out, each part of a thread counted, deleted ones too."""
        return len(self.standings)

    @property
    def wholes(self) -> int:
        """How many posts they make, each thread as one."""
        return len({each.publication.delivery for each in self.standings})

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
        """Give the median of its posts' engagement rates, each against its account's usual."""
        posts = {each.publication.delivery: each.against_usual for each in self.standings}
        found = [value for value in posts.values() if value is not None]
        return median(found) if found else None

    def count(self, *names: str) -> int | None:
        """Sum the named counters."""
        if len(self.standings) < MANY:
            return add(getattr(each.latest, name) for each in self.standings for name in names)
        return add(_total(self._column(_PLACES[name])) for name in names)

    def growth(self, *names: str) -> int | None:
        """Sum their growth since 24 hours ago, over the publications where it is known."""
        current = [each for each in self.standings if each.current]
        return add(each.grown(name) for each in current for name in names)

    def per_impression(self, *names: str) -> Decimal | None:
        """Give the named counters per impression; None without impressions."""
        engaged, seen = self._response([_PLACES[name] for name in names])
        return Decimal(engaged) / seen if seen else None

    def _column(self, place: int) -> Cells:
        """Give one counter of all of them; their table is turned once, for all counters."""
        if not self._columns:
            rows = (_cells(each.latest) for each in self.standings)
            self._columns.extend(zip(*rows, strict=True))
        return self._columns[place] if self._columns else ()

    def _response(self, places: Sequence[int]) -> Response:
        if len(self.standings) < MANY:
            return _response((_cells(each.latest) for each in self.standings), places)
        columns = [self._column(place) for place in (*places, _SEEN)]
        if any(None in column for column in columns):
            return _response(zip(*self._columns, strict=True), places)
        *parts, seen = [_total(column) or 0 for column in columns]
        return Response(sum(parts), seen)

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
    return evidence.remembered(("overall", now), lambda: _overall(evidence, now))


def _overall(evidence: Evidence, now: datetime) -> Sums:
    every = tuple(standings(evidence, now))
    spend = booked(evidence)
    return Sums(every, published_for(evidence, every) if spend is None else spend)
