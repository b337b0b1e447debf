"""Views of problems in the config and the campaigns, and of the reason for a code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.errors import Problem


@dataclass(frozen=True, slots=True)
class AllowedProblem:
    """A problem that a comment in the file allows."""

    problem: Problem
    """The problem."""
    reason: str
    """The reason that the comment states."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """The problems in the config and the campaigns, with the number of things checked."""

    posts: int
    """How many posts the files have."""
    events: int
    """How many events the files have."""
    accounts: int
    """How many accounts the config has, or the posts name if there is no config."""
    assumed: Mapping[str, str]
    """The assumed platforms of accounts that no config names, by account."""
    errors: int
    """How many of the problems are errors, not warnings."""
    problems: tuple[Problem, ...]
    """The errors and warnings."""
    notes: tuple[Problem, ...]
    """Possible mistakes that only a person can judge; they do not change the exit code."""
    allowed: tuple[AllowedProblem, ...]
    """The problems that comments in the files allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeView:
    """The reason for a code of a problem. Only rules for texts have a level and examples."""

    code: str
    """The code, such as ``L801``."""
    level: Literal["error", "warning"] | None = None
    """Whether the rule makes an error or a warning."""
    liftable: bool | None = None
    """Whether a comment in a campaign file can allow it."""
    why: str
    """The reason for the code."""
    bad: str | None = None
    """An example that the rule refuses."""
    good: str | None = None
    """The example, corrected."""
