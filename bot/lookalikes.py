"""Names that look alike, and characters that cannot be seen. Pure.

The skeleton of a text is that of Unicode's security mechanisms (UTS 39): what looks the same has
the same one. The table of what looks like what is Unicode's own.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from functools import cache, lru_cache

_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_UNSEEN_SPANS = (
    *((0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2065, 0x2065)),
    *((0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8)),
    (0xE0000, 0xE0FFF),
)
"""Default_Ignorable_Code_Point, where the category does not say it, and the empty Braille cell."""


def is_invisible(character: str) -> bool:
    """Return whether a character shows nothing; blanks are seen, line separators are not.

    Joiners and variation selectors count as well: where a script or an emoji needs one, the caller
    must know it.
    """
    number = ord(character)
    return unicodedata.category(character) in _UNSEEN_CATEGORIES or any(
        first <= number <= last for first, last in _UNSEEN_SPANS
    )


def first_invisible(text: str) -> str | None:
    """Return the first invisible character of a text as ``U+200B``, or None."""
    found = next(filter(is_invisible, text), None)
    return f"U+{ord(found):04X}" if found else None


def look_alike(one: str, other: str) -> bool:
    """Return whether two texts look the same as they stand, all in small, or all in capitals."""
    return any(mine == theirs for mine, theirs in zip(_forms(one), _forms(other), strict=True))


@lru_cache(maxsize=1024)  # the loop compares the same few names again and again
def _forms(text: str) -> tuple[str, str, str]:
    return skeleton(text), skeleton(text.casefold()), skeleton(text.upper())


def skeleton(text: str) -> str:
    """Return what a text looks like; it is to be compared, not shown."""
    seen = "".join(char for char in unicodedata.normalize("NFD", text) if not is_invisible(char))
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
