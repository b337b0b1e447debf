"""The problems of a file, their places, and hints that name known values."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.errors import Problem, UserError
from bot.text import quote_value

if TYPE_CHECKING:
    from collections.abc import Iterable

Place: TypeAlias = tuple[int, int]
"""A line and a column of a file, both counted from 1."""

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""The line ends of YAML 1.1."""

MAX_PROBLEMS = 100
"""Most reported problems of a file. A damaged one would bury the first under thousands."""

MAX_LISTED = 30
"""Most known names in a hint, more than a post has keys."""


class ProblemList:
    """The problems of one file, up to ``MAX_PROBLEMS``."""

    def __init__(self, file: str, problems: Iterable[Problem] = ()) -> None:
        self.file = file
        self.problems = list(problems)

    @property
    def is_full(self) -> bool:
        """Whether it takes no more problems."""
        return len(self.problems) > MAX_PROBLEMS

    def note(self, error: FormError, place: Place) -> None:
        """Add an error about the value that starts at ``place``."""
        self.add(error.code, error.place or place, error.message.rstrip("."), error.hint)

    def add(self, code: str, place: Place, message: str, hint: str = "") -> None:
        """Add a problem at (line, column), both counted from 1."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(self.file, *place, code, f"{message}.", hint))
        elif len(self.problems) == MAX_PROBLEMS:
            message = f"This file has more than {MAX_PROBLEMS} problems, and the rest is "
            message += "not listed."
            self.problems.append(Problem(self.file, *place, "Y199", message, "Fix these first."))


@dataclass(eq=False)
class FormError(ValueError):
    """A value in a file that is not accepted."""

    code: str
    message: str
    hint: str = ""
    place: Place | None = None
    """None for the start of the value."""
    key: str = ""
    """The wrong field of a mapping."""


def place_after(before: str) -> Place:
    """Return the place after this beginning of a text."""
    rows = LINE_BREAK.split(before)
    return len(rows), len(rows[-1]) + 1


def place_of_mark(mark: Any) -> Place:
    """Return the place of one of YAML's marks, which count from 0."""
    return mark.line + 1, mark.column + 1


def closest(name: str, known: Iterable[str]) -> str:
    """Return the known name most similar to this one, or ""."""
    return next(iter(difflib.get_close_matches(name[:80], sorted(known), n=1)), "")


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return a hint with the known name most similar to this one, or with some known names."""
    names = sorted(set(known))
    if meant := closest(name, names):
        return f"Did you mean {quote_value(meant)}?"
    if not names:
        return otherwise
    if len(names) > MAX_LISTED:  # the nearest ones, so that the right one is hardly cut off
        names.sort(key=lambda known: -difflib.SequenceMatcher(None, name[:80], known[:80]).ratio())
        return f"Known here: {', '.join(names[:MAX_LISTED])}, …."
    return f"Known here: {', '.join(names)}."


NAME_CODES = {"account": "G106", "campaign": "Q601", "channel": "G106", "platform": "G108"}


def require_name(place: str, what: str, name: str, known: Iterable[str]) -> None:
    """Raise UserError, with the known names, if the name of a ``what`` is not among them."""
    known = set(known)
    if name not in known:
        message, hint = f"There is no {what} {quote_value(name)}.", did_you_mean(name, known)
        raise UserError([Problem(place, 0, 0, NAME_CODES[what], message, hint)])
