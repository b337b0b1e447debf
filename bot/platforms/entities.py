"""Which links, mentions and hashtags of a text count if some of them overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.text import Entity


def first_of_overlapping(found: list[tuple[str, Entity]]) -> list[tuple[str, Entity]]:
    """Return entities in their order, without those that overlap one that begins before them."""
    kept: list[tuple[str, Entity]] = []
    for kind, entity in sorted(found, key=lambda pair: (pair[1].start, -pair[1].end)):
        if not kept or kept[-1][1].end <= entity.start:
            kept.append((kind, entity))
    return kept
