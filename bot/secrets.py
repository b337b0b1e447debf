"""Secrets: where they come from, what names one, and how they stay out of output.

A secret comes from the environment or from the operating system's keyring, and from nowhere else;
this module writes none to a file and shows none.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urlsplit

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
    """Return every secret that our own variables hold, also those of accounts not in the config."""
    ours = {
        name: value.strip() for name, value in environ.items() if name.startswith("GROUNDSWELL_")
    }
    found = [value for name, value in ours.items() if names_secret(name)]
    for name, value in ours.items():
        if name.startswith("GROUNDSWELL_ALERTS_"):
            found += within(value)
        found += passwords(value)
    return found


def within(url: str) -> list[str]:
    """Return a channel's address and what in it is surely a secret of its own.

    That is what a key of its query calls one, its password, and each piece of it that looks like a
    token: many services have theirs as the host or in the path.
    """
    sure = [word for word in pieces(url) if len(word) >= _LEAST_TOKEN and _is_mixed(word)]
    return [url, *sorted({*sure, *passwords(url)})]


def pieces(url: str) -> list[str]:
    """Return all that an address is made of, but for words that every log is full of.

    For what a service says of one address; elsewhere, most of these are ordinary words.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    user, _, host = parts.netloc.rpartition("@")
    found = [*user.split(":"), *(name for name in host.split(":") if "." not in name)]
    found += parts.path.split("/") + [value for _, value in parse_qsl(parts.query)]
    words = {form for piece in found for form in (piece, unquote(piece))}
    kept = (word for word in words if not (word.isdigit() and len(word) <= _PORT))
    return sorted(word for word in kept if word.lower() not in _PLAIN)


_PLAIN = frozenset({"localhost", "groundswell", "services", "webhooks", "webhook"})
_PORT = 5  # digits of a port
_LEAST_TOKEN = 8  # characters; shorter ones are names and numbers


def _is_mixed(word: str) -> bool:
    """Say whether a word is of several kinds of letters and digits, as hardly any name is."""
    kinds = (r"[a-z]", r"[A-Z]", r"[0-9]")
    return sum(bool(re.search(kind, word)) for kind in kinds) > 1


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


# --- What names one, and passwords in addresses ---------------------------------------------------

_KEY = re.compile(
    r"token|secret|passw|passphrase|apikey|bearer|credential|authorization"
    r"|(private|consumer|access|signing)key",
)
_KEY_WORDS = frozenset({"auth", "pass", "pwd", "pw", "jwt"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_USERINFO = re.compile(r"://(?!\[)[^/@\s:]*:(?!\d+(?:[/?#]|$))(?P<word>[^\s]{1,512})@")
"""Up to the last @: a password may hold one, though it should not."""
_QUERY = re.compile(r"[?&;](?P<key>[^=&;?\s]{1,64})=(?P<word>[^&;\s]+)")
_CONNINFO = re.compile(r"(?:^|\s)(?P<key>\w{1,64})\s{0,9}=\s{0,9}(?P<word>'(?:\\.|[^'\\])*'?|\S+)")
"""As in ``host=db password='of several words'``, which PostgreSQL's own tools take, too."""


def names_secret(key: str) -> bool:
    """Say whether a key is what people call a secret: ``access_token``, ``api-key``, ``pwd``."""
    if _KEY.search(re.sub(r"[^a-z0-9]", "", key.lower())):
        return True
    return any(word.lower() in _KEY_WORDS for word in _WORD.findall(key))


def passwords(address: str) -> list[str]:
    """Return the passwords in an address, as they are written and as they may be meant."""
    return [spelling for match in _passwords(address) for spelling in _meant(match["word"])]


def without_passwords(address: str) -> str:
    """Return an address, of a database say, as it may be shown."""
    shown, at = [], 0
    for match in _passwords(address):
        start, end = match.span("word")
        if start >= at:  # else it begins within the one before
            shown += [address[at:start], HIDDEN]
        at = max(at, end)
    return "".join([*shown, address[at:]])


def _passwords(address: str) -> list[re.Match[str]]:
    named = [*_QUERY.finditer(address), *_CONNINFO.finditer(address)]
    found = [match for match in named if names_secret(unquote(match["key"]))]
    return sorted([*_USERINFO.finditer(address), *found], key=lambda match: match.start("word"))


def _meant(word: str) -> set[str]:
    """Return all that a password may mean, spelt in one way or the other."""
    quoted = re.sub(r"\\(.)", r"\1", word.strip("'"))
    return {word, unquote(word), unquote_plus(word), word.partition("@")[0], quoted}


def has_password(text: str) -> bool:
    """Say whether a text has an address with a password in it."""
    found = (match["key"] for match in _QUERY.finditer(text))
    return bool(_USERINFO.search(text)) or any(names_secret(unquote(key)) for key in found)


# --- How known ones stay out of output ------------------------------------------------------------


_SHORTEST = 6


class Redactor:
    """Replaces every secret that it was told of, in whatever text it is given."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        self.learn(values)

    def learn(self, values: Iterable[str]) -> None:
        """Remember more secrets, also as they look within JSON and within a URL.

        What is shorter than six characters is no secret; without it, lines would be unreadable.
        """
        for value in (value for value in values if len(value) >= _SHORTEST):
            self._values |= {value, json.dumps(value)[1:-1], quote(value, safe="")}

    def __call__(self, text: str) -> str:
        """Return the text with each known secret replaced."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return text

    def inside(self, value: Any) -> Any:
        """Return plain values with each known secret replaced in their texts.

        JSON that is written of them is JSON, whatever the secrets are.
        """
        if isinstance(value, str):
            return self(value)
        if isinstance(value, dict):
            return {key: self.inside(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.inside(item) for item in value]
        return value
