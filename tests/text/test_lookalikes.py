"""What looks the same to people is the same name, and what they cannot see is no part of one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import first_hidden, look_alike, skeleton

SAME = (
    ("Ana", "\u0410na"),  # Cyrillic A
    ("ana", "\u0430n\u0430"),
    ("Ben", "\u0412en"),  # Cyrillic Ve looks like B in capitals only
    ("ben", "\u0412en"),
    ("Ana", "ANA"),
    ("Ian", "lan"),  # a small L
    ("Olga", "\u039flga"),  # Greek Omicron
    ("Ana", "A\u200bna"),
    ("Ana", "A\u00adna\u2060"),
    ("Ana", "\uff21na"),  # of full width
    ("Ana", "\U0001d400na"),  # mathematical bold
    ("Zoe\u0308", "Zo\u00eb"),
    ("m", "rn"),
)
OTHERS = (
    ("Ian", "Lan"),
    ("Ana", "Anna"),
    ("Jose", "Jos\u00e9"),
    ("Ali", "All"),
    ("Иван", "Иваи"),
    ("李", "季"),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_names_that_look_the_same_are_the_same(one: str, other: str) -> None:
    assert look_alike(one, other)
    assert look_alike(other, one)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_names_that_can_be_told_apart_are_others(one: str, other: str) -> None:
    assert not look_alike(one, other)
    assert not look_alike(other, one)


@given(st.text(max_size=20))
def test_every_text_has_a_skeleton_and_looks_like_itself(text: str) -> None:
    assert look_alike(text, unicodedata.normalize("NFC", text))
    assert first_hidden(skeleton(text)) is None


@pytest.mark.parametrize(
    "hidden",
    [
        "\u200b",
        "\u00ad",
        "\u061c",
        "\u3164",
        "\ufff9",
        "\uffa0",
        "\u2800",
        "\U000e0041",
        "\u2028",
        "\u202e",
        "\ufe0f",
    ],
)
def test_what_cannot_be_seen_is_named(hidden: str) -> None:
    assert first_hidden(f"Ana{hidden}") == f"U+{ord(hidden):04X}"


@pytest.mark.parametrize(
    "name", ["Ana Roe", "Mary-Jane O\u2019Neill", "Иван", "李明", "José\u00a0Núñez", "user 1000"]
)
def test_names_of_people_hide_nothing(name: str) -> None:
    assert first_hidden(name) is None
