"""Links, names and hashtags in a text, the words that remain, and a text cut to fit a line."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot import xtext
from bot.text.hidden import strip_hidden


def truncate(text: str, limit: int) -> str:
    """Return the text, cut to at most ``limit`` characters; a cut one ends in "…"."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def truncate_line(text: str, limit: int) -> str:
    """Return the text on one line, each run of blanks as one space, cut like ``truncate``."""
    return truncate(" ".join(text.split()), limit)


def join_first(words: list[str], limit: int = 3) -> str:
    """Return the first few words in a row, and how many more there are."""
    more = len(words) - limit
    return ", ".join(words[:limit]) + (f" and {more} more" if more > 0 else "")


URL_PATTERN = re.compile(r"\bhttps?://[^\s<>\"“”«»]+", re.IGNORECASE)

# As platforms see one: example.org/report. It starts no later than a word does: linear search.
_DOT = re.compile(r"\.[^\W\d_]")  # every link has one, and it is fast to find
_BARE_LINK = re.compile(r"(?<![\w.-])(?:[\w-]+\.)+[^\W\d_]{2,}(?:/[^\s<>\"“”«»]*)?")
# In scripts without blanks between words, each sign counts as a word: kana, CJK, Thai.
_UNSPACED_CHARACTER = re.compile(
    "([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f])"
)

TRAILING_PUNCTUATION = ".,;:!?)]}'’”"
"""What may follow an address in a sentence and is not part of it."""


def mentions(text: str) -> list[str]:
    """Return the names that the platform would notify, without the @."""
    if "@" not in text and "\uff20" not in text:
        return []
    return [entity.text for kind, entity in _entities(text) if kind == "mention"]


def hashtags(text: str) -> tuple[str, ...]:
    """Return the hashtags, without the sign."""
    return tuple(entity.text for kind, entity in _entities(text) if kind == "hashtag")


@lru_cache(maxsize=64)  # several rules ask about the same text in a row
def strip_entities(text: str) -> str:
    """Return the text without links, mentions and hashtags: its words."""
    words, done = "", 0
    for kind, entity in _entities(text):
        if kind != "cashtag":
            words += f"{text[done : entity.start]} "
            done = entity.end
    words += text[done:]
    return URL_PATTERN.sub(" ", words) if "://" in words else words


@lru_cache(maxsize=64)  # the same reason
def _entities(text: str) -> tuple[tuple[str, xtext.Entity], ...]:
    return tuple(xtext.entities(text))


class _WordTranslation(dict[int, int | None]):
    """Letters, marks and digits stay, apostrophes go, everything else becomes a blank."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        kept = code if unicodedata.category(char)[0] in "LMN" else ord(" ")
        self[code] = None if char in "'’" else kept
        return self[code]


_WORD_TRANSLATION = _WordTranslation()


def normalized_words(text: str) -> list[str]:
    """Return the words of a text, each in one spelling.

    Links, mentions, hashtags, emoji, punctuation, capitals and hidden characters do not count.
    """
    words = strip_entities(strip_hidden(text))
    if _DOT.search(words):
        words = _BARE_LINK.sub(" ", words)
    words = unicodedata.normalize("NFKC", words).casefold().translate(_WORD_TRANSLATION)
    return (words if words.isascii() else _UNSPACED_CHARACTER.sub(r" \1 ", words)).split()
