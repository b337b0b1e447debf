"""The words of a text in one canonical spelling, whatever letters they are disguised with.

The form is NFKC, then what a character looks like (UTS 39, by Unicode's table), with more Latin
look-alikes than that table has: ɑ, small capitals, letters in circles and squares. Accents and
capitals do not count. Digits and signs that stand for letters are those letters: ``c0ntr4cts``,
``Am@zon``. What cannot be told apart, such as l, I and 1, is one character. It is for comparing
only, never for showing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from bot.text import prototypes, strip_hidden

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
"""Digits that stand for letters within a word that has more letters than digits."""

_INDISTINCT = str.maketrans("01i", "oll")
"""l, I, i and 1 cannot be told apart in every font and case, nor can O and 0."""

_REGIONAL = "\U0001f1e6-\U0001f1ff"
_FLAG = re.compile(f"(?<![{_REGIONAL}])[{_REGIONAL}]{{2}}(?![{_REGIONAL}])")
"""Two regional indicators alone are a flag; more of them, or one, are letters."""

# In scripts without blanks between words, each sign counts as a word: kana, CJK, Thai.
_UNSPACED = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f])")
_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]"
)
"""Accents and strokes; the points of Hebrew and Arabic, which people may leave out; the tatweel.

The vowel signs of other scripts are letters, and stay.
"""

_NUMBERS = """
    two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13
    fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30
    forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90 thousand=000"""
_DIGITS_OF_WORD = dict(pair.split("=") for pair in _NUMBERS.split())
"""*Two thousand* is 2,000. *One* may be no number at all."""

_SYMBOL_LETTERS = {
    **{first + n: chr(97 + n) for first in (0x1F150, 0x1F170, 0x1F1E6) for n in range(26)},
}
"""Letters in dark circles and squares, and regional indicators: NFKC leaves these as they are."""


class _Blanks(dict[int, int]):
    """Letters, digits and the marks that belong to them stay; all else becomes a blank."""

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
        text = _UNSPACED.sub(r" \1 ", unicodedata.normalize("NFKC", text))
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
        # Whole words of another script: there, capitals must be like their small letters first.
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
    """Return what a word looks like, without accents and strokes."""
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
    """Return what each character beyond ASCII looks like.

    That is Unicode's table, and besides each letter whose name says that it is a Latin letter in
    another shape: small capitals, ɑ, ɡ, ı, ʀ, ƀ.
    """
    latin: dict[int, str] = {}
    for code in (code for block in _LATIN_BLOCKS for code in range(*block)):
        if match := _LATIN_NAME.fullmatch(unicodedata.name(chr(code), "")):
            latin[code] = _GREEK_NAMES.get(match[1], match[1].lower())
    latin |= {0x138: "k", 0x28D: "m"}  # what Unicode's table has for Cyrillic letters
    of_table = {code: look.translate(latin) for code, look in prototypes().items() if code > 127}  # noqa: PLR2004 - ASCII
    return of_table | latin


_LETTERS_OF_ALPHABETS = frozenset("æœßþðĳ")
"""Letters that Unicode's table calls confusable, and that people write in names of their own."""


@lru_cache(maxsize=1024)
def passes_for_ascii(char: str) -> bool:
    """Return whether a Latin letter beyond ASCII passes for an ASCII one, as ɑ, ɡ, ı and ʀ do.

    An accent or a stroke can be seen: ø and é are letters of their own.
    """
    name = unicodedata.name(char, "")
    if not name.startswith("LATIN ") or " WITH " in name or char in _LETTERS_OF_ALPHABETS:
        return False
    if "SMALL CAPITAL" in name:
        return True
    looks = prototypes().get(ord(char), "")
    return not char.isascii() and looks.isascii() and looks.isalnum()


# --- Sentences ------------------------------------------------------------------------------------

_SENTENCE_END = re.compile(
    r"(?<![.!?…])[.!?…]++(?=[\s\"'”’»)\]]|$)|[;:](?=\s|$)|[。！？；：]|\n\s*\n"
)
_CLAUSE_END = re.compile(r",(?=\s|$)|[，、()\[\]“”„«»\"\n–—]|\s-+\s")


@lru_cache(maxsize=64)  # the same text is asked for whole and for its pieces in a row
def sentences(text: str) -> tuple[list[tuple[str, list[str]]], ...]:
    """Return the clauses of each sentence of a text, each as written and as its words.

    In their order, the words of all clauses are those of the text.
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
"""Capitals in a row: more of them are a sentence in capitals, and not a name."""
_SHORT_WORD = 3  # as of, the, and, pm
_SMALL_WORDS = """
    the a an its our your their his her must can will with by for and or to of all now not no
    you we they them us is are be this that it"""
_NEVER_IN_NAMES = frozenset(map(str.capitalize, _SMALL_WORDS.split()))
"""With a capital within a clause, such a word shows that every word has one: it is not a name."""


def details(clauses: Sequence[tuple[str, list[str]]]) -> frozenset[str]:
    """Return the words of a sentence that are only a date, a time, a place or a name.

    Everyone who announces an event, or names a source, has these in common. They stand in a
    sentence with a figure, in clauses in which each long word has a capital.
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
    # The other words are short ones, as in "at 6 pm": not too many of them.
    return len(words) <= 3 * telling and _NEVER_IN_NAMES.isdisjoint(words[1:])


def names_and_figures(text: str) -> set[str]:
    """Return the canonical words of a text that tell it from its neighbours of another day.

    Those are words with a digit, and words with a capital that do not begin a sentence.
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
