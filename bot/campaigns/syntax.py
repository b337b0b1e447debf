"""What PyYAML's own errors mean to somebody who writes posts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.campaigns.encoding import LINE_BREAK

if TYPE_CHECKING:
    from bot.campaigns.problems import ProblemList

_TAB = re.compile(r"( *)\t")

# A part of libyaml's (or PyYAML's) words, what it means, what to do, and whether the place where
# the broken thing starts tells more than the place where it was noticed.
_MEANINGS = (
    ("found unexpected end of stream", "A quote opened here is never closed", "Close it.", True),
    ("scanning a quoted scalar", "A quote opened here is never closed", "Close it.", True),
    (
        "mapping values are not allowed",
        "A colon is not expected here",
        'Put a text that contains ": " in quotes, or mend the indentation.',
        False,
    ),
    (
        "expected ',' or",
        "A bracket opened here is never closed",
        "Close it, put commas between the values, and quotes round words that start with #.",
        True,
    ),
    (
        "cannot start any token",
        "A text cannot start with this character",
        "Put the text in quotes.",
        False,
    ),
    (
        "could not find expected ':'",
        "This line has no colon after its key",
        "Write it as key: value, or mend the indentation.",
        True,
    ),
    (
        "did not find expected key",
        "A key is expected here",
        "Mend the indentation, or a quote or bracket before it.",
        False,
    ),
    (
        "did not find expected '-' indicator",
        'A "- " is expected here',
        "Mend the indentation of this line or the ones before it.",
        False,
    ),
    (
        "block sequence entries are not allowed",
        'A "- " is not expected here',
        "Start the list on its own line.",
        False,
    ),
    (
        "did not find expected node content",
        "A value is expected here",
        "Write one; a word that starts with # or , or } must stand in quotes.",
        False,
    ),
    (
        "unknown escape character",
        "This escape after a backslash is unknown",
        "Use single quotes, or write two backslashes.",
        False,
    ),
)


def explain(error: Exception, source: str, problems: ProblemList) -> None:
    """Note a YAML error as one problem in our own words, at the most telling place."""
    said = " ".join(str(getattr(error, name, "") or "") for name in ("context", "problem"))
    noticed = _place(getattr(error, "problem_mark", None), source)
    started = _place(getattr(error, "context_mark", None), source)
    if tab := _tab_at(source, noticed[0]):
        problems.add("Y106", tab, "A tab stands here as indentation", "Use spaces.")
    elif "invalid Unicode character escape" in said:
        hint = "Write the character itself, or \\U and eight digits."
        problems.add("Y115", noticed, "This escape is half of a surrogate pair", hint)
    elif "maximum nesting" in said or isinstance(error, RecursionError):
        problems.add("Y111", noticed, "This is nested far too deep", "Close the brackets.")
    else:
        problems.add("Y105", *_meaning(said, noticed, started))


def _meaning(
    said: str,
    noticed: tuple[int, int],
    started: tuple[int, int],
) -> tuple[tuple[int, int], str, str]:
    for words, message, hint, at_start in _MEANINGS:
        if words in said:
            return (started if at_start else noticed), message, hint
    message = f"This cannot be read as YAML ({' '.join(said.split()) or 'unreadable'})"
    return noticed, message, "Was the file saved in full?"


def _place(mark: object, source: str) -> tuple[int, int]:
    line, column = getattr(mark, "line", 0), getattr(mark, "column", 0)
    rows = LINE_BREAK.split(source)
    return min(line + 1, len(rows)), column + 1


def _tab_at(source: str, line: int) -> tuple[int, int] | None:
    """Find a tab in the indentation of this line or the one before it."""
    rows = LINE_BREAK.split(source)
    for number in (line, line - 1):
        found = _TAB.match(rows[number - 1]) if 0 < number <= len(rows) else None
        if found:
            return number, len(found.group(1)) + 1
    return None
