"""Views of a queued post in detail: what was tried to send it, and what became of dropping it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.services.views import PostView


@dataclass(frozen=True, slots=True)
class LookView:
    """A look at an account's timeline, for a post that may be out."""

    at: datetime
    """When, in UTC."""
    readable: bool
    """Whether the timeline could be read."""
    matches: tuple[str, ...]
    """The addresses of the posts there that may be it."""
    evidence: str
    """What was seen, in words."""


@dataclass(frozen=True, slots=True)
class AttemptView:
    """A try to send one part of a post to one account."""

    account: str
    number: int
    """The delivery's number."""
    part: int
    """Which part, from 1 on."""
    opened: datetime
    """When it began, in UTC."""
    outcome: str | None
    """What came of it: ``published``, ``unknown``…; null if there is no answer yet."""
    detail: str
    """What the platform answered, in words."""
    status: int | None
    """The HTTP status of the answer; null if there was none."""
    sent: str
    """The payload, as it was sent."""
    looks: tuple[LookView, ...]
    """The looks at the timeline that followed, oldest first."""


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post with all that was tried."""

    post: PostView
    """It, on all of its accounts."""
    accounts: tuple[str, ...]
    """The accounts that were asked for, by ``--account``; all of them if none was."""
    attempts: tuple[AttemptView, ...]
    """What was tried on these accounts, by account and oldest first."""


@dataclass(frozen=True, slots=True)
class DroppedPost:
    """A post that a person took out of the queue, on some of its accounts or all."""

    name: str
    """What a person types for it."""
    number: int
    """Its number."""
    accounts: tuple[str, ...]
    """The accounts on which it will not be sent because of this."""
    on: str
    """The same in words; "" if nothing of it will be sent any more."""
