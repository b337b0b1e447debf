"""Finds the figures of a text, in digits or words, with their units and nouns. Pure.

It is made for English, and for figures that look alike in other languages. Numbers that may be a
year, a date, a time, a name (Section 702), an address, or a count up to twelve are ignored, because
a rule that reports every number is soon switched off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from bot.voice.altered import altered

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
NUMBER = re.compile(
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
_ROUND = re.compile(
    rf"\b(?P<half>(?:half\s)?)an?\s(?P<of>hundred|thousand|million|billion|trillion)\b{_UNIT}",
    re.IGNORECASE,
)
"""Round numbers without a number word, such as a hundred or half a million."""
_UNIT_SIGNS = (
    *("%", "$", "€", "£", "¥", "hundred", "thousand", "illion", "per"),
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
AT_LEAST = re.compile(r"\b(?:over|more than|at least|above|exceeding|upwards of)\s$", re.IGNORECASE)
AT_MOST = re.compile(
    r"\b(?:nearly|almost|under|less than|fewer than|up to|below|at most|close to)\s$", re.IGNORECASE
)
_MIN_COUNT = 13
_FIRST_YEAR, _LAST_YEAR = 1800, 2199
CONTEXT = 24
"""Characters before and after a number that show its meaning."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in a text."""

    text: str
    """The figure as it is written."""
    value: Decimal
    unit: str
    """A currency sign, ``%``, or "" for none."""
    bound: int = 0
    """1 if the text says that it is more (over 2,000), -1 if less (nearly 2,000), otherwise 0."""
    nouns: tuple[str, ...] = ()
    """The words that follow, which may name the things that are counted."""
    year: bool = False
    """Whether it may be a year."""
    altered: str = ""
    """The text right beside it that makes another figure of it."""
    loose: bool = False
    """Whether it may only mean "many", as a thousand does."""

    def same_amount(self, other: Figure) -> bool:
        """Return whether it is the same amount; a missing unit matches any."""
        return self.value == other.value and (
            not self.unit or self.unit in {other.unit, ""} or not other.unit
        )


@lru_cache(maxsize=512)  # the facts are read again with each post
def figures(text: str) -> tuple[Figure, ...]:
    """Return the figures of a text, in no particular order."""
    numbers = NUMBER.finditer(text) if re.search(r"\d", text) else ()
    found = [_figure(text, match) for match in numbers if _is_figure(text, match)]
    return (*found, *_figures_in_words(text))


@lru_cache(maxsize=4096)  # each figure of a post may be compared with every fact and statement
def all_numbers(text: str) -> tuple[Figure, ...]:
    """Return every number of a text. The caller knows that they are figures."""
    return (*(_figure(text, match) for match in NUMBER.finditer(text)), *_figures_in_words(text))


def _is_figure(text: str, match: re.Match[str]) -> bool:
    """Return whether a number is a figure, and not a date, a name, a count or the like."""
    before, after = _context(text, match, "sign" if match["sign"] else "number")
    bare = not (match["sign"] or match["unit"] or match["scale"] or match["letter"])
    if match["letter"] in {"m", "b", "M", "B"} and not match["sign"]:
        return False  # metres, and the like
    if match["letter"] and not match["sign"] and len(match["number"]) == 1:
        return False  # 4K
    goes_on = after[:1].isdigit() and not bare  # $2,0000 is one that was altered
    if _AFTER_NO_FIGURE.match(after) and (bare or after[0].isalnum()) and not goes_on:
        return False
    plain = bare and "," not in match["number"]
    return not (plain and (_value(match) < _MIN_COUNT or _BEFORE_NO_FIGURE.search(before)))


def _context(text: str, match: re.Match[str], first: str) -> tuple[str, str]:
    """Return the text before the first group of a number, and the text after it."""
    start, end = match.start(first), match.end()
    return text[max(0, start - CONTEXT) : start], text[end : end + 2 * CONTEXT]


def _value(match: re.Match[str]) -> Decimal:
    number = re.sub(r"[,\u00a0\u202f]", "", match["number"])
    if number.count(".") > 1:  # 1.200.000, as much of Europe writes it
        number = number.replace(".", "")
    scale = (match["scale"] or match["letter"] or "").lower()
    return Decimal(number).scaleb(_SCALES.get(scale, 0))


def _figure(text: str, match: re.Match[str]) -> Figure:
    before, after = _context(text, match, "sign" if match["sign"] else "number")
    digits, value = match["number"], _value(match)
    year = (
        len(digits) == 4  # noqa: PLR2004 - as years have
        and digits.isdigit()
        and not any((match["sign"], match["scale"], match["letter"], match["unit"]))
        and _FIRST_YEAR <= value <= _LAST_YEAR
    )
    unit = _unit(match["sign"] or match["unit"] or "")
    beside = altered(before, after)
    return Figure(
        match.group().strip(), value, unit, *_bound_and_nouns(before, after), year, beside
    )


def _figures_in_words(text: str) -> list[Figure]:
    """Return the figures in words that have a scale or a unit; "two companies" is not a figure."""
    low = text.lower()
    if not any(sign in low for sign in _UNIT_SIGNS):  # most texts have neither
        return []
    found = []
    for match in _IN_WORDS.finditer(text):
        before, after = _context(text, match, "first")
        first, second, scale, unit = (
            (match[name] or "").lower() for name in ("first", "second", "scale", "unit")
        )
        broken = re.search(r"(?:half|point|and) (?:an? )?$", before)
        if (scale or unit) and not broken:
            value = Decimal(_NUMBER_WORDS[first] + _NUMBER_WORDS.get(second, 0))
            value = value.scaleb(_SCALES.get(scale, 0))
            more = _bound_and_nouns(before, after)
            beside = altered(before, after)
            found.append(Figure(match.group(), value, _unit(unit), *more, altered=beside))
    for match in _ROUND.finditer(text):
        before, after = _context(text, match, "half")
        value = Decimal("0.5" if match["half"].strip() else 1)
        value = value.scaleb(_SCALES.get(match["of"].lower(), 2))
        unit, more = _unit((match["unit"] or "").lower()), _bound_and_nouns(before, after)
        found.append(Figure(match.group(), value, unit, *more, loose=True))
    return found


@lru_cache(maxsize=256)
def _unit(word: str) -> str:
    word = word.strip()
    for unit, pattern in _UNITS.items():
        if re.fullmatch(rf"(?:[A-Z]{{1,2}})?(?:{pattern})", word, re.IGNORECASE):
            return unit
    return ""


def _bound_and_nouns(before: str, after: str) -> tuple[int, tuple[str, ...]]:
    bound = -1 if AT_MOST.search(before) else 0
    if after.startswith("+") or AT_LEAST.search(before):
        bound = 1
    nouns = re.findall(r"[^\W\d_]{4,}", re.split(r"[.;:!?\n]", after)[0].lower())
    return bound, tuple(nouns[:2])
