"""What is likely a secret: by the name of its key, as a password in an address, or by its looks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

REDACTED = "[hidden]"

# --- What names a secret, and passwords in addresses ----------------------------------------------

_NAME_PATTERN = re.compile(
    r"token|secret|passw|passphrase|apikey|bearer|credential|authorization"
    r"|(private|consumer|access|signing)key",
)
_NAME_WORDS = frozenset({"auth", "pass", "pwd", "pw", "jwt"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_USERINFO = re.compile(r"://(?!\[)[^/@\s:]*:(?!\d+(?:[/?#]|$))(?P<word>[^\s]{1,512})@")
"""Up to the last @: a password may contain one, though it should not."""
_QUERY = re.compile(r"[?&;](?P<key>[^=&;?\s]{1,64})=(?P<word>[^&;\s]+)")
_CONNINFO = re.compile(r"(?:^|\s)(?P<key>\w{1,64})\s{0,9}=\s{0,9}(?P<word>'(?:\\.|[^'\\])*'?|\S+)")
"""As in ``host=db password='of several words'``, which PostgreSQL's own tools accept, too."""


def is_secret_name(key: str) -> bool:
    """Return whether a key names a secret: ``access_token``, ``api-key``, ``pwd``."""
    if _NAME_PATTERN.search(re.sub(r"[^a-z0-9]", "", key.lower())):
        return True
    return any(word.lower() in _NAME_WORDS for word in _WORD.findall(key))


def passwords_in(address: str) -> list[str]:
    """Return the passwords in an address, as written and in every form that may be meant."""
    return [
        spelling
        for match in _password_matches(address)
        for spelling in _password_spellings(match["word"])
    ]


def redact_passwords(address: str) -> str:
    """Return an address, of a database say, as it may be shown."""
    pieces, done = [], 0
    for match in _password_matches(address):
        start, end = match.span("word")
        if start >= done:  # otherwise it begins within the one before
            pieces += [address[done:start], REDACTED]
        done = max(done, end)
    return "".join([*pieces, address[done:]])


def _password_matches(address: str) -> list[re.Match[str]]:
    named = [*_QUERY.finditer(address), *_CONNINFO.finditer(address)]
    secret = [match for match in named if is_secret_name(unquote(match["key"]))]
    return sorted([*_USERINFO.finditer(address), *secret], key=lambda match: match.start("word"))


def _password_spellings(word: str) -> set[str]:
    """Return the values that a password may stand for, quoted or encoded in one way or another."""
    quoted = re.sub(r"\\(.)", r"\1", word.strip("'"))
    return {word, unquote(word), unquote_plus(word), word.partition("@")[0], quoted}


def has_password(text: str) -> bool:
    """Return whether a text has an address with a password in it."""
    keys = (match["key"] for match in _QUERY.finditer(text))
    return bool(_USERINFO.search(text)) or any(is_secret_name(unquote(key)) for key in keys)


# --- Keys, tokens and long random runs ------------------------------------------------------------

_KEY_PATTERNS = re.compile(
    r"\bxox[a-z]-[\w-]{10,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bAKIA[A-Z0-9]{16}\b|\bAIza[\w-]{30,}|\bsk_live_\w{16,}|\bsk-(?:proj|ant)-[\w-]{20,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.|\b\d{8,10}:[\w-]{35}\b|-----BEGIN [A-Z ]{0,30}PRIVATE KEY",
)
"""Keys of Slack, GitHub, GitLab, AWS, Google, Stripe, AI services and Telegram; JWT; PEM."""
_RUN = re.compile(r"(?<![#A-Za-z0-9])[A-Za-z0-9]{20,}")  # a long hashtag is not one
_CLASS_CHANGE = re.compile(
    r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])",
)
_MIN_CHANGE_RATIO = 0.27  # a random run changes class at 0.45 of its letters, camel case at 0.2
_LONG_RUN = 32


def _token_patterns() -> tuple[re.Pattern[str], ...]:
    """Return the pattern of each platform's tokens."""
    from bot.platforms import PLATFORMS, load_platform

    return tuple(load_platform(name).TOKEN for name in PLATFORMS)


def _token_runs(text: str) -> Iterator[str]:
    """Yield the random part of everything that looks like a token of a platform."""
    return (run for token in _token_patterns() for run in token.findall(text))


def contains_token(text: str) -> bool:
    """Return whether a text has a token, a key or a URL's password in it; hardly ever mistaken."""
    if has_password(text) or _KEY_PATTERNS.search(text):
        return True
    return any(map(_looks_random, _token_runs(text)))


def looks_like_key(value: str) -> bool:
    """Return whether a path or a name is a key after all, or has a password in it.

    A date and a commit hash in a path look like a token of X, but are in one case.
    """
    if has_password(value) or _KEY_PATTERNS.search(value):
        return True
    return any(run not in {run.lower(), run.upper()} for run in _token_runs(value))


def looks_like_secret(value: str) -> bool:
    """Return whether a value that is not a path is likely a secret: a key, or a long random run."""
    if looks_like_key(value) or any(_token_runs(value)):
        return True
    return any(_looks_random(run) for run in _RUN.findall(value))


def _looks_random(run: str) -> bool:
    changes = len(_CLASS_CHANGE.findall(run)) / len(run)
    mixed = bool(re.search(r"\d", run)) and bool(re.search(r"[A-Za-z]", run))
    both_cases = run.lower() != run and run.upper() != run
    return mixed and changes >= _MIN_CHANGE_RATIO and (both_cases or len(run) >= _LONG_RUN)


def redact_likely_secrets(text: str) -> str:
    """Return a text that someone will read without what is likely a secret."""
    text = redact_passwords(text)
    for pattern in (*_token_patterns(), _KEY_PATTERNS):
        text = pattern.sub(REDACTED, text)
    return _RUN.sub(lambda run: REDACTED if _looks_random(run[0]) else run[0], text)
