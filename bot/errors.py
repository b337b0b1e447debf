"""The errors of the program as one tree, and the problems that they carry.

::

    GroundswellError              exit code 1: something a person can fix
    ├── UserError                 one or more Problems, each with its place
    ├── StoreError                the database cannot be used as it is
    │   ├── OlderVersionRuns      exit code 3: it must be migrated, and an older program uses it
    │   └── RestartNeededError    ends the loop, because only a new start can go on
    │       ├── DatabaseReplacedError  another database has taken its place
    │       └── UpgradedError          a newer Groundswell has taken over
    ├── AlreadyRunning            exit code 3: another instance holds this database
    └── Outcome                   the end of a platform's call, see bot.platforms.outcomes

Any other exception that escapes is a bug and may show a traceback. Only ``bot.cli`` turns these
into exit codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to fix: where it is, and how to fix it."""

    file: str
    """The file, or what else it is about, such as an option."""
    line: int
    """Counts from 1. 0 means the file as a whole."""
    column: int
    """Counts from 1. 0 means the file as a whole."""
    code: str
    """The code that ``groundswell check --explain`` explains. Each package lists its ``CODES``."""
    message: str
    """What is wrong."""
    hint: str = ""
    """One sentence on what to do about it."""
    level: Literal["error", "warning"] = field(default="error", compare=False)
    """Whether a person must correct it."""

    def __str__(self) -> str:
        """Return ``file:line:column: CODE message. hint`` on one line."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = " ".join(f"{self.message} {self.hint}".split())
        return f"{place}: {self.code} {text}"


class GroundswellError(Exception):
    """Root of all errors that a person can act on. ``problems`` has those with a place."""

    exit_code = 1
    problems: tuple[Problem, ...] = ()


class UserError(GroundswellError):
    """Unusable input, with every problem found in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class StoreError(GroundswellError):
    """A database that is newer than the program, damaged, locked or unreachable."""

    def __init__(self, why: str | Problem) -> None:
        self.problems = (why,) if isinstance(why, Problem) else ()
        super().__init__(str(why))


class OlderVersionRuns(StoreError):  # noqa: N818 - says what is so, not that it is an error
    """The database has to be migrated, and an older version still works on it."""

    exit_code = 3


class RestartNeededError(StoreError):
    """No job of this process can go on, but a new start can."""


class UpgradedError(RestartNeededError):
    """Another version of Groundswell was installed, or has migrated the database."""


class DatabaseReplacedError(RestartNeededError):
    """Another database has taken the place of the one that was opened."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was moved away, replaced or restored while it was in use, so nothing more is "
            "sent. Put the right one in its place, then start again: groundswell run"
        )


class AlreadyRunning(GroundswellError):  # noqa: N818 - says what is so, not that it is an error
    """Another instance works on this database. The message names it."""

    exit_code = 3
