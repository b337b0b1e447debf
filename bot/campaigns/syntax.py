"""What PyYAML's own errors mean to somebody who writes posts."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import yaml

from bot.campaigns.encoding import LINE_BREAK, place_in
from bot.campaigns.slips import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.campaigns.problems import ProblemList
    from bot.campaigns.slips import Slip

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_OPENING = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
_HIDES = re.compile(r"#(?:\w|[^\r\n]*[\]}])")
_TAB = re.compile(r"( *)\t")

# A part of libyaml's (or PyYAML's) words, what it means, what to do, and whether the place where
# the broken thing starts tells more than the place where it was noticed.
_MEANINGS = (
    ("found unexpected end of stream", "A quote opened here is never closed", "Close it.", True),
    ("scanning a quoted scalar", "A quote opened here is never closed", "Close it.", True),
    (
        "mapping values are not allowed",
        "A colon is not expected here",
        "Put a text with a colon before a space or at its end in quotes, or mend the indentation.",
        False,
    ),
    (
        "expected ',' or",
        "A bracket opened here is never closed",
        "Close it, and put commas between the values.",
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
        "Start a list on its own line; put a text that starts with - in quotes.",
        False,
    ),
    (
        "did not find expected node content",
        "A value is expected here",
        "Write one; a text that starts with , or } must stand in quotes.",
        False,
    ),
    (
        "expected alphabetic or numeric character",
        "A text cannot start with * or &",
        "Put the text in quotes.",
        True,
    ),
    (
        "expected comment or line break",
        "A text after | or > begins on the line below",
        "Begin it there, further in than its key; or put it in quotes.",
        True,
    ),
    (
        "mapping keys are not allowed",
        "A text cannot start with ? and a space",
        "Put the text in quotes.",
        False,
    ),
    (
        "unknown escape character",
        "This escape after a backslash is unknown",
        "Use single quotes, or write two backslashes.",
        False,
    ),
)

_LONG_KEY = re.compile(r".{1024,}:(?:[ \t]|$)")
_CLOSED = re.compile(r"""(["'\]}])[ \t]*$""")
_CLOSERS = {'"': "quote", "'": "quote", "]": "bracket", "}": "brace"}


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
    elif slip := _comment_before(getattr(error, "problem_mark", None), source):
        problems.add(slip.code, slip.place, slip.message, slip.hint)
    else:
        problems.add("Y105", *_meaning(said, noticed, started, source))


def _comment_before(mark: Any, source: str) -> Slip | None:
    """Return the comment that hides a closing bracket, or ends a text before its next line."""
    if mark is None or "#" not in source:
        return None
    brackets, end, plain, hides = 0, 0, False, -1
    for token in _tokens(source):
        start = min(token.start_mark.index if token else len(source), mark.index)
        found = source.find("#", end, start)
        if brackets and hides < 0 and found >= 0 and _HIDES.match(source, found):
            hides = found
        if token is None or start == mark.index:
            found = hides if brackets else found
            return _slip(source, found) if found >= 0 and (brackets or plain) else None
        brackets += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        hides = hides if brackets else -1
        end, plain = token.end_mark.index, bool(getattr(token, "plain", False))
    return None


def _tokens(source: str) -> Iterator[Any]:
    """Yield the tokens before the one that cannot be read, and then None."""
    with suppress(yaml.YAMLError, RecursionError):
        yield from yaml.scan(source, Loader=_Loader)
    yield None


def _slip(source: str, start: int) -> Slip:
    return cut(LINE_BREAK.split(source[start:], maxsplit=1)[0], place_in(source[:start]))


def _meaning(
    said: str,
    noticed: tuple[int, int],
    started: tuple[int, int],
    source: str,
) -> tuple[tuple[int, int], str, str]:
    row = LINE_BREAK.split(source)[noticed[0] - 1][: noticed[1] - 1]
    if "did not find expected" in said and (closed := _CLOSED.search(row)):
        return _followed(closed[1], noticed, source)
    if "could not find expected ':'" in said and _LONG_KEY.match(_from(started, source)):
        hint = "Write a shorter one; a text goes behind its key."
        return started, "YAML reads no key of more than 1,024 characters", hint
    for words, message, hint, at_start in _MEANINGS:
        if words in said:
            return (started if at_start else noticed), message, hint
    message = f"This cannot be read as YAML ({' '.join(said.split()) or 'unreadable'})"
    return noticed, message, "Was the file saved in full?"


def _from(place: tuple[int, int], source: str) -> str:
    """Return what stands on a line from a place on."""
    return LINE_BREAK.split(source)[place[0] - 1][place[1] - 1 :]


def _followed(
    closer: str, noticed: tuple[int, int], source: str
) -> tuple[tuple[int, int], str, str]:
    """Explain what follows a quote or bracket that is closed, perhaps not where it was meant to."""
    hint = 'Put the whole text on lines of its own after "|", or in quotes of the other kind.'
    for token in _tokens(source):
        if token is None or (token.start_mark.line + 1, token.start_mark.column + 1) >= noticed:
            break
        opened = token.start_mark
    if closer in "'\"" and opened.line + 1 < noticed[0]:
        place = opened.line + 1, opened.column + 1
        return place, f"A quote opened here is closed only in line {noticed[0]}", "Close it before."
    return noticed, f"Something follows the closing {_CLOSERS[closer]}", hint


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
