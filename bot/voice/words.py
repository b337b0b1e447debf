"""Brings the words of a text into one canonical spelling, which is only for comparing.

The text is normalized (NFKC). Each character is then replaced by the one that it looks like (UTS
39, by Unicode's table), with more Latin look-alikes than that table has, such as ɑ, small capitals,
and letters in circles and squares. Accents and capitals do not count. Digits and signs that stand
for letters become these letters, as in ``c0ntr4cts`` and ``Am@zon``. Characters that nobody can
distinguish, such as l, I and 1, become one character.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from bot.text import UNSPACED_CHARACTER, prototypes, strip_hidden

if TYPE_CHECKING:
    from collections.abc import Sequence

_APOSTROPHES = "'’‘ʼ＇`´"
_ANY_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
_CONTRACTION = re.compile(rf"(?<=\w)[{_APOSTROPHES}](?=(?:s|t|re|ve|ll|d|m)\b)", re.IGNORECASE)
"""The apostrophe of "don't" vanishes; every other one separates words, as in "join'us"."""

_SIGNS_FOR_LETTERS = re.compile(
    r"(?<=[^\W\d_])[@|](?=[^\W\d_])|(?<=[^\W\d_])[$€]|(?<![\w$€])[$€](?=[^\W\d_])"
)
_ANY_SIGN = re.compile("[@€|$]")
_LETTER_OF_SIGN = {"@": "a", "€": "e", "|": "l", "$": "s"}

_DIGITS = str.maketrans("23456789", "zeasgtbg")
"""Letters for the digits within a word that has more letters than digits."""

_INDISTINCT = str.maketrans("01i", "oll")
"""Nobody can distinguish l, I, i and 1 in every font and case, nor O and 0."""

_REGIONAL = "\U0001f1e6-\U0001f1ff"
_FLAG = re.compile(f"(?<![{_REGIONAL}])[{_REGIONAL}]{{2}}(?![{_REGIONAL}])")
"""Two regional indicators alone are a flag; more of them, or one, are letters."""

_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]"
)
"""Accents and strokes, the optional points of Hebrew and Arabic, and the tatweel.

The vowel signs of other scripts are letters, and stay.
"""

_NUMBERS = """
    two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13
    fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30
    forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90 thousand=000"""
_DIGITS_OF_WORD = dict(pair.split("=") for pair in _NUMBERS.split())
"""*Two thousand* is 2,000. *One* is left out, because it is often not a number."""

_SYMBOL_LETTERS = {
    first + n: chr(97 + n) for first in (0x1F150, 0x1F170, 0x1F1E6) for n in range(26)
}
"""Letters in dark circles and squares, and regional indicators, which NFKC does not change."""


class _Blanks(dict[int, int]):
    """Keeps letters, digits and their marks, and maps every other character to a blank."""

    def __missing__(self, code: int) -> int:
        kept = unicodedata.category(chr(code))[0] in "LMN"
        self[code] = code if kept else ord(" ")
        return self[code]


_BLANKS = _Blanks()


def canonical_words(text: str) -> list[str]:
    """Return the words of a text in their order, each in its canonical spelling."""
    return [*map(_spell, _raw_words(text))]


def _raw_words(text: str) -> list[str]:
    if not text.isascii():
        text = _FLAG.sub(" ", strip_hidden(text)).translate(_SYMBOL_LETTERS)
        text = UNSPACED_CHARACTER.sub(r" \1 ", unicodedata.normalize("NFKC", text))
    if _ANY_SIGN.search(text):
        text = _SIGNS_FOR_LETTERS.sub(lambda match: _LETTER_OF_SIGN[match[0]], text)
    if _ANY_APOSTROPHE.search(text):
        text = _CONTRACTION.sub("", text)
    return text.replace("&", " and ").translate(_BLANKS).split()


@lru_cache(maxsize=1 << 12)  # a campaign has the same words again and again
def _spell(word: str) -> str:
    if word.isascii():
        word = word.lower()
    else:
        looks = _look(word).casefold()
        # A word of another script must be in small letters before its look is found.
        word = looks if looks.isascii() else _look(word.casefold()).casefold()
    word = _DIGITS_OF_WORD.get(word, word)
    if not word.isalpha():
        letters = sum(map(str.isalpha, word))
        clear = sum(char in "23456789" for char in word)
        if letters > 1 and len(word) > 2 * clear:
            word = word.translate(_DIGITS)
    word = word.translate(_INDISTINCT)
    return word.replace("rn", "m").replace("vv", "w")


def _look(word: str) -> str:
    """Return the look of a word, without accents and strokes."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", word))
    if bare.isascii():
        return bare
    return _MARKS.sub("", unicodedata.normalize("NFKD", bare.translate(look_alikes())))


_LATIN_NAME = re.compile(
    "(?:LATIN|MODIFIER) (?:LETTER |SUBSCRIPT )?(?:SMALL |CAPITAL )+(?:LETTER )?(?:CAPITAL )?"
    "(?:DOTLESS |SCRIPT |OPEN |TURNED |REVERSED |INSULAR |BARRED |LONG |SIDEWAYS |BOTTOM HALF )*"
    "([A-Z]|ALPHA|IOTA|UPSILON|CHI|OMEGA)(?: WITH .*| ROTUNDA)?"
)
_GREEK_NAMES = {"ALPHA": "a", "IOTA": "i", "UPSILON": "u", "CHI": "x", "OMEGA": "w"}
_LATIN_BLOCKS = (
    (0x80, 0x2B0),
    (0x1D00, 0x1DC0),
    (0x2C60, 0x2C80),
    (0xA720, 0xA800),
    (0xAB30, 0xAB70),
)


@cache
def look_alikes() -> dict[int, str]:
    """Return the text that each character beyond ASCII looks like, by code point.

    It has Unicode's table, and each letter whose name says that it is a Latin letter in another
    shape, such as small capitals, ɑ, ɡ, ı, ʀ and ƀ.
    """
    latin: dict[int, str] = {}
    for code in (code for block in _LATIN_BLOCKS for code in range(*block)):
        if match := _LATIN_NAME.fullmatch(unicodedata.name(chr(code), "")):
            latin[code] = _GREEK_NAMES.get(match[1], match[1].lower())
    latin |= {0x138: "k", 0x28D: "m"}  # Unicode's table has these looks for Cyrillic letters
    of_table = {code: look.translate(latin) for code, look in prototypes().items() if code > 127}  # noqa: PLR2004 - ASCII
    return of_table | latin


_LETTERS_OF_ALPHABETS = frozenset("æœßþðĳ")
"""Letters that Unicode's table calls confusable, but that people write in their names."""


@lru_cache(maxsize=1024)
def passes_for_ascii(char: str) -> bool:
    """Return whether a Latin letter beyond ASCII passes for an ASCII one, as ɑ, ɡ, ı and ʀ do.

    Letters with an accent or a stroke, such as ø and é, do not.
    """
    name = unicodedata.name(char, "")
    if char.isascii() or not name.startswith("LATIN ") or " WITH " in name:
        return False
    if char in _LETTERS_OF_ALPHABETS:
        return False
    if "SMALL CAPITAL" in name:
        return True
    looks = prototypes().get(ord(char), "")
    return looks.isascii() and looks.isalnum()


# --- Sentences ------------------------------------------------------------------------------------

_SENTENCE_END = re.compile(
    r"(?<![.!?…])[.!?…]++(?=[\s\"'”’»)\]]|$)|[;:](?=\s|$)|[。！？；：]|\n\s*\n"
)
_CLAUSE_END = re.compile(r",(?=\s|$)|[，、()\[\]“”„«»\"\n–—]|\s-+\s")


@lru_cache(maxsize=64)  # the same text is asked for whole and for its pieces in a row
def sentences(text: str) -> tuple[list[tuple[str, list[str]]], ...]:
    """Return the clauses of each sentence of a text, as written and as their words.

    All clauses together have the words of the text, in their order.
    """
    found = []
    for sentence in _SENTENCE_END.split(text):
        clauses = [(clause, canonical_words(clause)) for clause in _CLAUSE_END.split(sentence)]
        if clauses := [(clause, words) for clause, words in clauses if words]:
            found.append(clauses)
    return tuple(found)


_RAW_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_MAX_NAMES = 4
"""Most words with a capital in a row that are a name, and not a sentence in capitals."""
_SHORT_WORD = 3  # as of, the, and, pm
_SMALL_WORDS = """
    the a an its our your their his her must can will with by for and or to of all now not no
    you we they them us is are be this that it"""
_NEVER_IN_NAMES = frozenset(map(str.capitalize, _SMALL_WORDS.split()))
"""Such a word within a clause shows that all words have capitals, and are not a name."""


def details(clauses: Sequence[tuple[str, list[str]]]) -> frozenset[str]:
    """Return the words of a sentence that are only a date, a time, a place or a name.

    Everyone who announces an event, or names a source, shares these words. They stand in a sentence
    with a figure, in clauses in which each long word has a capital.
    """
    if not any(_DIGIT.search(clause) for clause, _ in clauses):
        return frozenset()
    return frozenset(word for clause, words in clauses if _is_name(clause) for word in words)


def _is_name(clause: str) -> bool:
    words = _RAW_WORD.findall(clause)
    in_row = telling = 0
    for word in words:
        in_row = in_row + 1 if word[0].isupper() else 0
        tells = word[0].isupper() or word[0].isdigit()
        telling += tells
        if in_row > _MAX_NAMES or (len(word) > _SHORT_WORD and not tells):
            return False
    # The other words must be short, as in "at 6 pm", and few.
    return len(words) <= 3 * telling and _NEVER_IN_NAMES.isdisjoint(words[1:])


def names_and_figures(text: str) -> set[str]:
    """Return the canonical words that distinguish a text from that of another day or city.

    These are words with a digit, and words with a capital that do not begin a sentence.
    """
    if text.isupper():
        return {_spell(word) for word in _RAW_WORD.findall(text) if not word.isalpha()}
    found = set()
    for sentence in _SENTENCE_END.split(text):
        first = True
        for word in _RAW_WORD.findall(sentence):
            if not word.isalpha() or (word[0].isupper() and not first):
                found.update(canonical_words(word))
            first = False
    return found
