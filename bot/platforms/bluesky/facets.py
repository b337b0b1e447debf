"""Links, hashtags and mentions in a text for Bluesky, as the facets of a record. Pure.

Bluesky makes nothing of a text by itself: what can be clicked is named beside it, by its first byte
and the one after its last, in UTF-8. What counts as one follows Bluesky's own app, but for three
things that a person means: a bracket or a quote before a hashtag does not hide it, a second
hashtag begins at its sign, and "#HART's" is about HART.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unicodedata import category

from bot.xtext.links import BIDI_CONTROLS, Entity, end_of_tld

if TYPE_CHECKING:
    from collections.abc import Iterator

MENTION = "app.bsky.richtext.facet#mention"
_FEATURES = {
    "link": ("app.bsky.richtext.facet#link", "uri"),
    "mention": (MENTION, "handle"),
    "hashtag": ("app.bsky.richtext.facet#tag", "tag"),
}
"""What a facet says of each kind: its type, and the field for what is there."""

_TAG_LIMIT = 64
"""Most characters of a hashtag: the app takes no longer one for a hashtag."""
_HIDDEN = f"\xad\u2060\u200a\u200b\u200c\u200d\u20e2{BIDI_CONTROLS}"
"""What cannot be seen ends a hashtag."""

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NOT_WITHIN = r"(?<![\w@./:#$-])"
_IN_URL = rf"[^\s<>\"\u201c\u201d\xab\xbb{BIDI_CONTROLS}]"
_WITH_SCHEME = re.compile(rf"(?<!\w)https?://\w{_IN_URL}*", re.IGNORECASE)
_BARE = re.compile(rf"{_NOT_WITHIN}(?:{_LABEL}\.)+(?=[A-Za-z])")
_REST = re.compile(rf"(?::\d{{1,5}})?(?:[/?#]{_IN_URL}*)?")
_HANDLE = re.compile(rf"{_NOT_WITHIN}@((?:{_LABEL}\.)+)(?=[A-Za-z])")
_TEST = re.compile(r"test(?![\w@-])")
"""Where names on servers of tests end, which is no top-level domain."""
_TAG = re.compile(rf"(?<![\w&/#\uff03])[#\uff03](?!\ufe0f)([^\s#\uff03'\u2019{_HIDDEN}]+)")
_TRAILING = (
    ".,;:!?'\u2019\u201d\u2026\u3001\u3002\uff0c\uff01\uff1f\uff1a\uff1b\u300d\u300f\u3011\u300b"
)
_BRACKETS = {")": "(", "]": "[", "}": "{", "\uff09": "\uff08"}


def entities(text: str) -> list[tuple[str, Entity]]:
    """Return the links, hashtags and mentions of a text in their order; none overlap.

    The text of a link is its whole address, and that of the others lacks their sign.
    """
    found: list[tuple[str, Entity]] = []
    for kind, candidates in (
        ("link", _links(text)),
        ("link", _bare_links(text)),
        ("mention", _mentions(text)),
        ("hashtag", _hashtags(text)),
    ):
        taken = [entity for _, entity in found]
        found += [
            (kind, entity)
            for entity in candidates
            if not any(entity.start < other.end and other.start < entity.end for other in taken)
        ]
    return sorted(found, key=lambda pair: pair[1].start)


def facets(text: str) -> list[dict[str, Any]]:
    """Return the facets of a text. Those of a mention hold a ``handle`` in place of its ``did``."""
    described, done, size = [], 0, 0
    for kind, entity in entities(text):
        start = size + len(text[done : entity.start].encode())
        size = start + len(text[entity.start : entity.end].encode())
        done = entity.end
        name, field = _FEATURES[kind]
        feature = {"$type": name, field: entity.text}
        index = {"byteStart": start, "byteEnd": size}
        described.append({"index": index, "features": [feature]})
    return described


def _links(text: str) -> Iterator[Entity]:
    for found in _WITH_SCHEME.finditer(text):
        url = _without_punctuation(found[0])
        yield Entity(found.start(), found.start() + len(url), url)


def _bare_links(text: str) -> Iterator[Entity]:
    for found in _BARE.finditer(text):
        if end := end_of_tld(text, found.end()):
            rest = _REST.match(text, end)
            url = _without_punctuation(text[found.start() : rest.end() if rest else end])
            yield Entity(found.start(), found.start() + len(url), f"https://{url}")


def _mentions(text: str) -> Iterator[Entity]:
    for found in _HANDLE.finditer(text):
        test = _TEST.match(text, found.end())
        if end := test.end() if test else end_of_tld(text, found.end()):
            handle = text[found.start() + 1 : end]
            yield Entity(found.start(), end, handle.lower())


def _hashtags(text: str) -> Iterator[Entity]:
    for found in _TAG.finditer(text):
        tag = found[1]
        while tag and category(tag[-1]).startswith("P"):
            tag = tag[:-1]
        if len(tag) <= _TAG_LIMIT and any(map(_makes_a_tag, tag)):
            yield Entity(found.start(), found.start() + 1 + len(tag), tag)


def _makes_a_tag(char: str) -> bool:
    """Return whether a hashtag may consist of this alone: neither a digit nor punctuation."""
    return char not in "0123456789" and not category(char).startswith("P")


def _without_punctuation(url: str) -> str:
    """Return an address without what ends the sentence or the brackets that it stands in."""
    while url:
        last = url[-1]
        opening = _BRACKETS.get(last)
        unmatched = opening is not None and url.count(last) > url.count(opening)
        if last not in _TRAILING and not unmatched:
            break
        url = url[:-1]
    return url
