"""Secrets: where they come from, and how they stay out of output.

A secret comes from the environment or the operating system's keyring, and from nowhere else; this
module writes none to a file and shows none. What looks like a secret is in ``secret_detection``.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from bot.config.secret_detection import REDACTED, is_secret_name, passwords_in
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

KEYRING_SERVICE = "groundswell"
"""The keyring's service for our secrets; its user is ``<account>/<secret>``."""

# --- Where they come from -------------------------------------------------------------------------


class Secrets(dict[str, str]):
    """Secrets by name that cannot be shown by accident."""

    def __repr__(self) -> str:
        names = ", ".join(f"{name}={REDACTED}" for name in self)
        return f"Secrets({names})"

    __str__ = __repr__


def environment_variable(account: str, secret: str) -> str:
    """Return the environment variable of a secret: ``GROUNDSWELL_<ACCOUNT>_<SECRET>``."""
    return f"GROUNDSWELL_{account}_{secret}".upper().replace("-", "_")


def load_secrets(account: str, names: Sequence[str], environ: Mapping[str, str]) -> Secrets:
    """Return an account's secrets, from the environment or else from the keyring.

    Raises UserError with every one that is missing or malformed.
    """
    return check_secrets(account, {name: _look_up(account, name, environ)[0] for name in names})


def check_secrets(account: str, values: Mapping[str, str | None]) -> Secrets:
    """Return the secrets. Raises UserError with every one that is missing or malformed."""
    problems = [
        _malformed_problem(account, name) if value else _missing_problem(account, name)
        for name, value in values.items()
        if not (value and value.isascii() and value.isprintable() and " " not in value)
    ]
    if problems:
        raise UserError(problems)
    return Secrets({name: value for name, value in values.items() if value})


def channel_secret_owner(channel: str) -> str:
    """Return the name under which an alert channel's ``url`` is stored."""
    return f"alerts-{channel}"


def channel_url(channel: str, environ: Mapping[str, str]) -> str | None:
    """Return the address of an alert channel, or None; all of it is a secret."""
    return _look_up(channel_secret_owner(channel), "url", environ)[0]


def secret_origin(account: str, name: str, environ: Mapping[str, str]) -> str:
    """Return where a secret comes from: ``environment``, ``keyring`` or ``missing``."""
    return _look_up(account, name, environ)[1]


def _look_up(account: str, name: str, environ: Mapping[str, str]) -> tuple[str | None, str]:
    if value := environ.get(environment_variable(account, name), "").strip():
        return value, "environment"
    stored = read_keyring(account, name)
    return stored, "keyring" if stored else "missing"


def _missing_problem(account: str, name: str) -> Problem:
    hint = (
        f"Set {environment_variable(account, name)}, or run `groundswell accounts login {account}`."
    )
    return Problem(account, 0, 0, "G201", f"there is no {name} for this account.", hint)


def _malformed_problem(account: str, name: str) -> Problem:
    message = f"the {name} contains a space or an odd character, so it was not copied completely."
    hint = f"Set {environment_variable(account, name)} again, or run "
    hint += f"`groundswell accounts login {account}`."
    return Problem(account, 0, 0, "G202", message, hint)


def secrets_in_environment(environ: Mapping[str, str]) -> list[str]:
    """Return every secret in our own variables, also those of accounts not in the config."""
    ours = {
        name: value.strip() for name, value in environ.items() if name.startswith("GROUNDSWELL_")
    }
    secrets = [value for name, value in ours.items() if is_secret_name(name)]
    for name, value in ours.items():
        if name.startswith("GROUNDSWELL_ALERTS_"):
            secrets += secrets_in_url(value)
        secrets += passwords_in(value)
    return secrets


def secrets_in_url(url: str) -> list[str]:
    """Return a channel's address, and the parts of it that are certainly secrets of their own.

    These are passwords, query values whose key names a secret, and pieces that look like a token:
    many services have theirs as the host or in the path.
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

    They are to be redacted in what a service says about this address, not elsewhere: most are
    ordinary words.
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
_MIN_TOKEN_LENGTH = 8  # characters; shorter ones are names and numbers


def read_keyring(account: str, name: str) -> str | None:
    """Return a secret from the keyring; None if it is not there, or if there is no keyring."""
    import keyring
    from keyring.errors import KeyringError

    try:
        return (keyring.get_password(KEYRING_SERVICE, f"{account}/{name}") or "").strip() or None
    except KeyringError:
        return None


def has_keyring() -> bool:
    """Return whether there is a keyring that can store secrets."""
    import keyring

    # keyring's fallbacks have priority 0 (always fails) and -1 (stores nothing).
    return getattr(keyring.get_keyring(), "priority", 0) > 0


def write_keyring(account: str, secrets: Mapping[str, str]) -> None:
    """Store an account's secrets in the keyring. Raises UserError where that fails."""
    import keyring
    from keyring.errors import KeyringError

    try:
        for name, value in secrets.items():
            keyring.set_password(KEYRING_SERVICE, f"{account}/{name}", value)
    except KeyringError as error:
        raise UserError([no_keyring_problem(account, secrets)]) from error


def no_keyring_problem(account: str, names: Iterable[str]) -> Problem:
    """Return the problem that secrets cannot be stored, with the variables to use instead."""
    variables = ", ".join(environment_variable(account, name) for name in names)
    hint = "Set these variables in the environment instead, for a service in a file that only its "
    hint += f"user can read: {variables}."
    return Problem(account, 0, 0, "G203", "this machine has no keyring that can be used.", hint)


# --- How known ones stay out of output ------------------------------------------------------------

_MIN_SECRET_LENGTH = 6


class Redactor:
    """Replaces every secret that it knows in any text."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        """Add secrets, also as they look within JSON and within a URL.

        Values of less than six characters are ignored: redacting them would make text unreadable.
        """
        for value in (value for value in values if len(value) >= _MIN_SECRET_LENGTH):
            self._values |= {value, json.dumps(value)[1:-1], quote(value, safe="")}

    def __call__(self, text: str) -> str:
        """Return the text with every known secret replaced."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, REDACTED)
        return text

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
