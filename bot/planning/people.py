"""Whether two names mean the same person, and which names are not valid. Pure.

Nobody proves who they are. But if two people must approve, one person with two spellings of a name
is not two people.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.text import first_hidden, look_alike
from bot.voice.words import canonical_words

MAX_NAME_LENGTH = 200
"""Characters of a name."""

_NUMBERING = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
"""The number in *Ana 2*. A longer one, as in *user 1000*, is part of the name."""

_WORD_END = re.compile(r"[\s,;._]+")


def same_person(name: str | None, other: str | None) -> bool:
    """Return whether two names mean the same person, as far as a reader can tell.

    Punctuation, blanks, capitals, accents, the order of the words and a number of one or two digits
    make no difference. A letter counts as the one that it looks like.
    """
    if name is None or other is None:
        return False
    if look_alike(_normalized(name), _normalized(other)):
        return True
    plain, plain_other = _plain(name), _plain(other)
    if plain and plain_other:
        return not plain.isdisjoint(plain_other)
    return not _disguised(name).isdisjoint(_disguised(other))


def reads_the_same(name: str, other: str) -> bool:
    """Return whether two names are equal but for blanks, capitals and the width of letters."""
    return _normalized(name).casefold() == _normalized(other).casefold()


def invalid_name(name: str) -> str | None:
    """Return why a name cannot stand for a person, or None."""
    if hidden := first_hidden(name):
        return f"The name {name!r} holds an invisible character, {hidden}"
    if len(name) > MAX_NAME_LENGTH:
        return f"The name is longer than {MAX_NAME_LENGTH} characters"
    if not any(map(str.isalpha, name)):
        return f"The name {name!r} has no letter"
    return None


def _normalized(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name[:MAX_NAME_LENGTH]).split())


@lru_cache(maxsize=1024)  # the loop compares the same few names again and again
def _plain(name: str) -> frozenset[str]:
    """Return the forms of a name with ASCII letters and accents only; no form for any other.

    No letter of such a name stands for another. *Ian* and *Lan* are two people.
    """
    bare = unicodedata.normalize("NFKD", name[:MAX_NAME_LENGTH])
    bare = "".join(char for char in bare if not unicodedata.combining(char))
    if not bare.isascii() or any(map(str.isdigit, bare)):
        return frozenset()
    return _forms(_WORD_END.sub(" ", bare.casefold()).split())


@lru_cache(maxsize=1024)
def _disguised(name: str) -> frozenset[str]:
    """Return the forms of a name in which each letter is the one that it looks like."""
    # The 2 of "Ana²" and of "Ana ❷" is one as well.
    digits = (str(unicodedata.digit(char, char)) for char in name[:MAX_NAME_LENGTH])
    name = "".join(digits)
    return _forms(canonical_words(name)) | _forms(canonical_words(_NUMBERING.sub("", name)))


def _forms(words: list[str]) -> frozenset[str]:
    """Return the letters of a name, with its words in their order and in alphabetical order."""
    words = ["".join(filter(str.isalnum, word)) for word in words]
    return frozenset(filter(None, ("".join(words), "".join(sorted(words)))))
