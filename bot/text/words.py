"""Links, names and hashtags in a text, and the words that are left without them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot import xtext
from bot.text.hidden import without_hidden

LINK = re.compile(r"\bhttps?://[^\s<>\"“”«»]+", re.IGNORECASE)

# As a platform sees one: example.org/report. It begins where no word goes on: found in one go.
_DOT = re.compile(r"\.[^\W\d_]")  # none is without one, and a string is found fast
_BARE_LINK = re.compile(r"(?<![\w.-])(?:[\w-]+\.)+[^\W\d_]{2,}(?:/[^\s<>\"“”«»]*)?")
# Of writing without blanks between words, each sign counts as a word: kana, CJK, Thai.
_SIGN = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f])")

TRAILING = ".,;:!?)]}'’”"
"""What follows an address in a sentence and is no part of it."""


def mentions(text: str) -> list[str]:
    """Return the names of those whom the platform would notify, without the @."""
    if "@" not in text and "\uff20" not in text:
        return []
    return [entity.text for kind, entity in _entities(text) if kind == "mention"]


def hashtags(text: str) -> tuple[str, ...]:
    """Return the hashtags, without the sign."""
    return tuple(entity.text for kind, entity in _entities(text) if kind == "hashtag")


@lru_cache(maxsize=64)  # several rules ask of the same text, one after the other
def plain(text: str) -> str:
    """Return the text without links, mentions and hashtags: what is said in words."""
    words, done = "", 0
    for kind, entity in _entities(text):
        if kind != "cashtag":
            words += f"{text[done : entity.start]} "
            done = entity.end
    words += text[done:]
    return LINK.sub(" ", words) if "://" in words else words


@lru_cache(maxsize=64)  # the same
def _entities(text: str) -> tuple[tuple[str, xtext.Entity], ...]:
    return tuple(xtext.entities(text))


class _Spelling(dict[int, int | None]):
    """What becomes of each character: letters, marks and digits stay, apostrophes go."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        kept = code if unicodedata.category(char)[0] in "LMN" else ord(" ")
        self[code] = None if char in "'’" else kept
        return self[code]


_SPELLING = _Spelling()


def words_of(text: str) -> list[str]:
    """Return the words that are said, in one spelling of each.

    Links, mentions, hashtags, emoji, punctuation, capitals and hidden characters do not count.
    """
    said = plain(without_hidden(text))
    if _DOT.search(said):
        said = _BARE_LINK.sub(" ", said)
    level = unicodedata.normalize("NFKC", said).casefold().translate(_SPELLING)
    return (level if level.isascii() else _SIGN.sub(r" \1 ", level)).split()


def listed(words: list[str], most: int = 3) -> str:
    """Name the first few of them in a message."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")
