"""How a server of Mastodon's API reads and counts a text. Pure.

Sources: Mastodon 4.5's ``StatusLengthValidator``, ``Extractor``, ``Account::MENTION_RE`` and its
configuration of twitter-text. Mastodon counts a content warning as it is written. In a text it
counts a link as 23 characters, and a mention without its server. If servers differ, the larger
number counts, of characters and of people who are notified.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import normalize

from bot import xtext
from bot.xtext import Entity, first_of_overlapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    Found = tuple[str, Entity]

LINK_CHARACTERS = 23
_MAX_DOMAIN = 253
"""Most characters of a domain. Mastodon takes a mention with a longer one for plain text."""

_USER = r"[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*"
_HOST = r"\w+(?:[.-]+\w+)*"
MENTION = re.compile(
    rf"(?<![=/]|[^\W_])@(?P<name>{_USER})(?P<server>@{_HOST}(?::\d+)?)?", re.IGNORECASE
)
"""Somebody whom a server would notify: ``@name`` on the account's own server, or ``@name@server``.

Mastodon takes ``@@name`` and a name within a link. GoToSocial also takes ``_@name`` and a port.
"""
_COUNTED = re.compile(rf"(?<![=/\w])@(?P<name>{_USER})(?:@(?P<host>{_HOST}))?", re.IGNORECASE)
"""``Account::MENTION_RE`` itself."""
_NOT_BEFORE = re.compile("[@\uff20\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0300-\u036f\u1e00-\u1eff]|://")
"""A mention before this is counted in full."""
_HASHTAG = re.compile(
    "(?<![=/)\\w&])#((?!\\d+(?![\\w\xb7\u30fb\u200c]))\\w(?:[\\w\xb7\u30fb\u200c]*\\w)?)"
)

_IN_PATH = r"[^\s<>()?]"
_PATH = re.compile(
    rf"(?::\d+)?(/(?:{_IN_PATH}+|\((?:{_IN_PATH}+|{_IN_PATH}*\({_IN_PATH}+\){_IN_PATH}*)\))*)?"
)
_NOT_LAST_IN_PATH = "!*'\"\u300c\u300d;:=,.$%[]~&|@"
# Without IGNORECASE, for which Python would look up the case of each of these characters.
_QUERY = re.compile(
    r"\?[A-Za-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@^\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\uffef"
    "\U00010000-\U000dffff\U000e1000-\U0010fffd]*"
)
_NOT_LAST_IN_QUERY = "!?*'();:+$%[].,~|@^"


def entities(text: str) -> list[Found]:
    """Return the links, mentions and hashtags of a text, in their order.

    Only a mention may overlap a link, because it notifies somebody all the same.
    """
    found = first_of_overlapping([*_links(text), *_hashtags(text)])
    found += [
        ("mention", Entity(*mention.span(), mention[0][1:])) for mention in MENTION.finditer(text)
    ]
    return sorted(found, key=lambda pair: (pair[1].start, -pair[1].end))


def count_characters(text: str) -> int:
    """Return a text's length in code points. A mention counts without its server, and a link 23.

    Mastodon itself counts the characters that a reader sees, which are fewer.
    """
    text = normalize("NFC", text)
    count = len(text)
    for kind, entity in first_of_overlapping([*_links(text), *_counted_mentions(text)]):
        shown = LINK_CHARACTERS if kind == "link" else len(entity.text)
        count += shown - (entity.end - entity.start)
    return count


def count_as_written(text: str) -> int:
    """Return the length of a content warning, in which links and mentions count in full."""
    return len(normalize("NFC", text))


def _links(text: str) -> Iterator[Found]:
    """Yield the links with a scheme. Domains are read as X does, and paths in any script."""
    done = 0
    for link in xtext.links(text):
        scheme, sign, rest = link.text.partition("://")
        if link.start < done or scheme.lower() not in {"http", "https"}:
            continue
        domain = re.split("[/?:]", rest, maxsplit=1)[0]
        done = _end_of_link(text, link.start + len(scheme) + len(sign) + len(domain))
        yield "link", Entity(link.start, done, text[link.start : done])


def _end_of_link(text: str, end: int) -> int:
    """Return the end of the link whose domain ends here."""
    found = _PATH.match(text, end)
    assert found, "all of it may be missing"
    end = found.start() + len(found[0].rstrip(_NOT_LAST_IN_PATH) if found[1] else found[0])
    query = _QUERY.match(text, end)
    said = query[0].rstrip(_NOT_LAST_IN_QUERY) if query else ""
    return end + len(said)


def _counted_mentions(text: str) -> Iterator[Found]:
    """Yield the mentions that count less than they are long, with the text that counts."""
    for found in _COUNTED.finditer(text):
        if len(found["host"] or "") <= _MAX_DOMAIN and not _NOT_BEFORE.match(text, found.end()):
            yield "mention", Entity(*found.span(), f"@{found['name']}")


def _hashtags(text: str) -> Iterator[Found]:
    for found in _HASHTAG.finditer(text):
        yield "hashtag", Entity(*found.span(), found[1])
