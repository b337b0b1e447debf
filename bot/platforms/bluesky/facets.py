"""Links, hashtags and mentions in a text for Bluesky, as the facets of a record. Pure.

On Bluesky a reader can click only on facets, which stand beside the text with their first byte and
the one after their last, in UTF-8 (https://docs.bsky.app/docs/advanced-guides/post-richtext). All
of a text counts, so a marked link shows its address without the marks, and opens the marked one.
Bluesky's own app (npm's ``@atproto/api``) finds them, except in places at which a person means
something else. A bracket, a quote or a dash does not hide the link, name or hashtag behind it. A
domain may have hyphens and capitals. Punctuation after a link is not part of the link. A second
hashtag, a link or a name ends a hashtag, and "#HART's" is about HART.
``tests/platforms/test_bluesky_reference.py`` has every difference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unicodedata import category

from bot.link_marks import without_post_marks
from bot.xtext import first_of_overlapping
from bot.xtext.links import BIDI_CONTROLS, Entity, end_of_tld

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    Found = tuple[str, Entity]
    """A kind, and the place and text of one such thing."""

MENTION = "app.bsky.richtext.facet#mention"
_FEATURES = {
    "link": ("app.bsky.richtext.facet#link", "uri"),
    "mention": (MENTION, "handle"),
    "hashtag": ("app.bsky.richtext.facet#tag", "tag"),
    "cashtag": ("app.bsky.richtext.facet#tag", "tag"),
}
"""The type of a facet of each kind, and its field for the target."""

_TAG_LIMIT = 64
"""Most characters of a hashtag in Bluesky's own app."""
_HIDDEN = f"\xad\u2060\u200a\u200b\u200c\u200d\u20e2{BIDI_CONTROLS}"
"""Characters that nobody sees end a hashtag."""

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NOT_WITHIN = r"(?<![\w@./:#$-])"
_IN_URL = rf"[^\s<>\"\u201c\u201d\xab\xbb{BIDI_CONTROLS}]"
_WITH_SCHEME = re.compile(rf"(?<!\w)https?://\w{_IN_URL}*", re.IGNORECASE)
_BARE = re.compile(rf"{_NOT_WITHIN}(?:{_LABEL}\.)+(?=[A-Za-z])")
_REST = re.compile(rf"(?::\d{{1,5}})?(?:[/?#]{_IN_URL}*)?")
_HANDLE = re.compile(rf"{_NOT_WITHIN}@((?:{_LABEL}\.)+)(?=[A-Za-z])")
_TEST = re.compile(r"test(?![\w@-])")
"""The end of names on test servers, which is not a top-level domain."""
_TAG = re.compile(rf"(?<![\w&/#\uff03])[#\uff03](?!\ufe0f)([^\s#\uff03'\u2019{_HIDDEN}]+)")
_CASHTAG = re.compile(r"(?<![^\s(])\$([A-Za-z][A-Za-z0-9]{0,4})(?=$|[\s.,;:!?)\"'\u2019])")
_TRAILING = (
    ".,;:!?'\u2019\u201d\u2026\u3001\u3002\uff0c\uff01\uff1f\uff1a\uff1b\u300d\u300f\u3011\u300b"
)
_BRACKETS = {")": "(", "]": "[", "}": "{", "\uff09": "\uff08"}


def entities(text: str) -> list[Found]:
    """Return the links, mentions, hashtags and cashtags of a text in their order. None overlap.

    The text of a link is its whole address. A cashtag keeps its sign, the others do not. Of two
    that overlap, the one that begins first counts, as in Bluesky's own app.
    """
    found = first_of_overlapping([*_links(text), *_bare_links(text), *_mentions(text)])
    ends = [0, *(entity.end for _, entity in found)]
    starts = [*(entity.start for _, entity in found), len(text)]
    for gap in zip(ends, starts, strict=True):
        found += first_of_overlapping([*_hashtags(text, *gap), *_cashtags(text, *gap)])
    return sorted(found, key=lambda pair: pair[1].start)


def shown(text: str, marked: Collection[str] = ()) -> str:
    """Return the text as readers see it, without the marks of the marked links."""
    if not marked:
        return text
    pieces, done = [], 0
    for _, entity in entities(text):
        pieces += [text[done : entity.start], _label(text[entity.start : entity.end], marked)]
        done = entity.end
    return "".join([*pieces, text[done:]])


def _label(link: str, marked: Collection[str]) -> str:
    return without_post_marks(link) if link in marked else link


def facets(text: str, marked: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the facets of a text, with their places in the text as it is shown.

    A mention has a ``handle`` in place of its ``did``.
    """
    raw, described, done, size = shown(text, marked).encode(), [], 0, 0
    for kind, entity in entities(text):
        assert done <= entity.start < entity.end, "facets that overlap shift what can be clicked"
        label = _label(text[entity.start : entity.end], marked).encode()
        start = size + len(text[done : entity.start].encode())
        size, done = start + len(label), entity.end
        assert raw[start:size] == label, "a facet covers whole characters, and those that it means"
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
    """Return whether a hashtag may consist of this alone, neither digit nor punctuation."""
    return char not in "0123456789" and not category(char).startswith("P")


def _without_punctuation(url: str) -> str:
    """Return an address without the punctuation and brackets of the sentence around it."""
    while url:
        last = url[-1]
        opening = _BRACKETS.get(last)
        unmatched = opening is not None and url.count(last) > url.count(opening)
        if last not in _TRAILING and not unmatched:
            break
        url = url[:-1]
    return url
