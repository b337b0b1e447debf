from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.share import words as share_words
from bot.share.content import Word
from bot.share.words import (
    describe_day,
    direction,
    fill,
    language_name,
    open_graph_locale,
    words_for,
)

FILES = sorted((Path(share_words.__file__).parent / "words").glob("*.json"))
LANGUAGES = [path.stem for path in FILES]


def read(language: str) -> dict[str, str]:
    [path] = [path for path in FILES if path.stem == language]
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{\w*\}", text))


def test_there_are_words_in_six_languages() -> None:
    assert LANGUAGES == ["ar", "de", "en", "es", "fr", "pt"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_word_with_its_placeholders(language: str) -> None:
    words, english = read(language), read("en")
    assert [*words] == [*english]
    for key, text in words.items():
        assert text == text.strip() != "", key
        assert placeholders(text) == placeholders(english[key]), key
        assert not re.search(r"[<>\u200e\u200f\u202a-\u202e\u2066-\u2069]", text), key
        assert "—" not in text, key


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_a_translation_is_not_left_in_english(language: str) -> None:
    words, english = read(language), read("en")
    same = {key for key in words if words[key] == english[key]}
    assert same <= {"date_day", "date_month"}


def test_the_first_line_asks_for_own_words() -> None:
    assert [*read("en")][:2] == ["language_name", "own_words"]
    assert read("en")["own_words"] == "Say it in your own words."


def test_words_of_the_campaign_come_first_and_english_last() -> None:
    words = words_for("ca", {"own_words": "Digues-ho amb paraules teves.", "unknown": "?"})
    assert words["own_words"] == Word("Digues-ho amb paraules teves.", "ca")
    assert words["mail"] == Word("Mail", "en")
    assert [*words] == [*read("en")]


@pytest.mark.parametrize("language", ["pt-BR", "pt", "pt-Latn-PT"])
def test_a_tag_gets_the_words_of_its_wider_language(language: str) -> None:
    assert words_for(language, {})["copied"] == Word("Copiado", language)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("ar-EG", "rtl"),
        ("he", "rtl"),
        ("fa", "rtl"),
        ("ur", "rtl"),
        ("ckb", "rtl"),
        ("yi", "rtl"),
        ("dv", "rtl"),
        ("az", "ltr"),
        ("az-Arab", "rtl"),
        ("pa-Arab", "rtl"),
        ("ar-Latn", "ltr"),
        ("zh-Hant", "ltr"),
    ],
)
def test_direction_follows_the_script(language: str, expected: str) -> None:
    assert direction(language) == expected


def test_names_of_languages_are_their_own() -> None:
    names = [language_name(one, {}) for one in LANGUAGES]
    assert names == ["العربية", "Deutsch", "English", "Español", "Français", "Português"]
    assert language_name("ca", {}) == "ca"
    assert language_name("ca", {"language_name": "Català"}) == "Català"


@pytest.mark.parametrize(
    ("language", "as_of", "expected"),
    [
        ("en", "2022-07-18", "18 July 2022"),
        ("en", "2022-07", "July 2022"),
        ("en", "2022", "2022"),
        ("de", "2026-03-01", "1. März 2026"),
        ("es", "2026-12-31", "31 de diciembre de 2026"),
        ("es", "2026-12", "diciembre de 2026"),
        ("ar", "2026-03-18", "18 مارس 2026"),
    ],
)
def test_a_day_is_written_as_people_write_it(language: str, as_of: str, expected: str) -> None:
    assert describe_day(as_of, words_for(language, {})) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_twelve_months(language: str) -> None:
    months = [month.strip() for month in read(language)["months"].split(",")]
    assert len(set(months) - {""}) == len(months) == 12


def test_a_value_with_braces_is_not_filled_again() -> None:
    assert fill("{a} and {b} and {c}", a="{b}", b="2") == "{b} and 2 and {c}"


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "en_US"), ("pt", "pt_BR"), ("pt-PT", "pt_PT"), ("ar", "ar_EG")],
)
def test_a_locale_has_its_likely_territory(language: str, expected: str) -> None:
    assert open_graph_locale(language) == expected
