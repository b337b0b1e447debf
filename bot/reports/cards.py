"""Posts as people saw them, with their counters: one card a delivery, threads whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.reports.figures import NO_DATA, count, fell, instant, money, printable, rate
from bot.reports.numbers import ENGAGEMENTS, Sums, published_for, standings
from bot.reports.pictures import pictures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.model import Delivery, Media, Part, Publication
    from bot.reports.evidence import Evidence

CARDS = 60
"""Most cards of a page; beyond it, the most seen are shown."""

_SHOWN = ("impressions", "likes", "reposts", "quotes", "replies", "bookmarks")
_LIT = re.compile(r"(https?://\S+|[#@]\w+)")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a data address, or only its alt text where ``source`` is None."""

    source: str | None
    alt: str


@dataclass(frozen=True, slots=True)
class Said:
    """One part: its text in pieces, every second of them lit (a link, a tag or a name)."""

    pieces: tuple[str, ...]
    pictures: tuple[Picture, ...]
    poll: tuple[str, ...]
    url: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """One delivery as it looked, and what came of it; figures are written out already."""

    account: str
    platform: str
    at: str
    instant: str
    demand: str
    parts: tuple[Said, ...]
    figures: tuple[tuple[str, str], ...]
    marks: tuple[str, ...]


def cards(evidence: Evidence, now: datetime, room: int) -> tuple[list[Card], int]:
    """Give the cards of the most seen posts, newest first, and how many posts there are in all.

    ``room`` is how many bytes of the page their pictures may take.
    """
    known = {each.publication.id: each for each in standings(evidence, now)}
    sums = {
        delivery: Sums(tuple(known[each.id] for each in parts))
        for delivery, parts in evidence.parts.items()
    }
    seen = sorted(sums, key=lambda each: -(sums[each].count("impressions") or 0))[:CARDS]
    seen.sort(key=lambda each: evidence.parts[each][0].published, reverse=True)
    deliveries = {each.id: each for each in evidence.deliveries}
    shown = pictures(_media(deliveries[each] for each in seen if each in deliveries), room)
    return [_card(evidence, sums[each], deliveries.get(each), shown) for each in seen], len(sums)


def _media(deliveries: Iterator[Delivery]) -> Iterator[Media]:
    for delivery in deliveries:
        for part in delivery.content.parts:
            yield from part.media


def _card(evidence: Evidence, sums: Sums, delivery: Delivery | None, shown: dict[str, str]) -> Card:
    publications = [each.publication for each in sums.standings]
    first = publications[0]
    names = evidence.names
    parts = dict(enumerate(delivery.content.parts if delivery else ()))
    return Card(
        names.accounts.get(first.account, first.account),
        first.platform.capitalize(),
        instant(first.published, evidence.zone),
        first.published.isoformat(),
        names.demands.get((first.campaign, first.demand or ""), first.demand or ""),
        tuple(_said(each, parts.get(each.part), shown) for each in publications),
        tuple(_figures(evidence, sums)),
        tuple(_marks(evidence, sums)),
    )


def _said(publication: Publication, part: Part | None, shown: dict[str, str]) -> Said:
    media = part.media if part else ()
    return Said(
        tuple(_LIT.split(printable(publication.text))),
        tuple(Picture(shown.get(each.sha256), printable(each.alt)) for each in media),
        tuple(printable(each) for each in part.poll.options) if part and part.poll else (),
        None if publication.gone else safe_address(publication.url),
    )


def safe_address(url: str) -> str | None:
    """Give an address that a click may open: http and https only, nothing that runs."""
    try:
        return url if urlsplit(url).scheme in {"http", "https"} else None
    except ValueError:
        return None


def _figures(evidence: Evidence, sums: Sums) -> Iterator[tuple[str, str]]:
    for name in _SHOWN:
        value = sums.count(name)
        yield name.capitalize(), NO_DATA if value is None else count(value)
    share = sums.per_impression(*ENGAGEMENTS)
    yield "Rate", NO_DATA if share is None else rate(share)
    price = published_for(evidence, sums.standings)
    if price is not None:
        yield "Cost", money(price)


def _marks(evidence: Evidence, sums: Sums) -> Iterator[str]:
    if sums.posts > 1:
        yield f"thread of {sums.posts}"
    gone = [each.publication.gone for each in sums.standings if each.publication.gone]
    if gone:
        yield f"deleted, found {instant(min(gone), evidence.zone)}"
    if fallen := fell(name for each in sums.standings for name in each.fell):
        yield fallen
    if sums.read is None:
        yield "not read yet"
