"""The rows of the report on share pages, by the keys of their columns.

What the files do not have, such as a wording that somebody typed into an address, is one row
together. No words of an address get into a report.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model import ENGAGEMENTS
from bot.model.post_words import platform_name
from bot.model.share import NETWORK_NAMES, PAGE_NETWORKS
from bot.reports.arrivals import FIGURES, campaigns_by_mark, marked_pages
from bot.reports.table import (
    DAYS,
    EXCERPT_LENGTH,
    Cell,
    one_line,
)
from bot.reports.totals import totals_by
from bot.text import join_words

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from datetime import datetime

    from bot.model import Campaign, Publication
    from bot.reports.arrivals import Arrivals
    from bot.reports.evidence import Evidence
    from bot.reports.totals import Totals

Row = dict[str, Cell]
"""The cells of a row by the keys of their columns. A cell that is not there is no data."""

Counts = dict[str, "Counter[Hashable] | None"]

SHARED = ("opened", "arrived")
"""The figures of the share page. Posts have no wording of it."""

OF_PARTNERS = (*SHARED, "arrived_from_partners")
"""The figures of partners. Our own posts are of none."""

OTHER = "(other)"
"""The id of a row of all that the files do not have."""


class PostsOfDays:
    """The posts of our own accounts that went out on the days of the files."""

    def __init__(self, evidence: Evidence, arrivals: Arrivals, now: datetime) -> None:
        zone, days = evidence.zone, arrivals.covered
        out = [of for of in evidence.publications if of.published.astimezone(zone).date() in days]
        self._evidence, self._now = replace(evidence, publications=out), now

    def by(self, key: Callable[[Publication], Hashable]) -> Callable[[Hashable], Row]:
        """Return a function that returns the figures of the posts that have a key."""
        totals = totals_by(self._evidence, self._now, key)
        return lambda wanted: _post_figures(totals.get(wanted))

    def all(self) -> Row:
        """Return the figures of all of them."""
        return self.by(lambda _: None)(None)


def _post_figures(totals: Totals | None) -> Row:
    if totals is None:
        return {"posts": 0, "engagements": 0}
    return {"posts": totals.posts, "engagements": totals.count(*ENGAGEMENTS)}


def by_network(evidence: Evidence, arrivals: Arrivals, posts: PostsOfDays) -> Iterator[Row]:
    """Yield the networks of the page and those that we post on, beside our posts there.

    Without a share page, those without any arrival are left out. Networks that take the page alone
    may drop its marks, so that they have no data if nobody was counted.
    """
    own, posted = evidence.platforms(), posts.by(lambda of: of.platform)
    names = {**{name: platform_name(name) for name in sorted(own)}, **NETWORK_NAMES}
    known: dict[Hashable, Row] = {id_: {"name": name, "id": id_} for id_, name in names.items()}
    known |= {id_: known[id_] | dict.fromkeys(SHARED) for id_ in PAGE_NETWORKS}
    has_page = any(campaign.share for campaign in evidence.campaigns)
    for row in _with_counts(arrivals.by(lambda of: of.network), known):
        if has_page or row["id"] in own or any(row[figure] for figure in FIGURES):
            yield row | posted(row["id"])


def by_wording(evidence: Evidence, arrivals: Arrivals) -> Iterator[Row]:
    """Yield the wordings of the share pages, each with the beginning of its text."""
    known: dict[Hashable, Row] = {}
    for mark, campaign in _campaigns(evidence):
        for wording in campaign.share.wordings if campaign.share else ():
            row: Row = {
                "name": one_line(wording.text, EXCERPT_LENGTH) or wording.id,
                "id": wording.id,
                "demand": evidence.names.demand(campaign.id, wording.demand),
                "language": wording.language,
                "campaign": campaign.title,
            }
            known.setdefault((mark, wording.id), row | _without_data(campaign))
    yield from _with_counts(arrivals.by(lambda of: (of.campaign, of.content), SHARED), known)


def by_partner(evidence: Evidence, arrivals: Arrivals) -> Iterator[Row]:
    """Yield each campaign's own share page, and its partners with their pages and posts."""
    known: dict[Hashable, Row] = {}
    for mark, campaign in _campaigns(evidence):
        pages = campaign.share.partners if campaign.share else {}
        names = {"": "Our own page"} if campaign.share else {}
        names |= {id_: id_ for id_ in campaign.partners}
        names |= {id_: partner.name for id_, partner in pages.items()}
        for id_, name in names.items():
            row: Row = {"name": name, "id": id_, "campaign": campaign.title}
            known.setdefault((mark, id_), row | _without_data(campaign, id_))
    yield from _with_counts(arrivals.by(lambda of: (of.campaign, of.partner), OF_PARTNERS), known)


def by_campaign(evidence: Evidence, arrivals: Arrivals, posts: PostsOfDays) -> Iterator[Row]:
    """Yield the campaigns. Those whose links have the same name cannot be told apart."""
    marks = campaigns_by_mark(evidence.campaigns)
    mark_of = {campaign.id: mark for mark, own in marks.items() for campaign in own}
    posted = posts.by(lambda of: mark_of.get(of.campaign))
    known: dict[Hashable, Row] = {
        mark: {"name": join_words([of.title for of in own]), "id": mark, **_without_data(own[0])}
        for mark, own in marks.items()
    }
    for row in _with_counts(arrivals.by(lambda of: of.campaign), known):
        yield row | posted(row["id"])


def by_day(evidence: Evidence, arrivals: Arrivals, posts: PostsOfDays) -> Iterator[Row]:
    """Yield the days, the latest first, without data if no file covers a day."""
    zone = evidence.zone
    posted = posts.by(lambda of: of.published.astimezone(zone).date())
    counts = arrivals.by(lambda of: of.day)
    for day in arrivals.days:
        row: Row = {"name": f"{day} {DAYS[day.weekday()][:3]}", "id": f"{day}"}
        counted = {"opened"} if day in arrivals.counted else set()
        counted |= {*FIGURES} - {"opened"} if day in arrivals.logged else set()
        known = {figure: found for figure, found in counts.items() if figure in counted}
        yield row | _figures(known, day) | (posted(day) if counted else {})


def _without_data(campaign: Campaign, partner: str | None = None) -> Row:
    """Return the figures without data unless somebody arrived, as the links have no marks.

    The links are those of a partner's page, of our own page for "", or of any page for None.
    """
    pages = marked_pages(campaign)
    row: Row = {} if (pages if partner is None else partner in pages) else {"arrived": None}
    if campaign.link_marks is None:
        row |= {"arrived_from_posts": None, "arrived_from_partners": None}
    return row


def _campaigns(evidence: Evidence) -> Iterator[tuple[str, Campaign]]:
    """Yield the campaigns, each after the name that its links carry."""
    for mark, campaigns in campaigns_by_mark(evidence.campaigns).items():
        yield from ((mark, campaign) for campaign in campaigns)


def _with_counts(counts: Counts, known: Mapping[Hashable, Row]) -> Iterator[Row]:
    """Yield the rows with their counts, and a row for the counts of all other keys.

    A figure that a row has already stands if nobody was counted.
    """
    for key, row in known.items():
        counted = _figures(counts, key)
        yield row | {figure: n or row.get(figure, n) for figure, n in counted.items()}
    others = {key for found in counts.values() for key in found or ()} - known.keys()
    if others:
        sums: Row = {
            figure: None if found is None else sum(found[key] for key in others)
            for figure, found in counts.items()
        }
        label: Row = {
            "name": "Other, not in the campaign",
            "id": OTHER,
            "demand": "",
            "language": "",
        }
        yield label | sums


def _figures(counts: Counts, key: Hashable) -> Row:
    return {figure: None if found is None else found[key] for figure, found in counts.items()}
