"""How X turns what was posted into what its API says: t.co links, entities, HTML escapes."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST = 280
"""Weighted characters of a post: twitter-text's version 3 configuration."""

_DISPLAYED = 26
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HASHTAG = re.compile(r"(?<![\w&/])[#\uff03](\w*[^\W\d_]\w*)")
_MENTION = re.compile(r"(?<![\w@/.])@(\w{1,15})\b")
_CASHTAG = re.compile(r"(?<![\w$])\$([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?!\w)")


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a text: where it stands, where it leads, how it is shown."""

    start: int
    end: int
    expanded: str
    display: str


@dataclass(frozen=True, slots=True)
class Told:
    """A text as the API tells it, with its entities."""

    text: str
    entities: dict[str, list[dict[str, Any]]]


def normal(text: str) -> str:
    """Give the text as X keeps it: NFC, without blanks around it (the latter is [U])."""
    return unicodedata.normalize("NFC", text).strip()


def weight(text: str) -> int:
    """Give the length as X counts it: addresses 23, emoji and CJK 2."""
    from twitter_text import parse_tweet

    return int(parse_tweet(text).weightedLength)


def links(text: str) -> list[Link]:
    """Find the addresses, bare domains among them, as twitter-text does."""
    from twitter_text import extract_urls_with_indices

    return [_link(found) for found in extract_urls_with_indices(text)]


def _link(found: dict[str, Any]) -> Link:
    url = str(found["url"])
    expanded = url if "://" in url else f"http://{url}"
    bare = re.sub(r"^https?://(www\.)?", "", expanded, flags=re.IGNORECASE)
    display = bare if len(bare) <= _DISPLAYED else bare[:_DISPLAYED] + "…"
    start, end = found["indices"]
    return Link(start, end, expanded, display)


def cashtags(text: str) -> list[str]:
    """Find the cashtags, such as $AMZN."""
    return _CASHTAG.findall(text)


def mentions(text: str) -> list[str]:
    """Find the handles mentioned, in lower case, without the @."""
    return [handle.lower() for handle in _MENTION.findall(text)]


def tags(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Find hashtags and mentions, each with its kind."""
    for kind, pattern in (("hashtag", _HASHTAG), ("mention", _MENTION)):
        for match in pattern.finditer(text):
            yield kind, match


def short(*parts: object) -> str:
    """Give the t.co address that belongs to these parts: same parts, same address."""
    number = int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big")
    code = ""
    for _ in range(10):
        number, place = divmod(number, len(_ALPHABET))
        code += _ALPHABET[place]
    return f"https://t.co/{code}"


def tell(text: str, shorten: Callable[[str], str], media: list[dict[str, str]]) -> Told:
    """Give the API's text: addresses shortened, media links behind, ``&<>`` escaped.

    ``media`` are entities (``expanded_url``, ``display_url``, ``media_key``) that all share one
    trailing link. Indices count characters of the text as told [U].
    """
    out, urls = _shortened(text, shorten)
    if media:
        link = shorten(media[0]["expanded_url"])
        out = f"{out} {link}" if out else link
        place = {"start": len(out) - len(link), "end": len(out), "url": link}
        urls += [{**place, **item} for item in media]
    entities = {"urls": urls, **_tags(out, urls)}
    return Told(out, {name: found for name, found in entities.items() if found})


def _shortened(text: str, shorten: Callable[[str], str]) -> tuple[str, list[dict[str, Any]]]:
    out, done, urls = "", 0, []
    for link in links(text):
        out += html.escape(text[done : link.start], quote=False)
        url = shorten(link.expanded)
        place = {"start": len(out), "end": len(out) + len(url), "url": url}
        urls.append({**place, "expanded_url": link.expanded, "display_url": link.display})
        out, done = out + url, link.end
    return out + html.escape(text[done:], quote=False), urls


def _tags(text: str, urls: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    taken = [(url["start"], url["end"]) for url in urls]
    kinds = {"hashtags": (_HASHTAG, "tag"), "mentions": (_MENTION, "username")}
    kinds["cashtags"] = (_CASHTAG, "tag")
    return {
        name: [
            {"start": match.start(), "end": match.end(), key: match[1]}
            for match in _outside(pattern.finditer(text), taken)
        ]
        for name, (pattern, key) in kinds.items()
    }


def _outside(
    matches: Iterator[re.Match[str]],
    taken: list[tuple[int, int]],
) -> Iterator[re.Match[str]]:
    for match in matches:
        if not any(start <= match.start() < end for start, end in taken):
            yield match
