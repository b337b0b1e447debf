"""How an account logs in, by its platform's module ``login``.

``load_login`` finds the module beside the platform's client. On a platform without one, a person
types the secrets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from bot.platforms import PLATFORMS, load_platform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model import Account


class Dialogue(Protocol):
    """The person who logs in. No error and no log ever shows what they type."""

    def say(self, text: str) -> None:
        """Show a text."""
        ...

    def ask(self, label: str) -> str:
        """Return the typed text without space around it. Raise UserError if it is empty."""
        ...

    def ask_secret(self, name: str, label: str) -> str:
        """Return a secret that is typed unseen. Raise UserError if it cannot be complete."""
        ...


@dataclass(frozen=True, slots=True)
class Grant:
    """The result of a login."""

    secrets: Mapping[str, str] = field(repr=False)
    """The secrets to store."""

    handle: str | None = None
    """The account that they belong to, if the platform said so."""

    made_for_this: bool = False
    """Whether nobody else can have them. Then they are revoked if they cannot be stored."""


class Login(Protocol):
    """A platform's module ``login``. Its requests have timeouts and are never repeated."""

    STORED: tuple[str, ...]
    """The names of the secrets to store: the platform's ``SECRETS``, and those for revoking."""

    def log_in(self, account: Account, known: Mapping[str, str], dialogue: Dialogue) -> Grant:
        """Have the account's owner grant access. ``known`` are the secrets that are stored already.

        Raise Outcome, or UserError if something was mistyped.
        """
        ...

    def revoke(self, account: Account, secrets: Mapping[str, str]) -> str:
        """Revoke the secrets, and return in a sentence or two what became of them.

        Raise Outcome if they may still be valid, and a repetition may help.
        """
        ...


@runtime_checkable
class MarkLogin(Protocol):
    """A module ``login`` of a platform whose stored secrets cannot change the profile."""

    def log_in_to_mark(self, account: Account, dialogue: Dialogue) -> Grant:
        """Have the account's owner allow a change of the profile. Raise Outcome.

        The caller revokes the grant after the change.
        """
        ...


class TypedLogin:
    """Asks for the secrets that somebody made on the platform's own pages."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.STORED = names

    def log_in(self, account: Account, known: Mapping[str, str], dialogue: Dialogue) -> Grant:
        """Return the typed secrets."""
        del account, known
        labels = {name: name.replace("_", " ") for name in self.STORED}
        return Grant({name: dialogue.ask_secret(name, label) for name, label in labels.items()})

    def revoke(self, account: Account, secrets: Mapping[str, str]) -> str:
        """Return a sentence: only the platform's own pages can revoke the secrets."""
        del secrets
        return f"They stay valid until revoked on {account.platform.capitalize()}'s own pages."


def load_login(name: str) -> Login:
    """Import a platform's module ``login``, and return it. Raise KeyError."""
    module = f"{PLATFORMS[name]}.login"
    try:
        return cast("Login", import_module(module))
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return TypedLogin(load_platform(name).SECRETS)
