"""What is likely a secret in a text: keys of services, tokens of platforms, long random runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.platforms import PLATFORMS, kind
from bot.secrets import HIDDEN, has_password, without_passwords

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHAPES = re.compile(
    r"\bxox[a-z]-[\w-]{10,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bAKIA[A-Z0-9]{16}\b|\bAIza[\w-]{30,}|\bsk_live_\w{16,}|\bsk-(?:proj|ant)-[\w-]{20,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.|\b\d{8,10}:[\w-]{35}\b|-----BEGIN [A-Z ]{0,30}PRIVATE KEY",
)
"""Keys of Slack, GitHub, GitLab, AWS, Google, Stripe, AI services and Telegram; JWT; PEM."""
_RUN = re.compile(r"(?<![#A-Za-z0-9])[A-Za-z0-9]{20,}")  # a long hashtag is none
_TURN = re.compile(
    r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])",
)
_LEAST_TURNS = 0.27  # a random run turns at 0.45 of its letters, words in camel case at 0.2
_LONG_RUN = 32


def _tokens() -> tuple[re.Pattern[str], ...]:
    """Give how a token of each platform looks."""
    return tuple(kind(name).TOKEN for name in PLATFORMS)


def _runs(text: str) -> Iterator[str]:
    """Yield what is random in what looks like a token of a platform."""
    return (run for token in _tokens() for run in token.findall(text))


def holds_token(text: str) -> bool:
    """Say whether a text has a token, a key or a URL's password in it: hardly ever mistaken."""
    if has_password(text) or _SHAPES.search(text):
        return True
    return any(map(_random, _runs(text)))


def is_key(value: str) -> bool:
    """Say whether a path or a name is a key all the same, or carries a password.

    A date and a commit hash in a path look like a token of X, but are in one case.
    """
    if has_password(value) or _SHAPES.search(value):
        return True
    return any(run not in {run.lower(), run.upper()} for run in _runs(value))


def looks_secret(value: str) -> bool:
    """Say whether a value that is no path is likely a secret: a key, or a long random run."""
    if is_key(value) or any(_runs(value)):
        return True
    return any(_random(run) for run in _RUN.findall(value))


def _random(run: str) -> bool:
    turns = len(_TURN.findall(run)) / len(run)
    mixed = bool(re.search(r"\d", run)) and bool(re.search(r"[A-Za-z]", run))
    both_cases = run.lower() != run and run.upper() != run
    return mixed and turns >= _LEAST_TURNS and (both_cases or len(run) >= _LONG_RUN)


def hide(text: str) -> str:
    """Replace what is likely a secret in a text that someone will read."""
    text = without_passwords(text)
    for pattern in (*_tokens(), _SHAPES):
        text = pattern.sub(HIDDEN, text)
    return _RUN.sub(lambda run: HIDDEN if _random(run[0]) else run[0], text)
