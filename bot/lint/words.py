"""Links, names and hashtags in a text, and the words that are left without them."""

from __future__ import annotations

import re
from functools import lru_cache

LINK = re.compile(r"\bhttps?://[^\s<>\"“”«»]+", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w!#$%&*@\uff20/.+~-])[@\uff20](\w+(?:[.-]\w+)*(?:@\w+(?:[.-]\w+)+)?)")
"""Who the platform would notify: ``@amazon``, ``@us@some.instance``, ``@us.bsky.social``."""
HASHTAG = re.compile(r"(?<![\w&/#\uff03])[#\uff03](\w*[^\W\d]\w*)")

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


def listed(words: list[str], most: int = 3) -> str:
    """Name the first few of them in a message."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")
