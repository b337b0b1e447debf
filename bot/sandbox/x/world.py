"""A simulated X: a world whose API is X's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.world import World
from bot.sandbox.x import XApi

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.sandbox.state import SimAccount


class XWorld(World):
    """A simulated X. With ``one_app``, all accounts use the app of the first."""

    api: XApi

    def __init__(self, *, now: Callable[[], datetime], seed: int = 1) -> None:
        super().__init__(XApi, now=now, seed=seed)
        self.one_app = False

    def add_account(
        self, handle: str, name: str, *, app: SimAccount | None = None, **more: Any
    ) -> SimAccount:
        """Add an account, as on any platform.

        With ``app``, it uses that account's app instead of one of its own, and reading its own
        timeline costs what reading others' does.
        """
        shared = next(iter(self.accounts.values()), None) if self.one_app else None
        app = app or shared
        account = super().add_account(handle, name, **more)
        if app:
            account.secrets |= {
                key: app.secrets[key] for key in ("consumer_key", "consumer_secret")
            }
            account.owns_app = False
        return account
