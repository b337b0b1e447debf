"""Find texts that YAML reads in another way than their author, and explain YAML's own errors.

A ``#`` after a space begins a comment, so ``text: Come to #SaveTheLibrary`` reads as *Come to*. The
lines of a list are joined into one, except after ``|``. Neither is an error in YAML. It matters if
the value is a text, which only the form knows. The second half of this module translates syntax
errors.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import yaml

from bot.text import quote_value
from bot.yamlsource.problems import LINE_BREAK, FormError, place_after, place_of_mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.yamlsource.problems import Place, ProblemList

LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""PyYAML's fast loader, if it was built with libyaml. It guesses no types."""

_COMMENT_AFTER_VALUE = re.compile(r"(,?)[ \t]*(#.*)")
_COMMENT_IN_BLOCK_HEADER = re.compile(r"[|>][0-9+-]*[ \t]+(#\w.*)")
_HASHTAG = re.compile(r"#\w")
_SUPPRESSION_COMMENT = re.compile(r"#+[ \t]*groundswell:", re.IGNORECASE)
"""Never part of a text."""
_LIST_ENTRY = re.compile(r"(?:[-*•\u2013]|\d{1,2}[.)])[ \t]+\S")
_MAX_STRAY_ENTRIES = 1
"""Most lines that may begin like an entry of a list, as after a line break before a dash."""


# --- Misreadings ----------------------------------------------------------------------------------


def cut_by_comment(comment: str, place: Place) -> FormError:
    """Explain that a comment cuts off a text."""
    message = f"YAML takes {quote_value(comment.strip())} for a comment, not for part of the text"
    hint = 'Put the text in quotes, or on lines of its own after "|".'
    return FormError("Y117", message, hint, place)


def lines_near_comments(rows: Sequence[str]) -> frozenset[int]:
    """Return the lines, from 0, with a ``#``, or with only comments and blank lines up to one."""
    near, follows = set(), False
    for number in reversed(range(len(rows))):
        row = rows[number].lstrip()
        if follows or "#" in row:
            near.add(number)
        follows = row.startswith("#") or (follows and not row)
    return frozenset(near)


def find_misreading(event: Any, rows: Sequence[str], outer: int) -> FormError | None:
    """Return the misreading of the scalar of an event if it is a text; None for most.

    ``rows`` are the lines of the file; ``outer`` is the column, from 0, of the key or hyphen that
    the scalar belongs to, or -1 within brackets.
    """
    start, end = event.start_mark, event.end_mark
    if end.line > start.line and event.style != "|":
        # The end of a folded text is the line after it, if there is one.
        after = event.style != ">" or end.line == len(rows) - 1
        typed, kept = rows[start.line + 1 : end.line + after], event.value.splitlines()
        entries = _count_list_entries(typed)
        joined = entries - _count_list_entries(kept[0 if event.style == ">" else 1 :])
        if joined > _MAX_STRAY_ENTRIES:
            message = "YAML joins these lines into one, though they look like a list"
            hint = 'Write "|" after the key, and the text on the lines below it.'
            return FormError("Y118", message, hint, place_of_mark(start))
    if event.style in ("|", ">"):
        comment = _COMMENT_IN_BLOCK_HEADER.match(rows[start.line], start.column)
        return comment and cut_by_comment(comment[1], (start.line + 1, comment.start(1) + 1))
    if comment := _COMMENT_AFTER_VALUE.match(rows[end.line], end.column):
        # After a closed quote or a comma, it may well be a comment.
        loose = event.style or comment[1]
        is_text = (
            _HASHTAG.match(comment[2]) if loose else not _SUPPRESSION_COMMENT.match(comment[2])
        )
        place = end.line + 1, comment.start(2) + 1
        return cut_by_comment(comment[2], place) if is_text else None
    return _hashtag_below(rows, end.line + 1, outer)


def _hashtag_below(rows: Sequence[str], line: int, outer: int) -> FormError | None:
    """Return the misreading of a hashtag below a text, indented like a next line of it."""
    for number in range(line, len(rows)):
        row = rows[number].lstrip()
        column = len(rows[number]) - len(row)
        if _HASHTAG.match(row) and column > outer and not _SUPPRESSION_COMMENT.match(row):
            return cut_by_comment(row, (number + 1, column + 1))
        if row and not row.startswith("#"):
            return None
    return None


def _count_list_entries(rows: Sequence[str]) -> int:
    return sum(_LIST_ENTRY.match(row.lstrip()) is not None for row in rows)


# --- Signs of a word processor --------------------------------------------------------------------

_SPACE = "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_CURLY = "[\u2018-\u201f\u00ab\u00bb]"
_INDENT = r"(?:[ \t]|- )*+"
_SLIPS = (
    (
        re.compile(rf"{_INDENT}({_SPACE})"),
        "A space that is not a plain one stands here, and YAML takes it for a letter",
        "Replace it with plain spaces; word processors and web pages make others.",
    ),
    (
        re.compile(rf"{_INDENT}(?:-|[\w-]++:)({_SPACE})"),
        "The space here is not a plain one, and YAML takes it for a letter",
        "Replace it with a plain space; word processors and web pages make others.",
    ),
    (
        re.compile(rf"{_INDENT}[\w-]++(\uff1a)"),
        "This colon is a full-width one, and YAML takes it for a letter",
        "Type a plain colon and a space.",
    ),
    (
        re.compile(rf"{_INDENT}(?:[\w-]++: *+)?[\[{{]?({_CURLY})"),
        "A curly quote stands here, and YAML takes it for a letter, not for a quote",
        'Put straight quotes around it, or write the text on lines of its own after "|".',
    ),
)
"""Signs that look like YAML's own. Each is a pattern with the sign as its group, message, hint."""


def find_slip(row: str) -> tuple[int, str, str] | None:
    """Return the column (from 1), message and hint of a sign that is not YAML's own, or None.

    Word processors put such signs in place of plain ones.
    """
    for pattern, message, hint in _SLIPS if not row.isascii() else ():
        if found := pattern.match(row):
            return found.start(1) + 1, message, hint
    return None


# --- Syntax errors --------------------------------------------------------------------------------

_OPENING = (yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
_HIDES_BRACKET = re.compile(r"#(?:\w|[^\r\n]*[\]}])")
_TAB = re.compile(r"( *)\t")

# A part of libyaml's (or PyYAML's) message, our message, hint, and whether the start of the broken
# construct is a better place than the one at which the error was noticed.
_EXPLANATIONS = (
    ("found unexpected end of stream", "A quote opened here is never closed", "Close it.", True),
    ("scanning a quoted scalar", "A quote opened here is never closed", "Close it.", True),
    (
        "mapping values are not allowed",
        "A colon is not expected here",
        "Put a text with a colon before a space or at its end in quotes, or fix the indentation.",
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
        'Write it as "key: value", or fix the indentation.',
        True,
    ),
    (
        "did not find expected key",
        "A key is expected here",
        "Fix the indentation, or a quote or bracket before it.",
        False,
    ),
    (
        "did not find expected '-' indicator",
        'A "- " is expected here',
        "Fix the indentation of this line or the ones before it.",
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


def note_syntax_error(error: Exception, source: str, problems: ProblemList) -> None:
    """Add a YAML error as one problem in our own words, at the most helpful place."""
    rows = LINE_BREAK.split(source)
    yaml_message = " ".join(str(getattr(error, name, "") or "") for name in ("context", "problem"))
    marks = [getattr(error, name, None) for name in ("problem_mark", "context_mark")]
    noticed, started = (
        (min(getattr(mark, "line", 0) + 1, len(rows)), getattr(mark, "column", 0) + 1)
        for mark in marks
    )
    for line in (noticed[0], noticed[0] - 1):
        if line and (tab := _TAB.match(rows[line - 1])):
            place = line, len(tab[1]) + 1
            problems.add("Y106", place, "A tab stands here as indentation", "Use spaces.")
            return
    for line in dict.fromkeys((started[0], noticed[0] - 1, noticed[0])):
        if line and (slip := find_slip(rows[line - 1])):
            column, message, hint = slip
            problems.add("Y105", (line, column), message, hint)
            return
    if "invalid Unicode character escape" in yaml_message:
        hint = "Write the character itself, or \\U and eight digits."
        problems.add("Y115", noticed, "This escape is half of a surrogate pair", hint)
    elif "maximum nesting" in yaml_message or isinstance(error, RecursionError):
        problems.add("Y111", noticed, "This is nested far too deep", "Close the brackets.")
    elif misreading := _hiding_comment(marks[0], source):
        problems.note(misreading, noticed)
    else:
        problems.add("Y105", *_explain_error(yaml_message, noticed, started, source))


def _hiding_comment(mark: Any, source: str) -> FormError | None:
    """Return the comment that hides a closing bracket, or ends a text before its next line."""
    if mark is None or "#" not in source:
        return None
    brackets, end, plain, hides = 0, 0, False, -1
    for token in _tokens(source):
        start = min(token.start_mark.index if token else len(source), mark.index)
        comment = source.find("#", end, start)
        if brackets and hides < 0 and comment >= 0 and _HIDES_BRACKET.match(source, comment):
            hides = comment
        if token is None or start == mark.index:
            comment = hides if brackets else comment
            if comment < 0 or not (brackets or plain):
                return None
            text = LINE_BREAK.split(source[comment:], maxsplit=1)[0]
            return cut_by_comment(text, place_after(source[:comment]))
        brackets += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        hides = hides if brackets else -1
        end, plain = token.end_mark.index, bool(getattr(token, "plain", False))
    return None


def _tokens(source: str) -> Iterator[Any]:
    """Yield the tokens before the one that cannot be read, and then None."""
    with suppress(yaml.YAMLError, RecursionError):
        yield from yaml.scan(source, Loader=LOADER)
    yield None


def _explain_error(
    yaml_message: str, noticed: Place, started: Place, source: str
) -> tuple[Place, str, str]:
    rows = LINE_BREAK.split(source)
    row = rows[noticed[0] - 1][: noticed[1] - 1]
    if "did not find expected" in yaml_message and (closed := _CLOSED.search(row)):
        # A quote or bracket may have been closed too early.
        for token in _tokens(source):
            if token is None or place_of_mark(token.start_mark) >= noticed:
                break
            opened = place_of_mark(token.start_mark)
        if closed[1] in "'\"" and opened[0] < noticed[0]:
            message = f"A quote opened here is closed only in line {noticed[0]}"
            return opened, message, "Close it before."
        hint = 'Put the whole text on lines of its own after "|", or in quotes of the other kind.'
        return noticed, f"Something follows the closing {_CLOSERS[closed[1]]}", hint
    rest = rows[started[0] - 1][started[1] - 1 :]
    if "could not find expected ':'" in yaml_message and _LONG_KEY.match(rest):
        hint = "Write a shorter one; a text goes after its key."
        return started, "YAML reads no key of more than 1,024 characters", hint
    for words, message, hint, at_start in _EXPLANATIONS:
        if words in yaml_message:
            return (started if at_start else noticed), message, hint
    message = f"This cannot be read as YAML ({' '.join(yaml_message.split()) or 'unreadable'})"
    return noticed, message, "Was the file saved in full?"
