"""The cards of the page: posts as they looked, with small copies of the pictures they showed.

A post is one card, whatever the number of its accounts: its words once, and its figures on each.

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
from bot.reports.lines import account_label
from bot.reports.table import describe_fallen, format_instant, platform_name, printable
from bot.reports.totals import totals_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from bot.model import Delivery, Media, PostKey, Publication
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
class CardPart:
    """One part of a post as it looked."""

    pieces: tuple[str, ...]
    """Its text, every second piece of it highlighted: a link, a tag or a name."""
    pictures: tuple[tuple[str | None, str], ...]
    """Data address, None where it is not shown, and alt text."""
    poll: tuple[str, ...]
    """The options of its poll."""


@dataclass(frozen=True, slots=True)
class CardPlace:
    """A post on one account: where it is, and its figures as written."""

    delivery: int
    """The delivery's number."""
    account: str
    platform: str
    at: str
    instant: str
    url: str | None
    """None if it is deleted, or if a click must not open the address."""
    figures: tuple[tuple[str, str], ...]
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A post as it looked, on all of its accounts."""

    name: str
    """What a person types for it."""
    demand: str
    parts: tuple[CardPart, ...]
    """As on the first of its accounts."""
    differs: str
    """That the words of other accounts are not these, in words; "" if all say the same."""
    places: tuple[CardPlace, ...]
    """By network and account."""

    @property
    def accounts(self) -> str:
        """The accounts that it is on."""
        return ", ".join(dict.fromkeys(place.account for place in self.places))


def build_cards(
    evidence: Evidence, now: datetime, wanted: Sequence[PostKey], byte_budget: int
) -> dict[PostKey, Card]:
    """Return the cards of these posts.

    ``byte_budget`` is how many bytes of the page their pictures may take; the first ones come
    first.
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
    return {
        key: Card(
            evidence.post_name(key),
            _demand(evidence, ids[0]),
            tuple(_parts(evidence.parts[ids[0]], deliveries.get(ids[0]), pictures)),
            _differs(evidence, ids),
            tuple(_place(evidence, id_, totals[id_]) for id_ in ids),
        )
        for key, ids in shown.items()
    }


def _by_network(evidence: Evidence, key: PostKey) -> list[int]:
    """Return the deliveries of a post, by network and account."""
    first = {id_: evidence.parts[id_][0] for id_ in evidence.posts[key]}
    return sorted(first, key=lambda id_: (first[id_].platform, first[id_].account))


def most_seen(evidence: Evidence) -> list[PostKey]:
    """Return the most seen posts, at most ``MAX_CARDS``, the newest first.

    Where not all accounts have impressions, they are those that most people engaged with.
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


def _demand(evidence: Evidence, delivery: int) -> str:
    first = evidence.parts[delivery][0]
    return evidence.names.demand(first.campaign, first.demand) if first.demand else ""


def _parts(
    publications: Sequence[Publication], delivery: Delivery | None, pictures: dict[str, str]
) -> Iterator[CardPart]:
    sent = dict(enumerate(delivery.content.parts if delivery else ()))
    for publication in publications:
        part = sent.get(publication.part)
        poll = part.poll.options if part and part.poll else ()
        yield CardPart(
            tuple(_HIGHLIGHTED.split(printable(publication.text))),
            tuple(
                (pictures.get(item.sha256), printable(item.alt))
                for item in (part.media if part else ())
            ),
            tuple(map(printable, poll)),
        )


def _differs(evidence: Evidence, ids: Sequence[int]) -> str:
    """Say where the words are that are shown, if the post does not say the same everywhere."""
    texts = [[part.text for part in evidence.parts[id_]] for id_ in ids]
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
        delivery,
        evidence.names.account(first.account),
        platform_name(first.platform),
        format_instant(first.published, evidence.zone),
        first.published.isoformat(),
        None if first.gone else safe_url(first.url),
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
