"""Known lengths and entities of texts, and linear work on hostile texts."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from bot.xtext import cashtags, entities, has_link, links, mentions, weighted_length

LENGTHS = [
    ("", 0),
    ("Take HART off AWS.", 18),
    ("a\r\nb", 4),
    ("Z\u00fcrich", 6),
    ("Cafe\u0301", 4),
    ("\u201cPeople over profit\u201d \u2013 now", 26),
    ("\u2026", 2),
    ("\u65e5\u672c\u8a9e", 6),
    ("\u00a9", 1),
    ("https://mediajustice.org/a-very-long-path/that/counts/23", 23),
    ("See https://mediajustice.org and https://athenaforall.org/x", 55),
    ("example.com", 23),
    ("$1.2 billion", 12),
    ("press@mediajustice.org", 22),
    ("\ud800", 2),
    ("\U0001f1e6\U0001f1e6", 4),  # no flag
]


@pytest.mark.parametrize(("text", "length"), LENGTHS, ids=[ascii(text) for text, _ in LENGTHS])
def test_weighted_length(text: str, length: int) -> None:
    assert weighted_length(text) == length


WHOLE = {
    "as X documents": "\U0001f47e \U0001f64b\U0001f3fd \U0001f468\u200d\U0001f3a4",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "a flag": "\U0001f1fa\U0001f1f8",
    "a flag of tags": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "keycaps": "1\ufe0f\u20e3 #\u20e3",
    "with a selector": "\u2764\ufe0f \xa9\ufe0f \u231a\ufe0f",
    "an astronaut, of 2019": "\U0001f9d1\u200d\U0001f680",
    "hands of two tones, of 2021": "\U0001faf1\U0001f3fd\u200d\U0001faf2\U0001f3ff",
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
def test_a_whole_emoji_counts_two(text: str) -> None:
    assert weighted_length(text) == 3 * len(text.split()) - 1


LINKS = [
    ("mediajustice.org", ["mediajustice.org"]),
    ("see example.com now", ["example.com"]),
    ("https://mediajustice.org/x", ["https://mediajustice.org/x"]),
    ("The end.Next", ["end.Next"]),
    ("$1.2 billion, p.m., e.g. U.S.", []),
    ("press@mediajustice.org", []),
    ("No link. None.", []),
    ("example.com", ["example.com"]),
    ("\u05e9\u05dc\u05d5\u05ddexample.com", ["example.com"]),
    ("example.com\u05e9\u05dc\u05d5\u05dd", ["example.com"]),
    ("\u0627\u0644\u0639\u0631\u0628\u064a\u0629example.com/x", ["example.com/x"]),
    ("\u65e5\u672cexample.com\u3078", ["example.com"]),
    ("https://\u65e5\u672c.jp", ["https://\u65e5\u672c.jp"]),
    ("\u65e5\u672c.jp", []),
    ("https://t.co/aB3/more", ["https://t.co/aB3"]),
    ("(https://a.com/b_(c))", ["https://a.com/b_(c)"]),
    ("a.com:80?q", ["a.com"]),
    ("https://a.com:80?q.", ["https://a.com:80?q"]),
    ("https://example.notatld", []),
]


@pytest.mark.parametrize(("text", "found"), LINKS, ids=[ascii(text) for text, _ in LINKS])
def test_what_x_makes_a_link_of(text: str, found: list[str]) -> None:
    assert [link.text for link in links(text)] == found
    assert [text[link.start : link.end] for link in links(text)] == found
    assert has_link(text) is bool(found)


def test_places_are_pythons_behind_emoji_too() -> None:
    text = "\U0001f44d\U0001f3fd a.com \U0001f1fa\U0001f1f8 #b @c $D"
    found = [entity for _, entity in entities(text)]
    assert [text[entity.start : entity.end] for entity in found] == ["a.com", "#b", "@c", "$D"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$AMZN and $GOOG", ["AMZN", "GOOG"]),
        ("$BRK.B, $1.2 and $6 billion", ["BRK.B"]),
        ("A$AP and $abcdefg", []),
        ("$AMZN$GOOG", ["AMZN"]),
    ],
)
def test_cashtags(text: str, found: list[str]) -> None:
    assert [tag.text for tag in cashtags(text)] == found


HOSTILE = {
    "labels": "a.",
    "domains": "a.com ",
    "no top-level domains": "a.comm\u65e5",
    "open parentheses": "a.com/(",
    "parentheses in parentheses": "a.co/(a(b",
    "schemes": "http://a.",
    "paths that end badly": "a.com/!!",
    "punycode": "xn--a.",
    "hyphens": "-.a_.",
    "letters of no alphabet": "\u65e5.",
    "hashtags": "#1",
    "mentions": "@rt@",
    "flags": "\U0001f1fa",
    "joiners": "\U0001f469\u200d",
    "surrogates": "\ud83d",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_work_grows_with_the_text_and_not_with_its_square(piece: str) -> None:
    """Counted in calls; how long a call takes is for the benchmark."""

    def work(length: int) -> int:
        calls = 0

        def count(_: Any, event: str, __: Any) -> None:
            nonlocal calls
            calls += event in {"call", "c_call"}

        text = (piece * length)[:length]
        sys.setprofile(count)
        try:
            weighted_length(text)
            mentions(text)
            entities(text)
        finally:
            sys.setprofile(None)
        return calls

    work(64)  # reads the tables that are read once
    assert work(4_000) < 2.2 * work(2_000) + 100


def test_an_ordinary_post_needs_no_table_of_emoji() -> None:
    code = (
        "import sys; from bot.xtext import weighted_length;"
        "assert weighted_length('Why $6 billion? \u2014 https://example.org #NoTech') == 49;"
        "heavy = {'emoji', 'tweepy', 'requests', 'pydantic'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
