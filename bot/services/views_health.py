"""The verdict of ``status`` for programs: whether the loop works, and whether a person is needed.

A restart may help a loop that is down. It helps nothing that waits for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """The state of everything in one word."""

    OK = "ok"
    """A loop works, and nothing needs a person."""
    ATTENTION = "attention"
    """A loop works, and a person should look."""
    DOWN = "down"
    """No loop runs, or the one that runs does nothing."""


class Trouble(StrEnum):
    """A reason for a verdict. The first two mean that the loop is down."""

    NO_LOOP = "no_loop"
    """No loop runs on this database."""
    STUCK = "stuck"
    """A loop runs, but does nothing about posts that are late and that nothing holds."""
    LATE = "late"
    """Posts were due five minutes ago or earlier, and are not out."""
    PAUSED = "paused"
    """A person has paused something."""
    STOPPED = "stopped"
    """Groundswell has paused something by itself."""
    INBOX = "inbox"
    """Only a person can settle whether a post is out."""
    APPROVALS = "approvals"
    """Posts wait for approval."""
    REFUSED = "refused"
    """Posts were refused, and wait for an edit or for the end of the refusal."""
    LEFT_FILES = "left_files"
    """Posts left the campaign files in large numbers."""
    STALE_FACTS = "stale_facts"
    """A fact is due for review, and posts are held back."""
    LOST = "lost"
    """Posts of the past week were not sent, and will not be."""
    FLOORS = "floors"
    """A campaign asks for fewer approvals than before."""
    MISTAKES = "mistakes"
    """The campaign files have mistakes."""
    BUDGET = "budget"
    """An account has spent 80 % or more of its budget."""

    @property
    def stops_all(self) -> bool:
        """Whether no posts are sent because of it, and a restart may help."""
        return self in {Trouble.NO_LOOP, Trouble.STUCK}


@dataclass(frozen=True, slots=True)
class LateView:
    """The number of late posts, and whether the loop acts."""

    posts: int
    """Posts that were due five minutes ago or earlier, and are not out on at least one account."""
    since: datetime | None
    """When the first of them was due, in UTC; null if there are none."""
    local: str
    """The same instant in the timezone of its audience; "" if there are none."""
    loop_acts: bool
    """Whether the loop does something about them, as far as nothing holds them."""


@dataclass(frozen=True, slots=True)
class HealthReason:
    """One reason for the verdict."""

    code: Trouble
    """The reason, for programs."""
    words: str
    """The reason, for people."""


@dataclass(frozen=True, slots=True)
class HealthView:
    """A verdict, with its reasons."""

    verdict: Verdict
    """``ok``, ``attention`` if a person should look, or ``down`` if no posts are sent."""
    reasons: tuple[HealthReason, ...]
    """The reasons, those that stop everything first; none if all is well."""
