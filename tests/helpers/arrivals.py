"""A campaign with a share page, and readings of arrivals made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from bot.model import Campaign
from bot.model.arrivals import Arrival, ArrivalReading
from bot.model.share import LinkMarks, ShareLanguage, SharePage, SharePartner, ShareWording
from helpers.reports import CAMPAIGN, NOW, evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.model import Publication
    from bot.reports import Evidence

TODAY = NOW.date()
HART = "HART files away the irises of migrants. It runs on AWS."
NIMBUS = "1.2 billion dollars: the price of Project Nimbus."


def day(back: int) -> date:
    """Return the day so many days before NOW."""
    return TODAY - timedelta(days=back)


def wording(id_: str, text: str, demand: str = "hart", language: str = "en") -> ShareWording:
    return ShareWording(id_, demand, text, text, language)


WORDINGS = (wording("hart-data", HART), wording("nimbus", NIMBUS, "nimbus"))
PAGES = ("https://mediajustice.org/", "https://share.example.org/people/")
MARKS = LinkMarks(PAGES, (), CAMPAIGN, "post")


def campaign(
    *wordings: ShareWording,
    partners: Mapping[str, str] | None = None,
    **changes: Any,
) -> Campaign:
    """Return a campaign whose share page has these wordings; ``partners`` are names by id."""
    own = ShareLanguage("en", "Amazon", "", {}, {}, {})
    known = {id_: SharePartner(id_, name) for id_, name in (partners or {}).items()}
    page = SharePage(
        "MediaJustice",
        PAGES[1],
        PAGES[0],
        (own,),
        wordings or WORDINGS,
        known,
    )
    values: dict[str, Any] = {
        "id": CAMPAIGN,
        "title": "Amazon, put people over profit",
        "timezone": "UTC",
        "accounts": (),
        "hashtags": (),
        "facts": {},
        "demands": {},
        "events": {},
        "posts": (),
        "link_marks": MARKS,
        "share": page,
    }
    return Campaign(**{**values, **changes})


def shared(back: int, network: str, content: str, partner: str = "", **changes: Any) -> Arrival:
    """Return an arrival by a link of the share page."""
    return replace(Arrival(day(back), network, "share", CAMPAIGN, content, partner), **changes)


def posted(back: int, network: str, content: str = "post-1", **changes: Any) -> Arrival:
    """Return an arrival by a link in a post of ours."""
    return replace(Arrival(day(back), network, "post", CAMPAIGN, content), **changes)


def reading(
    arrived: Mapping[Arrival, int], days: Iterable[date] = (), **rest: Any
) -> ArrivalReading:
    """Return a reading whose files cover these days, or else the days of the arrivals."""
    covered = frozenset(days) or frozenset(arrival.day for arrival in arrived)
    return ArrivalReading(arrived, days=covered, **rest)


def share_evidence(
    arrivals: ArrivalReading, *campaigns: Campaign, posts: Iterable[Publication] = (), **rest: Any
) -> Evidence:
    """Return evidence of arrivals, of the campaign or of these campaigns, and of posts."""
    own = campaigns or (campaign(),)
    return replace(evidence(*posts, **rest), arrivals=arrivals, campaigns=own)
