"""Which passwords people may have, and their hashes, by Argon2.

Length is what counts, and nobody is asked for digits or signs (NIST SP 800-63B, OWASP ASVS 5 V6.2).
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from functools import cache
from math import log2
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argon2 import PasswordHasher

MIN_LENGTH = 15
MAX_LENGTH = 256
"""Characters of a password."""

PHRASE_BITS = 60
"""Random bits of a generated phrase, at least."""

_LONGEST_PIECE = 6
"""A password that repeats a piece of at most this many characters is refused."""

_FEWEST_CHARACTERS = 5
"""Different characters of a password, at least."""

_LEAST_REST = 6
"""Characters of a password besides the names that everybody knows, at least."""

_SEQUENCES = (
    *("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "12345678901234567890"),
    *("qwertyuiopasdfghjklzxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "qwertzuiopasdfghjklyxcvbnm"),
    *("1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0"),
)
"""Rows that fingers and heads run along."""

_COMMON = (
    *("password", "passwort", "passphrase", "motdepasse", "contraseña", "iloveyou", "letmein"),
    *("changeme", "welcome", "administrator", "admin", "secret", "qwerty", "azerty", "default"),
    *("correcthorsebatterystaple", "trustnoone", "sunshine", "princess", "football", "monkey"),
    *("dragon", "master", "superman", "groundswell", "campaign", "login", "test", "guest"),
)
"""Words of the most common passwords. What is left without them has to be long enough."""


def password_fault(password: str, known_names: Iterable[str]) -> str | None:
    """Return why somebody could guess a password, or None. Pure.

    ``known_names`` are those that an attacker knows, such as the person's and the accounts'.
    """
    password = normalized(password)
    if len(password) < MIN_LENGTH:
        return f"It is shorter than {MIN_LENGTH} characters"
    if len(password) > MAX_LENGTH:
        return f"It is longer than {MAX_LENGTH} characters"
    plain, folded = _plain(password), password.casefold()
    names = {_plain(word) for name in known_names for word in (name, *re.split(r"\W+", name))}
    faults = {
        "It repeats a few characters": len(set(folded)) < _FEWEST_CHARACTERS
        or _repeats_a_piece(folded),
        "It is a row of the alphabet, the digits or the keyboard": _is_row(plain),
        "It is little more than a name that others know": _is_mostly(plain, names),
        "It is little more than a word of common passwords": _is_mostly(plain, _COMMON),
    }
    return next((fault for fault, is_so in faults.items() if is_so), None)


def normalized(password: str) -> str:
    """Return a password in the form that is compared, however a keyboard has composed it."""
    return unicodedata.normalize("NFKC", password)


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, normalized(text).casefold()))


def _repeats_a_piece(text: str) -> bool:
    pieces = range(1, _LONGEST_PIECE + 1)
    return any(text == (text[:size] * len(text))[: len(text)] for size in pieces)


def _is_row(plain: str) -> bool:
    return bool(plain) and any(plain in 3 * row or plain in 3 * row[::-1] for row in _SEQUENCES)


def _is_mostly(plain: str, words: Iterable[str]) -> bool:
    """Return whether little is left without these words; short ones are part of other words."""
    left = plain
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2:  # noqa: PLR2004 - "Jo" is in too many words
            left = left.replace(word, "")
    return left != plain and len(left) < _LEAST_REST


# --- Phrases --------------------------------------------------------------------------------------


def new_phrase() -> str:
    """Return a phrase of random words with at least ``PHRASE_BITS``, which can be typed anywhere.

    The randomness is the operating system's.
    """
    words = _words()
    count = -(-PHRASE_BITS // int(log2(len(words))))
    return " ".join(secrets.choice(words) for _ in range(count))


@cache
def _words() -> tuple[str, ...]:
    file = Path(__file__).with_name("passphrase_words.txt")
    return tuple(file.read_text(encoding="ascii").split())


# --- Hashes ---------------------------------------------------------------------------------------

_one_at_a_time = threading.Lock()
"""A hash takes 19 MiB and a core. Many at once, by an attacker, could make a post late."""


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    # The least that OWASP's Password Storage Cheat Sheet recommends, on one thread, because the
    # loop that sends posts may run on the same small machine.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _decoy() -> str:
    return _hasher().hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """Return the hash of a password, with its salt and parameters."""
    with _one_at_a_time:
        return _hasher().hash(normalized(password))


def password_matches(password: str, stored: str | None) -> bool:
    """Return whether a password has this hash. Without a hash, do the same work and return False.

    Nobody can then tell by the time of an answer whether there is a person of that name.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    typed = normalized(password) if len(password) <= MAX_LENGTH else ""
    with _one_at_a_time:
        decoy = _decoy()
        try:
            return _hasher().verify(stored or decoy, typed) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_new_hash(stored: str) -> bool:
    """Return whether a hash was made with other parameters than those of today."""
    return _hasher().check_needs_rehash(stored)
