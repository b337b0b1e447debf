"""How Mastodon reads, counts and shows a text.

Sources: Mastodon's documentation (user/posting.md, api/guidelines.md), and its own code of 4.5
(``Extractor``, ``twitter_regex.rb``). Links with a scheme are found as on X, from which Mastodon
took the rules. Paths and queries go on in any script.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import regex

from bot import xtext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

URL_LENGTH = 23
"""The characters that any link counts."""

_USER = r"[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*"
_HOST = r"[\w\p{M}]+(?:[.-]+[\w\p{M}]+)*"
_MENTION = regex.compile(
    rf"(?<![=/\w])@((?>{_USER}(?:@(?P<host>{_HOST}))?))(?![@\uff20\xc0-\u024f\u0300-\u036f]|://)"
)
_MAX_HOST = 253
_REST = regex.compile(
    r"(?::\d+)?(?:/(?:[^\s<>()?]|\((?:[^\s<>()?]|\([^\s<>()?]+\))+\))*"
    r"(?<=[^!*'\"\u300c\u300d;:=,.$%\[\]~&|@]))?(?:\?[^\s<>\"]*[\w&=#/\-\xa0-\ud7ff\U00010000-\U0010fffd])?"
)
"""The rest of a link after its domain."""
_HASHTAG = regex.compile(
    r"(?<![=/)\w])#([\w\p{M}](?:[\w\p{M}\u00b7\u30fb\u200c]*[\w\p{M}])?)(?!://)"
)
_NOT_ONLY_DIGITS = regex.compile(r"[\p{L}\p{M}_\u00b7\u30fb\u200c]")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_HIDDEN_PREFIX = re.compile(r"https?://(?:www\.)?")
_SHOWN = 30
"""How many characters of a link are shown, after the hidden prefix."""


class Mentioned(NamedTuple):
    """An account that a text mentions."""

    id: str
    username: str
    acct: str
    """The name, with its domain if that is not the server's own."""

    url: str


@lru_cache(10_000)
def split(raw: str) -> tuple[tuple[str, str], ...]:
    """Return a text in pieces, each with its kind.

    That is ``link``, ``mention``, ``hashtag``, or "" for plain words.
    """
    return tuple(_split(raw))


def _split(raw: str) -> Iterator[tuple[str, str]]:
    end = 0
    for kind, entity in xtext.entities(raw):
        scheme = _SCHEME.match(entity.text)
        if kind == "link" and scheme and entity.start >= end:
            yield from _split_words(raw, end, entity.start)
            domain = re.split("[/?:]", entity.text[scheme.end() :], maxsplit=1)[0]
            rest = _REST.match(raw, entity.start + scheme.end() + len(domain))
            end = rest.end() if rest else entity.end
            yield "link", raw[entity.start : end]
    yield from _split_words(raw, end, len(raw))


def _split_words(raw: str, start: int, end: int) -> Iterator[tuple[str, str]]:
    """Yield the pieces between two links. The characters before may rule out a mention."""
    found = [
        ("mention", match)
        for match in _MENTION.finditer(raw, start, end)
        if len(match["host"] or "") <= _MAX_HOST
    ]
    found += [
        ("hashtag", match)
        for match in _HASHTAG.finditer(raw, start, end)
        if _NOT_ONLY_DIGITS.search(match[1])
    ]
    for kind, match in sorted(found, key=lambda pair: pair[1].start()):
        if match.start() < start:
            continue
        yield "", raw[start : match.start()]
        yield kind, match[0]
        start = match.end()
    yield "", raw[start:end]


def length(raw: str) -> int:
    """Return a text's length in characters that people see, with links and mentions shortened."""
    counted = ""
    for kind, text in split(raw):
        if kind == "link":
            counted += "x" * URL_LENGTH
        elif kind == "mention":
            counted += "@" + text[1:].partition("@")[0]
        else:
            counted += text
    return character_count(counted)


def character_count(text: str) -> int:
    """Return the number of characters that people see. A family of emoji is one."""
    return len(regex.findall(r"\X", text))


def to_html(raw: str, base: str, find: Callable[[str], Mentioned | None], author: str) -> str:
    """Return a text as the server's HTML, with its own pages at ``base``.

    ``find`` returns the account of ``name`` or ``name@domain``, if it exists. A mention is shown
    without its server, unless two accounts in the text, or one and its ``author``, have one name.
    """
    pieces = split(raw)
    people = {text: find(text[1:]) for kind, text in pieces if kind == "mention"}
    accts = {who.acct.lower() for who in people.values() if who} | {author.lower()}
    names = [acct.partition("@")[0] for acct in accts]
    out = ""
    for kind, text in pieces:
        who = people.get(text) if kind == "mention" else None
        if kind == "link":
            out += _link_html(text)
        elif kind == "hashtag":
            href = escape(f"{base}/tags/{text[1:]}")
            inner = f"#<span>{escape(text[1:])}</span>"
            out += f'<a href="{href}" class="mention hashtag" rel="tag">{inner}</a>'
        elif who:
            shown = who.username if names.count(who.username.lower()) <= 1 else who.acct
            inner = f"@<span>{escape(shown)}</span>"
            link = f'<a href="{escape(who.url)}" class="u-url mention">{inner}</a>'
            out += f'<span class="h-card" translate="no">{link}</span>'
        else:
            out += escape(text)
    return _paragraphs(out)


def _paragraphs(text: str) -> str:
    """Return HTML with paragraphs for empty lines, and breaks for line ends."""
    parts = re.split(r"\n\n+", re.sub(r"\r\n?", "\n", text)) if text else []
    return "".join(f"<p>{part.replace(chr(10), '<br />')}</p>" for part in parts)


def _link_html(url: str) -> str:
    """Return a link with its scheme and its end in hidden spans."""
    prefix = match[0] if (match := _HIDDEN_PREFIX.match(url)) else ""
    shown, rest = url[len(prefix) :][:_SHOWN], url[len(prefix) + _SHOWN :]
    inner = (
        f'<span class="invisible">{escape(prefix)}</span>'
        f'<span class="{"ellipsis" if rest else ""}">{escape(shown)}</span>'
        f'<span class="invisible">{escape(rest)}</span>'
    )
    rel = "nofollow noopener noreferrer"
    return f'<a href="{escape(url)}" target="_blank" rel="{rel}" translate="no">{inner}</a>'


def escape(text: str) -> str:
    """Return a text with ``&<>"'`` escaped as Mastodon does."""
    return html.escape(text).replace("&#x27;", "&#39;")


def display_url(url: str) -> str:
    """Return a link in the shortened form that readers see."""
    bare = _HIDDEN_PREFIX.sub("", url)
    return bare if len(bare) <= _SHOWN else bare[:_SHOWN] + "…"
