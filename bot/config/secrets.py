"""Recognise likely secrets, name the variables of secrets, and keep secrets out of output.

``bot.config.secret_store`` reads and stores them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

from bot.secrecy import KnownSecrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


REDACTED = "[hidden]"

DATABASE_VARIABLE = "GROUNDSWELL_DATABASE"
"""The variable with the database's address, which may hold a password."""

SECRETS_VARIABLE = "GROUNDSWELL_SECRETS"
"""The variable with the folder of files that stand for variables. It is no secret itself."""

CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
"""The variable with the same folder, as systemd sets it."""

# --- Names of secrets, and passwords in addresses -------------------------------------------------

_NAME_PATTERN = re.compile(
    r"token|secret|passw|passphrase|apikey|bearer|credential|authorization"
    r"|(private|consumer|access|signing)key"
)
_NAME_WORDS = frozenset({"auth", "pass", "pwd", "pw", "jwt"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_USERINFO = re.compile(r"://(?!\[)[^/@\s:]*:(?!\d+(?:[/?#]|$))(?P<word>[^\s]{1,512})@")
"""Up to the last @, because a password may contain one, though it should not."""
_QUERY = re.compile(r"[?&;](?P<key>[^=&;?\s]{1,64})=(?P<word>[^&;\s]+)")
_CONNINFO = re.compile(r"(?:^|\s)(?P<key>\w{1,64})\s{0,9}=\s{0,9}(?P<word>'(?:\\.|[^'\\])*'?|\S+)")
"""As in ``host=db password='of several words'``, which PostgreSQL's own tools accept, too."""


def is_secret_name(key: str) -> bool:
    """Return whether a key names a secret, as ``access_token``, ``api-key`` and ``pwd`` do."""
    if _NAME_PATTERN.search(re.sub(r"[^a-z0-9]", "", key.lower())):
        return True
    return any(word.lower() in _NAME_WORDS for word in _WORD.findall(key))


def passwords_in(address: str) -> list[str]:
    """Return the passwords in an address, as written and in every form that this may stand for."""
    passwords: list[str] = []
    for match in _password_matches(address):
        word = match["word"]
        quoted = re.sub(r"\\(.)", r"\1", word.strip("'"))
        passwords += {word, unquote(word), unquote_plus(word), word.partition("@")[0], quoted}
    return passwords


def redact_passwords(address: str) -> str:
    """Return an address, such as that of a database, without passwords."""
    pieces, done = [], 0
    for match in _password_matches(address):
        start, end = match.span("word")
        if start >= done:  # otherwise it begins within the password before
            pieces += [address[done:start], REDACTED]
        done = max(done, end)
    return "".join([*pieces, address[done:]])


def _password_matches(address: str) -> list[re.Match[str]]:
    named = [*_QUERY.finditer(address), *_CONNINFO.finditer(address)]
    secret = [match for match in named if is_secret_name(unquote(match["key"]))]
    return sorted([*_USERINFO.finditer(address), *secret], key=lambda match: match.start("word"))


# --- Keys, tokens and long random runs ------------------------------------------------------------

_KEY_PATTERNS = re.compile(
    r"\b(?:xox[a-z]-[\w-]{10,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|AKIA[A-Z0-9]{16}\b|AIza[\w-]{30,}|sk_live_\w{16,}|sk-(?:proj|ant)-[\w-]{20,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.|\d{8,10}:[\w-]{35}\b)|-----BEGIN [A-Z ]{0,30}PRIVATE KEY"
)
"""Keys of Slack, GitHub, GitLab, AWS, Google, Stripe, AI services and Telegram; JWT; PEM."""
_RUN = re.compile(r"(?<![#A-Za-z0-9])[A-Za-z0-9]{20,}")  # but not a long hashtag
_CLASS_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_MIN_CHANGE_RATIO = 0.27  # a random run changes class at 0.45 of its letters, camel case at 0.2
_LONG_RUN = 32


def _has_password_or_key(text: str) -> bool:
    names = (unquote(match["key"]) for match in _QUERY.finditer(text))
    found = _USERINFO.search(text) or any(map(is_secret_name, names)) or _KEY_PATTERNS.search(text)
    return bool(found)


def _token_patterns() -> tuple[re.Pattern[str], ...]:
    from bot.platforms import PLATFORMS, load_platform

    return tuple(load_platform(name).TOKEN for name in PLATFORMS)


def _token_runs(text: str) -> Iterator[str]:
    """Yield the random part of everything that looks like a token of a platform."""
    return (run for token in _token_patterns() for run in token.findall(text))


def contains_token(text: str) -> bool:
    """Return whether a text has a token, a key or a URL's password in it, with few mistakes."""
    proof = (token for token in _token_patterns() if not token.groups)
    if _has_password_or_key(text) or any(token.search(text) for token in proof):
        return True
    return any(map(_looks_random, _token_runs(text)))


def looks_like_key(value: str) -> bool:
    """Return whether a path or a name is a key, or has a password in it.

    A date and a commit hash in a path look like a token of X, but have letters of one case.
    """
    return _has_password_or_key(value) or any(
        run not in {run.lower(), run.upper()} for run in _token_runs(value)
    )


def looks_like_secret(value: str) -> bool:
    """Return whether a value that is not a path may be a secret, as a key or a long random run."""
    sure = looks_like_key(value) or any(_token_runs(value))
    return sure or any(map(_looks_random, _RUN.findall(value)))


def _looks_random(run: str) -> bool:
    changes = len(_CLASS_CHANGE.findall(run)) / len(run)
    mixed = bool(re.search(r"\d", run)) and bool(re.search(r"[A-Za-z]", run))
    both_cases = run.lower() != run and run.upper() != run
    return mixed and changes >= _MIN_CHANGE_RATIO and (both_cases or len(run) >= _LONG_RUN)


def redact_likely_secrets(text: str) -> str:
    """Return a text without likely secrets, for someone to read."""
    text = redact_passwords(text)
    for pattern in (*_token_patterns(), _KEY_PATTERNS):
        text = pattern.sub(REDACTED, text)
    return _RUN.sub(lambda run: REDACTED if _looks_random(run[0]) else run[0], text)


# --- Variables, and the secret parts of addresses -------------------------------------------------


class Secrets(dict[str, str]):
    """Secrets by name that cannot be shown by accident."""

    def __repr__(self) -> str:
        names = ", ".join(f"{name}={REDACTED}" for name in self)
        return f"Secrets({names})"

    __str__ = __repr__


def environment_variable(account: str, secret: str) -> str:
    """Return the environment variable of a secret, ``GROUNDSWELL_<ACCOUNT>_<SECRET>``."""
    return f"GROUNDSWELL_{account}_{secret}".upper().replace("-", "_")


def channel_secret_owner(channel: str) -> str:
    """Return the name under which an alert channel's ``url`` is stored, which is all a secret."""
    return f"alerts-{channel}"


def secrets_in_environment(environ: Mapping[str, str]) -> list[str]:
    """Return every secret in our own variables, also those of accounts not in the config."""
    secrets = []
    for name, padded in environ.items():
        value = padded.strip()
        if name.startswith("GROUNDSWELL_") and name != SECRETS_VARIABLE:
            secrets += [value] if is_secret_name(name) else []
            secrets += secrets_in_url(value) if name.startswith("GROUNDSWELL_ALERTS_") else []
            secrets += passwords_in(value)
    return secrets


def secrets_in_url(url: str) -> list[str]:
    """Return a channel's address, and the parts of it that are certainly secrets of their own.

    These are passwords, query values whose key names a secret, and pieces that look like a token.
    Many services have a token as the host or in the path.
    """
    kinds = (r"[a-z]", r"[A-Z]", r"[0-9]")
    tokens = [  # hardly any name mixes several kinds of letters and digits
        piece
        for piece in url_pieces(url)
        if len(piece) >= _MIN_TOKEN_LENGTH
        and sum(bool(re.search(kind, piece)) for kind in kinds) > 1
    ]
    return [url, *sorted({*tokens, *passwords_in(url)})]


def url_pieces(url: str) -> list[str]:
    """Return the pieces of an address, except words that are common in every log.

    They are redacted only in a service's answers about this address, as most are ordinary words.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    user, _, host = parts.netloc.rpartition("@")
    pieces = [*user.split(":"), *(name for name in host.split(":") if "." not in name)]
    pieces += parts.path.split("/") + [value for _, value in parse_qsl(parts.query)]
    return sorted(
        piece
        for piece in {*pieces, *map(unquote, pieces)}
        if not (piece.isdigit() and len(piece) <= _MAX_PORT_DIGITS)
        and piece.lower() not in _ORDINARY_WORDS
    )


_ORDINARY_WORDS = frozenset({"localhost", "groundswell", "services", "webhooks", "webhook"})
_MAX_PORT_DIGITS = 5
_MIN_TOKEN_LENGTH = 8  # characters; shorter pieces are names and numbers


# --- Known secrets in output ----------------------------------------------------------------------


class Redactor(KnownSecrets):
    """Replaces every known secret in any text."""

    def __call__(self, text: str) -> str:
        """Return the text with every known secret replaced, in whatever form it is written."""
        return self.hide(text, REDACTED)

    def redact_values(self, value: Any) -> Any:
        """Return plain values with every known secret replaced in their texts.

        JSON written from them is valid, whatever the secrets are.
        """
        if isinstance(value, str):
            return self(value)
        if isinstance(value, dict):
            return {key: self.redact_values(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.redact_values(item) for item in value]
        return value
