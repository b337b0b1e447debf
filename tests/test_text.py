"""Hidden characters, those that are needed at their place, and texts that look the same."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import escape_hidden, find_hidden, first_hidden, look_alike, skeleton, strip_hidden


def found(text: str) -> list[str]:
    return [f"{ord(match[1]):04X}" for match in find_hidden(text)]


@pytest.mark.parametrize(
    "code",
    [
        *("0085", "00AD", "034F", "061C", "115F", "1160", "17B4", "180B", "180E", "200B", "200C"),
        *("200D", "200E", "200F", "2028", "2029", "202A", "202E", "2060", "2061", "2064", "2066"),
        *("2069", "206F", "2800", "3164", "FE00", "FE0E", "FE0F", "FEFF", "FFA0", "FFF9", "FFFA"),
        *("FFFB", "FFFC", "1D173", "E0001", "E0020", "E0041", "E007F", "E0100"),
    ],
)
def test_a_hidden_character_is_found_in_a_word(code: str) -> None:
    assert found(f"Ama{chr(int(code, 16))}zon") == [code]


@given(st.characters())
def test_whatever_unicode_calls_a_format_character_is_found(char: str) -> None:
    seen = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    hieroglyphs = range(0x13430, 0x13441)
    if unicodedata.category(char) == "Cf" and ord(char) not in {*seen, *hieroglyphs}:
        assert found(f"a{char}b")


@pytest.mark.parametrize(
    "text",
    [
        "A family: \U0001f468\u200d\U0001f469\u200d\U0001f467, a heart \u2764\ufe0f, 1\ufe0f\u20e3",
        "\U0001f469\U0001f3fd\u200d\u2695\ufe0f and \U0001f3f3\ufe0f\u200d\U0001f308, \u263a\ufe0e",
        "Scotland \U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "England \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "Wales \U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
        "Persian: \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "Hindi: \u0915\u094d\u200d\u0937 and \u0915\u094d\u200c\u0937",
        "Sinhala: \u0dc1\u0dca\u200d\u0dbb\u0dd3",
        "Khmer: \u179f\u17bd\u179f\u17d2\u178f\u17b8\u200b\u1796\u17b7\u1797\u1796",
        "Kanji: \u845b\U000e0100\u98fe",
        "Mongolian: \u1828\u180e\u1820 \u1820\u180b",
        "Hebrew: \u05e9\u05dc\u05d5\u05dd\u200f!",
        "French: \xab\xa0oui\xa0\xbb, 1\u202f000\u2009%, caf\xe9, e\u0301",
    ],
)
def test_what_a_script_or_an_emoji_needs_passes(text: str) -> None:
    assert found(text) == []
    assert escape_hidden(text).replace("\\u200f", "\u200f") == text


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("\u0645\u200c\u200c\u06cc", ["200C"]),  # two joiners in a row
        ("Ama\u200czon \u0645\u06cc\u200c\u062e", ["200C"]),  # in a Latin word beside Persian
        ("\u0645\u061c\u06cc", ["061C"]),  # nobody needs it
        ("\U0001f3f4\U000e0075\U000e0073\U000e007f", ["E0075", "E0073", "E007F"]),  # no emoji
        ("\U0001f600\U000e0041\U000e0042", ["E0041", "E0042"]),  # words in tags behind a smile
        ("A\u200d\U0001f600", ["200D"]),
        ("1\u200d2", ["200D"]),
        ("1\ufe0f", ["FE0F"]),
        ("\u200dA", ["200D"]),
        ("Ask \u200eAmazon", ["200E"]),
    ],
)
def test_the_same_character_out_of_place_is_found(text: str, codes: list[str]) -> None:
    assert found(text) == codes


def test_they_are_shown_as_escapes() -> None:
    escaped = escape_hidden("Ama\u200bzon\n\t\x1b[2J\U000e0041")
    assert escaped == "Ama\\u200bzon\n\t\\u001b[2J\\udb40\\udc41"
    assert strip_hidden("A\u200bm\xada\u3164z") == "Amaz"


@given(st.text())
def test_what_is_shown_has_nothing_hidden(text: str) -> None:
    assert found(escape_hidden(text)) == []
    assert found(strip_hidden(text)) == []


@pytest.mark.parametrize("char", ["\u200b", "\u200d", "\U0001f600\u200d", "\u0645\u200c", "\ufe0f"])
def test_a_long_text_is_looked_through_once(char: str) -> None:
    """A quadratic search would not end within the test's time limit."""
    assert len(escape_hidden(char * 200_000)) >= 200_000


# --- Look-alikes ----------------------------------------------------------------------------------

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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [*((*pair, True) for pair in SAME), *((*pair, False) for pair in OTHERS)],
)
def test_names_are_the_same_if_they_look_the_same(one: str, other: str, *, same: bool) -> None:
    assert look_alike(one, other) is look_alike(other, one) is same


@given(st.text(max_size=20))
def test_every_text_has_a_skeleton_and_looks_like_itself(text: str) -> None:
    assert look_alike(text, unicodedata.normalize("NFC", text))
    assert first_hidden(skeleton(text)) is None


@pytest.mark.parametrize(
    "hidden", "\u200b\u00ad\u061c\u3164\ufff9\uffa0\u2800\U000e0041\u2028\u202e\ufe0f"
)
def test_what_cannot_be_seen_is_named(hidden: str) -> None:
    assert first_hidden(f"Ana{hidden}") == f"U+{ord(hidden):04X}"


@pytest.mark.parametrize(
    "name", ["Ana Roe", "Mary-Jane O\u2019Neill", "Иван", "李明", "José\u00a0Núñez", "user 1000"]
)
def test_names_of_people_hide_nothing(name: str) -> None:
    assert first_hidden(name) is None
