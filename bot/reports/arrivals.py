"""The arrivals by marked links on the days of a report, of the campaigns that it is about.

Days are those of the files, and whole. A day that the report begins or ends within is left out. A
day that no file covers has no data, and no sum counts it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from bot.link_marks import reason_to_leave
from bot.reports.evidence import cached_per_evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from datetime import date

    from bot.model import Campaign
    from bot.model.arrivals import Arrival
    from bot.reports.evidence import Evidence

FIGURES = ("opened", "arrived", "arrived_from_posts", "arrived_from_partners")
"""The kinds of counts, by the keys of their columns."""

MAX_DAYS = 400
"""Most days that are listed, the last of those that the files cover."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The counts of a report, each by the marks of its link."""

    counts: Mapping[str, Mapping[Arrival, int] | None]
    """By ``FIGURES``. None is no data. A link without an entry was followed by nobody."""
    days: tuple[date, ...]
    """All days from the first covered day of the report to the last, the latest first."""
    logged: frozenset[date]
    """The days among them on which web logs or analytics counted."""
    counted: frozenset[date]
    """The days among them on which ``groundswell share serve`` counted."""

    @property
    def covered(self) -> frozenset[date]:
        """The days of which a file has anything."""
        return self.logged | self.counted

    def total(self, figure: str) -> int | None:
        """Return the sum of a kind of counts, or None without data."""
        counts = self.counts[figure]
        return None if counts is None else sum(counts.values())

    def by(
        self, key: Callable[[Arrival], Hashable], figures: Sequence[str] = FIGURES
    ) -> dict[str, Counter[Hashable] | None]:
        """Return the counts of some kinds by a key."""
        found: dict[str, Counter[Hashable] | None] = dict.fromkeys(figures)
        for figure in figures:
            if (counts := self.counts[figure]) is not None:
                found[figure] = sums = Counter[Any]()
                for arrival, count in counts.items():
                    sums[key(arrival)] += count
        return found


def campaigns_by_mark(campaigns: Iterable[Campaign]) -> dict[str, list[Campaign]]:
    """Return the campaigns by the name that their links carry as ``utm_campaign``."""
    found: dict[str, list[Campaign]] = defaultdict(list)
    for campaign in campaigns:
        found[campaign.link_marks.campaign if campaign.link_marks else campaign.id].append(campaign)
    return dict(found)


@cached_per_evidence
def arrivals_of(evidence: Evidence) -> Arrivals | None:
    """Return the arrivals on the days of a report, or None if no files were given."""
    reading = evidence.arrivals
    if reading is None:
        return None
    logged = frozenset(day for day in reading.days if is_whole(evidence, day))
    counted = frozenset(day for day in reading.opened_days if is_whole(evidence, day))
    arrived = {of: n for of, n in reading.arrived.items() if of.day in logged}
    ours = _of_campaigns(evidence, arrived)
    opened = {of: n for of, n in reading.opened.items() if of.day in counted}
    counts: dict[str, Mapping[Arrival, int] | None] = {
        "opened": _of_campaigns(evidence, opened) if counted else None
    }
    # Without marks nobody can arrive by one, and nothing is known.
    is_marked = any(campaign.link_marks for campaign in evidence.campaigns)
    has_pages = any(map(marked_pages, evidence.campaigns))
    for figure in FIGURES[1:]:
        found = {of: n for of, n in ours.items() if _figure_of(of) == figure}
        known = has_pages if figure == "arrived" else is_marked
        counts[figure] = found if logged and (known or found) else None
    return Arrivals(counts, _days(logged | counted), logged, counted)


def page_links(campaign: Campaign) -> dict[str, str]:
    """Return where the wordings of each share page link to, by partner and "" for our own page."""
    if (page := campaign.share) is None:
        return {}
    return {"": page.link, **{of.id: of.link or page.link for of in page.partners.values()}}


def marked_pages(campaign: Campaign) -> set[str]:
    """Return the partners on whose share page links are marked, "" standing for our own page."""
    links, marks = page_links(campaign), campaign.link_marks
    return {id_ for id_, link in links.items() if not reason_to_leave(link, marks)}


def marks_by_name(campaigns: Iterable[Campaign]) -> dict[str, str]:
    """Return the name that links carry now by each name that they may carry.

    Links that have no marks, and links of an earlier day, go by the campaign's id.
    """
    by_mark = campaigns_by_mark(campaigns)
    ids = {campaign.id: mark for mark, own in by_mark.items() for campaign in own}
    return ids | {mark: mark for mark in by_mark}


def _of_campaigns(evidence: Evidence, counts: Mapping[Arrival, int]) -> Counter[Arrival]:
    """Return the counts of the report's campaigns, by the name that their links carry now."""
    mark_of = marks_by_name(evidence.campaigns)
    found: Counter[Arrival] = Counter()
    for arrival, count in counts.items():
        if mark := mark_of.get(arrival.campaign):
            found[replace(arrival, campaign=mark)] += count
    return found


def _figure_of(arrival: Arrival) -> str:
    """Return the kind of counts that an arrival belongs to, or "" for a link of another kind.

    A post with a partner is that partner's own, from a text of ``groundswell share-texts``.
    """
    if arrival.medium == "post":
        return "arrived_from_partners" if arrival.partner else "arrived_from_posts"
    return "arrived" if arrival.medium == "share" else ""


def is_whole(evidence: Evidence, day: date) -> bool:
    """Return whether all of a day belongs to the report."""
    since, until, zone = evidence.since, evidence.until, evidence.zone
    if until and until.astimezone(zone).date() <= day:
        return False
    return not since or since <= datetime.combine(day, time(), zone)


def _days(covered: frozenset[date]) -> tuple[date, ...]:
    if not covered:
        return ()
    last = max(covered)
    count = min((last - min(covered)).days + 1, MAX_DAYS)
    return tuple(last - timedelta(days=back) for back in range(count))
