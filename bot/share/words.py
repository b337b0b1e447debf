"""The share page's own words in several languages, and which way a language is read.

``words/*.json`` has a file for each language, with the keys of ``words/en.json``. A campaign may
give words of its own, for these languages and for others, and ``find_word_problems`` checks these.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.share.content import Word
from bot.text import join_first, quote_value
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.model.share import ShareLanguage, SharePage

_FOLDER = Path(__file__).parent / "words"
_FALLBACK = "en"
_MONTHS = 12
_FIRST_LINE = "own_words"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_RIGHT_TO_LEFT = frozenset(
    ("Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi")
)
"""The scripts in use that are read from right to left, by ``scriptMetadata`` of Unicode's CLDR."""


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
    month = _split_months(words["months"].text)[int(rest[0]) - 1]
    if len(rest) == 1:
        return fill(words["date_month"].text, month=month, year=year)
    return fill(words["date_day"].text, day=str(int(rest[1])), month=month, year=year)


def fill(text: str, **values: str) -> str:
    """Return a text with the values at its placeholders. Values are not searched again."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def find_word_problems(share: SharePage) -> Iterator[Problem]:
    """Yield the words that the page does not have, that lack a value, or that are missing."""
    for language in share.languages:
        yield from _wrong_words(language)
        yield from _missing_words(language)


def _find_placeholders(text: str) -> frozenset[str]:
    """Return the names that stand in braces in a word, which values take the place of."""
    return frozenset(_PLACEHOLDER.findall(text))


def _split_months(text: str) -> list[str]:
    """Return the names in the word ``months``, which commas divide."""
    return [name for month in text.split(",") if (name := month.strip())]


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


def _missing_words(language: ShareLanguage) -> Iterator[Problem]:
    """Yield a warning if words of the page stand there in English."""
    tag = language.language
    words = words_for(tag, language.words)
    missing = [key for key, word in words.items() if word.language != tag]
    if not missing:
        return
    first = words[_FIRST_LINE]
    message = f"{len(missing)} of the {len(words)} words of the page in {tag} are in English: "
    message += f"{join_first(missing, 5)}."
    hint = f"Say them in that language below words:, such as “{words[missing[0]].text}”."
    if _FIRST_LINE in missing:
        message = f"The first line of the page in {tag} is in English. So are "
        message += f"{len(missing) - 1} of its {len(words) - 1} other words."
        hint = f"Say “{first.text}” in that language, as {_FIRST_LINE}: below words:."
    yield Problem(*language.mark, "H302", message, hint, level="warning")


def _wrong_words(language: ShareLanguage) -> Iterator[Problem]:
    known = _read(_FALLBACK)
    for key, text in language.words.items():
        if key not in known:
            message = f"The page has no word {quote_value(key)}."
            yield Problem(*language.mark, "H301", message, did_you_mean(key, known))
            continue
        expected, found = _find_placeholders(known[key]), _find_placeholders(text)
        if expected != found:
            message = f"The word {key} in {language.language} has other values in braces than ours."
            hint = f"Ours is “{known[key]}”. Keep what stands in braces there, and no more."
            yield Problem(*language.mark, "H301", message, hint)
        elif key == "months" and len(_split_months(text)) != _MONTHS:
            message = f"The word months in {language.language} does not have twelve months."
            hint = "Write their names from January to December, with commas between them."
            yield Problem(*language.mark, "H301", message, hint)
