"""Links, names and hashtags in a text, and the words that are left without them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.text.hidden import without_hidden

LINK = re.compile(r"\bhttps?://[^\s<>\"“”«»]+", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w!#$%&*@\uff20/.+~-])[@\uff20](\w+(?:[.-]\w+)*(?:@\w+(?:[.-]\w+)+)?)")
"""Who the platform would notify: ``@amazon``, ``@us@some.instance``, ``@us.bsky.social``."""
HASHTAG = re.compile(r"(?<![\w&/#\uff03])[#\uff03](\w*[^\W\d]\w*)")

# As a platform sees one: example.org/report. It begins where no word goes on: found in one go.
_BARE_LINK = re.compile(r"(?<![\w.-])(?:[\w-]+\.)+[^\W\d_]{2,}(?:/[^\s<>\"“”«»]*)?")
# Of writing without blanks between words, each sign counts as a word: kana, CJK, Thai.
_SIGN = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f])")

TRAILING = ".,;:!?)]}'’”"
"""What follows an address in a sentence and is no part of it."""


def mentions(text: str) -> list[str]:
    """Give the names mentioned, without the @."""
    if "@" not in text and "\uff20" not in text:
        return []
    return MENTION.findall(LINK.sub(" ", text))


def hashtags(text: str) -> tuple[str, ...]:
    """Give the hashtags, without the sign."""
    return _hashtags(text) if "#" in text or "\uff03" in text else ()


@lru_cache(maxsize=64)  # several rules ask of the same text, one after the other
def _hashtags(text: str) -> tuple[str, ...]:
    return tuple(HASHTAG.findall(LINK.sub(" ", text) if "://" in text else text))


@lru_cache(maxsize=64)  # the same
def plain(text: str) -> str:
    """Give the text without links, mentions and hashtags: what is said in words."""
    if not any(sign in text for sign in ("://", "@", "\uff20", "#", "\uff03")):
        return text
    text = LINK.sub(" ", text) if "://" in text else text
    return HASHTAG.sub(" ", MENTION.sub(" ", text))


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
    said = _BARE_LINK.sub(" ", plain(without_hidden(text)))
    level = unicodedata.normalize("NFKC", said).casefold().translate(_SPELLING)
    return _SIGN.sub(r" \1 ", level).split()


def listed(words: list[str], most: int = 3) -> str:
    """Name the first few of them in a message."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")
