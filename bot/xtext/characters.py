"""Sets of characters, as the inside of a regular expression's brackets."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


SPACES = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
JAVASCRIPT_SPACES = "\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What JavaScript takes for blank."""
PUNCTUATION = r"!'#%&()*+,\\/:;<=>?@\[\]^{|}~$"
"""What ends a domain; a hyphen, an underscore and a dot do not."""
NONCHARACTERS = "\ufffe\ufeff\uffff"
BIDI_CONTROLS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
LATIN = (
    "\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272"
    "\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
"""Latin letters with accents, and accents."""
ACCENTED = (
    f"{LATIN}\u0260\u0269\u0275\u0280\u0283\u0288\u028a\u028c\u0292\u0399\u03b9\u1fbe"
    "\u2c65\u2c66\u2c7e\u2c7f"
)
"""The same where case is ignored: with what has one of them for its capital."""
CYRILLIC = "\u0400-\u04ff\u1c80-\u1c87"
"""Cyrillic letters where case is ignored."""


_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def to_utf16(text: str) -> str:
    """Return the text with each character beyond U+FFFF as its two surrogates."""
    return text if text.isascii() else _ASTRAL.sub(_to_surrogates, text)


def from_utf16(units: str) -> str:
    """Return the text that the code units spell."""
    return units if units.isascii() else _PAIR.sub(_from_surrogates, units)


def text_index_of(units: str) -> Callable[[int], int]:
    """Return the function from a place among the units to the place in the text."""
    seconds = [pair.start() + 1 for pair in _PAIR.finditer(units)]
    return lambda place: place - bisect_left(seconds, place)


def _to_surrogates(found: re.Match[str]) -> str:
    high, low = divmod(ord(found[0]) - 0x10000, 0x400)
    return chr(0xD800 + high) + chr(0xDC00 + low)


def _from_surrogates(found: re.Match[str]) -> str:
    high, low = map(ord, found[0])
    return chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00)
