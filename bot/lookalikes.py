"""Names that look alike, and characters that cannot be seen. Pure.

The skeleton of a text is that of Unicode's security mechanisms (UTS 39): what looks the same has
the same one. The table of what looks like what is Unicode's own.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from functools import cache, lru_cache

from bot.text.hidden import is_hidden


def first_invisible(text: str) -> str | None:
    """Return the first invisible character of a text as ``U+200B``, or None."""
    found = next(filter(is_hidden, text), None)
    return f"U+{ord(found):04X}" if found else None


def look_alike(one: str, other: str) -> bool:
    """Return whether two texts look the same as they stand, all in small, or all in capitals."""
    return any(mine == theirs for mine, theirs in zip(_forms(one), _forms(other), strict=True))


@lru_cache(maxsize=1024)  # the loop compares the same few names again and again
def _forms(text: str) -> tuple[str, str, str]:
    return skeleton(text), skeleton(text.casefold()), skeleton(text.upper())


def skeleton(text: str) -> str:
    """Return what a text looks like; it is to be compared, not shown."""
    seen = "".join(char for char in unicodedata.normalize("NFD", text) if not is_hidden(char))
    return unicodedata.normalize("NFD", seen.translate(_prototypes()))


@cache
def _prototypes() -> dict[int, str]:
    """Return what stands for each character that looks like another.

    The library keeps each pair both ways round, so of two that look alike, the one that others look
    like too stands for both.
    """
    from confusable_homoglyphs.utils import load

    near: dict[str, set[str]] = defaultdict(set)
    for text, others in load("confusables.json").items():
        for other in others:  # a mark of direction sets off what is written from right to left
            near[text.strip("\u200e")].add(other["c"].strip("\u200e"))
    return {
        ord(text): other
        for text, [other, *more] in near.items()
        if len(text) == 1 and not more and (len(near[other]) > 1 or len(other) > 1 or other < text)
    }
