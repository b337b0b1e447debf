"""Passwords that are hashed with the least work, for tests that try many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argon2 import PasswordHasher

if TYPE_CHECKING:
    import pytest


def cheap_hashes(patch: pytest.MonkeyPatch) -> None:
    """Hash as ever, but with the least work, the decoy for unknown names too."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    patch.setattr("bot.services.passwords._hasher", lambda: quick)
    patch.setattr("bot.services.passwords._decoy", lambda: quick.hash("nobody's"))
