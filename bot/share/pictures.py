"""Which facts a picture on a share page shows, by its alt text, and the name of its file. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.model import Fact, Media

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
}
"""The end of a file's name by the type of the picture."""


def shown_facts(
    alt: str, facts: Mapping[str, Fact], translations: Iterable[Mapping[str, Fact]]
) -> Iterator[Fact]:
    """Yield the facts whose figure, in any language of the page, stands in an alt text.

    Alt texts have to say what a picture says, so that the picture then shows the figure.
    """
    translated = [*translations]
    for name, fact in facts.items():
        figures = {fact.figure, *(one.get(name, fact).figure for one in translated)}
        if _has_one(alt, filter(None, figures)):
            yield fact


def file_name(media: Media) -> str:
    """Return a name of plain letters for a picture, which another picture does not have."""
    stem = re.sub("[^a-z0-9]+", "-", media.path.stem.lower()).strip("-")
    return f"{stem or 'picture'}-{media.sha256[:8]}.{EXTENSIONS[media.mime]}"


def _has_one(text: str, figures: Iterable[str]) -> bool:
    """Return whether one of the figures stands in a text, and not as a part of another number."""
    line = " ".join(text.split()).casefold()
    wanted = (re.escape(" ".join(figure.split()).casefold()) for figure in figures)
    return any(re.search(rf"(?<![\w.,]){figure}(?!\w|[.,]\d)", line) for figure in wanted)
