"""How an account logs in: what a platform's module ``login`` has, and whom it may ask.

``load_login`` finds it beside the platform's client. On a platform without one, the secrets are
typed in.
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
    """The person who logs in. Nothing that is typed is ever shown in an error or a log."""

    def say(self, text: str) -> None:
        """Show a text."""
        ...

    def ask(self, label: str) -> str:
        """Return what is typed, without space around it. Raise UserError if nothing is."""
        ...

    def ask_secret(self, name: str, label: str) -> str:
        """Return a secret that is typed unseen. Raise UserError where it cannot be complete."""
        ...


@dataclass(frozen=True, slots=True)
class Grant:
    """What a login brought: secrets to store, and whose they are, where the platform said so.

    ``made_for_this``: nobody else can have them, so they are revoked where they cannot be stored.
    """

    secrets: Mapping[str, str] = field(repr=False)
    handle: str | None = None
    made_for_this: bool = False


class Login(Protocol):
    """A platform's module ``login``. Its requests have timeouts and are never repeated."""

    STORED: tuple[str, ...]
    """The names of all secrets that are stored: the platform's ``SECRETS``, and what revoking needs
    beside them."""

    def log_in(self, account: Account, known: Mapping[str, str], dialogue: Dialogue) -> Grant:
        """Have the account's owner grant access; ``known`` are the secrets that there are already.

        Raise Outcome, or UserError for what was typed.
        """
        ...

    def revoke(self, account: Account, secrets: Mapping[str, str]) -> str:
        """Revoke what can be revoked; return what became of the secrets, in a sentence or two.

        Raise Outcome where they may still be valid, and a repetition may help.
        """
        ...


@runtime_checkable
class MarkLogin(Protocol):
    """A module ``login`` of a platform where the stored secrets cannot change the profile."""

    def log_in_to_mark(self, account: Account, dialogue: Dialogue) -> Grant:
        """Have the account's owner allow changing the profile; revoked after that. Raise Outcome.

        Its secrets are the platform's, and what ``revoke`` needs.
        """
        ...


class TypedLogin:
    """Has an account's secrets typed in, as somebody made them on the platform's pages."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.STORED = names

    def log_in(self, account: Account, known: Mapping[str, str], dialogue: Dialogue) -> Grant:
        """Ask for each secret."""
        del account, known
        labels = {name: name.replace("_", " ") for name in self.STORED}
        return Grant({name: dialogue.ask_secret(name, label) for name, label in labels.items()})

    def revoke(self, account: Account, secrets: Mapping[str, str]) -> str:
        """Revoke nothing."""
        del secrets
        return f"They stay valid until revoked on {account.platform.capitalize()}'s own pages."


def load_login(name: str) -> Login:
    """Return how one logs in on a platform, imported only now. Raise KeyError."""
    module = f"{PLATFORMS[name]}.login"
    try:
        return cast("Login", import_module(module))
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return TypedLogin(load_platform(name).SECRETS)
