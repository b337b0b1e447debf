"""The versions of a post, each once with the accounts that say the same."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.model import COUNTER_NAMES, Counters
from bot.model.post_words import join_places, place_names, state_word
from bot.model.published import sum_known
from bot.planning.content_diff import content_differences
from bot.planning.diff import PLANNED
from bot.platforms import load_platform
from bot.reports.cards import safe_url
from bot.reports.table import describe_fallen, format_count
from bot.schedules.local_time import format_local
from bot.services.approval_views import change_views
from bot.services.views import DeliveryView
from bot.services.views_post_version import (
    AttachedView,
    CropView,
    PostPlace,
    PostVersion,
    PublishedView,
    ShownPart,
)
from bot.store.published_parts import read_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.model import Content, Media, Occurrence, Part
    from bot.runtime.app import App
    from bot.services.views import PlannedDelivery
    from bot.store.published_parts import PublishedPart

CROPS = "mastodon"
"""The platform that crops pictures around the focal point."""

CROP_WIDTH, CROP_HEIGHT = 16, 9
"""The form of a picture in its timelines."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A post on one account, before its versions are put together."""

    occurrence: Occurrence
    """The delivery, or the occurrence that the files plan."""
    view: PlannedDelivery
    """Its view, a ``DeliveryView`` if it is queued."""
    source: str
    """The place of its entry in the files; "" if unknown."""


def build_versions(app: App, places: Sequence[Placement]) -> tuple[PostVersion, ...]:
    """Return the versions of a post, the one of the first account first."""
    numbers = [of.view.number for of in places if isinstance(of.view, DeliveryView)]
    published: dict[int, list[PublishedPart]] = defaultdict(list)
    for part in read_parts(app.database, numbers):
        published[part.delivery].append(part)
    names = place_names([of.view for of in places])
    groups: dict[tuple[Content, str], list[Placement]] = defaultdict(list)
    for place in places:
        groups[place.occurrence.content, place.occurrence.wording].append(place)
    first = places[0].occurrence.content
    return tuple(_version(app, group, first, names, published) for group in groups.values())


def _version(
    app: App,
    group: Sequence[Placement],
    first: Content,
    names: Mapping[str, str],
    published: Mapping[int, Sequence[PublishedPart]],
) -> PostVersion:
    content = group[0].occurrence.content
    return PostVersion(
        on=join_places([of.view for of in group], names),
        places=tuple(_place(app, of, names, published) for of in group),
        parts=tuple(_part(index, part, group, names) for index, part in enumerate(content.parts)),
        warning=content.warning or "",
        language=content.language or "",
        labels=tuple(content.labels),
        may_reply=content.reply_settings or "everyone",
        differs=change_views(content_differences(first, content)),
    )


def _place(
    app: App,
    place: Placement,
    names: Mapping[str, str],
    published: Mapping[int, Sequence[PublishedPart]],
) -> PostPlace:
    view, account = place.view, app.config.accounts.get(place.view.account)
    queued = view if isinstance(view, DeliveryView) else None
    out = published.get(queued.number, ()) if queued else ()
    return PostPlace(
        delivery=view,
        place=names[view.account],
        handle=account.handle.lstrip("@") if account else "",
        word=state_word(queued) if queued else PLANNED,
        why=queued.why if queued else "",
        source=place.source,
        published=tuple(_published(part, place.occurrence) for part in out),
        totals=tuple(_totals(out)) if len(out) > 1 else (),
    )


# --- Parts ----------------------------------------------------------------------------------------


def _part(
    index: int, part: Part, group: Sequence[Placement], names: Mapping[str, str]
) -> ShownPart:
    queued = group[0].view if isinstance(group[0].view, DeliveryView) else None
    shown = group[0].view.parts[index]
    crops = any(place.view.platform == CROPS for place in group)
    return ShownPart(
        part=replace(shown, url="", length=_lengths(index, group, names)),
        attached=tuple(_attached(media, queued, crops=crops) for media in part.media),
        no_card=_no_card(part, group, names),
    )


def _lengths(index: int, group: Sequence[Placement], names: Mapping[str, str]) -> str:
    """Return the length of a part: ``39 of 300 characters on Bluesky, 39 of 500 on Mastodon``."""
    lengths: dict[str, list[PlannedDelivery]] = defaultdict(list)
    for place in group:
        lengths[place.view.parts[index].length].append(place.view)
    if len(lengths) == 1:
        return next(iter(lengths))
    each = [f"{length} on {join_places(on, names)}" for length, on in lengths.items() if length]
    return ", ".join([*each[:1], *(words.replace(" characters", "", 1) for words in each[1:])])


def _no_card(part: Part, group: Sequence[Placement], names: Mapping[str, str]) -> str:
    """Return why the link of a part has no card, or who makes it; "" if there is none to show."""
    if part.card or part.media or part.poll:
        return ""
    made: list[PlannedDelivery] = []
    bare: list[PlannedDelivery] = []
    for place in group:
        platform = load_platform(place.view.platform)
        if any(kind == "link" for kind, _ in platform.entities(part.text)):
            (made if platform.MAKES_CARDS else bare).append(place.view)
    words = []
    if made:
        does = "makes" if len(made) == 1 else "make"
        words.append(f"{join_places(made, names)} {does} the card of the link from its page.")
    if bare:
        words.append(f"The link has no card on {join_places(bare, names)}.")
    return " ".join(words)


def _attached(media: Media, queued: DeliveryView | None, *, crops: bool) -> AttachedView:
    return AttachedView(
        path=str(media.path),
        digest=media.sha256,
        delivery=queued.number if queued else None,
        bytes=media.size,
        is_film=not media.mime.startswith("image/"),
        crop=wide_crop(media) if crops else None,
    )


def wide_crop(media: Media) -> CropView | None:
    """Return the wide crop of a picture around its focal point, or None if it has none.

    The crop lies where Mastodon's own pages put it. They use the focal point, in percent of the
    picture, as the CSS property ``object-position``.
    """
    if not media.focus or not media.width or not media.height:
        return None
    width = min(media.width, media.height * CROP_WIDTH // CROP_HEIGHT)
    height = min(media.height, media.width * CROP_HEIGHT // CROP_WIDTH)
    right, up = ((1 + value) / 2 for value in media.focus)
    return CropView(
        media.width,
        media.height,
        round((media.width - width) * right),
        round((media.height - height) * (1 - up)),
        width,
        height,
    )


# --- Figures --------------------------------------------------------------------------------------


def _published(part: PublishedPart, occurrence: Occurrence) -> PublishedView:
    zone, known = occurrence.timezone, part.known
    poll = occurrence.content.parts[part.part].poll
    votes = zip(poll.options, part.votes.counts, strict=False) if poll and part.votes else ()
    return PublishedView(
        number=part.part + 1,
        url="" if part.gone else safe_url(part.url) or "",
        at=format_local(part.published, zone),
        gone=format_local(part.gone, zone) if part.gone else "",
        counts=tuple(_counts(known.counters)) if known else (),
        votes=tuple((option, format_count(count)) for option, count in votes),
        read=format_local(known.read, zone) if known else "",
        fell=describe_fallen(known.fell) if known else "",
    )


def _totals(parts: Iterable[PublishedPart]) -> Iterator[tuple[str, str]]:
    """Yield the known counters of all parts together."""
    known = [part.known.counters for part in parts if part.known]
    sums = (sum_known([getattr(of, name) for of in known]) for name in COUNTER_NAMES)
    yield from _counts(Counters(*sums))


def _counts(counters: Counters) -> Iterator[tuple[str, str]]:
    for name in COUNTER_NAMES:
        value = getattr(counters, name)
        if value is not None:
            yield name.replace("_", " ").capitalize(), format_count(value)
