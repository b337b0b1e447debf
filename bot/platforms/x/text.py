"""How X counts a text, and whether it sees a link in it.

The rules are X's own, as ``twitter_text`` implements them (twitter-text ``config/v3.json``): after
NFC, most letters count 1, emoji and CJK 2, and every address that X makes a link of counts 23. That
library takes 0.2 s to import and 1 ms a text, so it is asked only where plain arithmetic does not
settle the matter; a property test holds the two against each other.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LIMIT = 280
LONG_LIMIT = 25_000
LINK_LENGTH = 23

# Characters that weigh 1, stay as they are under NFC and are part of no emoji: ASCII, the letters
# of Latin-1, and the dashes and curly quotes of ordinary prose.
_LIGHT = re.compile(
    "[\t\n\x20-\x7e\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u2013\u2014\u2018\u2019\u201c\u201d]*",
)
# By the same rules, all in these ranges weighs 1, but for two that are emoji; the rest weighs 2.
_WEIGHS_TWO = re.compile("[\xa9\xae]|[^\x00-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
# A domain needs a dot with a letter behind it; "$1.2 billion" and a full stop are none.
_MAY_BE_LINK = re.compile(r"\.[^\W\d_]")
_LABEL = "[a-z0-9]{1,20}(?:-[a-z0-9]{1,20}){0,2}"
# The most ordinary address, standing alone between blanks: no doubt where it starts and ends.
_SURE_LINK = re.compile(
    rf"(?<!\S)https://{_LABEL}(?:\.{_LABEL}){{0,3}}\.(?:com|org|net)(?:/[A-Za-z0-9/_-]{{0,200}})?(?!\S)",
)
_LINE_END = re.compile(r"\r\n|\r")
_SURROGATE = re.compile("[\ud800-\udfff]")


@lru_cache(maxsize=8192)
def weighted_length(text: str) -> int:
    """Give the length of a text as X counts it."""
    settled = _by_arithmetic(text)
    if settled is not None:
        return settled[0]
    from twitter_text import parse_tweet

    return int(parse_tweet(_sound(text)).weightedLength)


@lru_cache(maxsize=8192)
def has_link(text: str) -> bool:
    """Tell whether X will make a link of some of it; a bare ``example.com`` is one too."""
    rest, links = _SURE_LINK.subn("", _LINE_END.sub("\n", text))
    if not _MAY_BE_LINK.search(rest):
        return links > 0
    from twitter_text import extract_urls

    return bool(extract_urls(_sound(text)))


def surely_fits(text: str, most: int) -> bool:
    """Tell whether a text is no longer than that without asking how long; False where in doubt.

    Signs of an emoji are counted one by one here, which is more than it weighs.
    """
    rest, links = _SURE_LINK.subn("", _LINE_END.sub("\n", text))
    if _MAY_BE_LINK.search(rest):
        return False
    rest = unicodedata.normalize("NFC", rest)
    return len(rest) + len(_WEIGHS_TWO.findall(rest)) + LINK_LENGTH * links <= most


def _by_arithmetic(text: str) -> tuple[int, int] | None:
    """Give length and number of links, or None where only the library can tell."""
    rest, links = _SURE_LINK.subn("", _LINE_END.sub("\n", text))
    if _MAY_BE_LINK.search(rest) or not _LIGHT.fullmatch(rest):
        return None
    return len(rest) + LINK_LENGTH * links, links


def _sound(text: str) -> str:
    # The library cannot encode a lone surrogate; the replacement character weighs the same, 2.
    return _SURROGATE.sub("\ufffd", text)
