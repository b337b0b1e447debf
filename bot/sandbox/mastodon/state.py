"""The state of a simulated Mastodon server beside accounts and posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.sandbox.mastodon.params import Grant, SimApp
    from bot.sandbox.state import SimPost

PROCESSING = timedelta(seconds=3)
"""How long a video or an animation is processed after its upload."""


@dataclass(frozen=True, slots=True)
class StatusDetails:
    """The details of a post that only Mastodon has."""

    visibility: str = "public"
    language: str | None = "en"
    spoiler: str = ""
    sensitive: bool = False


class MastodonState(World):
    """The state of a simulated Mastodon server, with which ``MastodonWorld`` answers."""

    def __init__(self, *, now: Callable[[], datetime], seed: int = 1) -> None:
        super().__init__(now=now, seed=seed)
        self.domain = "sandbox.example"
        """The server's name in addresses like ``@name@domain``."""
        self.minimal = False
        """Whether it plays a server with as little of the API as snac has."""
        self.max_characters = 500
        """The longest text; a test may change it."""
        self.details_by_post: dict[str, StatusDetails] = {}
        self.focus: dict[str, tuple[float, float]] = {}
        """The focal points of files, by their ids."""
        self.attached: set[str] = set()
        """The ids of files that a post shows."""
        self.keys: dict[tuple[str, str], tuple[datetime, str]] = {}
        """By account and idempotency key, when it was used first and the id of the post."""
        self.apps: dict[str, SimApp] = {}
        """The registered apps, by their client ids."""
        self.codes: dict[str, Grant] = {}
        """Codes that can be exchanged for tokens."""
        self.grants: dict[str, Grant] = {}
        """The grants of tokens."""
        self.revoked: set[str] = set()
        """Tokens that were revoked."""

    def details_of(self, post: SimPost) -> StatusDetails:
        """Return the details of a post, or the defaults if a test added it."""
        return self.details_by_post.get(post.id, StatusDetails())
