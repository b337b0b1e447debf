"""The cards of the page, which show posts as they looked, with small copies of their pictures.

A post has one card with its words and its figures on each of its accounts.

A picture is shown only if its file still has the bytes that were sent. Otherwise its alt text
stands there, as for video. The pictures of a page stay within a budget of bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot import files
from bot.link_marks import without_post_marks
from bot.media.reading import clean_chunks
from bot.model.post_words import platform_name
from bot.pages import split_highlights
from bot.reports.grouped import figure
from bot.reports.lines import account_label
from bot.reports.table import describe_fallen, format_instant, printable
from bot.reports.totals import totals_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.model import Delivery, Media, PostKey, Publication
    from bot.reports.evidence import Evidence
    from bot.reports.totals import Totals

THUMBNAIL_SIDE = 560
"""Pixels of a copy's longer side, twice the width of a card on most screens."""

MAX_PICTURE_BYTES = 350_000
"""Most bytes of all copies together, before base64."""

MAX_CARDS = 60
"""Most cards of a page, which are those of the most seen posts."""

_CARD_COUNTERS = ("impressions", "likes", "reposts", "quotes", "replies", "bookmarks")


@dataclass(frozen=True, slots=True)
class CardPart:
    """One part of a post as it looked."""

    pieces: tuple[str, ...]
    """Its text. Every second piece is a link, a tag or a name, which are highlighted."""
    pictures: tuple[tuple[str | None, str], ...]
    """Data addresses, or None for a picture that is not shown, with alt texts."""
    poll: tuple[str, ...]
    """The options of its poll."""


@dataclass(frozen=True, slots=True)
class CardPlace:
    """A post on one account."""

    account: str
    platform: str
    published: datetime
    url: str | None
    """Its address, or None if it is deleted or a click must not open it."""
    figures: tuple[tuple[str, str], ...]
    """Its counters, by name and as written."""
    marks: tuple[str, ...]
    """Short remarks, such as ``thread of 3``."""


@dataclass(frozen=True, slots=True)
class Card:
    """A post as it looked, on all of its accounts."""

    name: str
    """The name that a person types for it."""
    demand: str
    parts: tuple[CardPart, ...]
    """Its parts on the first of its accounts."""
    differs: str
    """A remark that other accounts say it in other words, or ""."""
    places: tuple[CardPlace, ...]
    """In the order of networks and accounts."""


def build_cards(
    evidence: Evidence, now: datetime, wanted: Sequence[PostKey], byte_budget: int
) -> dict[PostKey, Card]:
    """Return the cards of these posts.

    ``byte_budget`` is the number of bytes of the page that their pictures may take, first come
    first served.
    """
    totals = totals_by(evidence, now, lambda post: post.delivery)
    deliveries = {delivery.id: delivery for delivery in evidence.deliveries}
    shown = {key: _by_network(evidence, key) for key in wanted}
    parts = (
        part
        for ids in shown.values()
        if ids[0] in deliveries
        for part in deliveries[ids[0]].content.parts
    )
    pictures = embed_pictures((item for part in parts for item in part.media), byte_budget)
    cards = {}
    for key, ids in shown.items():
        publications = evidence.parts[ids[0]]
        demand = publications[0].demand
        cards[key] = Card(
            evidence.post_name(key),
            evidence.names.demand(key.campaign, demand) if demand else "",
            tuple(_parts(publications, deliveries.get(ids[0]), pictures)),
            _differs(evidence, ids),
            tuple(_place(evidence, id_, totals[id_]) for id_ in ids),
        )
    return cards


def _by_network(evidence: Evidence, key: PostKey) -> list[int]:
    """Return the deliveries of a post, in the order of networks and accounts."""
    first = {id_: evidence.parts[id_][0] for id_ in evidence.posts[key]}
    return sorted(first, key=lambda id_: (first[id_].platform, first[id_].account))


def most_seen(evidence: Evidence) -> list[PostKey]:
    """Return the ``MAX_CARDS`` most seen posts, the newest first.

    If an account has no impressions, the posts with most engagements are returned.
    """
    latest, count = evidence.latest, attrgetter(f"counters.{evidence.common_counter}")
    seen: dict[PostKey, int] = {}
    published: dict[PostKey, datetime] = {}
    for key, ids in evidence.posts.items():
        parts = [part for id_ in ids for part in evidence.parts[id_]]
        seen[key] = sum(count(latest[p.id]) or 0 for p in parts if p.id in latest)
        published[key] = min(part.published for part in parts)
    shown = sorted(seen, key=lambda key: -seen[key])[:MAX_CARDS]
    return sorted(shown, key=lambda key: published[key], reverse=True)


def _parts(
    publications: Sequence[Publication], delivery: Delivery | None, pictures: dict[str, str]
) -> Iterator[CardPart]:
    sent = dict(enumerate(delivery.content.parts if delivery else ()))
    for publication in publications:
        part = sent.get(publication.part)
        poll = part.poll.options if part and part.poll else ()
        yield CardPart(
            split_highlights(printable(publication.text)),
            tuple(
                (pictures.get(item.sha256), printable(item.alt))
                for item in (part.media if part else ())
            ),
            tuple(map(printable, poll)),
        )


def _differs(evidence: Evidence, ids: Sequence[int]) -> str:
    """Return the remark on whose words are shown, or "" if the post says the same everywhere."""
    texts = [[without_post_marks(part.text) for part in evidence.parts[id_]] for id_ in ids]
    if all(text == texts[0] for text in texts):
        return ""
    return f"words differ; these are on {account_label(evidence, evidence.parts[ids[0]][0])}"


def _place(evidence: Evidence, delivery: int, totals: Totals) -> CardPlace:
    first = evidence.parts[delivery][0]
    figures = [(name.capitalize(), figure(name, totals)) for name in _CARD_COUNTERS]
    if first.account in evidence.without_impressions:
        figures[0] = ("Engagements", figure("engagements", totals))
    else:
        figures.append(("Rate", figure("engagement_rate", totals)))
    if totals.spend:
        figures.append(("Cost", figure("spend", totals)))
    return CardPlace(
        evidence.names.account(first.account),
        platform_name(first.platform),
        first.published,
        None if first.gone else safe_url(first.url),
        tuple(figures),
        tuple(_badges(evidence, totals)),
    )


def safe_url(url: str) -> str | None:
    """Return an address that a click may open, which is http or https, or None."""
    try:
        return url if urlsplit(url).scheme in {"http", "https"} else None
    except ValueError:
        return None


def _badges(evidence: Evidence, totals: Totals) -> Iterator[str]:
    if totals.parts > 1:
        yield f"thread of {totals.parts}"
    gone = [gone for metrics in totals.metrics if (gone := metrics.publication.gone)]
    if gone:
        yield f"deleted, found {format_instant(min(gone), evidence.zone)}"
    if fallen := describe_fallen(name for metrics in totals.metrics for name in metrics.fell):
        yield fallen
    if totals.read is None:
        yield "no figures yet"


def embed_pictures(media: Iterable[Media], byte_budget: int) -> dict[str, str]:
    """Return data addresses by sha256, of as many pictures in order as the budget holds.

    ``byte_budget`` is the number of bytes of the page that they may take, as base64.
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
