from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import campaign_with_post, only_problem, post_problem, sound_post
from helpers.extras import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.campaigns.templates import (
    ALREADY_REPORTED,
    FIGURE_MARK,
    REFERENCE_MARK,
    TemplateError,
    fill_template,
)

if TYPE_CHECKING:
    from pathlib import Path

    from bot.campaigns.templates import TemplateNames

NAMES: TemplateNames = {
    "fact": {
        "hart": {"claim": "It runs on AWS", "figure": "$6 billion"},
        "ring": {"claim": "", "figure": TemplateError("The fact has no figure", "Add it.")},
        "prison-calls": {"claim": "Calls"},
        "prison_calls": {"claim": "Calls"},
    },
    "demand": TemplateError("The post names no demand", "Add demand:."),
    "event": ALREADY_REPORTED,
}

SOUND = {
    "no template at all": "no template at all",
    "{{ fact.hart.figure }}!": "$6 billion!",
    "{{fact['prison-calls'].claim}}": "Calls",
    "{{ fact.prison_calls.claim }}": "Calls",
    "{{ fact.hart['figure'] }}": "$6 billion",
    "{{ fact.hart.claim | upper }}": "IT RUNS ON AWS",
    "{{ fact.hart.claim|lower|capitalize }}": "It runs on aws",
    "{{ fact.hart.claim ~ ': ' ~ fact.hart.figure }}": "It runs on AWS: $6 billion",
    "{{ '{{' }}": "{{",
    "a {# a comment #}b": "a b",
    "kept\n\n  lines  \n\n": "kept\n\n  lines",
    "{{ fact.hart.figure }}\n": "$6 billion",
    "{ {facts} } stay": "{ {facts} } stay",
    "100 % {sure}": "100 % {sure}",
}


def fill(text: str, names: TemplateNames) -> tuple[str | None, list[TemplateError]]:
    filled = fill_template(text, names)
    return filled.rendered, filled.flaws


@pytest.mark.parametrize("text", SOUND)
def test_names_are_filled_in_and_the_rest_is_kept(text: str) -> None:
    assert fill(text, NAMES) == (SOUND[text], [])


REFUSED = {
    "{{ fact.hrat.figure }}": ("T402", 1, 'Did you mean "hart"?'),
    "one\n{{ fact.hart.figur }}": ("T402", 2, 'Did you mean "figure"?'),
    "{{ fct.hart.figure }}": ("T402", 1, 'Did you mean "fact"?'),
    "{{ nothing }}": ("T402", 1, "Known here: "),
    "{{ fact.ring.figure }}": ("T402", 1, "has no figure"),
    "{{ demand.ask }}": ("T402", 1, "names no demand"),
    "{{ fact.hart }}": ("T402", 1, "fact.hart.claim"),
    "{{ fact }}": ("T402", 1, "fact.hart"),
    "{{ fact.hart.claim.upper }}": ("T402", 1, "unknown in fact.hart.claim"),
    "{{ fact.hart.claim.__class__ }}": ("T402", 1, "unknown"),
    "{{ ''.__class__.__mro__ }}": ("T403", 1, "Only names"),
    "{{ fact.__class__ }}": ("T402", 1, "unknown"),
    "{{ fact['__init__']['__globals__'] }}": ("T402", 1, "unknown"),
    "{{ self }}": ("T402", 1, "unknown"),
    "{{ range(10**9) }}": ("T403", 1, "Only names"),
    "{{ 'a' * 10**9 }}": ("T403", 1, "Only names"),
    "{{ fact.hart.claim|replace('a', 'b') }}": ("T403", 1, "upper"),
    "{{ fact.hart.claim|center(10) }}": ("T403", 1, "upper"),
    "{{ fact.hart.claim|upper(1) }}": ("T403", 1, "without brackets"),
    "{{ fact.hart.claim|nosuch }}": ("T403", 1, "upper"),
    "{{ fact.prison-calls.claim }}": ("T403", 1, "underscores"),
    "{{ 6 }}": ("T403", 1, "Only names"),
    "{{ fact.hart.claim if true }}": ("T403", 1, "Only names"),
    "{% for a in range(10**9) %}x{% endfor %}": ("T403", 1, "Blocks"),
    "a\nb {% include '/etc/passwd' %}": ("T403", 2, "Blocks"),
    "one\n{ fact.hart.figure }}": ("T401", 2, "brace is missing"),
    "{fact['hart'].figure}": ("T401", 1, "brace is missing"),
    "fact.hart.figure }}": ("T401", 1, "brace is missing"),
    "{{ fact.hart.figure ": ("T401", 1, "cannot be read"),
    "ok\n{{ }}": ("T401", 2, "cannot be read"),
    "{{ fact.hart.figure }": ("T401", 1, "cannot be read"),
    "{# never closed": ("T401", 1, "cannot be read"),
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}": ("T401", 1, "nested too deep"),
    "{{ fact.hart.claim" + "|upper" * 4000 + " }}": ("T401", 1, "nested too deep"),
    "{{ " + "9" * 5000 + " }}": ("T401", 1, "too long"),
    "{{ '\\x00' }}": ("T404", 1, "control character"),
    "{{ '\\ud83d' }}": ("T404", 1, "control character"),
    "{{ '' }}": ("T404", 1, "is empty"),
    "{{ fact.hart.claim }}" * 1500 + "x" * 10_000: ("T404", 1, "longer than"),
}


@pytest.mark.parametrize("text", REFUSED, ids=[text[:40].replace("\n", " ") for text in REFUSED])
def test_all_other_templates_are_refused_quickly_with_their_line(text: str) -> None:
    code, line, words = REFUSED[text]
    began = time.process_time()
    filled, flaws = fill(text, NAMES)
    assert time.process_time() - began < 1
    assert filled is None
    assert (flaws[0].code, flaws[0].line) == (code, line)
    assert words in f"{flaws[0].message} {flaws[0].hint}"


def test_a_problem_reported_elsewhere_is_not_reported_again() -> None:
    assert fill("{{ event.name }}", NAMES) == (None, [])


def test_every_unknown_name_is_reported() -> None:
    _, flaws = fill("{{ a }} {{ fact.b }}\n{{ c }}", NAMES)
    assert [(flaw.word, flaw.line) for flaw in flaws] == [("a", 1), ("b", 1), ("c", 2)]


# The rows of a post from line 30 on, and the place of the unknown name in them.
PLACES = {
    "literal": (["text: |", "  First", "", "  Then {{ fact.hrat.figure }}"], "33:20"),
    "folded": (["text: >", "  First", "  then {{ fact.hrat.figure }}"], "32:20"),
    "quoted": (["text: 'Then {{ fact.hrat.figure }}'"], "30:25"),
    "plain": (["text: Then {{ fact.hrat.figure }}"], "30:24"),
    "quoted over lines": (["text: 'Then", "  {{ fact.hrat.figure }}'"], "31:15"),
    "in a thread": (["thread:", "  - One", "  - text: Then {{ fact.hrat.figure }}"], "32:28"),
    "in a flow": (["thread: [One, 'Then {{ fact.hrat.figure }}']"], "30:33"),
}


@pytest.mark.parametrize("name", PLACES)
def test_an_unknown_name_is_reported_at_its_place_in_the_file(name: str, tmp_path: Path) -> None:
    rows, place = PLACES[name]
    line = post_problem(tmp_path, *rows)
    assert line.startswith(f"a.yaml:{place}: T402 ")
    assert line.endswith('Did you mean "hart"?')


def test_a_post_can_name_its_campaign_demand_event_and_facts(tmp_path: Path) -> None:
    rows = (
        "demand: take-hart-off",
        "hashtags: []",
        "text: |",
        "  {{ campaign.title }} ({{ campaign.id }}): {{ demand.ask }}, {{ demand.target }}.",
        "  {{ event.name }}, {{ event.place }}, {{ event.date }}, {{ event.time }}.",
        "  {{ fact.hart.figure }} {{ fact.hart.as_of }} {{ fact.hart.source }}",
        "  {{ fact['prison-calls'].claim }}",
    )
    post = sound_post(tmp_path, *rows, when="{event: nyc, offset: -1d}")
    assert post.wordings[0].content.text == (
        "People over profit (people): Take HART off AWS, Amazon Web Services.\n"
        "AWS Summit New York, Javits Center, 12 July 2022, 09:00.\n"
        "$6 billion 2022-07-18 https://example.org/hart\n"
        "Prison calls are searched for words"
    )


def test_a_fact_with_a_problem_of_its_own_is_not_unknown(tmp_path: Path) -> None:
    text = campaign_with_post("text: '{{ fact.hart.figure }}'").replace(
        "as_of: 2022-07-18", "as_of: July", 1
    )
    line = only_problem(tmp_path, a=text)
    assert "S601" in line


PIECES = [
    *(text for text in (*SOUND, *REFUSED) if "{%" not in text and len(text) < 1000),
    *("{{ fact.hart.claim }}", "{{fact.hart.figure}}", " and ", "\n", "\r\n", "\\"),
    *("{", "}", "{{", "}}", "{#", "#}"),
]


JINJA = ImmutableSandboxedEnvironment(keep_trailing_newline=True)
"""The library whose grammar our templates follow."""


@settings(max_examples=examples(400))
@given(st.lists(st.sampled_from(PIECES), max_size=6))
def test_texts_are_filled_in_as_jinja_does(pieces: list[str]) -> None:
    text = "".join(pieces)
    filled, _ = fill(text, NAMES)
    if filled is not None:
        is_template = "{{" in text or "{#" in text  # other texts are not touched
        expected = JINJA.from_string(text).render(**NAMES) if is_template else text
        assert filled == expected.rstrip()


EXPRESSION = st.recursive(
    st.sampled_from(["fact.hart.claim", "fact['hart'].figure", "'a'", '"b"', "'c' 'd'", "event"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" ~ ".join),
        st.tuples(inner, inner).map("~".join),
        inner.map("({})".format),
        inner.map("{}|upper".format),
        inner.map("{} | title".format),
        inner.map("{} - 1".format),
    ),
    max_leaves=6,
)


@given(st.sampled_from(["{{", "{{-"]), EXPRESSION, st.sampled_from(["}}", "-}}"]))
def test_an_expression_means_what_it_means_to_jinja(start: str, inner: str, end: str) -> None:
    text = f"a {start} {inner} {end} b"
    filled, _ = fill(text, NAMES)
    computes = " - " in inner or "event" in inner
    assert (filled is None) == computes
    if filled is not None:
        assert filled == JINJA.from_string(text).render(**NAMES).rstrip()


def test_marks_stand_for_fetched_values() -> None:
    names = {**NAMES, "statement": {"roe": {"words": "We will not"}}}
    filled = fill_template("a {{ fact.hart.figure }} b {{ 'c' ~ statement.roe.words }}", names)
    assert filled.literal_text == f"a {FIGURE_MARK} b c{REFERENCE_MARK}"
    assert fill_template("a {{ 'b' }}", NAMES).literal_text is None


def test_fetched_facts_are_known_and_names_in_quotes_and_comments_are_not() -> None:
    text = (
        "{{ fact.hart.claim ~ ' fact.ring' }} {{ fact['prison-calls'].claim }}{# {{ fact.ring }} #}"
    )
    assert fill_template(text, NAMES).references == [("fact", "hart"), ("fact", "prison-calls")]
