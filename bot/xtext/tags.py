"""Hashtags, mentions and cashtags: names with a sign before them, as X reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import category

from bot.xtext.links import JAVASCRIPT_SPACES, LATIN, PUNCTUATION, SPACES, Entity, links

if TYPE_CHECKING:
    from collections.abc import Iterable

_HASH = re.compile("[#\uff03]")
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

_CASHTAG = re.compile(  # the sign comes first: it is found fast
    rf"\$(?<![^{SPACES}]\$)([A-Za-z]{{1,6}}(?:[._][A-Za-z]{{1,2}})?)"
    rf"(?=\Z|[{JAVASCRIPT_SPACES}{PUNCTUATION}._-])"
)


def entities(text: str) -> list[tuple[str, Entity]]:
    """Return all entities in a text, each with its kind; of two that overlap, the first.

    The kinds are ``link``, ``mention``, ``hashtag`` and ``cashtag``.
    """
    by_kind = {
        "link": links(text),
        "mention": mentions(text),
        "hashtag": _hashtags_and_fragments(text),
        "cashtag": cashtags(text),
    }
    kinds = ((kind, entity) for kind, found in by_kind.items() for entity in found)
    return _without_overlaps(kinds)


def hashtags(text: str) -> list[Entity]:
    """Return the hashtags, without the sign, except those that are parts of links."""
    candidates = _hashtags_and_fragments(text)
    if not candidates:
        return []
    by_kind = (("hashtag", candidates), ("link", links(text)))
    kept = _without_overlaps((kind, entity) for kind, found in by_kind for entity in found)
    return [entity for kind, entity in kept if kind == "hashtag"]


def mentions(text: str) -> list[Entity]:
    """Return the mentioned handles, without the sign: those that X notifies, but no lists."""
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


def _without_overlaps(kinds: Iterable[tuple[str, Entity]]) -> list[tuple[str, Entity]]:
    kept: list[tuple[str, Entity]] = []
    for kind, entity in sorted(kinds, key=lambda pair: pair[1].start):
        if not kept or kept[-1][1].end <= entity.start:
            kept.append((kind, entity))
    return kept


def _hashtags_and_fragments(text: str) -> list[Entity]:
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
        end = start = sign.end()
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
