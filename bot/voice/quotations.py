"""Finds quotations in a text, with any kind of quotation marks.

Unicode's quotation marks count, and everything that looks like them: double primes, ornaments,
ditto marks, angle brackets, two single marks, and two signs for less or more. A quotation may lie
within another, and may run over paragraphs and the parts of a thread. A quotation that is never
closed ends with its paragraph.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from bot.text import strip_hidden
from bot.voice.omissions import BRACKETED, OMITTED

if TYPE_CHECKING:
    from collections.abc import Iterator

MIN_SPEECH_WORDS = 3
"""Fewer words in quotation marks are a name or scare quotes, and not somebody's speech."""

_MAX_NESTED = 20
_MAX_TOGETHER = 4
_MAX_MARKS = 2000
"""Most marks of a text that are examined, far more than any platform takes."""

_MARK_NAME = re.compile(
    "QUOTATION MARK|CORNER BRACKET|ANGLE BRACKET|DITTO MARK|GERSHAYIM|(?:DOUBLE|TRIPLE) PRIME"
    "|DOUBLE APOSTROPHE|DOUBLE (?:ACUTE|GRAVE) ACCENT|HALF BRACKET"
)
_SINGLE_NAME = re.compile(
    "^(?:(?:LEFT |RIGHT )?SINGLE (?!LEFT|RIGHT).*QUOTATION MARK|.*APOSTROPHE|.*PRIME|GRAVE ACCENT"
    "|ACUTE ACCENT|HEAVY (?:LOW )?SINGLE .*|MODIFIER LETTER .*COMMA)"
)
_RANGES = ((0x20, 0x600), (0x1CC0, 0x1CE0), (0x2000, 0x3100), (0xFE00, 0x10000), (0x1F600, 0x1F700))
"""The ranges of Unicode that have such marks."""
_OPENING, _CLOSING = ("Pi", "Ps"), ("Pf", "Pe")
_DOUBLED = re.compile(
    r"<<(?=\s?[^\W\d_])|(?<=[^\W\d_.,!?…]\s)>>|(?<=\S)>>|(?<!\w),,(?=\w)|(?<!')''(?!')"
)
_DOUBLED_SIGNS = {"<<": "«", ">>": "»"}
_BRACKETS_BEFORE, _MARKS_AFTER = "([{-–—/", ".,;:!?…)]}-–—/"
_SINGLE = re.compile(r"(?<!\w)'((?:[^'\n]|(?<=\w)'(?=\w))+)'(?!\w)")
_APOSTROPHES = "’ʼ`´"
"""Single marks that usually stand for omitted characters, as in ’90s."""
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]{2}")
_WORD = re.compile(r"\w+(?:['’]\w+)*")


_Found: TypeAlias = "tuple[int, str, bool]"
"""The start of a quotation, its words, and whether it certainly is a quotation."""
_MAX_BETWEEN = 12
_BETWEEN = " \t\n….[]()\"'“”„«»‹›‘’\u2060"


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation in a text."""

    text: str
    """The words between the marks."""
    start: int
    """The place of the first word in the text."""
    is_certain: bool
    """False if it may be a title, or may stand between two apostrophes."""


class _Marks(NamedTuple):
    """All quotation marks."""

    double: dict[str, int]
    """The double marks: 1 if a mark opens, -1 if it closes, 0 if it may do either."""
    doubles: re.Pattern[str]
    """Finds a double mark."""
    singles: dict[int, str]
    """Translates each single mark into a plain one."""
    every: re.Pattern[str]
    """Finds any mark."""


def quotations(text: str) -> list[Quotation]:
    """Return all quotations that are long enough to be speech, in order."""
    marked = _in_marks(strip_hidden(text))
    if marked is None:
        return []
    found, doubled = marked
    return [
        Quotation(words, start, sure and not _is_title(words))
        for start, words, sure in sorted([*found, *_stitched(sorted(found), doubled)])
        if _is_speech(words)
    ]


def outside_quotations(text: str) -> str:
    """Return the text without hidden characters, with blanks for all words in quotation marks."""
    text = strip_hidden(text)
    marked = _in_marks(text)
    for start, words, _ in marked[0] if marked else ():
        text = text[:start] + " " * len(words) + text[start + len(words) :]
    return text


def _in_marks(text: str) -> tuple[list[_Found], str] | None:
    """Return all that stands in quotation marks, and the text with plain double marks, or None."""
    marks = _marks()
    if not marks.every.search(text) and "<<" not in text and ",," not in text:
        return None
    doubled, singles = text, text.translate(marks.singles)
    for match in [*_DOUBLED.finditer(singles)]:  # two characters become one and a blank
        start, end = match.span()
        sign = _DOUBLED_SIGNS.get(match[0], '"') + "\u2060"
        doubled = doubled[:start] + sign + doubled[end:]
        singles = singles[:start] + sign + singles[end:]
    found = _in_double_marks(doubled, marks)
    for match in _SINGLE.finditer(singles):
        start, end = match.span(1)
        found.append((start, text[start:end], text[start - 1] not in _APOSTROPHES))
    return found, doubled


def _stitched(found: list[_Found], text: str) -> Iterator[_Found]:
    """Yield two quotations as one if nothing or only an omission stands between them."""
    for (start, words, sure), (after, more, certain) in pairwise(found):
        end = start + len(words)
        between = text[end:after]
        if (
            end < after <= end + _MAX_BETWEEN
            and not between.strip(_BETWEEN)
            and "\n\n" not in between
        ):
            yield start, f"{words} … {more}", sure and certain


@cache
def _marks() -> _Marks:
    double, single = {}, set()
    for code in chain.from_iterable(range(*each) for each in _RANGES):
        char, name = chr(code), unicodedata.name(chr(code), "")
        category = unicodedata.category(char)
        if category[0] == "M" or name.startswith("LATIN"):
            continue
        if _SINGLE_NAME.search(name) and "DOUBLE" not in name:
            single.add(char)
        elif _MARK_NAME.search(name):
            double[char] = (category in _OPENING) - (category in _CLOSING)
    double |= {"„": 0, "“": 0}  # „so“ and “so”
    doubles, every = (
        re.compile(f"[{''.join(map(re.escape, marks))}]") for marks in (double, [*double, *single])
    )
    return _Marks(double, doubles, {ord(char): "'" for char in single}, every)


def _in_double_marks(text: str, marks: _Marks) -> list[_Found]:
    found: list[_Found] = []
    open_: list[int] = []
    for at in (match.start() for match in islice(marks.doubles.finditer(text), _MAX_MARKS)):
        role = _role(text, at, marks, is_open=bool(open_))
        if role > 0 and len(open_) < _MAX_NESTED:
            open_.append(at + 1)
        elif role < 0 and open_:
            start = open_.pop()
            found.append((start, text[start:at], True))
    for start in open_:
        end = text.find("\n\n", start)
        found.append((start, text[start:] if end < 0 else text[start:end], True))
    return [(start, words.replace("\u2060", ""), sure) for start, words, sure in found]


def _role(text: str, at: int, marks: _Marks, *, is_open: bool) -> int:
    """Return 1 if a mark opens a quotation, -1 if it closes one, 0 if it is neither."""
    around = text[max(0, at - _MAX_TOGETHER) : at], text[at + 1 : at + 1 + _MAX_TOGETHER]
    apart = [
        [char for char in side if not (char in marks.double or char == "\u2060")] for side in around
    ]
    left, right = (apart[0] or " ")[-1], (apart[1] or " ")[0]
    at_start = left.isspace() or left in _BRACKETS_BEFORE
    at_end = right.isspace() or right in _MARKS_AFTER
    if at_start != at_end:
        return 1 if at_start else -1
    own = marks.double[text[at]]
    if own or text[at] in "“„":
        return own or (-1 if is_open else 1)
    if text[at] != '"' and left.isalnum() and right.isalnum():
        return 0  # as in Hebrew acronyms
    return -1 if is_open else 1


def _is_speech(words: str) -> bool:
    count = len(_WORD.findall(words)) + len(_UNSPACED.findall(words))  # two such signs are a word
    inner = words.strip(" .…")
    is_changed = BRACKETED.search(inner) or OMITTED.search(inner)
    return count >= (1 if is_changed else MIN_SPEECH_WORDS)


def _is_title(words: str) -> bool:
    """Return whether words are written like The State of Surveillance."""
    main = [word for word in _WORD.findall(words) if len(word) > 3]  # noqa: PLR2004 - as of, the, and
    capitals = all(word[0].isupper() or word[0].isdigit() for word in main)
    return bool(main) and capitals and not words.isupper()
