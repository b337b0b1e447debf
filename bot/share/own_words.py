"""Check the words that a campaign gives for the share page in a language. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Problem
from bot.share.words import MONTHS, find_placeholders, split_months, words_for
from bot.text import join_first, quote_value
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model.share import ShareLanguage, SharePage

_FIRST_LINE = "own_words"


def find_word_problems(share: SharePage) -> Iterator[Problem]:
    """Yield the words that the page does not have, that lack a value, or that are missing."""
    for language in share.languages:
        yield from _wrong_words(language)
        yield from _missing_words(language)


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
    known = words_for("en", {})
    for key, text in language.words.items():
        if key not in known:
            message = f"The page has no word {quote_value(key)}."
            yield Problem(*language.mark, "H301", message, did_you_mean(key, known))
            continue
        expected, found = find_placeholders(known[key].text), find_placeholders(text)
        if expected != found:
            message = f"The word {key} in {language.language} has other values in braces than ours."
            hint = f"Ours is “{known[key].text}”. Keep what stands in braces there, and no more."
            yield Problem(*language.mark, "H301", message, hint)
        elif key == "months" and len(split_months(text)) != MONTHS:
            message = f"The word months in {language.language} does not have twelve months."
            hint = "Write their names from January to December, with commas between them."
            yield Problem(*language.mark, "H301", message, hint)
