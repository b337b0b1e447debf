"""The share page of a campaign: how it is read, built and refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import load_files, save_picture
from helpers.films import film
from helpers.sharing import SHARE, SHARE_HEADER, share_campaign, share_page, share_yaml

from bot.campaigns.schema.share import MAX_SHARE_WORDINGS
from bot.campaigns.templates import FIGURE_MARK

if TYPE_CHECKING:
    from pathlib import Path


def problems(folder: Path, share: str, header: str = SHARE_HEADER) -> list[str]:
    """Return the problems as ``line: CODE message``."""
    found = load_files(folder, a=share_yaml(share, header)).problems
    return [f"{problem.line}: {problem.code} {problem.message}" for problem in found]


def test_the_page_has_wordings_of_all_languages_and_partners(tmp_path: Path) -> None:
    page = share_page(tmp_path)
    assert [(item.id, item.language, item.partner) for item in page.wordings] == [
        ("cost", "en", None),
        ("calls", "en", None),
        ("ours", "en", "athena"),
        ("coste", "es", None),
    ]
    assert [item.text for item in page.wordings] == [
        "The system costs $6 billion. Take HART off AWS!",
        "Who listens to calls from prison? It is a machine.",
        "Our coalition asks Amazon Web Services to stop.",
        "El sistema cuesta 6000 millones de dólares. ¡Saquen HART de AWS!",
    ]
    assert page.wordings[0].literal_text == f"The system costs {FIGURE_MARK}. Take HART off AWS!"
    assert [item.facts for item in page.wordings] == [("hart",), ("prison-calls",), (), ("hart",)]
    assert (page.organisation, page.link) == ("MediaJustice", "https://example.org/petition")
    assert page.partners["athena"].name == "Athena coalition"
    assert page.partners["athena"].link == "https://athena.example.org/"


def test_a_language_has_the_translated_and_keeps_source_and_dates(tmp_path: Path) -> None:
    campaign = share_campaign(tmp_path)
    assert campaign.share
    own, spanish = campaign.share.languages
    assert (own.language, own.title, own.intro) == (
        "en",
        "People over profit",
        "A page for supporters.",
    )
    assert own.facts == campaign.facts
    assert (spanish.language, spanish.title) == ("es", "La gente primero")
    assert spanish.demands["take-hart-off"].ask == "Saquen HART de AWS"
    assert spanish.demands["take-hart-off"].target == "Amazon Web Services"
    fact = spanish.facts["hart"]
    assert (fact.figure, fact.source) == ("6000 millones de dólares", "https://example.org/hart")
    assert list(spanish.facts) == ["hart"]


def test_a_partners_wording_can_be_in_another_language(tmp_path: Path) -> None:
    share = SHARE.replace(
        "text: Our coalition asks {{ demand.target }}",
        "language: es\n          text: Pedimos a {{ demand.target }}, {{ demand.ask }}",
    )
    [ours] = [item for item in share_page(tmp_path, share).wordings if item.partner]
    assert ours.language == "es"
    assert ours.text == "Pedimos a Amazon Web Services, Saquen HART de AWS to stop."


def test_a_page_without_a_share_section_has_none(tmp_path: Path) -> None:
    assert load_files(tmp_path, a=share_yaml("")).campaigns[0].share is None


def test_the_address_ends_in_a_slash_and_is_the_link_if_there_is_no_other(tmp_path: Path) -> None:
    share = SHARE.replace("org/people/", "org/people").replace(
        "  link: https://example.org/petition\n", ""
    )
    page = share_page(tmp_path, share)
    assert page.address == page.link == "https://share.example.org/people/"


def test_links_keep_signs_that_mean_something(tmp_path: Path) -> None:
    link = "https://example.org/a+b?x=1&y=%20%26#part"
    assert share_page(tmp_path, SHARE.replace("https://example.org/petition", link)).link == link


REFUSED = {
    "no link and no page": (
        (
            "  page: https://share.example.org/people/\n  link: https://example.org/petition\n",
            "",
        ),
        "30: C203 The share page has neither link nor page.",
    ),
    "not https": (
        ("https://example.org/petition", "http://example.org/petition"),
        '32: C204 "http://example.org/petition" is not an https address.',
    ),
    "a line end in a link": (
        ("https://example.org/petition", '"https://example.org/pe\\ntition"'),
        '32: C204 "https://example.org/pe\\ntition" is not an https address.',
    ),
    "a page that is not a folder": (
        ("org/people/", "org/people?a=b"),
        '31: C204 "https://share.example.org/people?a=b" is not the address of a folder.',
    ),
    "unknown demand": (
        ("- id: cost\n      demand: take-hart-off", "- id: cost\n      demand: take-hart"),
        '36: R304 The demand "take-hart" is unknown.',
    ),
    "unknown fact": (
        ("facts: [prison-calls]", "facts: [prison-call]"),
        '41: R303 The fact "prison-call" is unknown.',
    ),
    "unknown statement": (
        ("facts: [prison-calls]", "statements: [hayes]"),
        '41: R310 The statement "hayes" is unknown.',
    ),
    "unknown name in a text": (
        ("{{ fact.hart.figure }}. {{", "{{ fact.heart.figure }}. {{"),
        '37: T402 The name "heart" is unknown in fact.',
    ),
    "an event in a text": (
        ("Who listens to calls from prison?", "In {{ event.place }}"),
        "40: T402 A wording is about no event.",
    ),
    "an unknown partner": (
        ("    athena:\n", "    athens:\n"),
        '43: R313 "athens" is not one of the campaign\'s partners.',
    ),
    "an id twice": (
        ("- id: calls", "- id: cost"),
        '38: R314 The wording in line 35 has the id "cost" too.',
    ),
    "an id twice, in another language": (
        ("- id: coste", "- id: ours"),
        '59: R314 The wording in line 47 has the id "ours" too.',
    ),
    "the campaign's own language": (
        ("    es:\n", "    EN:\n"),
        '51: R315 The language "EN" is the campaign\'s own, for which these keys stand in share:.',
    ),
    "a language twice": (
        ("    es:\n", "    ES: {}\n    es:\n"),
        '52: R315 The language "es" stands here twice.',
    ),
    "a tag that is not a language": (
        ("    es:\n", "    spanish:\n"),
        '51: C204 "spanish" is not a language.',
    ),
    "an unknown language of a wording": (
        ("          text: Our", "          language: fr\n          text: Our"),
        '49: R315 The share page has no language "fr".',
    ),
    "a translation of an unknown demand": (
        ("        take-hart-off: {", "        take-off: {"),
        '55: R304 The demand "take-off" is unknown.',
    ),
    "a translation of an unknown fact": (
        ("        hart: {", "        heart: {"),
        '57: R303 The fact "heart" is unknown.',
    ),
    "a figure that the fact does not have": (
        ("        hart: {", "        prison-calls: {"),
        '57: C206 The fact "prison-calls" has no figure.',
    ),
    "counters without an address": (
        ("  page: https://share.example.org/people/\n", "  redirects: true\n"),
        "31: C203 redirects: needs the address of the share page.",
    ),
    "counters of a partner without an address": (
        ("name: Athena coalition\n", "name: Athena coalition\n      redirects: true\n"),
        "45: C203 redirects: needs the address of the partner's page.",
    ),
    "an unknown key": (
        ("  intro: A", "  introduction: A"),
        '33: C202 The key "introduction" is unknown.',
    ),
    "an unknown key of a wording": (
        ("      facts: [prison", "      fact: [prison"),
        '41: C202 The key "fact" is unknown.',
    ),
    "an unknown key of a translation": (
        ("{ask: Saquen", "{aks: Saquen"),
        '55: C202 The key "aks" is unknown.',
    ),
    "a template in the intro": (
        ("A page for supporters.", '"{{ demand.ask }}"'),
        "33: T403 Only text: and thread: fill in {{ … }}.",
    ),
    "an empty text": (
        ("text: Who listens to calls from prison? It is a machine.", 'text: ""'),
        '40: C204 "text": nothing is written here.',
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, name: str) -> None:
    (old, new), expected = REFUSED[name]
    assert SHARE.count(old) == 1
    assert expected in problems(tmp_path, SHARE.replace(old, new))


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    share = SHARE.replace("demand: take-hart-off", "demand: nope").replace("athena:", "athens:")
    found = problems(tmp_path, share)
    assert [line.split()[1] for line in found] == ["R304", "R304", "R313", "R304", "R304"]


def test_the_campaign_has_to_name_its_language(tmp_path: Path) -> None:
    header = SHARE_HEADER.replace("language: en\n", "")
    [line] = problems(tmp_path, SHARE, header)
    assert line == "28: C203 The share page needs the campaign's language."


def test_entries_with_mistakes_of_their_own_are_not_reported_again(tmp_path: Path) -> None:
    header = SHARE_HEADER.replace("source: https://example.org/hart", "source: nowhere")
    [line] = problems(tmp_path, SHARE, header)
    assert line.split()[1] == "C204"


def test_pictures_are_found_and_films_refused(tmp_path: Path) -> None:
    save_picture(tmp_path / "media" / "hart.png")
    (tmp_path / "media" / "film.mp4").write_bytes(film())
    share = SHARE.replace(
        "  wordings:\n    - id: cost",
        "  pictures: [{file: media/hart.png, alt: A hand}, {file: media/film.mp4, alt: A film}]\n"
        "  card: {file: media/none.png, alt: A card}\n"
        "  wordings:\n    - id: cost",
    )
    found = problems(tmp_path, share)
    assert [line.split()[1] for line in found] == ["M510", "M501"]
    share = share.replace(", {file: media/film.mp4, alt: A film}", "").replace("none", "hart")
    page = share_page(tmp_path, share)
    assert page.languages[0].pictures[0].alt == "A hand"
    assert page.card
    assert (page.card.alt, page.card.width) == ("A card", 40)


def test_a_page_has_twenty_languages_some_from_right_to_left(tmp_path: Path) -> None:
    tags = ["fr", "de", "it", "pt-BR", "nl", "pl", "cs", "sv", "da", "fi"]
    tags += ["el", "tr", "ru", "uk", "ar", "he", "fa", "ur", "ja", "zh-Hans"]
    more = "".join(
        f"    {tag}:\n      wordings:\n        - {{id: in-{tag.lower()}, demand: take-hart-off, "
        f'text: "אבג 123 {tag}"}}\n'
        for tag in tags
    )
    page = share_page(tmp_path, SHARE + more)
    assert [language.language for language in page.languages] == ["en", "es", *tags]
    assert page.wordings[-1].text == "אבג 123 zh-Hans"


def test_more_than_a_thousand_wordings_are_a_mistake_of_a_script(tmp_path: Path) -> None:
    rows = "".join(
        f"        - {{id: w{number}, demand: take-hart-off, text: Hi}}\n"
        for number in range(MAX_SHARE_WORDINGS - 3)
    )
    [line] = problems(tmp_path, SHARE + rows)
    assert line == "29: Y114 The share page has 1001 wordings, more than 1000."
    last = rows.rindex("        - ")
    assert problems(tmp_path, SHARE + rows[:last]) == []


@pytest.mark.parametrize(
    ("comment", "below", "of_wording"),
    [
        ("    # groundswell: allow L808 it is a name\n", "    - id: calls", "calls"),
        (
            "      # groundswell: allow L808 it is a name\n",
            "      demand: take-hart-off\n      text: Who",
            "calls",
        ),
        ("        # groundswell: allow L808 it is a name\n", "        - id: ours", "ours"),
        ("        # groundswell: allow L808 it is a name\n", "        - id: coste", "coste"),
        ("  # groundswell: allow L808 it is a name\n", "  organisation:", None),
        ("  # groundswell: allow L808 it is a name\n", "  partners:", None),
        ("        # groundswell: allow L808 it is a name\n", "        hart: {claim: El", None),
    ],
)
def test_a_comment_belongs_to_its_wording_or_else_to_the_page(
    tmp_path: Path, comment: str, below: str, of_wording: str | None
) -> None:
    assert SHARE.count(below) == 1
    page = share_page(tmp_path, SHARE.replace(below, comment + below))
    beside = {item.id: item.suppressions for item in page.wordings if item.suppressions}
    found = beside.pop(of_wording) if of_wording else page.suppressions
    assert [suppression.code for suppression in found] == ["L808"]
    assert beside == {}
    assert bool(of_wording) != bool(page.suppressions)


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        ("wordings: {first: A text}", "Write each on a line that begins with a hyphen: - {id: "),
        ("wordings: A text", "Write each on a line that begins with a hyphen: - {id: first"),
        ("pictures: a.png", "Write pictures: [{file: a.png, alt: What it shows}]."),
        ("images: [a.png]", "Write pictures: [{file: a.png, alt: What it shows}]."),
        ("organization: Ours", 'Did you mean "organisation"?'),
    ],
)
def test_a_hint_shows_the_form_of_the_page(tmp_path: Path, lines: str, hint: str) -> None:
    share = f"share:\n  organisation: Ours\n  link: https://example.org\n  {lines}\n"
    [problem] = load_files(tmp_path, a=share_yaml(share)).problems
    assert problem.hint.startswith(hint)
    assert problem.line == 32


@pytest.mark.parametrize(
    "text",
    [
        "100% of it, & more: 2 + 2 = 4; 50%20 is no space",
        "<script>alert(1)</script> is text, and so is &amp;",
        "First line\nsecond line\n\nlast line 👩🏽‍💻 #Tag",
        "שלום \u200eAWS\u200e, hello",
        "مرحبا ١٢٣ %",
    ],
)
def test_a_text_stays_as_it_is_to_the_character(tmp_path: Path, text: str) -> None:
    share = SHARE.replace(
        "Who listens to calls from prison? It is a machine.", json.dumps(text, ensure_ascii=False)
    )
    assert share_page(tmp_path, share).wordings[1].text == text


@pytest.mark.parametrize("character", ["\\x07", "\\u202e", "\\ufeff", "\\ud83d"])
def test_a_character_that_no_text_may_have_is_refused(tmp_path: Path, character: str) -> None:
    share = SHARE.replace(
        "Who listens to calls from prison? It is a machine.", f'"Ask {character}them"'
    )
    assert problems(tmp_path, share) != []


def test_an_empty_demand_is_refused(tmp_path: Path) -> None:
    header = SHARE_HEADER.replace("ask: Take HART off AWS", 'ask: ""')
    assert '20: C204 "ask": nothing is written here.' in problems(tmp_path, SHARE, header)
    share = SHARE.replace("{ask: Saquen HART de AWS}", '{ask: " "}')
    assert '55: C204 "ask": nothing is written here.' in problems(tmp_path, share)


@pytest.mark.parametrize("value", ["", " yes", " [a]"])
def test_a_section_in_another_shape_is_refused(tmp_path: Path, value: str) -> None:
    [problem] = load_files(tmp_path, a=share_yaml(f"share:{value}\n")).problems
    assert (problem.code, problem.line) == ("C201", 29)
    assert problem.hint == "Write it as {key: value}."


def test_more_translations_than_a_campaign_has_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"        d{number}: {{ask: Hi}}\n" for number in range(1001))
    share = SHARE.replace(
        "      facts:\n        hart: {claim: El", f"{rows}      facts:\n        hart: {{claim: El"
    )
    assert any(
        'C204 "demands": the list has too many' in line for line in problems(tmp_path, share)
    )
