"""Figures in a text: which numbers are claims, and which only a date or part of a name.

Made for English as campaigns write it, and for figures that look alike in other languages. Ignored
is what may be a year, a date, a time, a name with a number (Section 702), an address, or a count up
to twelve: a rule that reports every number is soon switched off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_SCALES = {
    "thousand": 3, "k": 3, "million": 6, "mio": 6, "mln": 6, "mn": 6, "m": 6,
    "billion": 9, "bn": 9, "mrd": 9, "b": 9, "trillion": 12, "tn": 12,
}  # fmt: skip
"""Powers of ten."""

_NUMBER_NAMES = """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"""
_NUMBER_WORDS = dict(zip(_NUMBER_NAMES.split(), [*range(1, 21), *range(30, 100, 10)], strict=True))
_UNITS = {
    "$": r"\$|USD|dollars?",
    "€": r"€|EUR|euros?",
    "£": r"£|GBP|pounds?",
    "¥": r"¥|JPY|yen",
    "%": r"%|percent|per[ ]cent",
}
_SCALE = (
    r"(?:[\s-]?(?P<scale>thousand|million|billion|trillion|mln|mio|mrd|mn|bn|tn)(?![^\W_])"
    r"|(?<=\d)(?P<letter>[kKmMbB])(?!\w))?"
)
_UNIT = (
    r"(?:[\s-]?(?P<unit>[%$€£¥]|per[ ]?cent\b"
    r"|dollars?\b|euros?\b|pounds?\b|yen\b|USD\b|EUR\b|GBP\b))?"
)
_NUMBER = re.compile(
    r"(?<![\w#/:.,@&'’-])(?P<sign>(?:[A-Z]{1,2})?\$|[€£¥]|(?:USD|EUR|GBP|JPY)[ ])?\s?"
    r"(?P<number>\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3}){2,}|\d+(?:\.\d+)?)"
    + _SCALE
    + _UNIT,
    re.IGNORECASE,
)
_IN_WORDS = re.compile(
    rf"\b(?P<first>{'|'.join(_NUMBER_WORDS)})"
    rf"(?:[ -](?P<second>{'|'.join(list(_NUMBER_WORDS)[:9])}))?"
    rf"(?:[\s-](?P<scale>thousand|million|billion|trillion)\b)?{_UNIT}",
    re.IGNORECASE,
)
_UNIT_SIGNS = (
    *("%", "$", "€", "£", "¥", "thousand", "illion", "per"),
    *("doll", "euro", "pound", "yen", "usd", "gbp"),
)
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?"
_BEFORE_NO_FIGURE = re.compile(
    rf"(?:\b{_MONTH}\s+(?:\d{{1,2}}\s?[–-]\s?)?"
    r"|(?-i:\b[A-Z]{2,}\s)"  # HB 1234, NY 10001
    r"|\b(?:section|title|article|form|room|chapter|rule|act|route|highway|gate|hall|floor|pier|no\."
    r"|nr\.|number|proposition|prop|measure|amendment|resolution|directive|regulation|level|phase"
    r"|day|week|part|tier|volume|page|line|platform|boeing|windows|iphone|covid|h\.r\."
    r"|s\.|building|suite|apt|box|class)\s?)$",
    re.IGNORECASE,
)
_AFTER_NO_FIGURE = re.compile(
    r"\w|[:/.,]\d|[-–](?=\d)|[-–]?(?:st|nd|rd|th)\b"
    r"|\s?(?:am|pm|a\.m|p\.m|o['’]clock|uhr|h)\b"
    r"|[\s-](?:seconds?|minutes?|hours?|days?|nights?|weeks?)\b"
    rf"|\s(?:of\s)?{_MONTH}(?!\w)"
    r"|(?-i:\s(?:[A-Z0-9]\w*\.?\s){0,3}(?:St|Street|Ave|Avenue|Road|Rd|Blvd|Boulevard|Square|Plaza|Lane"
    r"|Drive|Way|Broadway)\b)",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"\b(?:over|more than|at least|above|exceeding|upwards of)\s$", re.IGNORECASE
)
_AT_MOST = re.compile(
    r"\b(?:nearly|almost|under|less than|fewer than|up to|below|at most|close to)\s$", re.IGNORECASE
)
_MIN_COUNT = 13
_FIRST_YEAR, _LAST_YEAR = 1800, 2199
_CONTEXT = 24
"""Characters before and after a number that show what it is."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in a text: ``value`` in ``unit`` (a currency sign, ``%``, or nothing).

    ``bound`` is 1 where the text says that it is more (over 2,000), -1 where less (nearly 2,000).
    ``nouns`` are the words that follow and name what is counted. ``year`` is whether it may be one.
    """

    text: str
    value: Decimal
    unit: str
    bound: int = 0
    nouns: tuple[str, ...] = ()
    year: bool = False

    def same_amount(self, other: Figure) -> bool:
        """Return whether it is the same amount; a missing unit matches any."""
        return self.value == other.value and (
            not self.unit or self.unit in {other.unit, ""} or not other.unit
        )


@lru_cache(maxsize=512)  # facts are read again with each post
def figures(text: str) -> tuple[Figure, ...]:
    """Return the figures of a text, in no particular order."""
    numbers = _NUMBER.finditer(text) if re.search(r"\d", text) else ()
    found = [_figure_or_none(text, match) for match in numbers]
    return tuple(figure for figure in (*found, *_figures_in_words(text)) if figure)


@lru_cache(maxsize=4096)  # each figure of a post may be compared with every fact and statement
def all_numbers(text: str) -> tuple[Figure, ...]:
    """Return every number of a text that is known to be a figure."""
    found = [_figure(text, match, _value(match)) for match in _NUMBER.finditer(text)]
    return (*found, *(figure for figure in _figures_in_words(text) if figure))


def _figures_in_words(text: str) -> list[Figure | None]:
    """Return the figures in words; each has a scale or a unit, and most texts have neither."""
    low = text.lower()
    if not any(sign in low for sign in _UNIT_SIGNS):
        return []
    return [_figure_in_words(text, match) for match in _IN_WORDS.finditer(text)]


def _figure_or_none(text: str, match: re.Match[str]) -> Figure | None:
    before, after = _context(text, _start(match), match.end())
    bare = not (match["sign"] or match["unit"] or match["scale"] or match["letter"])
    if match["letter"] in {"m", "b", "M", "B"} and not match["sign"]:
        return None  # metres, and the like
    if match["letter"] and not match["sign"] and len(match["number"]) == 1:
        return None  # 4K
    if _AFTER_NO_FIGURE.match(after) and (bare or after[0].isalnum()):
        return None
    value = _value(match)
    plain = bare and "," not in match["number"]
    if plain and (value < _MIN_COUNT or _BEFORE_NO_FIGURE.search(before)):
        return None
    return _figure(text, match, value)


def _context(text: str, start: int, end: int) -> tuple[str, str]:
    return text[max(0, start - _CONTEXT) : start], text[end : end + 2 * _CONTEXT]


def _start(match: re.Match[str]) -> int:
    return match.start("sign") if match["sign"] else match.start("number")


def _value(match: re.Match[str]) -> Decimal:
    number = re.sub(r"[,\u00a0\u202f]", "", match["number"])
    if number.count(".") > 1:  # 1.200.000, as much of Europe writes it
        number = number.replace(".", "")
    scale = (match["scale"] or match["letter"] or "").lower()
    return Decimal(number).scaleb(_SCALES.get(scale, 0))


def _figure(text: str, match: re.Match[str], value: Decimal) -> Figure:
    before, after = _context(text, _start(match), match.end())
    digits = match["number"]
    year = (
        len(digits) == 4  # noqa: PLR2004 - as years have
        and digits.isdigit()
        and not any((match["sign"], match["scale"], match["letter"], match["unit"]))
        and _FIRST_YEAR <= value <= _LAST_YEAR
    )
    unit = _unit(match["sign"] or match["unit"] or "")
    return Figure(match.group().strip(), value, unit, _bound(before, after), _nouns(after), year)


def _figure_in_words(text: str, match: re.Match[str]) -> Figure | None:
    """Return a figure in words: only a large one, or one with a unit. Two companies are none."""
    before, after = _context(text, *match.span())
    if not (match["scale"] or match["unit"]) or re.search(r"(?:half|point|and) (?:an? )?$", before):
        return None
    value = _NUMBER_WORDS[match["first"].lower()] + _NUMBER_WORDS.get(
        (match["second"] or "").lower(), 0
    )
    scaled = Decimal(value).scaleb(_SCALES.get((match["scale"] or "").lower(), 0))
    unit = _unit(match["unit"] or "")
    return Figure(match.group(), scaled, unit, _bound(before, after), _nouns(after))


@lru_cache(maxsize=256)
def _unit(word: str) -> str:
    word = word.strip()
    for unit, pattern in _UNITS.items():
        if re.fullmatch(rf"(?:[A-Z]{{1,2}})?(?:{pattern})", word, re.IGNORECASE):
            return unit
    return ""


def _bound(before: str, after: str) -> int:
    if after.startswith("+") or _AT_LEAST.search(before):
        return 1
    return -1 if _AT_MOST.search(before) else 0


def _nouns(after: str) -> tuple[str, ...]:
    """Return the next words of the sentence that are long enough to be what is counted."""
    return tuple(re.findall(r"[^\W\d_]{4,}", re.split(r"[.;:!?\n]", after)[0].lower())[:2])
