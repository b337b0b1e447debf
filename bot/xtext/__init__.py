"""Reads a text as X does: its weighted length, links, hashtags, mentions and cashtags.

It is written after the algorithm that X publishes as ``twitter-text`` (3.1.0, with configuration
v3, https://github.com/twitter/twitter-text). Nothing of it is copied, and a test compares the two.
The time is linear in the text's length. The package imports nothing of ours, so that the platform,
the lint and the sandbox read texts alike.

Most characters count 1, CJK and whole emoji 2, a link 23. ``links`` finds the words that X makes
links and bills as links. It also has the sets of characters, and UTF-16, in whose code units X
counts places. Places in a text are those of a Python string.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING
from unicodedata import category, normalize

from bot.xtext.links import (
    JAVASCRIPT_SPACES,
    LATIN,
    NONCHARACTERS,
    PUNCTUATION,
    SPACES,
    Entity,
    links,
    links_in_utf16,
    to_utf16,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "LIMIT",
    "PUBLISHED_EMOJI",
    "Entity",
    "cashtags",
    "entities",
    "first_of_overlapping",
    "has_link",
    "is_valid",
    "links",
    "mentions",
    "weighted_length",
]

# --- The length ----------------------------------------------------------------------------------

LIMIT = 280
PUBLISHED_EMOJI = 11.0
"""The version of emoji, of 2018, that the npm package knows."""
_LINK_WEIGHT = 23
_EMOJI_WEIGHT = 2
_DOUBLE_WEIGHT = re.compile(
    "[\ud800-\udbff][\udc00-\udfff]|[^\x00-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]"
)
"""Characters that count 2 instead of 1."""
_INVALID = re.compile(f"[{NONCHARACTERS}]")
_JOINING = re.compile("[\ufe0f\u20e3\u200d\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e007f]")
"""Every emoji of several characters has one of these."""

# X's emoji differ in some points from Unicode's list of fully qualified emoji.
_KEYS = "0123456789#*"
"""Keycaps need no variation selector."""
_VARIED = (
    "\u231a\u231b\u25fd\u25fe\u2614\u2615\u2648\u2649\u264a\u264b\u264c\u264d\u264e\u264f\u2650"
    "\u2651\u2652\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26d4\u26ea\u26f2"
    "\u26f3\u26f5\u26fa\u26fd\u2757\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f21a\U0001f22f"
)
"""These may have a variation selector."""
_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_SKIER, _TUXEDO, _INFINITY = "\u26f7", "\U0001f935", "\u267e\ufe0f"
"""The skier takes skin tones, the tuxedo had genders before Unicode had them, and infinity does not
count as one emoji."""
_WITNESS = "\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f"
"""The eye in a speech bubble counts as one emoji only without its selectors."""


def weighted_length(text: str, emoji: float = math.inf) -> int:
    """Return the length of a text as X counts it.

    Emoji sequences of Unicode's emoji up to version ``emoji`` count as one emoji. By X's
    documentation, all sequences do; by the code that X has published, those of ``PUBLISHED_EMOJI``.
    """
    normal = normalize("NFC", text)
    split = to_utf16(normal)
    spans: dict[int, tuple[int, int]] = {}
    if _JOINING.search(normal):
        known, first, longest = _emoji_sequences(emoji)
        done = 0
        for start, unit in enumerate(split):
            if unit in first and start >= done:
                ends = range(min(len(split), start + longest), start + 1, -1)
                done = next((end for end in ends if split[start:end] in known), done)
                if done > start:
                    spans[start] = done, _EMOJI_WEIGHT
    for link in links_in_utf16(split):
        spans[link.start] = link.start + len(link.text), _LINK_WEIGHT
    length = done = 0
    for start in sorted(spans):
        if start >= done:
            end, weight = spans[start]
            length += _weight(split[done:start]) + weight
            done = end
    return length + _weight(split[done:])


def is_valid(text: str, emoji: float = math.inf) -> bool:
    """Return whether X accepts a text. It may not be empty, too long, or have non-characters."""
    return 0 < weighted_length(text, emoji) <= LIMIT and not _INVALID.search(text)


def has_link(text: str) -> bool:
    """Return whether X makes a link of a part of a text, and bills the post as one with a link.

    Only X's prices ask this, whatever other platforms would find. A link that overlaps with a
    hashtag before it counts here, although ``entities`` leaves it out. The price is then rather too
    high than too low.
    """
    return bool(links_in_utf16(to_utf16(normalize("NFC", text))))


def _weight(part: str) -> int:
    if part.isascii():
        return len(part)
    light, heavy = _DOUBLE_WEIGHT.subn("", part)
    return len(light) + 2 * heavy


@cache
def _emoji_sequences(newest: float) -> tuple[frozenset[str], frozenset[str], int]:
    """Return the emoji of several characters in code units, their first units, and the longest."""
    from emoji import EMOJI_DATA, STATUS

    full = {
        emoji
        for emoji, data in EMOJI_DATA.items()
        if data["status"] == STATUS["fully_qualified"]
        and (data["E"] <= newest or emoji[0] == _TUXEDO)
    }
    toned = {_SKIER, *(emoji[0] for emoji in full if emoji[1:] and emoji[1:] in _TONES)}
    varied = {base for base in toned if f"{base}\ufe0f" in full}
    known = {
        *(emoji for emoji in full if len(emoji) > 1),
        *(f"{key}\u20e3" for key in _KEYS),
        *(f"{emoji}\ufe0f" for emoji in _VARIED),
        *(f"{base}{tone}" for base in toned for tone in _TONES),
        *(f"{base}\ufe0f{tone}" for base in varied for tone in _TONES),
        _WITNESS.replace("\ufe0f", ""),
    } - {_WITNESS, _INFINITY}
    in_units = frozenset(map(to_utf16, known))
    return in_units, frozenset(emoji[0] for emoji in in_units), max(map(len, in_units))


# --- Hashtags, mentions and cashtags --------------------------------------------------------------

_HASH = re.compile("[#\uff03]([0-9A-Za-z_]*)")
_IN_HASHTAG = frozenset(
    "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\xb7"
)
_VARIANTS = ("\ufe0e", "\ufe0f")
_KEYCAP = ("\ufe0f", "\u20e3")

_AT = re.compile("[@\uff20]")
_BEFORE_AT = re.compile("[^0-9A-Za-z_!#$%&*@\uff20]")
_RETWEET = re.compile("(?:\\A|[^0-9A-Za-z_+~.-])[Rr][Tt]")
_NAME = re.compile("([0-9A-Za-z_]{1,20})(/[A-Za-z][0-9A-Za-z_-]{0,24})?")
_NO_NAME = re.compile(f"[@\uff20{LATIN}]|://")

_CASHTAG = re.compile(  # the sign comes first because it is found fast
    rf"\$(?<![^{SPACES}]\$)([A-Za-z]{{1,6}}(?:[._][A-Za-z]{{1,2}})?)"
    rf"(?=\Z|[{JAVASCRIPT_SPACES}{PUNCTUATION}._-])"
)


def entities(text: str) -> list[tuple[str, Entity]]:
    """Return all entities in a text, each with its kind. Of two that overlap, the first counts.

    The kinds are ``link``, ``mention``, ``hashtag`` and ``cashtag``.
    """
    by_kind = {
        "link": links(text),
        "mention": mentions(text),
        "hashtag": _hashtags(text),
        "cashtag": cashtags(text),
    }
    return first_of_overlapping(
        (kind, entity) for kind, found in by_kind.items() for entity in found
    )


def first_of_overlapping(found: Iterable[tuple[str, Entity]]) -> list[tuple[str, Entity]]:
    """Return entities in their order, without those that overlap one that begins before them."""
    kept: list[tuple[str, Entity]] = []
    for kind, entity in sorted(found, key=lambda pair: (pair[1].start, -pair[1].end)):
        if not kept or kept[-1][1].end <= entity.start:
            kept.append((kind, entity))
    return kept


def mentions(text: str) -> list[Entity]:
    """Return the mentioned handles that X notifies, without the sign. Lists are left out."""
    if "@" not in text and "\uff20" not in text:
        return []
    found: list[Entity] = []
    done = 0
    for sign in _AT.finditer(text):
        start = sign.start()
        name = _NAME.match(text, sign.end())
        if start == done:
            may_mention = start == 0
        else:
            retweets = (_RETWEET.match(text, at) for at in (start - 2, start - 3) if at >= done)
            may_mention = _BEFORE_AT.match(text, start - 1) is not None or any(
                match.end() == start for match in retweets if match
            )
        if name and may_mention:
            done = name.end()
            if not name[2] and not _NO_NAME.match(text, done):
                found.append(Entity(start, done, name[1]))
    return found


def cashtags(text: str) -> list[Entity]:
    """Return the cashtags, such as $AMZN, without the sign."""
    return [Entity(*match.span(), match[1]) for match in _CASHTAG.finditer(text)]


def _hashtags(text: str) -> list[Entity]:
    if "#" not in text and "\uff03" not in text:
        return []
    found: list[Entity] = []
    done = 0
    for sign in _HASH.finditer(text):
        if sign.start() == done:
            may_tag = done == 0
        else:
            before = text[sign.start() - 1]
            apart = not _is_in_hashtag(before) and before != "&" and category(before) != "Cs"
            may_tag = apart or before in _VARIANTS
        start, end = sign.span(1)
        while end < len(text) and _is_in_hashtag(text[end]):
            end += 1
        has_letter = any(category(character)[0] in "LM" for character in text[start:end])
        if may_tag and has_letter and not text.startswith(_KEYCAP, start):
            done = end
            if not text.startswith(("#", "\uff03", "://"), end):
                found.append(Entity(sign.start(), end, text[start:end]))
    return found


def _is_in_hashtag(character: str) -> bool:
    kind = category(character)
    return kind[0] in "LM" or kind == "Nd" or character in _IN_HASHTAG
