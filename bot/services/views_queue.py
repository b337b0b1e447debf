"""Views of the attempts to send a post, and of dropping a post."""

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
    """The addresses of posts on the timeline that may be this one."""
    evidence: str
    """The observation in words."""


@dataclass(frozen=True, slots=True)
class AttemptView:
    """An attempt to send one part of a post to one account."""

    account: str
    number: int
    """The delivery's number."""
    part: int
    """The number of the part, from 1 on."""
    opened: datetime
    """When the attempt began, in UTC."""
    outcome: str | None
    """The outcome: ``published``, ``unknown``…; null if there is no answer yet."""
    detail: str
    """The platform's answer, in words."""
    status: int | None
    """The HTTP status of the answer; null if there was none."""
    sent: str
    """The payload, as it was sent."""
    looks: tuple[LookView, ...]
    """The looks at the timeline that followed, oldest first."""


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post with the attempts to send it."""

    post: PostView
    """The post, on all of its accounts."""
    accounts: tuple[str, ...]
    """The accounts named by ``--account``, or all accounts of the post."""
    attempts: tuple[AttemptView, ...]
    """The attempts on these accounts, by account and oldest first."""


@dataclass(frozen=True, slots=True)
class DroppedPost:
    """A post that a person took out of the queue, on some of its accounts or all."""

    name: str
    """The name that a person types."""
    number: int
    """Its number."""
    accounts: tuple[str, ...]
    """The accounts on which it was dropped."""
    on: str
    """These accounts in words; "" if the post will not be sent on any account."""
