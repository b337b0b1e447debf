"""Alt texts: whether they tell those who cannot see the picture what it shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.text.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.rule import Finding, Sight
    from bot.model import Media, Part

SHORTEST = 15
"""Characters below which an alt text can only name a kind of picture, or a person."""

_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|mp4|mov|heic)", re.IGNORECASE)
_KINDS = """a an the of our my this is image images picture photo photograph pic graphic card banner
    poster logo screenshot illustration drawing chart graph video gif animation alt text file
    untitled here see above below todo tbd fixme description img"""
_EMPTY_WORDS = frozenset(_KINDS.split())


def useless(sight: Sight) -> Iterator[Finding]:
    """Find alt texts that say nothing of the picture."""
    for part in sight.parts:
        for media in part.media:
            if why := _useless(media, part):
                hint = "Say in a sentence what it shows, with the words that stand in it."
                mark = media.mark if media.mark.line else part.mark
                yield sight.on(mark, f"The alt text of {media.path.name} {why}.", hint)


def _useless(media: Media, part: Part) -> str | None:
    alt = media.alt.strip()
    words = re.findall(r"\w+", alt.lower())
    if _FILE_NAME.fullmatch(alt) or _letters(alt) == _letters(media.path.stem):
        return "is the name of a file"
    if all(word in _EMPTY_WORDS or word.isdigit() for word in words):
        return "says only that there is one"
    if len(alt) < SHORTEST and alt.isascii():
        return f"has {len(alt)} characters: too short to show anything"
    if _letters(alt) == _letters(plain(part.text)):
        return "says what the text says already"
    return None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
