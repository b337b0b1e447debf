"""A text as UTF-16 code units, which X's algorithm counts and cuts by."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def split(text: str) -> str:
    """Return the text with each character beyond U+FFFF as its two surrogates."""
    return text if text.isascii() else _ASTRAL.sub(_surrogates, text)


def join(units: str) -> str:
    """Return the text that the code units spell."""
    return units if units.isascii() else _PAIR.sub(_character, units)


def places(units: str) -> Callable[[int], int]:
    """Return the function from a place among the units to the place in the text."""
    seconds = [pair.start() + 1 for pair in _PAIR.finditer(units)]
    return lambda place: place - bisect_left(seconds, place)


def _surrogates(found: re.Match[str]) -> str:
    high, low = divmod(ord(found[0]) - 0x10000, 0x400)
    return chr(0xD800 + high) + chr(0xDC00 + low)


def _character(found: re.Match[str]) -> str:
    high, low = map(ord, found[0])
    return chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00)
