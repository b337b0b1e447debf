"""Figures in posts, compared with the facts of the campaign: none may drift from its source.

Made for English as campaigns write it, and for figures that look alike in other languages. Ignored
is what may be a year, a date, a time, a name with a number (Section 702), an address, or a count up
to twelve: a rule that reports every number is soon switched off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.lint.engine import Finding, PostContext
    from bot.model import Fact, Media, Part


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
    found = [_figure(text, match) for match in numbers if _is_figure(text, match)]
    return (*found, *_figures_in_words(text))


@lru_cache(maxsize=4096)  # each figure of a post may be compared with every fact and statement
def all_numbers(text: str) -> tuple[Figure, ...]:
    """Return every number of a text that is known to be a figure."""
    return (*(_figure(text, match) for match in _NUMBER.finditer(text)), *_figures_in_words(text))


def _is_figure(text: str, match: re.Match[str]) -> bool:
    """Return whether a number is a figure, and not a date, a name, a count or the like."""
    before, after = _context(text, match, "sign" if match["sign"] else "number")
    bare = not (match["sign"] or match["unit"] or match["scale"] or match["letter"])
    if match["letter"] in {"m", "b", "M", "B"} and not match["sign"]:
        return False  # metres, and the like
    if match["letter"] and not match["sign"] and len(match["number"]) == 1:
        return False  # 4K
    if _AFTER_NO_FIGURE.match(after) and (bare or after[0].isalnum()):
        return False
    plain = bare and "," not in match["number"]
    return not (plain and (_value(match) < _MIN_COUNT or _BEFORE_NO_FIGURE.search(before)))


def _context(text: str, match: re.Match[str], first: str) -> tuple[str, str]:
    """Return what stands before the first group of a number, and what follows it."""
    start, end = match.start(first), match.end()
    return text[max(0, start - _CONTEXT) : start], text[end : end + 2 * _CONTEXT]


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
    return Figure(match.group().strip(), value, unit, *_bound_and_nouns(before, after), year)


def _figures_in_words(text: str) -> list[Figure]:
    """Return the figures in words: large ones, or with a unit. Two companies are none."""
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
            figure = Figure(match.group(), value, _unit(unit), *_bound_and_nouns(before, after))
            found.append(figure)
    return found


@lru_cache(maxsize=256)
def _unit(word: str) -> str:
    word = word.strip()
    for unit, pattern in _UNITS.items():
        if re.fullmatch(rf"(?:[A-Z]{{1,2}})?(?:{pattern})", word, re.IGNORECASE):
            return unit
    return ""


def _bound_and_nouns(before: str, after: str) -> tuple[int, tuple[str, ...]]:
    """Return whether it is more or less, and the next words that may be what is counted."""
    bound = -1 if _AT_MOST.search(before) else 0
    if after.startswith("+") or _AT_LEAST.search(before):
        bound = 1
    nouns = re.findall(r"[^\W\d_]{4,}", re.split(r"[.;:!?\n]", after)[0].lower())
    return bound, tuple(nouns[:2])


_SAME_MAGNITUDE = 10
"""Figures of one unit that are not even of one order of magnitude are about different things."""

FigureVerdict: TypeAlias = Literal["differs", "retyped", "unknown"]


def judged_figures(verdict: FigureVerdict, context: PostContext) -> Iterator[Finding]:
    """Find figures that differ from a fact, are typed though a fact has them, or have no fact."""
    for found, fact, figure, part, media in _judge_figures(context):
        if found != verdict:
            continue
        if fact is None:
            message = f"No fact of the campaign carries {figure.text}."
            hint = "Add a fact with its source, and fetch the figure from it."
        else:
            template = f"{{{{ fact.{fact.id.replace('-', '_')}.figure }}}}"
            message = f"{figure.text} is typed by hand; the fact {fact.id} holds it."
            hint = f"Write {template}: so it cannot drift."
            if verdict == "differs":
                message = f"{figure.text} is not what the fact {fact.id} says: {fact.figure}."
                hint = f"Write {template}; if it is another figure, add a fact for it."
        yield context.finding(message, hint, part, media)


@lru_cache(maxsize=4)  # three rules need it, one after the other
def _judge_figures(
    context: PostContext,
) -> list[tuple[FigureVerdict, Fact | None, Figure, Part, Media | None]]:
    found = []
    for part, typed, _ in context.literal_texts:
        texts: list[tuple[str, Media | None]] = [(typed, None)]
        texts += [(media.alt, media) for media in part.media]
        texts += [(text, None) for text in part.card.texts] if part.card else []
        for index, (text, media) in enumerate(texts):
            for figure in figures(context.words(text)):
                verdict = _judge(figure, context)
                # All but the text have no templates: they may repeat what a fact says.
                if verdict and not (index and verdict[0] == "retyped"):
                    found.append((*verdict, figure, part, media))
    return found


def _judge(figure: Figure, context: PostContext) -> tuple[FigureVerdict, Fact | None] | None:
    """Judge one figure; None where there is nothing to report."""
    campaign, post = context.campaign, context.post
    demand = campaign.demands.get(post.demand or "")
    names = dict.fromkeys((*post.facts, *(demand.facts if demand else ())))
    post_facts = [campaign.facts[name] for name in names if name in campaign.facts]
    if figure.year and not any(_counts_the_same(figure, fact) for fact in post_facts):
        return None
    for fact in (*post_facts, *campaign.facts.values()):
        for sourced in all_numbers(fact.figure or ""):
            if figure.same_amount(sourced):
                opposed = figure.bound * sourced.bound < 0
                return ("differs" if opposed else "retyped"), fact
    texts = [statement.words for statement in campaign.statements.values()]
    texts += [fact.claim for fact in post_facts]
    if any(figure.same_amount(number) for text in texts for number in all_numbers(text)):
        return None
    for fact in post_facts:
        for sourced in all_numbers(fact.figure or ""):
            # A figure of its size, and of the same, must be meant to be the fact's.
            if figure.unit == sourced.unit and sourced.value and figure.value:
                alike = 1 / _SAME_MAGNITUDE <= figure.value / sourced.value <= _SAME_MAGNITUDE
                if alike and (figure.unit or _counts_the_same(figure, fact)):
                    return "differs", fact
    return "unknown", None


def _counts_the_same(figure: Figure, fact: Fact) -> bool:
    """Return whether the words after a bare number are in the fact: 3,000 partnerships."""
    words = f"{fact.claim} {fact.figure or ''}".lower()
    return any(noun[:6] in words for noun in figure.nouns)
