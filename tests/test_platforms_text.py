"""How X counts: known lengths, and arithmetic held against the library."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twitter_text import extract_urls, parse_tweet

from bot.platforms.x.text import _by_arithmetic, has_link, surely_fits, weighted_length

LENGTHS = [
    ("", 0),
    ("Take HART off AWS.", 18),
    ("a\r\nb", 3),
    ("Z\u00fcrich", 6),
    ("Cafe\u0301", 4),
    ("\u201cPeople over profit\u201d \u2013 now", 26),
    ("\u2026", 2),
    ("\u65e5\u672c\u8a9e", 6),
    ("\U0001f468\u200d\U0001f469\u200d\U0001f467", 2),
    ("\u00a9", 2),
    ("https://mediajustice.org/a-very-long-path/that/counts/23", 23),
    ("See https://mediajustice.org and https://athenaforall.org/x", 55),
    ("example.com", 23),
    ("$1.2 billion", 12),
    ("press@mediajustice.org", 22),
    ("\ud800", 2),
]


@pytest.mark.parametrize(("text", "length"), LENGTHS, ids=[ascii(text) for text, _ in LENGTHS])
def test_weighted_length(text: str, length: int) -> None:
    assert weighted_length(text) == length


LINKS = [
    ("mediajustice.org", True),
    ("see example.com now", True),
    ("https://mediajustice.org/x", True),
    ("The end.Next", True),
    ("$1.2 billion, p.m., e.g. U.S.", False),
    ("press@mediajustice.org", False),
    ("No link. None.", False),
]


@pytest.mark.parametrize(("text", "link"), LINKS)
def test_what_x_makes_a_link_of(text: str, link: bool) -> None:
    assert has_link(text) is link


PIECES = st.sampled_from(
    [
        *"abcZ 19\n\t.,:;-_/@#$%&()'\"!?",
        " ",
        ". ",
        "\u00fc",
        "\u00e9",
        "\u2019",
        "\u2014",
        "https://",
        "http://",
        " https://mediajustice.org/take-hart-off-aws ",
        " https://example.com",
        "https://a-b.example.net/x_y/",
        "example.com",
        ".org",
        ".com/",
        "xn--",
        "@medium.com",
        "$1.2",
    ],
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_arithmetic_agrees_with_the_library_wherever_it_settles(text: str) -> None:
    settled = _by_arithmetic(text)
    if settled is not None:
        links = extract_urls(text.replace("\r\n", "\n"))
        assert settled == (parse_tweet(text).weightedLength, len(links))


@given(st.text(st.characters(max_codepoint=0x24F), max_size=60))
def test_arithmetic_agrees_on_latin_letters(text: str) -> None:
    settled = _by_arithmetic(text)
    if settled is not None:
        assert settled == (parse_tweet(text).weightedLength, len(extract_urls(text)))


ORDINARY = (
    "Ask Amazon: \u201cWhy $6 billion?\u201d More: https://mediajustice.org/aws #NoTechForICE"
)


SIGNS = st.one_of(
    PIECES,
    st.characters(),
    st.sampled_from([*"\u2026\xa9\xae\u203c1#\ufe0f\u20e3\u200d\u2122\u304b\u3099\u0958\ufb2a"]),
    st.sampled_from(
        ["\U0001f4a1", "\u270a\U0001f3fd", "\U0001f468\u200d\U0001f469\u200d\U0001f467"]
    ),
    st.sampled_from(["\U0001f1e9\U0001f1ea", "1\ufe0f\u20e3", "\u2764\ufe0f"]),
)


@settings(max_examples=400)
@given(st.lists(SIGNS, max_size=30).map("".join))
def test_what_surely_fits_is_no_longer_as_the_library_counts(text: str) -> None:
    sound = text.encode("utf-8", "replace").decode()
    length = parse_tweet(sound).weightedLength
    assert not surely_fits(sound, length - 1)


@settings(max_examples=400)
@given(st.lists(SIGNS, max_size=30).map("".join))
def test_a_link_is_one_for_the_library_too(text: str) -> None:
    sound = text.encode("utf-8", "replace").decode()
    assert has_link(sound) == bool(extract_urls(sound))


def test_ordinary_posts_are_settled_without_the_library() -> None:
    assert _by_arithmetic(ORDINARY) is not None


def test_checking_an_ordinary_post_imports_no_heavy_library() -> None:
    code = (
        "import sys, bot.platforms.x as x; from bot.model import *;"
        f"c = Content((Part({ORDINARY!r}),)); a = Account('a', 'x', 'a', '');"
        "assert x.check(c, a) == [] and x.charges(c);"
        "heavy = {'twitter_text', 'tweepy', 'requests', 'urllib3'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
