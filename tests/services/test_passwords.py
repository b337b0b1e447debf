"""Which passwords are refused, the generated phrases, and the hashes."""

from __future__ import annotations

import pytest

from bot.services import passwords
from bot.services.passwords import (
    hash_password,
    needs_new_hash,
    new_phrase,
    password_fault,
    password_matches,
)

NAMES = ("Anastasia Lopez", "our-x", "@LibraryHours", "library.example")

REFUSED = {
    "": "shorter",
    "violet-harbor1": "shorter",
    "x" * 257: "longer",
    "a" * 20: "repeats",
    "abcabcabcabcabcabc": "repeats",
    "1212121212121212": "repeats",
    "!?!?!?!?!?!?!?!?": "repeats",
    "Ab1!Ab1!Ab1!Ab1!Ab": "repeats",
    "🙂" * 15: "repeats",
    "abcdefghijklmnop": "row",
    "1234567890123456": "row",
    "9876543210987654": "row",
    "QwertyUiopAsdfgh": "row",
    "1q2w3e4r5t6y7u8i": "row",
    "anastasiaanastasia": "name",
    "Anastasia-Lopez-2026": "name",
    "lopez lopez anastasia 1": "name",
    "LibraryHours!LibraryHours": "name",
    "libraryhours2026": "name",
    "PasswordPassword1": "common",
    "P a s s w o r d password": "common",
    "iloveyouiloveyou12": "common",
    "correct horse battery staple": "common",
    "Groundswell-2026-admin": "common",
    "changeme-changeme": "common",
}

ALLOWED = [
    "violet harbor 1",
    "no digits or signs at all",
    "Anastasia hums while it rains",
    "my password is a purple ferry",
    "ünïcode über alles Straße",
    "мой дядя самых честных правил",
    "日本語の長い合言葉を使う人もいますね",
    "7041 9928 3317 5502 6",
    "!§$%&/()=?*+~#'_-:",
    "x7Q" + "violet harbor rain" * 10,
]


@pytest.mark.parametrize(("password", "why"), REFUSED.items())
def test_a_password_that_others_guess_is_refused(password: str, why: str) -> None:
    fault = password_fault(password, NAMES)
    assert fault is not None
    assert why in fault


@pytest.mark.parametrize("password", ALLOWED)
def test_a_long_password_is_allowed_whatever_its_characters(password: str) -> None:
    assert password_fault(password, NAMES) is None


def test_length_is_counted_in_the_form_that_is_compared() -> None:
    """A full-width or composed letter is one; a ligature is as long as its letters."""
    assert password_fault("\N{FULLWIDTH LATIN SMALL LETTER V}iolet harbor 1", ()) is None
    decomposed = "u\N{COMBINING DIAERESIS}" * 14
    assert "shorter" in str(password_fault(decomposed, ()))


def test_a_phrase_has_sixty_random_bits_and_can_be_a_password() -> None:
    words = passwords._words()
    assert len(set(words)) == len(words) == 1024
    assert all(word.isascii() and word.islower() and 3 <= len(word) <= 8 for word in words)
    phrases = {new_phrase() for _ in range(50)}
    assert len(phrases) == 50
    for phrase in phrases:
        assert len(phrase.split()) == 6  # of ten bits each
        assert {*phrase.split()} <= {*words}
        assert password_fault(phrase, NAMES) is None


def test_a_hash_tells_the_password_from_others() -> None:
    stored = hash_password("violet harbor 1")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert password_matches("violet harbor 1", stored)
    assert not password_matches("violet harbor 2", stored)
    assert not password_matches("violet harbor 1", None)
    assert not password_matches("violet harbor 1", "not a hash")
    assert hash_password("violet harbor 1") != stored
    assert not needs_new_hash(stored)


def test_keyboards_that_compose_letters_differently_type_the_same_password() -> None:
    stored = hash_password("u\N{COMBINING DIAERESIS}ber den Wolken 1")
    assert password_matches("über den Wolken 1", stored)


def test_nobody_signs_in_with_the_decoy_or_an_endless_password() -> None:
    assert not password_matches("", None)
    assert not password_matches("a" * 10_000_000, hash_password("violet harbor 1"))
