"""Secrets: where they come from, how a leaked one is recognised, and how they stay out of output.

A secret comes from the environment or from the operating system's keyring, and from nowhere else;
this module writes none to a file and shows none.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SERVICE = "groundswell"
"""The service under which secrets stand in the keyring; the user is ``<account>/<secret>``."""

HIDDEN = "[hidden]"

# --- Where they come from -------------------------------------------------------------------------


class Secrets(dict[str, str]):
    """Secrets by name, which can be used but not shown by accident."""

    def __repr__(self) -> str:
        names = ", ".join(f"{name}={HIDDEN}" for name in self)
        return f"Secrets({names})"

    __str__ = __repr__


def variable(account: str, secret: str) -> str:
    """Give the environment variable for a secret: ``GROUNDSWELL_<ACCOUNT>_<SECRET>``."""
    return f"GROUNDSWELL_{account}_{secret}".upper().replace("-", "_")


def secrets_for(account: str, names: Sequence[str], environ: Mapping[str, str]) -> Secrets:
    """Find an account's secrets in the environment, or else in the keyring.

    Raises UserError that names every one which is missing or cannot be a secret.
    """
    return usable(account, {name: _find(account, name, environ)[0] for name in names})


def usable(account: str, found: Mapping[str, str | None]) -> Secrets:
    """Give the secrets if all can be secrets. Raises UserError that names those that cannot."""
    problems = [
        _malformed(account, name) if value else _missing(account, name)
        for name, value in found.items()
        if not (value and value.isascii() and value.isprintable() and " " not in value)
    ]
    if problems:
        raise UserError(problems)
    return Secrets({name: value for name, value in found.items() if value})


def channel_name(channel: str) -> str:
    """Give the name under which a channel for alerts has its ``url``, as an account its secrets."""
    return f"alerts-{channel}"


def channel_url(channel: str, environ: Mapping[str, str]) -> str | None:
    """Find the address of a channel for alerts, or give None: all of it is a secret."""
    return _find(channel_name(channel), "url", environ)[0]


def origin(account: str, name: str, environ: Mapping[str, str]) -> str:
    """Say where a secret comes from: ``environment``, ``keyring`` or ``missing``."""
    return _find(account, name, environ)[1]


def _find(account: str, name: str, environ: Mapping[str, str]) -> tuple[str | None, str]:
    if value := environ.get(variable(account, name), "").strip():
        return value, "environment"
    kept = from_keyring(account, name)
    return kept, "keyring" if kept else "missing"


def _missing(account: str, name: str) -> Problem:
    return Problem(
        file=account,
        line=0,
        column=0,
        code="G201",
        message=f"there is no {name} for this account.",
        hint=f"Set {variable(account, name)}, or run `groundswell accounts login {account}`.",
    )


def _malformed(account: str, name: str) -> Problem:
    return Problem(
        file=account,
        line=0,
        column=0,
        code="G202",
        message=f"the {name} contains a space or an odd character, so it was not copied whole.",
        hint=f"Set {variable(account, name)} anew, or run `groundswell accounts login {account}`.",
    )


def in_environment(environ: Mapping[str, str]) -> list[str]:
    """Give every secret that our own variables hold, also those of accounts not in the config."""
    ours = {
        name: value.strip() for name, value in environ.items() if name.startswith("GROUNDSWELL_")
    }
    found = [value for name, value in ours.items() if names_secret(name)]
    for name, value in ours.items():
        if name.startswith("GROUNDSWELL_ALERTS_"):
            found += within(value)
        if password := _URL_USER.search(value):
            found += [password["word"], unquote(password["word"])]
    return found


_PLAIN = frozenset({"localhost", "groundswell", "services", "webhooks", "webhook"})


def within(url: str) -> list[str]:
    """Give an address and what in it may be a secret of its own: a token is often its host or path.

    Of a host with a dot, and of words that every log is full of, none is.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return [url]
    user, _, host = parts.netloc.rpartition("@")
    pieces = [*user.split(":"), *(one for one in host.split(":") if "." not in one)]
    pieces += parts.path.split("/") + [value for _, value in parse_qsl(parts.query)]
    words = {form for piece in pieces for form in (piece, unquote(piece))}
    kept = (word for word in words if not (word.isdigit() and len(word) <= _PORT))
    return [url, *sorted(word for word in kept if word.lower() not in _PLAIN)]


_PORT = 5  # digits of a port


def from_keyring(account: str, name: str) -> str | None:
    """Ask the keyring; None where it has no such secret, or where there is no keyring."""
    import keyring
    from keyring.errors import KeyringError

    try:
        return (keyring.get_password(SERVICE, f"{account}/{name}") or "").strip() or None
    except KeyringError:
        return None


def has_keyring() -> bool:
    """Say whether there is a keyring that secrets can be kept in."""
    import keyring

    # The stand-ins that keyring falls back on have priority 0 (it fails) and -1 (it forgets).
    return getattr(keyring.get_keyring(), "priority", 0) > 0


def to_keyring(account: str, secrets: Mapping[str, str]) -> None:
    """Store an account's secrets in the keyring. Raises UserError where it does not take them."""
    import keyring
    from keyring.errors import KeyringError

    try:
        for name, value in secrets.items():
            keyring.set_password(SERVICE, f"{account}/{name}", value)
    except KeyringError as error:
        raise UserError([no_keyring(account, secrets)]) from error


def no_keyring(account: str, names: Iterable[str]) -> Problem:
    """Give the problem that secrets cannot be kept, with the variables that do instead."""
    variables = ", ".join(variable(account, name) for name in names)
    return Problem(
        file=account,
        line=0,
        column=0,
        code="G203",
        message="this machine has no keyring that can be used.",
        hint="Set these variables in the environment instead, for a service in a file that only "
        f"its user can read: {variables}.",
    )


# --- How a leaked one is recognised ---------------------------------------------------------------

_KEY = re.compile(
    r"token|secret|passw|passphrase|apikey|bearer|credential|(private|consumer|access)key|^auth$",
)
_X_TOKEN = re.compile(r"\d{5,}-([A-Za-z0-9]{20,})")
_URL_PASSWORD = re.compile(
    r"://[^/@\s]*:(?!\d+/)[^@\s]+@|[?&;](?:password|passwd|pwd|token|secret)=[^&\s]+",
    re.IGNORECASE,
)
_URL_USER = re.compile(r"://[^/:@\s]*:(?P<word>[^@\s]+)@")
_RUN = re.compile(r"[A-Za-z0-9]{20,}")
_TURN = re.compile(
    r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])",
)
_LEAST_TURNS = 0.27  # a random run turns at 0.45 of its letters, words in camel case at 0.2
_LONG_RUN = 32


def names_secret(key: str) -> bool:
    """Say whether a key is what people call a secret: ``access_token``, ``api-key``."""
    return bool(_KEY.search(re.sub(r"[^a-z0-9]", "", key.lower())))


def has_password(value: str) -> bool:
    """Say whether a URL carries a password."""
    return bool(_URL_PASSWORD.search(value))


def holds_token(text: str) -> bool:
    """Say whether a text has an access token or a URL's password in it: hardly ever mistaken."""
    return has_password(text) or any(_random(run) for run in _X_TOKEN.findall(text))


def looks_secret(value: str) -> bool:
    """Say whether a value is likely a secret: an X token, a long random run, a URL's password."""
    if _X_TOKEN.search(value) or has_password(value):
        return True
    return any(_random(run) for run in _RUN.findall(value))


def _random(run: str) -> bool:
    turns = len(_TURN.findall(run)) / len(run)
    mixed = bool(re.search(r"\d", run)) and bool(re.search(r"[A-Za-z]", run))
    both_cases = run.lower() != run and run.upper() != run
    return mixed and turns >= _LEAST_TURNS and (both_cases or len(run) >= _LONG_RUN)


def hide(text: str) -> str:
    """Replace what is likely a secret in a text that someone will read."""
    for pattern in (_URL_PASSWORD, _X_TOKEN):
        text = pattern.sub(HIDDEN, text)
    return _RUN.sub(lambda run: HIDDEN if _random(run[0]) else run[0], text)


# --- How known ones stay out of output ------------------------------------------------------------


_SHORTEST = 4


class Redactor:
    """Replaces every secret that it was told of, in whatever text it is given."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        self.learn(values)

    def learn(self, values: Iterable[str]) -> None:
        """Remember more secrets, also as they look within JSON and within a URL.

        What is shorter than four characters is no secret; without it, lines would be unreadable.
        """
        for value in (value for value in values if len(value) >= _SHORTEST):
            self._values |= {value, json.dumps(value)[1:-1], quote(value, safe="")}

    def __call__(self, text: str) -> str:
        """Give the text with each known secret replaced."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return text


class RedactingFormatter(logging.Formatter):
    """A formatter around another: redacts the finished line, tracebacks included."""

    def __init__(self, inner: logging.Formatter, redactor: Redactor) -> None:
        super().__init__()
        self._inner = inner
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Format by the inner formatter, then redact."""
        return self._redactor(self._inner.format(record))
