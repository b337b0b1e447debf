"""Quotations are found in any marks, and shortened ones must keep their meaning."""

# ruff: noqa: RUF001, RUF003 - marks and letters that look alike are what this is about

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

import pytest
import regex
from helpers.lint import EXAMPLE_HEAD, EXAMPLE_NOW, check_post, check_text, problem_codes

from bot.checking import Checker
from bot.voice.omissions import is_fair_excerpt
from bot.voice.quotations import quotations

if TYPE_CHECKING:
    from pathlib import Path

REFUSAL = "We will not build tools for deportation."
LONG = (
    "We will not build tools for deportation. We build for people, and we know the difference. "
    "It cost $6.5 billion and 1,300 jobs, says Dr. Lee. Nobody asked us."
)
CONSENT = "We will not build tools without consent. Do we build weapons? We listen to people."
LIMITED = "We will build tools if people agree. Only with consent will we sell them, we hope."
MERGED = "We will not build weapons. We make tools for people. We refuse orders and build schools."
TAKEN_BACK = "We will build their tools. Never! We love their money. But we love people more."
SPANISH = "No construiremos herramientas para deportar. Trabajamos sin miedo y con orgullo."
FRENCH = "Nous ne construirons pas d'outils. Nous travaillons sans peur, avec fierté."
GERMAN = "Wir bauen keine Werkzeuge für Abschiebungen. Wir arbeiten ohne Angst und mit Stolz."
PORTUGUESE = "Não construímos ferramentas para deportar. Trabalhamos sem medo e com orgulho."
JAPANESE = "我々は追放の道具を作らない。我々は人々のために働く。"
TURKISH = "Onlar için araç yapmayacağız. Biz insanlar için çalışıyoruz."

FAIR = [
    (REFUSAL, REFUSAL),
    ("We will not build tools for deportation", REFUSAL),
    ("We will not build tools for deportation,", REFUSAL),
    ("We will not build tools", REFUSAL),
    ("We will not build tools,", REFUSAL),
    ("We will not build […] for deportation.", REFUSAL),
    ("We will not build ... for deportation.", REFUSAL),
    ("We will not … build tools for deportation.", REFUSAL),
    ("We will not build tools (…).", REFUSAL),
    ("[…] We will not build tools", REFUSAL),
    ("[w]e will not build tools", REFUSAL),
    ("𝘞𝘦 𝘸𝘪𝘭𝘭 𝘯𝘰𝘵 𝘣𝘶𝘪𝘭𝘥 𝘵𝘰𝘰𝘭𝘴", REFUSAL),
    ("We will not build tools [...] we know the difference.", LONG),
    ("We will not build tools […] We build for people", LONG),
    ("We build for people", LONG),
    ("we know the difference", LONG),
    ("[W]e know the difference", LONG),
    ("We build for people […] we know the difference.", LONG),
    ("It cost $6.5 billion", LONG),
    ("It cost $6.5 billion and 1,300 jobs", LONG),
    ("It cost […] 1,300 jobs", LONG),
    ("Nobody asked us", LONG),
    ("We listen to people", CONSENT),
    ("We will not build tools without consent", CONSENT),
    ("Do we build weapons?", CONSENT),
    ("We make tools", MERGED),
    ("We make tools […] We refuse orders", MERGED),
    ("We will build tools if people agree", LIMITED),
    ("We listen", "We listen. We act."),
    ("We came", "We came. Not one of the nine members of the council did."),
    ("people first", "As we say in this house: people first."),
    ("No construiremos herramientas", SPANISH),
    ("Trabajamos sin miedo", SPANISH),
    ("Nous ne construirons pas d’outils", FRENCH),
    ("Nous travaillons sans peur", FRENCH),
    ("Wir bauen keine Werkzeuge", GERMAN),
    ("Wir arbeiten ohne Angst", GERMAN),
    ("Não construímos ferramentas", PORTUGUESE),
    ("Trabalhamos sem medo", PORTUGUESE),
    ("我々は追放の道具を作らない。", JAPANESE),
    ("我々は人々のために働く。", JAPANESE),
]
UNFAIR = [
    ("We will […] build tools for deportation.", REFUSAL),
    ("We will … build tools", REFUSAL),
    ("We will … build tools…", REFUSAL),
    ("We will ⋯ build tools", REFUSAL),
    ("We will (…) build tools", REFUSAL),
    ("We will [ . . . ] build tools", REFUSAL),
    ("We will .. build tools", REFUSAL),
    ("We will [happily] build tools", REFUSAL),
    ("We will not [only] build tools", REFUSAL),
    ("We will [not…] build tools", REFUSAL),
    ("We will (happily) build tools", REFUSAL),
    ("We will build tools for deportation.", REFUSAL),
    ("We Will Build Tools For Deportation", REFUSAL),
    ("build tools for deportation", REFUSAL),
    ("[b]uild tools for deportation", REFUSAL),
    ("[B]uild tools for deportation", REFUSAL),
    ("tools for deportation", REFUSAL),
    ("We will never build tools", REFUSAL),
    ("we will not build tools", REFUSAL),
    ("WE WILL NOT BUILD TOOLS", REFUSAL),
    ("We will not build tools!", REFUSAL),
    ("We wіll not build tools", REFUSAL),  # an і of Cyrillic
    ("…", REFUSAL),
    ("We build for people […] asked us", LONG),
    ("asked us", LONG),
    ("300 jobs, says Dr. Lee", LONG),
    ("It cost $6", LONG),
    ("It cost $6.5", LONG),
    ("6.5 billion and 1,300 jobs", LONG),
    ("We build […] us", LONG),
    ("We will not build tools", CONSENT),
    ("We will not build tools […] We listen", CONSENT),
    ("we build weapons", CONSENT),
    ("Do we build weapons", CONSENT),
    ("We will build tools", LIMITED),
    ("with consent will we sell them", LIMITED),
    ("will we sell them", LIMITED),
    ("We will not […] make tools", MERGED),
    ("We will not […] tools for people", MERGED),
    ("We refuse […] build schools", MERGED),
    ("build schools", MERGED),
    ("We will build their tools.", TAKEN_BACK),
    ("We love their money.", TAKEN_BACK),
    ("construiremos herramientas para deportar", SPANISH),
    ("Trabajamos […] con orgullo", SPANISH),
    ("Nous […] construirons", FRENCH),
    ("Nous travaillons […] avec fierté", FRENCH),
    ("Wir bauen […] Werkzeuge", GERMAN),
    ("Wir arbeiten […] mit Stolz", GERMAN),
    ("construímos ferramentas", PORTUGUESE),
    ("Trabalhamos […] com orgulho", PORTUGUESE),
    ("我々は追放の道具を作", JAPANESE),
    ("我々は […] 働く。", JAPANESE),
    ("violent and calm", "Non-violent and calm, we march."),
    ("t build tools", "We don’t build tools."),
    ("build tools", "We don’t build tools."),
    ("we build tools", "It is a lie that we build tools."),
    ("We will build tools", "We will build tools, but not for them."),
    ("We will […] build", "We will not stop building: we will build."),
    ("No. 5 opened", "We doubt that Dr. No. 5 opened."),
    ("5 tools", "1.5 tools each"),
    ("We […] trust the police", "We used to trust the police."),
    ("trust the police", "We used to trust the police."),
    ("people want this", "Few people want this."),
    ("I would have supported it", "I would have supported it had they asked us."),
    ("the cameras work", "They lied: the cameras work."),
    ("the cameras work", "Some people say the cameras work."),
    ("cameras make us safe", "He said that cameras make us safe."),
    ("We support the plan", "We support the plan in principle. Not in practice."),
]


@pytest.mark.parametrize(("quotation", "source"), FAIR)
def test_an_honest_excerpt_passes(quotation: str, source: str) -> None:
    assert is_fair_excerpt(quotation, source)


@pytest.mark.parametrize(("quotation", "source"), UNFAIR)
def test_an_excerpt_that_says_something_else_does_not(quotation: str, source: str) -> None:
    assert not is_fair_excerpt(quotation, source)


def test_there_are_pairs_enough_of_both_kinds() -> None:
    assert len(FAIR) + len(UNFAIR) >= 100
    assert len({*FAIR, *UNFAIR}) == len(FAIR) + len(UNFAIR)


def test_of_a_language_whose_negations_are_not_known_sentences_are_quoted_whole() -> None:
    assert is_fair_excerpt("Biz insanlar için çalışıyoruz.", TURKISH, "tr")
    assert not is_fair_excerpt("insanlar için çalışıyoruz", TURKISH, "tr")
    assert not is_fair_excerpt("Biz […] çalışıyoruz.", TURKISH, "tr")
    assert is_fair_excerpt("Biz […] çalışıyoruz.", TURKISH, "tr", ["Biz […] çalışıyoruz"])


# --- Marks ----------------------------------------------------------------------------------------

FALSE = "We will build tools for deportation"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She says “one two three”.", ["one two three"]),
        ('She says "one two three".', ["one two three"]),
        ("Sie sagt „eins zwei drei“.", ["eins zwei drei"]),
        ("Elle dit « un deux trois ».", [" un deux trois "]),
        ("Sie sagt »eins zwei drei«.", ["eins zwei drei"]),
        ("「一 二 三」", ["一 二 三"]),
        ("「我々は追放の道具を作らない」", ["我々は追放の道具を作らない"]),
        ("She says ‘it’s not our code’.", ["it’s not our code"]),
        ("She says 'it's not our code'.", ["it's not our code"]),
        ("Words like “Covid” or “a lawyer”.", []),
        ("Amazon's workers' rights are the users' rights, it's said.", []),
        ("Read “The State of Surveillance Today”.", []),
    ],
)
def test_quotations_of_the_usual_kinds(text: str, expected: list[str]) -> None:
    found = quotations(text)
    assert [quotation.text for quotation in found if quotation.is_certain] == expected


def test_every_quotation_mark_of_unicode_is_one() -> None:
    every = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    marks = regex.findall(r"\p{Quotation_Mark}", every)
    assert len(marks) > 25
    for mark in [*marks, *"❛❜❝❞❟❠🙶🙷🙸❮❯《》〈〉″‴ʺˮ〃״˝`´′"]:
        closing = "»" if mark == "«" else mark
        found = quotations(f"She says: {mark}{FALSE}{closing}.")
        assert [quotation.text for quotation in found] == [FALSE], unicodedata.name(mark)


MARKED = [
    *("“{}”", "„{}“", "”{}”", "«{}»", "« {} »", "»{}«", "‹{}›", "❝{}❞", "＂{}＂", "《{}》"),
    "〈{}〉",
    *("″{}‟", "‟{}”", "〝{}〞", "<<{}>>", "''{}''", "``{}''", "‘‘{}’’", ",,{}''", "「{}」"),
    "『{}』",
    *("‘{}’", "'{}'", "`{}´", "’{}’", "‚{}‘", "‛{}’", "“‘{}’”", '"{}"', "(“{}”)", "—“{}”—"),
    *("˶{}˶", "⸢{}⸣"),
    *("“{}", '"{}', "«{}\n\nMore.", "“{}\n\nMore words of hers.”", "“\u2060{}”", "“”{}“”"),
]


@pytest.mark.parametrize("form", MARKED)
def test_a_false_quotation_is_found_in_any_marks(form: str, tmp_path: Path) -> None:
    before = STATEMENT.format(REFUSAL)
    text = f"Ana Roe says: {form.format(FALSE)}"
    assert "F911" in problem_codes(check_post(tmp_path, text, before=before))


@pytest.mark.parametrize(
    "form", [form for form in MARKED if "More" not in form and "”{}“" not in form]
)
def test_a_true_quotation_passes_in_any_marks(form: str, tmp_path: Path) -> None:
    before = STATEMENT.format(REFUSAL)
    text = f"Ana Roe says: {form.format('We will not build tools for deportation')}"
    assert "F911" not in problem_codes(check_post(tmp_path, text, before=before))


STATEMENT = """\
statements:
  refusal:
    speaker: Ana Roe
    role: organizer
    source: https://example.org/roe
    quote: {}
"""
PLACES = {
    "text": "text: {}",
    "alt text": "text: Look.\n    media: [{{file: media/card.png, alt: {}}}]",
    "poll": "text: Which?\n    poll: {{options: [{}, Something else], hours: 3}}",
    "warning": "text: Look.\n    warning: {}",
    "a title": "text: {}",
    "hashtags": "text: {}",
    "parts": "thread: [{}, {}]",
}
SAID = {
    **{place: [f"“{FALSE}.”"] for place in PLACES},
    "poll": ["“We will build” it"],
    "a title": ["“We Will Build Tools For Deportation”"],
    "hashtags": ["“We will #build tools #for deportation”"],
    "parts": ["She says: “We will", "build tools for deportation.”"],
}


@pytest.mark.parametrize("place", PLACES)
def test_a_false_quotation_is_found_wherever_it_stands(place: str, tmp_path: Path) -> None:
    body = PLACES[place].format(*map(json.dumps, SAID[place]))
    post = f"posts:\n  - id: one\n    when: 2026-12-01 12:00\n    {body}\n"
    found = check_text(tmp_path, f"{EXAMPLE_HEAD}{STATEMENT.format(REFUSAL)}{post}")
    assert "F911" in problem_codes(found)


def test_lettering_is_speech_only_with_a_speaker_or_a_statement(tmp_path: Path) -> None:
    media = "media: [{{file: media/card.png, alt: {}}}]"
    for alt, codes in {
        "A banner: “Whose streets are these? They are our streets”": [],
        "Ana Roe, beside her “You cannot stop us from building”": ["F911"],
        "A card: “We will build tools for deportation”": ["F911"],
        "A card: “We will not build tools for deportation”": [],
    }.items():
        line = media.format(json.dumps(alt))
        found = check_post(tmp_path, "Look at this.", line, before=STATEMENT.format(REFUSAL))
        assert problem_codes(found) == codes, alt


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Ana Roe: “We will”… “build tools”", ["F911"]),
        ("Ana Roe: “We will” “build tools”", ["F911"]),
        ("Ana Roe: “We will” […] “build tools”", ["F911"]),
        ("Ana Roe: “We will not” […] “build tools”", []),
        ("Words like “Covid”, “a lawyer” or “our boss”, says Ana Roe.", []),
    ],
)
def test_a_quotation_that_is_cut_in_two_is_one(text: str, codes: list[str], tmp_path: Path) -> None:
    assert problem_codes(check_post(tmp_path, text, before=STATEMENT.format(REFUSAL))) == codes


def test_a_true_quotation_may_run_over_the_parts_of_a_thread(tmp_path: Path) -> None:
    parts = json.dumps(["Ana Roe says: “We will not", "build tools for deportation.”"])
    post = f"posts:\n  - id: one\n    when: 2026-12-01 12:00\n    thread: {parts}\n"
    text = f"{EXAMPLE_HEAD}{STATEMENT.format(REFUSAL)}{post}"
    assert problem_codes(check_text(tmp_path, text)) == []


def test_a_link_card_quotes_as_a_text_does(tmp_path: Path) -> None:
    card = f'cards:\n  https://example.org/p:\n    title: "Roe says “{FALSE}”"\n'
    posts = (
        "posts:\n  - id: one\n    when: 2026-12-01 12:00\n    accounts: [ours-bluesky]\n"
        "    text: Read it.\n    link: https://example.org/p\n"
    )
    folder = tmp_path / "posts"
    folder.mkdir()
    text = f"{EXAMPLE_HEAD}{card}{STATEMENT.format(REFUSAL)}{posts}"
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    assert "F911" in problem_codes(Checker(folder).check(EXAMPLE_NOW).problems)


def test_the_finding_says_that_the_meaning_changes(tmp_path: Path) -> None:
    text = "Ana Roe: “We will […] build tools.”"
    [found] = check_post(tmp_path, text, before=STATEMENT.format(REFUSAL))
    assert "leaves out words that change what Ana Roe said" in found.message
    assert "excerpts:" in found.hint


def test_an_excerpt_that_a_person_found_fair_may_be_quoted(tmp_path: Path) -> None:
    clause = "“we build for [all] people”, says Ana Roe."
    quote = "We do not sleep, because we build for people."
    plain = STATEMENT.format(quote)
    assert problem_codes(check_post(tmp_path, clause, before=plain)) == ["F911"]
    marked = f"{plain}    excerpts: ['we build for [all] people']\n"
    assert problem_codes(check_post(tmp_path, clause, before=marked)) == []


@pytest.mark.parametrize(
    "excerpt",
    ["We will […] build tools", "We build tools", "[We will build tools]", "tools We will"],
)
def test_an_excerpt_that_is_not_the_quotation_shortened_is_refused(
    excerpt: str, tmp_path: Path
) -> None:
    before = f"{STATEMENT.format(REFUSAL)}    excerpts: ['{excerpt}']\n"
    [found] = check_post(tmp_path, "Hello.", before=before)
    assert found.code == "C206"


@pytest.mark.parametrize(
    "text",
    [
        'It is 5\' 11" high and 6" wide, they say.',
        "Since the ’90s, the workers’ rights have been ours.",
        "The workers' rights are the users' rights, it's said.",
        "Read “The State of Surveillance Today”.",
        "A “smart” city, “for safety”.",
        "3 << 5 and 7 >> 2 are shifts.",
        "“Wait…”",
        "Rock ’n’ roll for all of us, and more.",
    ],
)
def test_marks_that_quote_nobody(text: str, tmp_path: Path) -> None:
    assert "F911" not in problem_codes(check_post(tmp_path, text, before=STATEMENT.format(REFUSAL)))
