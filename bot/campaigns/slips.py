"""What YAML makes of a text that is not what its author wrote, though nothing is wrong as YAML.

A ``#`` after a space begins a comment, so ``text: Come to #SaveTheLibrary`` says *Come to*. And the
lines of a list are joined into one, except after ``|``. Whether a value is a text, where this
matters, only the form knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.campaigns.problems import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

Place = tuple[int, int]

_BEHIND = re.compile(r"(,?)[ \t]*(#.*)")
_IN_HEAD = re.compile(r"[|>][0-9+-]*[ \t]+(#\w.*)")
_HASHTAG = re.compile(r"#\w")
_OURS = re.compile(r"#+[ \t]*groundswell:", re.IGNORECASE)  # no text: it allows something
_ENTRY = re.compile(r"(?:[-*•\u2013]|\d{1,2}[.)])[ \t]+\S")
_FEW = 1
"""So many lines may begin like an entry of a list: a dash in a sentence, at the end of a line."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What became of a text, as a problem of the campaign file."""

    code: str
    place: Place
    message: str
    hint: str


def cut(comment: str, place: Place) -> Slip:
    """Return the slip of a text that a comment cuts off."""
    message = f"YAML takes {shown(comment.strip())} for a comment: it is not part of the text"
    return Slip("Y117", place, message, 'Put the text in quotes, or on lines of its own after "|".')


def near_comments(rows: Sequence[str]) -> frozenset[int]:
    """Return the lines, from 0, that hold a ``#``, or that only comments and blank lines follow."""
    near, follows = set(), False
    for number in reversed(range(len(rows))):
        row = rows[number].lstrip()
        if follows or "#" in row:
            near.add(number)
        follows = row.startswith("#") or (follows and not row)
    return frozenset(near)


def slip_of(event: Any, rows: Sequence[str], outer: int) -> Slip | None:
    """Return what YAML made of the scalar of an event, if that is a text; None for most.

    ``rows`` are the lines of the file; ``outer`` is the column, from 0, of the key or hyphen that
    the scalar belongs to, or -1 within brackets.
    """
    start, end = event.start_mark, event.end_mark
    if end.line > start.line and event.style != "|" and _is_joined(event, rows):
        message = "YAML joins these lines into one, though they look like a list"
        hint = 'Write "|" after the key, and the text on the lines below it: they stay apart then.'
        return Slip("Y118", (start.line + 1, start.column + 1), message, hint)
    if event.style in ("|", ">"):
        found = _IN_HEAD.match(rows[start.line], start.column)
        return cut(found[1], (start.line + 1, found.start(1) + 1)) if found else None
    if found := _BEHIND.match(rows[end.line], end.column):
        loose = event.style or found[1]  # a quote is closed, or a comma is there: it may be a note
        meant = _HASHTAG.match(found[2]) if loose else not _OURS.match(found[2])
        return cut(found[2], (end.line + 1, found.start(2) + 1)) if meant else None
    return _below(rows, end.line + 1, outer)


def _below(rows: Sequence[str], line: int, outer: int) -> Slip | None:
    """Return the slip of a hashtag that stands below a text, as far in as its next line would."""
    for number in range(line, len(rows)):
        row = rows[number].lstrip()
        column = len(rows[number]) - len(row)
        if _HASHTAG.match(row) and column > outer and not _OURS.match(row):
            return cut(row, (number + 1, column + 1))
        if row and not row.startswith("#"):
            return None
    return None


def _is_joined(event: Any, rows: Sequence[str]) -> bool:
    """Tell whether lines that begin like the entries of a list do not begin a line any more."""
    end = event.end_mark.line  # of a folded text, the line after it, if there is one
    below = rows[event.start_mark.line + 1 : end + (event.style != ">" or end == len(rows) - 1)]
    kept = event.value.splitlines()[0 if event.style == ">" else 1 :]
    return _entries(below) > _entries(kept) + _FEW


def _entries(rows: Sequence[str]) -> int:
    return sum(_ENTRY.match(row.lstrip()) is not None for row in rows)
