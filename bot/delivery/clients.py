"""The platforms' clients of the accounts: made with their secrets when they are first wanted."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bot.errors import UserError
from bot.platforms import kind
from bot.platforms.base import Unauthorized
from bot.secrets import secrets_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.errors import Problem
    from bot.model import Account
    from bot.platforms.base import Client
    from bot.secrets import Redactor


class Clients:
    """The platforms' clients by account: made when first wanted, then kept."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        environ: Mapping[str, str],
        redactor: Redactor,
        options: Any = None,
    ) -> None:
        self._accounts = accounts
        self._environ = environ
        self._redactor = redactor
        self._options = options
        self._made: dict[str, Client] = {}
        self._lock = threading.Lock()

    def __call__(self, name: str) -> Client:
        """Give the account's client. Raises Unauthorized where its secrets are not to be had."""
        with self._lock:
            if name not in self._made:
                self._made[name] = self._connect(self._accounts[name])
            return self._made[name]

    def _connect(self, account: Account) -> Client:
        module = kind(account.platform)
        try:
            secrets = secrets_for(account.name, module.SECRETS, self._environ)
        except UserError as error:
            raise Unauthorized(" ".join(problem.message for problem in error.problems)) from error
        self._redactor.learn(secrets.values())
        return module.connect(account, secrets, self._options)

    def make_ready(self) -> None:
        """Make the client of every account that has its secrets.

        It takes 0.3 s to import what they need: the first post must not be late by that.
        """
        for name in self._accounts:
            with suppress(Unauthorized):  # it is told once the account has something to post
                self(name)

    def lacking(self, names: Iterable[str]) -> list[Problem]:
        """Give what these accounts lack of their secrets, each with where to put it."""
        known = (self._accounts[name] for name in sorted(names) if name in self._accounts)
        return [problem for account in known for problem in self._lacking(account)]

    def _lacking(self, account: Account) -> tuple[Problem, ...]:
        try:
            secrets_for(account.name, kind(account.platform).SECRETS, self._environ)
        except UserError as error:
            return error.problems
        return ()
