"""The counts of arrivals, in bounded memory. Pure.

Anybody can ask a site for any address, with any marks. Values that the campaign does not know are
therefore kept up to a number, and the rest is counted as ``OTHER``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.arrivals.marks import UNFIT, Marks
from bot.arrivals.robots import is_robot
from bot.model.arrivals import Arrival

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from bot.arrivals.copies import Copies
    from bot.arrivals.formats import Request

OTHER = "other"
"""Stands for the values that are not kept one by one."""

MOST_UNKNOWN = 50
"""Most values that are kept of each mark, besides those that the campaign knows."""

MOST_KEYS = 100_000
"""Most combinations of values and days that are kept. A year of a large campaign has a tenth."""

_ARRIVED = {200, 304}
"""Answers after which a person saw the page. 304 lets a browser show the copy that it has."""

NO_AGENT = frozenset({None, "", "-"})
"""What a log has for a user agent if it keeps none, or if none was sent."""

_REDIRECTS = range(300, 400)
_ERRORS = range(400, 1000)


@dataclass
class Tally:
    """The counts of all files, as they are read."""

    campaigns: Collection[str]
    """The values of ``utm_campaign`` that are counted."""
    known: Collection[str] = ()
    """Values of the other marks that are always kept, such as the campaign's wordings."""
    arrived: Counter[Arrival] = field(default_factory=Counter)
    opened: Counter[Arrival] = field(default_factory=Counter)
    robots: int = 0
    redirected: int = 0
    refused: int = 0
    unreadable: int = 0
    lines: int = 0
    days: set[date] = field(default_factory=set)
    opened_days: set[date] = field(default_factory=set)
    clocks: set[str] = field(default_factory=set)
    silent: Counter[Arrival] = field(default_factory=Counter)
    """The arrivals without a user agent in the log that is read at present."""
    agents_seen: bool = False
    """Whether a marked request in that log has a user agent."""
    file_days: set[date] = field(default_factory=set)
    """The days of arrivals in the file that is read at present."""
    notes: dict[str, None] = field(default_factory=dict)
    """The notes in the order in which their reasons came up."""
    copies: Copies | None = None
    """Finds the requests that several logs have, or None for a single log."""
    file_opened: Counter[Arrival] = field(default_factory=Counter)
    """The counts of the counters that are read at present."""
    others: int = 0
    """Arrivals of which at least one value is counted as ``OTHER``."""

    def __post_init__(self) -> None:
        self._spellings = {name.casefold(): name for name in self.campaigns}
        self._kept = {value.casefold(): value for value in (*self.known, "")}
        self._unknown: dict[str, dict[str, str]] = defaultdict(dict)
        self._is_robot = lru_cache(maxsize=4096)(is_robot)  # ends with the reading

    def wants(self, marks: Marks) -> bool:
        """Return whether a link with these marks is of a campaign that is counted."""
        return marks.campaign.casefold() in self._spellings

    def spelling(self, marks: Marks) -> str:
        """Return the campaign of these marks as it was asked for."""
        return self._spellings[marks.campaign.casefold()]

    def note(self, text: str) -> None:
        """Add a note, once."""
        self.notes.setdefault(text)

    def count_request(self, request: Request, marks: Marks) -> None:
        """Count a request to a marked link, unless it is neither an arrival nor the try of one.

        A form on the page that was arrived at may send its data to the same address, and a film is
        fetched in parts. Neither is another arrival.
        """
        if not self.wants(marks) or request.method not in {"GET", "HEAD"}:
            return
        self.days.add(request.day)
        said = request.agent not in NO_AGENT
        self.agents_seen |= said
        if self.copies and self.copies.has(request):
            return
        if request.method == "HEAD" or (said and self._is_robot(str(request.agent))):
            self.robots += 1
        elif request.status in _ARRIVED:
            counts = self.arrived if said else self.silent
            self._add(counts, request.day, marks, 1)
        elif request.status in _REDIRECTS:
            self.redirected += 1
        elif request.status in _ERRORS:
            self.refused += 1

    def settle_silent(self, *, log_keeps_agents: bool) -> bool:
        """Count the arrivals without a user agent in the log that ends here.

        A browser always sends one. If the log keeps none, they are counted like all others, and
        this returns True.
        """
        by_robots = log_keeps_agents or self.agents_seen
        silent, self.silent, self.agents_seen = self.silent, Counter(), False
        if by_robots:
            self.robots += silent.total()
            return False
        for arrival, number in silent.items():
            self._count(self.arrived, arrival, number)
        return bool(silent)

    def count_arrival(self, day: date, marks: Marks, number: int = 1) -> None:
        """Count arrivals by a link with these marks, if its campaign is counted."""
        if self.wants(marks):
            self._add(self.arrived, day, marks, number)

    def count_opened(self, day: date, marks: Marks, number: int) -> None:
        """Count how often the counters of the share page saw a link opened."""
        if self.wants(marks):
            self.opened_days.add(day)
            self._add(self.file_opened, day, marks, number)

    def settle_opened(self) -> set[date]:
        """Take the counters that end here together with earlier ones.

        Of links that both counted on one day, the larger count is taken, because one file may be a
        copy of the other. Return these days.
        """
        both = self.opened.keys() & self.file_opened.keys()
        self.opened, self.file_opened = self.opened | self.file_opened, Counter()
        return {of.day for of in both}

    def _add(self, counts: Counter[Arrival], day: date, marks: Marks, number: int) -> None:
        campaign = self.spelling(marks)
        names = ("network", "medium", "content", "partner")
        network, medium, content, partner = (
            self._keep(name, getattr(marks, name)) for name in names
        )
        self._count(counts, Arrival(day, network, medium, campaign, content, partner), number)

    def _count(self, counts: Counter[Arrival], key: Arrival, number: int) -> None:
        if key not in counts and len(counts) >= MOST_KEYS:
            key = Arrival(key.day, OTHER, OTHER, key.campaign, OTHER, OTHER)
        counts[key] += number
        if counts is self.arrived:
            self.file_days.add(key.day)
            values = (key.network, key.medium, key.content, key.partner)
            self.others += number if OTHER in values else 0

    def _keep(self, name: str, value: str) -> str:
        """Return the spelling of a value that is counted, or ``OTHER``, whatever its case."""
        folded = value.casefold()
        if folded in self._kept:
            return self._kept[folded]
        unknown = self._unknown[name]
        if value != UNFIT and (folded in unknown or len(unknown) < MOST_UNKNOWN):
            return unknown.setdefault(folded, folded)
        return OTHER
