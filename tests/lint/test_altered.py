"""Texts right beside a figure that make another figure of it, and texts that do not."""

# ruff: noqa: RUF001, RUF003 - signs that look like digits are what this is about

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers.lint import EXAMPLE_HEAD, FACTS, check_post, check_text, problem_codes

from bot.voice.altered import altered, plain_digits

if TYPE_CHECKING:
    from pathlib import Path

CHANGING = [
    *("{},000", "{}0", "9{}", "{}.5", "{}'000", "{}٬000", "{}·5", "{}:1", "{}/2", "9,{}", "9.{}"),
    *("{} thousand", "{} billion", "{} BILLION", "{}\u00a0million", "{}-million", "{}‑million"),
    *("{}\u202f000", "{} 000", "1\u00a0{}", "1\u202f{}", "{}k", "{}K", "{}bn", "{} bn", "{} M"),
    *("{} mio", "{} Milliarden", "{} millones", "{} milliards", "{} mil", "{} hundred", "{} dozen"),
    *("{}%", "{} %", "{} percent", "{} per cent", "{}‰", "{} percentage points", "{} por ciento"),
    *("{}th", "{}s", "{}x", "x{}", "{}e9", "{}⑤", "{}²", "{}½", "⑨{}", "{}٥", "{}𝟎", "{}０"),
    *("{}×2", "{} x 2", "{} × 10", "×{}", "{}^2", "{}+", "~{}", ">{}", "-{}", "−{}", "±{}", "#{}"),
    *("${}", "€{}", "US${}", "₿{}", "{}–9", "{}-9", "1–{}", "{}万", "{}億", "{}억"),
    *("half of {}", "half {}", "a quarter of {}", "twice {}", "double {}", "three times {}"),
    *("{} (thousand)", "{}_000", "{}\u0336", "ten {}", "So: 1 {}", "50% of {}"),
    "5 per cent of the {}",
    *("{}, 000", "{}\n,000", "{}-plus", "{} k", "{} m", "{} b", "{} times two"),
    "{} multiplied by ten",
    *("{}, thousand", "{} (in thousands)", "{} and a half", "{} ½", "½ {}", "10x {}", "10 × {}"),
    *("ten times the {}", "thrice {}", "minus {}", "point {}", "hundred {}", "la mitad de {}"),
    *("die Hälfte von {}", "le double de {}", "{} squared", "{}\u2060000", "{}\u200b0", "{}{}"),
]
KEEPING = [
    *("{}", "{}.", "{}, they say", "({})", "“{}”", "{}: that is it", "{} of calls", "it is {}"),
    *("{} a year", "{} in 2022", "in 2022, {}", "On 12 May {}", "In May 12 {}", "{}—no less"),
    *("HART – {}", "{} – 5 of them", "{}'s worth", "{}’s worth", "{}-a-year contract", "{}/year"),
    *("{}!", "{}?", "{}…", "{} partnerships", "{} Boeing jets", "{} km", "{} meters", "{}\n\nMore"),
    *("For {}", "about {}", "nearly {}", "some {} people", "{}人", "{}명", "約{}"),
    "{} times they came",
    *("many times: {}", "the sometimes {}", "doubled to {}", "a half-hearted {}"),
    "{} millionaires",
    *("{}, thousands of whom", "{} – thousands march", "on 12 May 5 {}", "Room 5 {}"),
    *("{} times they say", "{}, 2022", "{} and a halfway house", "{}, 300 of us said no"),
    "{}, thousands came",
    *("{} thousandfold lies", "{} and 12 more", "{} (40% of all)", "7 of {}", "{}; 9 more"),
]


@pytest.mark.parametrize("form", CHANGING)
def test_what_touches_or_scales_a_fetched_figure_is_an_error(form: str, tmp_path: Path) -> None:
    text = f"Now {form.format(*['{{ fact.ring.figure }}'] * 2)} again"
    found = problem_codes(check_post(tmp_path, text))
    assert "F904" in found


@pytest.mark.parametrize("form", [form for form in KEEPING if "thousandfold" not in form])
def test_what_leaves_a_fetched_figure_as_it_is_passes(form: str, tmp_path: Path) -> None:
    text = f"It is so: {form.format('{{ fact.ring.figure }}')}"
    assert "F904" not in problem_codes(check_post(tmp_path, text))


def test_there_are_pairs_enough_both_ways() -> None:
    assert len({*CHANGING}) >= 60
    assert len({*KEEPING}) >= 40


@pytest.mark.parametrize("form", ["{},000", "{} thousand", "{} billion", "half of {}", "twice {}"])
def test_a_figure_typed_by_hand_is_changed_by_the_same(form: str, tmp_path: Path) -> None:
    text = f"Now {form.format('$6 billion')} again"
    assert "F904" in problem_codes(check_post(tmp_path, text, "facts: [hart]"))
    assert "F904" not in problem_codes(
        check_post(tmp_path, "Now $6 billion again.", "facts: [hart]")
    )


@pytest.mark.parametrize(
    "text",
    [
        "{{ fact.ring.figure ~ ',000' }}",
        "{{ fact.ring.figure ~ ' thousand' }}",
        "{{ '9' ~ fact.ring.figure }}",
        "{{ ('twice ' ~ fact.ring.figure)|upper }}",
        "{{ fact.ring.figure }}{{ '000' }}",
        "{{ fact.ring.figure -}} 000",
        "{{ fact.ring.figure }}{# a comment #}0",
        "{{ fact.ring.claim }}{{ fact.ring.figure }}",
        "{{ fact['ring'].figure }}0",
    ],
)
def test_what_is_joined_within_the_braces_counts(text: str, tmp_path: Path) -> None:
    assert "F904" in problem_codes(check_post(tmp_path, f"Now: {text}"))


PLACES = {
    "alt text": "text: Look.\n    media: [{{file: media/card.png, alt: {}}}]",
    "poll": "text: Which?\n    poll: {{options: [{}, Something else], hours: 3}}",
    "warning": "text: Look.\n    warning: {}",
    "text": "text: {}",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("$6 billion thousand", "F904"),
        ("half of $6 billion", "F904"),
        ("$6,000 billion", "F903"),
        ("$5 billion", "F901"),
        ("$⑤ billion", "F904"),
        ("$4O billion", "F904"),
        ("five billion dollars", "F901"),
    ],
)
def test_every_visible_text_is_looked_at(place: str, text: str, code: str, tmp_path: Path) -> None:
    body = PLACES[place].format(json.dumps(text))
    post = f"posts:\n  - id: one\n    when: 2026-12-01 12:00\n    facts: [hart]\n    {body}\n"
    assert code in problem_codes(check_text(tmp_path, f"{EXAMPLE_HEAD}{FACTS}{post}"))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("It costs $⑤ billion.", ["F901", "F904"]),
        ("It costs $𝟓 billion.", ["F901", "F904"]),
        ("It costs $４ billion.", ["F901"]),  # fullwidth, as Japanese writes it
        ("It costs $4O billion.", ["F901", "F904"]),
        ("It costs $4О billion.", ["F901", "F904"]),  # a Cyrillic О
        ("It costs $l2 billion.", ["F901", "F904"]),
        ("It costs a billion dollars.", ["F901"]),
        ("It costs half a billion dollars.", []),  # not even of one order of magnitude
        ("They have a thousand partnerships.", []),  # of which this post does not speak
        ("A hundred reasons, a million thanks.", []),
        ("A 5G mast, a 2l bottle, B2B, O2, 10 l, and II.", []),
    ],
)
def test_a_figure_is_read_as_people_read_it(text: str, codes: list[str], tmp_path: Path) -> None:
    found = problem_codes(check_post(tmp_path, text, "facts: [hart]"))
    assert sorted(set(found)) == codes


def test_a_round_number_in_words_is_held_against_the_posts_fact(tmp_path: Path) -> None:
    text = "They have a thousand partnerships with police."
    assert problem_codes(check_post(tmp_path, text, "facts: [ring]")) == ["F901"]


@pytest.mark.parametrize(
    ("text", "fact", "codes"),
    [
        ("HART costs over {{ fact.hart.figure }}.", "hart", ["F906"]),
        ("HART costs at least {{ fact.hart.figure }}.", "hart", ["F906"]),
        ("HART costs less than {{ fact.hart.figure }}.", "hart", ["F906"]),
        ("HART costs {{ fact.hart.figure }}.", "hart", []),
        ("It has over {{ fact.plain.figure }} of them.", "plain", []),  # so its claim says
        ("It has under {{ fact.plain.figure }} of them.", "plain", ["F906"]),
    ],
)
def test_more_or_less_is_part_of_the_claim(
    text: str, fact: str, codes: list[str], tmp_path: Path
) -> None:
    plain = """\
  plain:
    claim: It has over 2,000 partnerships
    figure: 2,000
    source: https://example.org/plain
    as_of: 2022-07-18
"""
    before = FACTS.replace("demands:", f"{plain}demands:")
    assert problem_codes(check_post(tmp_path, text, f"facts: [{fact}]", before=before)) == codes


def test_plain_digits_keep_every_place() -> None:
    for text in ("$⑤ million", "4O%", "1,OOO", "٢٬٠٠٠", "a 2l bottle, ²", "Ооо"):
        assert len(plain_digits(text)) == len(text)
    assert plain_digits("$4O million") == "$40 million"
    assert plain_digits("O2 and 5O more, 2l") == "O2 and 5O more, 2l"


def test_nothing_beside_a_figure_is_nothing() -> None:
    assert altered("", "") == ""
