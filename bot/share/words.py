"""The share page's own words in several languages, and which way a language is read.

``words/*.json`` has a file for each language, with the keys of ``words/en.json``. A campaign may
give words of its own, for these languages and for others.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.share.content import Word

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).parent / "words"
_FALLBACK = "en"
MONTHS = 12
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_RIGHT_TO_LEFT = frozenset(
    ("Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi")
)
"""The scripts in use that are read from right to left, by ``scriptMetadata`` of Unicode's CLDR."""


def word_keys() -> tuple[str, ...]:
    """Return the keys of all words, in the order of the page."""
    return tuple(_read(_FALLBACK))


def find_placeholders(text: str) -> frozenset[str]:
    """Return the names that stand in braces in a word, which values take the place of."""
    return frozenset(_PLACEHOLDER.findall(text))


def split_months(text: str) -> list[str]:
    """Return the names in the word ``months``, which commas divide."""
    return [name for month in text.split(",") if (name := month.strip())]


def words_for(language: str, own: Mapping[str, str]) -> dict[str, Word]:
    """Return all words for a language tag, those of the campaign first, and English last."""
    found = {key: Word(text, _FALLBACK) for key, text in _read(_FALLBACK).items()}
    if known := _known_tag(language):
        found |= {key: Word(text, language) for key, text in _read(known).items()}
    return found | {key: Word(text, language) for key, text in own.items() if key in found}


def language_name(language: str, own: Mapping[str, str]) -> str:
    """Return a language's name for itself, or its tag if neither we nor the campaign have one."""
    name = words_for(language, own)["language_name"]
    return name.text if name.language == language else language


def direction(language: str) -> str:
    """Return ``rtl`` if the language of a tag is usually written from right to left, or ``ltr``."""
    from langcodes import Language  # takes 0.1 s

    script = Language.get(language).maximize().script
    return "rtl" if script in _RIGHT_TO_LEFT else "ltr"


def open_graph_locale(language: str) -> str:
    """Return a tag as OpenGraph writes it, such as ``pt_BR``, with the likely territory."""
    from langcodes import Language

    full = Language.get(language).maximize()
    return f"{full.language}_{full.territory}" if full.territory else str(full.language)


def describe_day(as_of: str, words: Mapping[str, Word]) -> str:
    """Return a day, month or year, such as ``2026-03-18``, as people write it."""
    year, *rest = as_of.split("-")
    if not rest:
        return year
    month = split_months(words["months"].text)[int(rest[0]) - 1]
    if len(rest) == 1:
        return fill(words["date_month"].text, month=month, year=year)
    return fill(words["date_day"].text, day=str(int(rest[1])), month=month, year=year)


def fill(text: str, **values: str) -> str:
    """Return a text with the values at its placeholders. Values are not searched again."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def _known_tag(language: str) -> str | None:
    """Return the longest beginning of a tag that has a file, or None."""
    parts = language.split("-")
    tags = ("-".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((tag for tag in tags if tag in _files()), None)


@cache
def _files() -> frozenset[str]:
    return frozenset(path.stem for path in _FOLDER.glob("*.json"))


@cache
def _read(tag: str) -> dict[str, str]:
    words: dict[str, str] = json.loads((_FOLDER / f"{tag}.json").read_text(encoding="utf-8"))
    return words
