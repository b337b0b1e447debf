"""The rules about a share page: its wordings, its translations and the facts behind both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import ACCOUNTS, VALID_POST, save_picture, write_campaigns
from helpers.schedules import utc
from helpers.sharing import SHARE, SHARE_HEADER, share_yaml

from bot.checking import Checker

if TYPE_CHECKING:
    from pathlib import Path

    from bot.errors import Problem

NOW = "2022-07-08 09:00"
CALLS = "Who listens to calls from prison? It is a machine."


def check_share(
    folder: Path, share: str = SHARE, header: str = SHARE_HEADER, now: str = NOW, post: str = ""
) -> list[Problem]:
    """Check a campaign with this share page, and a post of this text."""
    text = share_yaml(share, header)
    if post:
        assert VALID_POST in text
        text = text.replace(VALID_POST, VALID_POST.replace("Hello", post))
    return list(Checker(write_campaigns(folder, a=text), ACCOUNTS).check(utc(now)).problems)


def only(found: list[Problem], code: str) -> Problem:
    """Return the only problem, which must have this code."""
    [problem] = found
    assert problem.code == code
    return problem


def with_calls(text: str) -> str:
    """Return the section with another text of the wording ``calls``."""
    assert SHARE.count(CALLS) == 1
    return SHARE.replace(CALLS, text)


# --- What a wording says --------------------------------------------------------------------------


def test_a_wording_is_not_the_words_of_one_person(tmp_path: Path) -> None:
    found = only(check_share(tmp_path, with_calls("My neighbour told me about HART.")), "L820")
    assert found.message == '"My" makes it the words of one person, whoever posts it.'
    assert (found.line, found.level) == (38, "warning")


def test_a_wording_is_judged_in_its_own_language(tmp_path: Path) -> None:
    share = SHARE.replace("El sistema cuesta", "Mi vecina lo sabe: cuesta")
    assert "Mi" in only(check_share(tmp_path, share), "L820").message
    assert check_share(tmp_path, SHARE.replace(CALLS, "Mi Casa is a shelter in Texas.")) == []


def test_a_quotation_may_be_one_persons(tmp_path: Path) -> None:
    header = f"""{SHARE_HEADER}statements:
  roe:
    speaker: Ana Roe
    role: organizer
    source: https://example.org/roe
    quote: I will not build tools for deportation.
"""
    share = with_calls("'Ana Roe says: “{{ statement.roe.quote }}”'")
    assert check_share(tmp_path, share, header) == []


PLACEHOLDERS = [
    "Come to the hearing in [your city] on Monday.",
    "Come to the hearing in [CITY] on Monday.",
    "My name is <name> and that is wrong.",
    "Ask <Your Senator> to vote for it.",
    "Call XXX and say it.",
    "Call them at xxxx today.",
    "We are ___ and we ask you.",
    "We meet on [date] in front of city hall.",
    "'Hello {name}, ask Amazon.'",
    "The hearing is in a room TBD.",
    "INSERT CITY HERE asks Amazon.",
    "'Come to the hearing in (your city) on Monday.'",
    "'Ven a la audiencia en (tu ciudad) el lunes.'",
    "'Come to $CITY on Monday.'",
    "'Hello %FIRST_NAME%, ask Amazon.'",
    "'Venha à audiência em [cidade].'",
    "'Vieni a [città] lunedì.'",
    "We meet in ..... on Monday.",
]
NO_PLACEHOLDERS = [
    "El siglo XX no ha terminado.",
    "The 30th is the XXIst hearing.",
    "It costs < 3 cents and > 2.",
    "I ♥ it <3 they say, love is <3.",
    "They call it “[your] data”, and it is.",
    "The report [PDF] is out.",
    "A wide-open door ... and no question.",
    "They pay for Super Bowl XXX again.",
    "Workers of TK Maxx ask Amazon.",
    "Act now.....",
    "They buy $AMZN, and take it (your data) away.",
    "It costs $600, or 5% of 6%.",
    "'They take all of it (your name, your face).'",
    "The city of Albany asks Amazon.",
    "See [1] for the source.",
    "Todo para todos, nada para nosotros.",
]


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_nothing_is_left_to_fill_in(tmp_path: Path, text: str) -> None:
    codes = [problem.code for problem in check_share(tmp_path, with_calls(text))]
    assert "L821" in codes
    assert set(codes) <= {"L808", "L820", "L821"}


@pytest.mark.parametrize("text", NO_PLACEHOLDERS)
def test_signs_in_a_sentence_are_nothing_to_fill_in(tmp_path: Path, text: str) -> None:
    found = check_share(tmp_path, with_calls(text))
    assert "L821" not in [problem.code for problem in found]


def test_a_wording_that_says_the_same_as_a_post_is_reported(tmp_path: Path) -> None:
    post = "A machine listens to calls from prison, and looks for words."
    wording = "A machine listens to calls from prison and looks for some words."
    found = only(check_share(tmp_path, with_calls(wording), post=post), "L822")
    assert found.message.startswith("It says almost the same words as the post people/one (")
    assert found.message.endswith("a.yaml:63).")
    assert found.line == 38
    assert "copy of your account" in found.hint


def test_a_wording_that_says_the_same_as_another_is_reported_once(tmp_path: Path) -> None:
    wording = "Who listens to calls from prison? It is only a machine."
    share = SHARE.replace("Our coalition asks {{ demand.target }} to stop.", wording)
    found = only(check_share(tmp_path, share), "L822")
    assert "as the wording calls (" in found.message
    assert found.line == 47


def test_all_of_them_may_ask_what_the_demand_asks(tmp_path: Path) -> None:
    post = "'HART has a price of {{ fact.hart.figure }}. Take HART off AWS!'"
    share = with_calls("'Calls are searched for words by machines. {{ demand.ask }}!'")
    assert check_share(tmp_path, share, post=post) == []
    ask = "'{{ demand.ask }}!'"
    found = check_share(tmp_path, with_calls(ask), post="Take HART off AWS!")
    assert only(found, "L822").line == 38


# --- What the page lacks --------------------------------------------------------------------------


def test_every_demand_has_a_wording_in_every_language(tmp_path: Path) -> None:
    header = SHARE_HEADER.replace(
        "events:", "  end-it: {ask: End the contract, target: Amazon}\nevents:"
    )
    found = check_share(tmp_path, header=header)
    assert [(problem.code, problem.line) for problem in found] == [
        ("L823", 30),
        ("L823", 52),
        ("L824", 52),
    ]
    assert found[0].message == "There is no wording for the demand end-it."
    assert found[1].message == "There is no wording in es for the demand end-it."
    assert found[2].message == "The page in es has no translation of the demand end-it."


def test_a_partners_wording_does_not_stand_on_the_campaigns_page(tmp_path: Path) -> None:
    first = SHARE.index("  wordings:")
    share = SHARE[:first] + SHARE[SHARE.index("  partners:") :]
    found = only(check_share(tmp_path, share), "L823")
    assert found.message == "There is no wording for the demand take-hart-off."


def test_facts_on_the_page_of_a_language_are_translated(tmp_path: Path) -> None:
    share = SHARE.replace("        hart: {claim: El", "        prison-calls: {claim: El").replace(
        ", figure: 6000 millones de dólares}", "}"
    )
    found = only(check_share(tmp_path, share), "L824")
    assert found.message == "The page in es has no translation of the fact hart."


GERMAN = SHARE.replace("    es:", "    de:").replace(
    "6000 millones de dólares", "6 Milliarden Dollar"
)
COSTS = "El sistema cuesta {{ fact.hart.figure }}."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Das kostet 5 Milliarden Dollar.", "F908"),
        ("Das kostet 6,5 Milliarden Dollar.", "F908"),
        ("Das kostet {{ fact.hart.figure }}.", ""),
        ("Das kostet 6 Milliarden Dollar.", ""),
        ("Das kostet 5 Milliarden Euro.", ""),
        ("Das sind 5 Fragen.", ""),
    ],
)
def test_a_figure_in_another_language_is_that_of_its_fact(
    tmp_path: Path, text: str, code: str
) -> None:
    assert COSTS in GERMAN
    found = check_share(tmp_path, GERMAN.replace(COSTS, text))
    found = [problem for problem in found if problem.code != "L823"]
    assert [problem.code for problem in found] == [code] * bool(code)


def test_a_translated_figure_has_the_same_currency(tmp_path: Path) -> None:
    found = only(
        check_share(tmp_path, GERMAN.replace("Milliarden Dollar", "Milliarden Euro")), "F908"
    )
    assert found.line == 57


def test_a_link_in_the_text_stands_there_twice(tmp_path: Path) -> None:
    share = with_calls("'Read https://example.org/petition now.'")
    assert only(check_share(tmp_path, share), "L825").line == 38


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("A page for supporters.", "Come to [your city].", "L821", 33),
        ("Una página para quienes apoyan.", "Mi vecina lo sabe.", "L820", 53),
        ("La gente primero", "La gente de [ciudad]", "L821", 52),
        ("A page for supporters.", "It costs $5 billion.", "F901", 33),
        ("A page for supporters.", "It costs $6 billion.", "", 33),
    ],
)
def test_introductions_are_judged_at_their_own_lines(
    tmp_path: Path, old: str, new: str, code: str, line: int
) -> None:
    found = check_share(tmp_path, SHARE.replace(old, f"'{new}'"))
    assert [(problem.code, problem.line) for problem in found] == [(code, line)] * bool(code)


def test_all_that_is_not_translated_is_named(tmp_path: Path) -> None:
    save_picture(tmp_path / "media" / "card.png")
    pictures = "  pictures: [{file: media/card.png, alt: A card that says people over profit}]\n"
    share = SHARE.replace("  intro: A", f"{pictures}  intro: A").replace(
        "      title: La gente primero\n      intro: Una página para quienes apoyan.\n", ""
    )
    found = only(check_share(tmp_path, share), "L824")
    assert found.message == (
        "The page in es has no translation of the title, the intro and the alt texts of its "
        "pictures."
    )


def test_a_translated_figure_is_the_same_number(tmp_path: Path) -> None:
    found = only(check_share(tmp_path, SHARE.replace("6000 mill", "7000 mill")), "F908")
    assert (found.level, found.line) == ("error", 57)
    assert found.message == (
        "7000 millones de dólares is another figure than $6 billion, that of the fact hart."
    )
    assert check_share(tmp_path, SHARE.replace("6000 millones", "6 mil millones")) == []


# --- Facts past their review ----------------------------------------------------------------------

REVIEWED = SHARE_HEADER.replace(
    "    as_of: 2022-07-18\n  prison", "    as_of: 2022-07-18\n    review_by: 2022-08-01\n  prison"
)


def test_a_fact_that_is_due_soon_is_reported_with_the_day(tmp_path: Path) -> None:
    assert check_share(tmp_path, header=REVIEWED, now="2022-07-19 03:59") == []
    found = only(check_share(tmp_path, header=REVIEWED, now="2022-07-19 04:00"), "F907")
    assert found.message == (
        "The review of the fact hart is due by 2022-08-01. From 2022-08-02 on, it will be missing "
        "from the share page, with the wordings cost, coste."
    )
    assert found.line == 9


def test_a_fact_past_its_review_is_reported_with_the_day(tmp_path: Path) -> None:
    found = check_share(tmp_path, header=REVIEWED, now="2022-08-02 04:00")
    due, bare, in_partners_name = found
    assert due.message == (
        "The review of the fact hart was due by 2022-08-01. Since 2022-08-02, it is missing from "
        "the share page, with the wordings cost, coste."
    )
    assert {bare.code, in_partners_name.code} == {"F907"}
    assert [bare.line, in_partners_name.line] == [39, 48]
    assert bare.message == (
        "All facts of the demand take-hart-off are past their review. The wording calls stands on "
        "the page without a fact beside it."
    )


def test_all_texts_that_go_with_a_fact_are_named(tmp_path: Path) -> None:
    share = with_calls("Six billion dollars for a machine that listens?")
    share = share.replace(
        "intro: A page", "subject: The $6bn system\n  intro: $6,000,000,000. A page"
    )
    header = REVIEWED.replace("claim: Prison", "claim: For $6B, prison")
    found = check_share(tmp_path, share, header, now="2022-08-02 04:00")
    due = next(one for one in found if "fact hart" in one.message)
    assert not [one for one in found if "The wording calls stands" in one.message]
    assert due.message == (
        "The review of the fact hart was due by 2022-08-01. Since 2022-08-02, it is missing from "
        "the share page, with the wordings cost, calls, coste, the fact prison-calls, the "
        "intro in en and the subject in en."
    )


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2022-08-02 04:00", "No page can be built,"),
        ("2022-07-30 04:00", "No page can then be built,"),
    ],
)
def test_a_figure_that_keeps_the_page_from_being_built_is_named(
    tmp_path: Path, now: str, words: str
) -> None:
    share = SHARE.replace("title: La gente primero", "title: Los $6 billion")
    header = REVIEWED.replace("ask: Take HART", "ask: Take the $6bn HART")
    found = check_share(tmp_path, share, header, now=now)
    due = next(one for one in found if "fact hart" in one.message)
    assert due.message.endswith(
        f" {words} because its figure is in the demand take-hart-off in en and the title in es."
    )


def test_a_fact_that_stands_only_in_a_typed_text_is_reported(tmp_path: Path) -> None:
    header = SHARE_HEADER.replace(
        "claim: Prison", "review_by: 2022-07-01\n    figure: 700 jails\n    claim: Prison"
    )
    share = SHARE.replace("      facts: [prison-calls]\n", "").replace(
        "intro: A", "intro: In 700 jails. A"
    )
    assert only(check_share(tmp_path, share, header), "F907").message.endswith(
        "it is missing from the share page, with the intro in en."
    )


def test_a_fact_that_the_page_does_not_show_is_not_reported(tmp_path: Path) -> None:
    header = SHARE_HEADER.replace("claim: Prison", "review_by: 2022-07-01\n    claim: Prison")
    share = SHARE.replace("      facts: [prison-calls]\n", "")
    assert check_share(tmp_path, share, header) == []
    assert only(check_share(tmp_path, header=header), "F907").line == 14


def test_warnings_are_left_out_in_the_loop(tmp_path: Path) -> None:
    share = with_calls("My neighbour told me about [your city].").replace("6000 m", "7000 m")
    folder = write_campaigns(tmp_path, a=share_yaml(share, REVIEWED))
    checker = Checker(folder, ACCOUNTS, errors_only=True)
    found = checker.check(utc("2022-08-02 04:00")).problems
    assert [problem.code for problem in found] == ["F908"]
