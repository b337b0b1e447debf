"""The rules about one post hold for every text of a share page as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import ACCOUNTS, save_picture, write_campaigns
from helpers.schedules import utc
from helpers.sharing import SHARE, SHARE_HEADER, share_yaml
from PIL import Image

from bot.checking import Checker
from bot.secrecy import KnownSecrets

if TYPE_CHECKING:
    from pathlib import Path

    from bot.errors import Problem

STATEMENT = """\
statements:
  roe:
    speaker: Ana Roe
    role: organizer
    source: https://example.org/roe
    quote: We will not build tools for deportation.
"""
NOW = utc("2022-07-08 09:00")


def check_share(
    folder: Path, share: str = SHARE, header: str = SHARE_HEADER, secrets: tuple[str, ...] = ()
) -> list[Problem]:
    """Check a campaign with this share page, four days before its event."""
    save_picture(folder / "media" / "card.png")
    write_campaigns(folder, a=share_yaml(share, header))
    checker = Checker(folder, ACCOUNTS, secrets=KnownSecrets(secrets))
    return list(checker.check(NOW).problems)


def codes(found: list[Problem]) -> list[str]:
    return [problem.code for problem in found]


def test_a_sound_page_breaks_no_rule(tmp_path: Path) -> None:
    assert check_share(tmp_path) == []


CALLS = "Who listens to calls from prison? It is a machine."

BAD_WORDINGS = {
    "a mention of a stranger": ("Ask @somebody who listens to it.", "L801"),
    "many hashtags": ("'Ask them. #Tech #Rights #Work #Cloud'", "L802"),
    "a hashtag run together": ("'Ask them. #notechforice'", "L803"),
    "a link without https": ("Read http://example.org/report first.", "L805"),
    "a look-alike link": ("Read https://\u0430mazon.example.org/report.", "L806"),
    "a hidden character": ("Ask Ama\u200bzon today.", "L807"),
    "a mark that turns the direction": ("Ask \u2067Amazon\u2069 today.", "L807"),
    "capitals": ("PEOPLE OVER PROFIT, we say.", "L808"),
    "a look-alike letter": ("Ask Am\u0430zon today.", "L816"),
    "another figure": ("HART costs $5 billion.", "F901"),
    "a figure typed by hand": ("HART costs $6 billion.", "F902"),
    "a figure without a fact": ("It reads 1,300 plates an hour.", "F903"),
    "a figure that is changed": ('"It costs {{ fact.hart.figure }},000."', "F904"),
    "a figure made a bound": ('"It costs over {{ fact.hart.figure }}."', "F906"),
    "a quotation without a source": ("“We do not build such tools,” they say.", "F911"),
    "words of another": ("We will not build tools for deportation.", "F913"),
}


@pytest.mark.parametrize("name", BAD_WORDINGS)
def test_a_wording_breaks_the_rules_of_posts(tmp_path: Path, name: str) -> None:
    text, code = BAD_WORDINGS[name]
    share = SHARE.replace(CALLS, text).replace("facts: [prison-calls]", "facts: [hart]")
    problems = check_share(tmp_path, share, SHARE_HEADER + STATEMENT)
    [found] = [problem for problem in problems if problem.code != "L825"]  # a typed link
    line = share_yaml(share, SHARE_HEADER + STATEMENT).splitlines().index("    - id: calls") + 1
    assert (found.code, found.line) == (code, line)


def test_a_comment_beside_the_wording_allows_it(tmp_path: Path) -> None:
    allowed = "facts: [prison-calls] # groundswell: allow L808 it is the campaign's name"
    share = SHARE.replace(CALLS, "PEOPLE OVER PROFIT, we say.")
    assert check_share(tmp_path, share.replace("facts: [prison-calls]", allowed)) == []
    assert codes(
        check_share(tmp_path, share.replace("- id: cost\n", f"- id: cost # {allowed}\n"))
    ) == ["L892", "L808"]


def test_no_comment_allows_a_hidden_character(tmp_path: Path) -> None:
    share = SHARE.replace(CALLS, "Ask Ama\u200bzon today. # groundswell: allow L807 it is fine")
    assert sorted(codes(check_share(tmp_path, share))) == ["L807", "L893"]


def test_a_secret_on_the_page_is_an_error(tmp_path: Path) -> None:
    share = SHARE.replace(CALLS, "Log in with hunter2-hunter2 today.")
    [found] = check_share(tmp_path, share, secrets=("hunter2-hunter2",))
    assert (found.code, found.level) == ("G111", "error")


def test_a_wording_in_another_language_is_judged_by_its_facts(tmp_path: Path) -> None:
    wrong = SHARE.replace(
        "El sistema cuesta {{ fact.hart.figure }}.", "Cuesta 7000 millones de dólares."
    ).replace('          text: "Cuesta', '          facts: [hart]\n          text: "Cuesta')
    assert codes(check_share(tmp_path, wrong)) == ["F901"]
    assert codes(check_share(tmp_path, wrong.replace("7000", "6000"))) == ["F902"]


BAD_TEXTS = {
    "intro": ("A page for supporters.", "AMAZON PROFITS FROM DEPORTATIONS.", "L808"),
    "intro in another language": ("Una página para quienes apoyan.", "Ama\u200bzon", "L807"),
    "organisation": ("organisation: MediaJustice", "organisation: Medi\u0430Justice", "L816"),
    "link": ("https://example.org/petition", "https://\u0430mazon.example.org/", "L806"),
    "a partner's link": ("https://athena.example.org/", "https://\u0430thena.example.org/", "L806"),
    "a partner's name": ("name: Athena coalition", "name: Ath\u0435na coalition", "L816"),
    "a translated demand": ("ask: Saquen HART de AWS", "ask: Saquen HART de \u0410WS", "L816"),
    "a translated claim": ("claim: El sistema HART", "claim: El sistem\u0430 HART", "L816"),
    "a translated title": ("title: La gente primero", "title: La g\u0435nte primero", "L816"),
    "a figure in the intro": ("A page for supporters.", "A page for 45,000 supporters.", "F903"),
    "the page's own words": (
        "      demands:\n",
        "      words: {own_words: D\u0456galo}\n      demands:\n",
        "L816",
    ),
}


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_every_text_of_the_page_is_read(tmp_path: Path, name: str) -> None:
    old, new, code = BAD_TEXTS[name]
    assert SHARE.count(old) == 1
    assert {*codes(check_share(tmp_path, SHARE.replace(old, new)))} == {code}


def test_alt_texts_of_the_page_are_read(tmp_path: Path) -> None:
    pictures = (
        "  pictures: [{file: media/card.png, alt: image}]\n"
        "  card: {file: media/card.png, alt: card}\n"
    )
    found = check_share(
        tmp_path, SHARE.replace("  wordings:\n    - id: c", f"{pictures}  wordings:\n    - id: c")
    )
    assert [(problem.code, problem.line) for problem in found[:2]] == [("L810", 34), ("L810", 35)]
    assert codes(found[2:]) == ["L824"]  # they are not translated either


def test_a_fact_on_the_page_is_read_beside_the_fact(tmp_path: Path) -> None:
    header = SHARE_HEADER.replace("The HART system runs", "The HART syst\u0435m runs")
    [found] = check_share(tmp_path, header=header)
    assert (found.code, found.line) == ("L816", 9)


def test_hidden_data_of_its_pictures_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    Image.new("RGB", (40, 30), "navy").save(folder / "photo.jpg", exif=exif)
    pictures = "  pictures: [{file: media/photo.jpg, alt: A card that says people over profit}]\n"
    share = SHARE.replace("  wordings:\n    - id: c", f"{pictures}  wordings:\n    - id: c")
    write_campaigns(tmp_path, a=share_yaml(share))
    [note] = Checker(tmp_path, ACCOUNTS).check(NOW).notes
    assert (note.code, note.line) == ("M508", 34)
    assert note.message.startswith("photo.jpg is sent without ")
