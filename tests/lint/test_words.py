# ruff: noqa: RUF001, RUF003 - curly quotes and look-alike letters are what is tested
"""Texts on both sides of the rules about words, links and pictures."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from helpers.lint import (
    EXAMPLE_HEAD,
    check_post,
    check_text,
    problem_codes,
)

from bot.lint.links import is_readable
from bot.platforms.x import prices

if TYPE_CHECKING:
    from pathlib import Path

QUOTED = """\
statements:
  refusal:
    speaker: Ana Roe
    role: organizer
    source: https://example.org/roe
    quote: We will not build tools for deportation. We build for people, and we know the difference.
  gist:
    speaker: Ben Oduya
    role: engineer
    source: https://example.org/oduya
    paraphrase: The company never asked the people who write its code.
"""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # Mentions of strangers.
        ("Ask @amazon.", "L801"),
        ("Ask \uff20amazon.", "L801"),
        ("We are @ours and @Ours.", None),
        ("We are @also-ours.", "L801"),  # to X this is @also
        ("\u05e9\u05d0\u05dc\u05d5 @amazon.", "L801"),
        ("Write to press@example.com or @ home.", None),
        ("With @athena and @athena_coalition.", "L801"),
        # Hashtags.
        ("#a1 #b2 #c3 #d4", "L802"),
        ("#a1 #b2 #c3", None),
        ("#NoTechForIce #AWS #surveillance", None),
        ("#notechforice", "L803"),
        ("#NOTECHFORICE", "L803"),
        # Links that are not put under link:.
        ("Read https://example.org/page today.", "L804"),
        ("Look at amazon.com today.", "L804"),
        ("It is $1.2, no more. And so on.", "F903"),
        # Links that are not what they seem.
        ("See http://example.org now.", "L805"),
        ("See HTTP://EXAMPLE.ORG now.", "L805"),
        # Hidden signs.
        ("Ask \u2066x\u2069.", "L807"),
        ("Ask \u200fAmazon.", "L807"),
        ("\u0627\u0644\u0639\u062f\u0627\u0644\u0629\u200f now", None),
        ("Family: \U0001f468\u200d\U0001f469\u200d\U0001f467.", None),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", None),
        ("Ask Ama\u200bzon.", "L807"),
        ("Ask Ama\u00adzon.", "L807"),
        ("Ask \u3164Amazon.", "L807"),
        ("Ask \ufff9Amazon\ufffa.", "L807"),
        ("Ask Amazon\U000e0041\U000e0042.", "L807"),
        ("\u0627\u0644\u061c\u0639\u062f\u0627\u0644\u0629", "L807"),
        # Letters of several scripts in one word.
        ("Ask Amаzon.", "L816"),
        ("Ask #Amаzon.", "L816"),
        ("Ask Аmazon and АMAZON.", "L816"),
        ("Путин is Пyтин.", "L816"),
        ("The Οlympics.", "L816"),
        ("#НетAmazon, #СтопICE, SMMщик, IT-отдел", None),
        ("5 μg, 3 kΩ, Δt and the β-version", None),
        ("Tシャツ and K팝 and A股", None),
        ("Amazon, Амазон, Άμαζον", None),
        # Capitals.
        ("STOP IT NOW, Amazon.", None),
        ("STOP AMAZON NOW, we say.", "L808"),
        ("ЛЮДИ ВАЖНЕЕ ПРИБЫЛИ навсегда", "L808"),
        ("люди важнее прибыли", None),
        ("AWS, ICE, DHS, HART and CBP.", None),
        ("US DHS ICE", None),
        # Shouting.
        ("ANDY JASSY, end it.", "L809"),
        ("Andy Jassy: end it!!", "L809"),
        ("We did it!!! Thank you all. Andy Jassy, end it.", None),
        ("End it now!", None),
    ],
)
def test_words(text: str, code: str | None, tmp_path: Path) -> None:
    before = "partners: [athena-coalition, athena]\ndemands:\n"
    before += "  end-it: {ask: End the contract, target: Andy Jassy}\n"
    found = check_post(tmp_path, text, "demand: end-it", before=before)
    assert problem_codes(found) == ([code] if code else [])


def test_hidden_characters_are_named_and_shown_where_they_stand(tmp_path: Path) -> None:
    [found] = check_post(tmp_path, "Take HART off Ama\u200bzon\u3164, now.\u200b")
    assert found.message == (
        "Hidden in “HART off Ama\\u200bzon\\u3164, now.\\u200b”: U+200B ZERO WIDTH SPACE, "
        "U+3164 HANGUL FILLER."
    )
    assert found.level == "error"


@pytest.mark.parametrize(
    "more",
    [
        "media: [{file: media/card.png, alt: 'A card by Ama\u200bzon workers at night'}]",
        "poll: {options: ['Yes', 'No\u200b'], hours: 24}",
        "media: [{file: media/card.png, alt: 'A card by Amаzon workers at night'}]",
        "poll: {options: ['Yes, Amаzon', 'No'], hours: 24}",
    ],
)
def test_hidden_characters_in_an_alt_text_or_a_poll_are_found(more: str, tmp_path: Path) -> None:
    [found] = check_post(tmp_path, "Who sees this?", more)
    assert found.code == ("L807" if "\u200b" in more else "L816")


def test_a_word_of_two_scripts_is_reported_with_its_look_alike_letter(tmp_path: Path) -> None:
    [found] = check_post(tmp_path, "Ask Amаzon, the real Amazon.")
    assert found.message == "“Amаzon” mixes scripts: а is U+0430 CYRILLIC SMALL LETTER A."


def test_a_shouted_mention_is_also_reported_as_a_mention(tmp_path: Path) -> None:
    assert problem_codes(check_post(tmp_path, "Answer us, @jassy!!!")) == ["L801", "L809"]
    assert problem_codes(check_post(tmp_path, "Answer us, @ANDYJASSY.")) == ["L801", "L809"]
    assert problem_codes(check_post(tmp_path, "Answer us, @ACLU.")) == ["L801"]


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("https://аmazon.com/x", "xn--mazon-3ve.com"),  # Cyrillic а
        ("https://xn--mazon-3ve.com/x", "xn--mazon-3ve.com"),
        ("https://аррӏе.com", "xn--80ak6aa92e.com"),  # Cyrillic throughout
        ("https://ɑmazon.com", "has letters that look like others: it really is xn--mazon-zjc.com"),
        ("https://ɡooɡle.com", "has letters that look like others"),
        ("https://twıtter.com", "has letters that look like others"),
        ("https://ʀing.com", "has letters that look like others"),
        ("https://ᴀᴍᴀᴢᴏɴ.com", "has letters that look like others"),
        ("https://xn--mazon-zjc.com", "has letters that look like others"),
        ("https://sub.ɑmazon.example.org", "has letters that look like others"),
        ("https://ɑmаzon.com", "mixes scripts"),  # a Latin alpha and a Cyrillic а
        ("https://münchen.example.org/x", None),
        ("https://smørrebrød.dk/æble", None),
        ("https://łódź.example.org", None),
        ("https://straße.example.org", None),
        ("https://пример.рф/x", None),
        ("https://東京タワー.example.org", None),
    ],
)
def test_an_address_that_looks_like_another_is_shown_in_punycode(
    link: str, message: str | None, tmp_path: Path
) -> None:
    found = check_post(tmp_path, "Read this.", f"link: {link}")
    assert problem_codes(found) == (["L806"] if message else [])
    assert all(message in problem.message for problem in found if message)


def test_an_address_with_a_name_before_it_says_where_it_leads(tmp_path: Path) -> None:
    found = check_post(tmp_path, "Read https://amazon.com@example.org/x now.")
    assert "L806" in problem_codes(found)
    assert any("leads to example.org" in problem.message for problem in found)


def test_a_deliberate_link_is_not_reported(tmp_path: Path) -> None:
    assert problem_codes(check_post(tmp_path, "Read this:", "link: https://example.org/a")) == []
    twice = check_post(tmp_path, "Or example.com:", "link: https://example.org/a")
    assert problem_codes(twice) == ["L804"]
    assert "example.com becomes a link" in twice[0].message


@pytest.mark.parametrize(
    ("when", "cost"),
    [
        ("2026-11-14 23:59", "costs $0.200 instead of $0.015"),
        ("2026-11-15 00:00", "costs $0.400 instead of $0.030"),
        ("{every: FREQ=MONTHLY;BYMONTHDAY=14, at: '9:00'}", "costs $0.200 instead of $0.015"),
        ("{every: FREQ=MONTHLY;BYMONTHDAY=20, at: '9:00'}", "costs $0.400 instead of $0.030"),
        ("{slot: next}", "costs $0.200 instead of $0.015"),
    ],
)
def test_the_price_of_a_link_is_that_of_the_day_on_which_it_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, cost: str
) -> None:
    days = (date(2026, 11, 15), date(2027, 6, 1))
    dearer = [(day, item, 2 * dollars) for day in days for _, item, dollars in prices.PRICES]
    monkeypatch.setattr(prices, "PRICES", (*prices.PRICES, *dearer))
    post = f"posts:\n  - id: one\n    when: {when}\n    text: Look at amazon.com today.\n"
    found = check_text(tmp_path, EXAMPLE_HEAD + post)
    assert [cost in problem.message for problem in found if problem.code == "L804"] == [True]


@pytest.mark.parametrize(
    ("alt", "useful"),
    [
        *((alt, False) for alt in ("image", "A picture of the logo", "card.png", "Card")),
        *((alt, False) for alt in ("IMG_20220712.jpg", "Two people", "Look at what it costs.")),
        *((alt, True) for alt in ("A crowd with candles at night", "人々が夜に集まる")),
    ],
)
def test_alt_texts(alt: str, useful: bool, tmp_path: Path) -> None:
    media = f"media: [{{file: media/card.png, alt: {alt!r}}}]"
    found = check_post(tmp_path, "Look at what it costs!", media)
    assert problem_codes(found) == ([] if useful else ["L810"])
    assert all(problem.column > 10 for problem in found)


@pytest.mark.parametrize(
    "tag", ["notechforice", "Notechforice", "peopleoverprofit", "klimagerechtigkeit"]
)
def test_a_hashtag_that_runs_its_words_together(tag: str) -> None:
    assert not is_readable(tag)


@pytest.mark.parametrize(
    "tag",
    [
        *("NoTechForICE", "surveillance", "accountability", "LGBTQIA", "aws", "no_tech_for_ice"),
        "stopspying",  # short, and not in our list of words
    ],
)
def test_a_hashtag_whose_words_can_be_separated(tag: str) -> None:
    assert is_readable(tag)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('Ana Roe: "We will not build\n  tools for deportation."', None),
        ("Ana Roe: “We know the difference. We build for people”", "F911"),
        ("Somebody said “you cannot stop us”.", "F911"),
        ("Ben Oduya: “never asked the people who write its code”", "F912"),
        ("Ben Oduya says that it never asked the people who write its code.", None),
        ("It never asked the people who write its code.", "F913"),
        ("We will not build tools for deportation, do you hear?", "F913"),
        ("Roe is clear: We will not build tools for deportation.", None),
    ],
)
def test_quotations_and_statements(text: str, code: str | None, tmp_path: Path) -> None:
    found = check_post(tmp_path, text, before=QUOTED)
    assert problem_codes(found) == ([code] if code else [])


def test_a_statement_that_is_named_by_its_id_needs_no_name_in_the_text(tmp_path: Path) -> None:
    text = "We will not build tools for deportation."
    assert problem_codes(check_post(tmp_path, text, "statements: [refusal]", before=QUOTED)) == []
