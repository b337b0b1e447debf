"""The cards of the page: posts as they looked, with small copies of the pictures they showed.

A picture is shown only if the file still has the bytes that were sent; otherwise its alt text
stands in its place, as for video. All of a page's pictures together stay within a budget.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot import files
from bot.media.reading import clean_chunks
from bot.reports.grouped import figure
from bot.reports.table import describe_fallen, format_instant, platform_name, printable
from bot.reports.totals import totals_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.model import Delivery, Media, Publication
    from bot.reports.evidence import Evidence
    from bot.reports.totals import Totals

THUMBNAIL_SIDE = 560
"""Pixels of a copy's longer side, twice what a card is wide on most screens."""

MAX_PICTURE_BYTES = 350_000
"""Bytes that all copies may take together, before base64."""

MAX_CARDS = 60
"""Most cards of a page; of more posts, the most seen are shown."""

_CARD_COUNTERS = ("impressions", "likes", "reposts", "quotes", "replies", "bookmarks")
_HIGHLIGHTED = re.compile(r"(https?://\S+|[#@]\w+)")


@dataclass(frozen=True, slots=True)
class Card:
    """One delivery as it looked, its figures as written, and where it is, unless it is deleted."""

    account: str
    platform: str
    at: str
    instant: str
    demand: str
    url: str | None
    parts: tuple[tuple[list[str], list[tuple[str | None, str]], list[str]], ...]
    """Each one's text in pieces, every second of them highlighted (a link, a tag or a name); its
    pictures, by data address (None where it is not shown) and alt text; the options of its poll."""

    figures: tuple[tuple[str, str], ...]
    marks: tuple[str, ...]


def build_cards(
    evidence: Evidence, now: datetime, wanted: Sequence[int], byte_budget: int
) -> dict[int, Card]:
    """Return the cards of these deliveries.

    ``byte_budget`` is how many bytes of the page their pictures may take; the first ones come
    first.
    """
    totals = totals_by(evidence, now, lambda post: post.delivery)
    deliveries = {delivery.id: delivery for delivery in evidence.deliveries}
    parts = (part for id_ in wanted if id_ in deliveries for part in deliveries[id_].content.parts)
    pictures = embed_pictures((item for part in parts for item in part.media), byte_budget)
    return {
        id_: _build_card(evidence, evidence.parts[id_], totals[id_], deliveries.get(id_), pictures)
        for id_ in wanted
    }


def most_seen(evidence: Evidence) -> list[int]:
    """Return the ids of the most seen deliveries, at most ``MAX_CARDS``, the newest first.

    Where not all accounts have impressions, they are those that most people engaged with.
    """
    latest, count = evidence.latest, attrgetter(f"counters.{evidence.common_counter}")
    seen = {
        delivery: sum(count(latest[p.id]) or 0 for p in parts if p.id in latest)
        for delivery, parts in evidence.parts.items()
    }
    shown = sorted(evidence.parts, key=lambda id_: -seen[id_])[:MAX_CARDS]
    return sorted(shown, key=lambda id_: evidence.parts[id_][0].published, reverse=True)


def _build_card(
    evidence: Evidence,
    publications: Sequence[Publication],
    totals: Totals,
    delivery: Delivery | None,
    pictures: dict[str, str],
) -> Card:
    first = publications[0]
    parts = dict(enumerate(delivery.content.parts if delivery else ()))
    texts = []
    for publication in publications:
        part = parts.get(publication.part)
        media = part.media if part else ()
        poll = part.poll.options if part and part.poll else ()
        texts.append(
            (
                _HIGHLIGHTED.split(printable(publication.text)),
                [(pictures.get(item.sha256), printable(item.alt)) for item in media],
                [*map(printable, poll)],
            )
        )
    shown = first.account not in evidence.without_impressions
    figures = [(name.capitalize(), figure(name, totals)) for name in _CARD_COUNTERS]
    if shown:
        figures.append(("Rate", figure("engagement_rate", totals)))
    else:
        figures[0] = ("Engagements", figure("engagements", totals))
    if totals.spend is not None:
        figures.append(("Cost", figure("spend", totals)))
    return Card(
        evidence.names.account(first.account),
        platform_name(first.platform),
        format_instant(first.published, evidence.zone),
        first.published.isoformat(),
        evidence.names.demand(first.campaign, first.demand) if first.demand else "",
        None if first.gone else safe_url(first.url),
        tuple(texts),
        tuple(figures),
        tuple(_badges(evidence, totals)),
    )


def safe_url(url: str) -> str | None:
    """Return an address that a click may open: http and https only, nothing that runs."""
    try:
        return url if urlsplit(url).scheme in {"http", "https"} else None
    except ValueError:
        return None


def _badges(evidence: Evidence, totals: Totals) -> Iterator[str]:
    if totals.posts > 1:
        yield f"thread of {totals.posts}"
    gone = [gone for metrics in totals.metrics if (gone := metrics.publication.gone)]
    if gone:
        yield f"deleted, found {format_instant(min(gone), evidence.zone)}"
    if fallen := describe_fallen(name for metrics in totals.metrics for name in metrics.fell):
        yield fallen
    if totals.read is None:
        yield "no figures yet"


def embed_pictures(media: Iterable[Media], byte_budget: int) -> dict[str, str]:
    """Return data addresses by sha256, for as many as the budget holds, in the order given.

    ``byte_budget`` is how many bytes of the page they may take at most, as base64.
    """
    embedded: dict[str, str] = {}
    left = min(MAX_PICTURE_BYTES, byte_budget // 4 * 3)
    for item in media:
        if left <= 0:
            break
        if item.sha256 in embedded or not item.mime.startswith("image/"):
            continue
        copy = _thumbnail(item)
        if copy is not None and len(copy) <= left:
            left -= len(copy)
            embedded[item.sha256] = f"data:image/webp;base64,{base64.b64encode(copy).decode()}"
    return embedded


def _thumbnail(media: Media) -> bytes | None:
    from PIL import Image

    try:
        original = hashlib.sha256()
        with files.open_found(media.path) as (file, state):
            data = b"".join(clean_chunks(file, state.st_size, original=original))
        if media.sha256 not in {hashlib.sha256(data).hexdigest(), original.hexdigest()}:
            return None
        with Image.open(io.BytesIO(data)) as image:
            image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
            out = io.BytesIO()
            image.convert("RGBA").save(out, "WEBP", quality=72)
            return out.getvalue()
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
