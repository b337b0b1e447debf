"""Letters of several scripts in one word, by which it looks like another word."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.text.words import LINK, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.rule import Finding, Sight

LOOKS_LATIN = frozenset("авекмнорстухіјѕԁԛԝӏѵҽոսցօհαορνι")
"""Small Cyrillic, Armenian and Greek letters that look like Latin ones."""

_CAPITALS = frozenset("АВЕЅІЈКМНОРСТУХԚԜՕՏՍΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
_LATIN_ALIKE = frozenset("aceopxyABCEHKMOPTXY")
"""Latin letters for which one of them is most often taken, or that are taken for one."""

_ALIKE = LOOKS_LATIN | _CAPITALS | _LATIN_ALIKE | frozenset(map(chr, range(0x13A0, 0x13F6)))

_OTHERS = (
    "\u0370-\u058f\u13a0-\u13ff\u1c80-\u1c8f\u1f00-\u1fff\u2de0-\u2dff\ua640-\ua69f\uab70-\uabbf"
)
_OTHER = re.compile(f"[{_OTHERS}]")
_WORD = re.compile(r"[^\W_]+")
_RUN = re.compile(f"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+|[{_OTHERS}]+")


def posing(sight: Sight) -> Iterator[Finding]:
    """Find words that mix look-alike letters of several scripts, in all that is shown."""
    for part in sight.parts:
        for shown in sight.shown(part):
            if found := list(dict.fromkeys(_posing(shown))):
                letters = listed(list(dict.fromkeys(name for _, name in found)))
                words = listed([f"“{word}”" for word in dict.fromkeys(word for word, _ in found)])
                message = f"{words} mixes scripts: {letters}."
                hint = "Type the word anew; put a hyphen between two words that belong together."
                yield sight.at(part, message, hint)


def _posing(text: str) -> Iterator[tuple[str, str]]:
    """Yield each word that may pass for another, and a letter of it that is not what it seems."""
    if text.isascii() or not _OTHER.search(text):
        return
    text = unicodedata.normalize("NFC", LINK.sub(" ", text))
    for word in _WORD.findall(text):
        if _OTHER.search(word) and (run := _disguised(_RUN.findall(word))):
            yield word, f"{run[0]} is U+{ord(run[0]):04X} {unicodedata.name(run[0])}"


def _disguised(runs: list[str]) -> str | None:
    """Return a run of letters that can be taken for letters of the run beside it.

    Two words written together, as in a hashtag, show by the capital that the second begins with.
    """
    for left, right in pairwise(runs):
        joined = left[-1].islower() and right[0].isupper() and min(len(left), len(right)) > 1
        for run in () if joined else (left, right):
            if _ALIKE.issuperset(run):
                return run
    return None
