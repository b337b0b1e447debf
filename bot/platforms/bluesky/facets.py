"""Links, hashtags and mentions in a text for Bluesky, as the facets of a record. Pure.

Bluesky makes nothing of a text by itself: what can be clicked is named beside it, by its first byte
and the one after its last, in UTF-8. What counts as one follows Bluesky's own app (npm's
``@atproto/api``), but for what a person means. A bracket, a quote or a dash in front does not hide
a link, a name or a hashtag; a domain may have hyphens and capitals; punctuation behind a link is
not part of it. A second hashtag, a link or a name ends a hashtag, and "#HART's" is about HART.
``tests/platforms/test_bluesky_reference.py`` names every difference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unicodedata import category

from bot.xtext.links import BIDI_CONTROLS, Entity, end_of_tld

if TYPE_CHECKING:
    from collections.abc import Iterator

    Found = tuple[str, Entity]
    """What may be something, with its kind."""

MENTION = "app.bsky.richtext.facet#mention"
_FEATURES = {
    "link": ("app.bsky.richtext.facet#link", "uri"),
    "mention": (MENTION, "handle"),
    "hashtag": ("app.bsky.richtext.facet#tag", "tag"),
    "cashtag": ("app.bsky.richtext.facet#tag", "tag"),
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
_CASHTAG = re.compile(r"(?<![^\s(])\$([A-Za-z][A-Za-z0-9]{0,4})(?=$|[\s.,;:!?)\"'\u2019])")
_TRAILING = (
    ".,;:!?'\u2019\u201d\u2026\u3001\u3002\uff0c\uff01\uff1f\uff1a\uff1b\u300d\u300f\u3011\u300b"
)
_BRACKETS = {")": "(", "]": "[", "}": "{", "\uff09": "\uff08"}


def entities(text: str) -> list[Found]:
    """Return the links, mentions, hashtags and cashtags of a text in their order; none overlap.

    The text of a link is its whole address, that of a cashtag has its sign, and that of the others
    lacks it. Of two that overlap, the one that begins first counts, as in Bluesky's own app; a link
    or a mention ends a hashtag.
    """
    found = _first([*_links(text), *_bare_links(text), *_mentions(text)])
    ends = [0, *(entity.end for _, entity in found)]
    starts = [*(entity.start for _, entity in found), len(text)]
    for gap in zip(ends, starts, strict=True):
        found += _first([*_hashtags(text, *gap), *_cashtags(text, *gap)])
    return sorted(found, key=lambda pair: pair[1].start)


def _first(candidates: list[Found]) -> list[Found]:
    """Return the candidates without those that overlap one that begins before them."""
    kept: list[Found] = []
    for kind, entity in sorted(candidates, key=lambda pair: (pair[1].start, -pair[1].end)):
        if not kept or kept[-1][1].end <= entity.start:
            kept.append((kind, entity))
    return kept


def facets(text: str) -> list[dict[str, Any]]:
    """Return the facets of a text. Those of a mention hold a ``handle`` in place of its ``did``."""
    raw, described, done, size = text.encode(), [], 0, 0
    for kind, entity in entities(text):
        assert done <= entity.start < entity.end, "facets that overlap shift what can be clicked"
        shown = text[entity.start : entity.end].encode()
        start = size + len(text[done : entity.start].encode())
        size, done = start + len(shown), entity.end
        assert raw[start:size] == shown, "a facet covers whole characters, and those that it means"
        name, field = _FEATURES[kind]
        feature = {"$type": name, field: entity.text}
        index = {"byteStart": start, "byteEnd": size}
        described.append({"index": index, "features": [feature]})
    return described


def _links(text: str) -> Iterator[Found]:
    for found in _WITH_SCHEME.finditer(text):
        url = _without_punctuation(found[0])
        yield "link", Entity(found.start(), found.start() + len(url), url)


def _bare_links(text: str) -> Iterator[Found]:
    done = 0
    for found in _BARE.finditer(text):
        end = end_of_tld(text, found.end()) if found.start() >= done else 0
        if end:
            rest = _REST.match(text, end)
            url = _without_punctuation(text[found.start() : rest.end() if rest else end])
            done = found.start() + len(url)
            yield "link", Entity(found.start(), done, f"https://{url}")


def _mentions(text: str) -> Iterator[Found]:
    for found in _HANDLE.finditer(text):
        test = _TEST.match(text, found.end())
        end = test.end() if test else end_of_tld(text, found.end())
        if end and text[end : end + 1] != "_":
            handle = text[found.start() + 1 : end]
            yield "mention", Entity(found.start(), end, handle.lower())


def _hashtags(text: str, start: int, end: int) -> Iterator[Found]:
    for found in _TAG.finditer(text, start, end):
        tag = found[1]
        while tag and category(tag[-1]).startswith("P"):
            tag = tag[:-1]
        if len(tag) <= _TAG_LIMIT and any(map(_makes_a_tag, tag)):
            yield "hashtag", Entity(found.start(), found.start() + 1 + len(tag), tag)


def _cashtags(text: str, start: int, end: int) -> Iterator[Found]:
    for found in _CASHTAG.finditer(text, start, end):
        yield "cashtag", Entity(*found.span(), f"${found[1].upper()}")


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
