"""Views of what is wrong with the config and the campaigns, and of why there is a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.errors import Problem


@dataclass(frozen=True, slots=True)
class AllowedProblem:
    """A problem that a comment in the file allows."""

    problem: Problem
    """What would be wrong without it."""
    reason: str
    """The reason that the comment gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """What was checked, and what is wrong with it."""

    posts: int
    """How many posts the files have."""
    events: int
    """How many events the files have."""
    accounts: int
    """How many accounts the config has, or the posts name if there is no config."""
    assumed: Mapping[str, str]
    """The platforms of accounts, by name, that no config names."""
    errors: int
    """How many of the problems are more than warnings."""
    problems: tuple[Problem, ...]
    """What has to be put right, and what to look at."""
    notes: tuple[Problem, ...]
    """What may be wrong, which no queue can tell; it does not change the exit code."""
    allowed: tuple[AllowedProblem, ...]
    """What comments in the files allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeView:
    """Why there is a code of a problem. Only a rule for texts has a level and examples."""

    code: str
    """The code, such as ``L801``."""
    level: Literal["error", "warning"] | None = None
    """Whether the rule makes an error or a warning."""
    liftable: bool | None = None
    """Whether a comment in a campaign file can allow it."""
    why: str
    """The reason for it."""
    bad: str | None = None
    """An example that the rule refuses."""
    good: str | None = None
    """The example as it should be."""
