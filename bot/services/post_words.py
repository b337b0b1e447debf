"""Describe how a post differs between its accounts. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.link_marks import without_post_marks
from bot.model import OVER
from bot.model.post_words import join_places, place_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.model import Poll
    from bot.services.views import MediaView, PlannedDelivery


def differences(deliveries: Sequence[PlannedDelivery]) -> tuple[str, ...]:
    """Return the aspects that differ between the accounts on which a post is not over.

    The marks of links do not count, which name the platform.
    """
    going = _going(deliveries)
    aspects: dict[str, set[object]] = {
        "time": {delivery.due for delivery in going},
        "text": {without_post_marks(delivery.text) for delivery in going},
        "parts": {len(delivery.parts) for delivery in going},
        "media": {tuple(part.media for part in delivery.parts) for delivery in going},
        "poll": {tuple(part.poll for part in delivery.parts) for delivery in going},
        "warning": {delivery.warning for delivery in going},
    }
    return tuple(name for name, found in aspects.items() if len(found) > 1)


def difference_notes(
    deliveries: Sequence[PlannedDelivery], first: PlannedDelivery
) -> tuple[str, ...]:
    """Return notes on how a post differs from its first version, with the accounts.

    ``in 3 parts on Mastodon``, ``due Tue 2026-12-01 15:00 EST on ours-ny``
    """
    groups: dict[str, list[PlannedDelivery]] = defaultdict(list)
    for delivery in _going(deliveries):
        for note in _notes(delivery, first):
            groups[note].append(delivery)
    places = place_names(deliveries)
    return tuple(f"{note} on {join_places(group, places)}" for note, group in groups.items())


def _going(deliveries: Sequence[PlannedDelivery]) -> Sequence[PlannedDelivery]:
    """Return the deliveries that are not dropped or cancelled; all of them if none is left."""
    return [delivery for delivery in deliveries if delivery.state not in OVER] or deliveries


def _notes(delivery: PlannedDelivery, first: PlannedDelivery) -> Iterator[str]:
    if delivery.due != first.due:
        yield f"due {delivery.local}"
    words, others = (without_post_marks(of.text).split() for of in (delivery, first))
    if words != others:
        yield "other words"
    if len(delivery.parts) != len(first.parts):
        yield f"in {len(delivery.parts)} parts" if len(delivery.parts) > 1 else "in one part"
    media, poll = _attached(delivery)
    first_media, first_poll = _attached(first)
    if media != first_media:
        yield "other pictures or videos" if media else "no picture"
    if poll != first_poll:
        yield "another poll" if poll else "no poll"
    if delivery.warning != first.warning:
        yield f"with the warning {delivery.warning!r}" if delivery.warning else "no warning"


def _attached(delivery: PlannedDelivery) -> tuple[list[MediaView], list[Poll]]:
    parts = delivery.parts
    return [item for part in parts for item in part.media], [p.poll for p in parts if p.poll]
