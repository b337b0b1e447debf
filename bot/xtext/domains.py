"""Where a domain ends, and which ones DNS could hold."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.xtext import units
from bot.xtext.letters import ACCENTED

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIST = Path(__file__).with_name("tlds.txt")
_LETTERS = re.compile("[A-Za-z\x80-\uffff]{2,18}")
"""No top-level domain is longer."""
_CODED = re.compile("[Xx][Nn]--[-0-9A-Za-z]+")
_NO_MORE = re.compile("(?![0-9A-Za-z@+-])")
_LATIN_LABEL = f"[-0-9A-Za-z{ACCENTED}]+"
_LATIN_LABELS = re.compile(rf"{_LATIN_LABEL}(?:\.{_LATIN_LABEL})*\.?")
_FULL_STOPS = re.compile("[\u3002\uff0e\uff61]")
_LONGEST_LABEL = 63


def end_of_tld(text: str, start: int) -> int:
    """Return where the top-level domain ends that begins here, or 0 where there is none."""
    letters = _LETTERS.match(text, start)
    head = _capitals(letters[0]) if letters else ""
    for length in range(len(head), 0, -1):
        if head[:length] in _known() and _NO_MORE.match(text, start + length):
            return start + length
    coded = _CODED.match(text, start)
    return coded.end() if coded else 0


def ascii_domains(domain: str) -> Iterator[str]:
    """Yield the parts of a domain that are domains in Latin letters, the longest of each."""
    for labels in _LATIN_LABELS.finditer(domain):
        start, dot = labels.start(), labels.end()
        while (dot := domain.rfind(".", start, dot)) >= 0:
            if end := end_of_tld(domain, dot + 1):
                yield domain[start:end]
                break


def are_labels(domain: str) -> bool:
    """Return whether DNS could hold the labels of a domain."""
    if domain.startswith("xn--") and not any(ascii_domains(domain)):
        return False
    return all(1 <= _length(label) <= _LONGEST_LABEL for label in domain.split("."))


@cache
def _known() -> frozenset[str]:
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(_capitals(line) for line in lines if not line.startswith("#"))


def _capitals(text: str) -> str:
    """Return the text in capitals, character by character, as JavaScript ignores case."""
    return text.upper() if text.isascii() else "".join(map(_capital, text))


def _capital(character: str) -> str:
    capital = character.upper()
    alike = len(capital) == 1 and capital.isascii() == character.isascii()
    return capital if alike else character


def _length(label: str) -> int:
    """Return the length of a label in punycode; of one that is too long, at least a part of it."""
    parts = _FULL_STOPS.split(units.join(label))
    return len(parts) - 1 + sum(map(_coded_length, parts))


def _coded_length(part: str) -> int:
    if part.isascii() or len(part) > _LONGEST_LABEL:
        return len(part)
    return len("xn--") + len(part.encode("punycode"))
