"""A simulated Mastodon server: a world whose API is Mastodon's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.mastodon import MastodonApi
from bot.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


class MastodonWorld(World):
    """A simulated Mastodon server."""

    api: MastodonApi

    def __init__(self, *, now: Callable[[], datetime], seed: int = 1) -> None:
        super().__init__(MastodonApi, now=now, seed=seed)
