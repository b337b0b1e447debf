"""The words that a campaign gives for its share page, as ``groundswell check`` reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import ACCOUNTS, write_campaigns
from helpers.schedules import utc
from helpers.sharing import SHARE, share_yaml

from bot.checking import Checker
from bot.share.words import words_for

if TYPE_CHECKING:
    from pathlib import Path

NOW = utc("2022-07-01 12:00")
OTHER = "  languages:\n    ca:\n      words: {%s}\n"


def problems(folder: Path, share: str) -> list[str]:
    write_campaigns(folder, a=share_yaml(share))
    found = Checker(folder, ACCOUNTS).check(NOW).problems
    return [f"{p.line}: {p.level} {p.code} {p.message} {p.hint}" for p in found if p.code[0] == "H"]


def catalan(**words: str) -> str:
    """Return the section with all words in a language that Groundswell has none for."""
    known = {key: word.text for key, word in words_for("es", {}).items()} | words
    listed = ", ".join(f"{key}: {json.dumps(text)}" for key, text in known.items())
    return SHARE.split("  languages:")[0] + OTHER % listed


def test_the_words_that_groundswell_has_need_none_of_the_campaign(tmp_path: Path) -> None:
    assert problems(tmp_path, SHARE) == []


def test_a_first_line_in_english_is_warned_of(tmp_path: Path) -> None:
    share = SHARE.replace("    es:", "    ca:")
    [found] = problems(tmp_path, share)
    assert "warning H302 The first line of the page in ca is in English." in found
    others = len(words_for("en", {})) - 1
    assert f"So are {others} of its {others} other words." in found
    assert "own_words:" in found


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"mial": "Correu"}, 'H301 The page has no word "mial". Did you mean "mail"?'),
        ({"to": "A"}, "H301 The word to in ca has other values in braces"),
        (
            {"to": "A {target} {more}"},
            "H301 The word to in ca has other values in braces",
        ),
        ({"months": "gener, febrer"}, "H301 The word months in ca does not have twelve months."),
    ],
)
def test_a_word_that_the_page_cannot_use_is_an_error(
    tmp_path: Path, words: dict[str, str], message: str
) -> None:
    [found] = problems(tmp_path, catalan(**words))
    assert f"error {message}" in found
    line = share_yaml(catalan(**words)).splitlines()[int(found.split(":")[0]) - 1]
    assert line == "    ca:"


def test_words_in_the_own_language_stand_in_the_share_page(tmp_path: Path) -> None:
    own = SHARE.replace("  wordings:", "  words: {mail: Letter, to: For}\n  wordings:", 1)
    [found] = problems(tmp_path, own)
    assert "The word to in en has other values" in found


def test_all_words_in_the_language_have_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, catalan()) == []


def test_other_words_in_english_are_warned_of(tmp_path: Path) -> None:
    [found] = problems(tmp_path, SHARE.split("  languages:")[0] + OTHER % "own_words: Digues-ho.")
    count = len(words_for("en", {}))
    assert f"warning H302 {count - 1} of the {count} words of the page in ca are in" in found
