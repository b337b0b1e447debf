"""Fills names into a text by a small part of Jinja's grammar that computes nothing.

Only names of the campaign, texts in quotes, ``~``, brackets and a few filters have a meaning. No
code is made, no attribute of a Python object is reached, and the time is linear in the text's
length. Blocks (``{% … %}``) are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, Union

from bot.campaigns.schema.fields import MAX_TEXT_LENGTH
from bot.text import MAX_COMBINING_MARKS, SURROGATE, UNSENDABLE, has_stacked_marks, quote_value
from bot.yamlsource.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

_EXAMPLES = "{{ fact.ID.figure }}, {{ demand.ask }}, {{ event.place }} or {{ campaign.title }}"

_MISSING_BRACE = re.compile(
    # {fact.hart.claim }}
    r"(?<!\{)\{\s*(?P<word>fact|statement|demand|event|value|campaign)\s*[.\[]"
    r"|\A[^{]*\}\}"  # fact.hart.claim }}
)
"""A slip that would be published with its braces."""

FILTERS: Mapping[str, Callable[[str], str]] = {
    "capitalize": str.capitalize,
    "lower": str.lower,
    "title": str.title,
    "trim": str.strip,
    "upper": str.upper,
}
"""The filters after a ``|``. None of them makes a text much longer."""

MAX_FLAWS = 20
"""Most flaws that are reported for a text."""

MAX_TOKENS, MAX_BRACKETS = 1000, 50
"""Most names, texts and signs between two pairs of braces, and brackets within brackets there."""

REFERENCE_MARK = "\x1a"
"""Stands in ``literal_text`` for a fetched value.

It is the control character "substitute", which no text may have. A text in Latin letters keeps one
byte a character with it, but would take two with U+FFFC.
"""

FIGURE_MARK = "\x19"
"""Stands there for a value of a fact: the control character "end of medium"."""

_SOURCED_KINDS = {"fact", "statement", "event"}
"""Kinds whose values have a source of their own, and are not compared with the facts again."""


@dataclass(unsafe_hash=True)
class TemplateError(Exception):
    """A mistake in a text. Among ``TemplateNames`` it says why a name has no value."""

    message: str
    """What is wrong. It is empty if another problem reports that."""
    hint: str = ""
    code: str = "T402"
    word: str = ""
    """The word near which the mistake is."""
    line: int = 1
    """The line of the text, counted from 1."""


TemplateNames: TypeAlias = Mapping[str, Union[str, TemplateError, "TemplateNames"]]
"""The names that a text can use: nested mappings to texts, or to the reason why there is none."""

ALREADY_REPORTED = TemplateError("")
"""Stands for a value whose own problem is reported elsewhere."""


@dataclass(frozen=True, slots=True)
class FilledText:
    """A text with its names filled in."""

    rendered: str | None
    """The text, or None if it cannot be filled in.

    It is None without a flaw if a name stands for a value whose own problem is reported elsewhere.
    """
    flaws: list[TemplateError] = field(default_factory=list)
    literal_text: str | None = None
    """The text with marks for fetched values; None if it fetches none."""
    references: list[tuple[str, str]] = field(default_factory=list)
    """The facts, statements and events that it names, as ``("fact", "hart")``."""


def with_underscores(names: TemplateNames) -> TemplateNames:
    """Return the names, each also with underscores for hyphens, which would be a minus."""
    return {**{name.replace("-", "_"): value for name, value in names.items()}, **names}


def fill_template(text: str, names: TemplateNames) -> FilledText:
    """Fill the names into a text."""
    flaw = None
    if slip := _MISSING_BRACE.search(text):
        line, hint = _line_of(text, slip.start()), f"Write two on both sides, as {_EXAMPLES}."
        flaw = TemplateError("A brace is missing here", hint, "T401", slip["word"] or "", line)
    elif "{%" in text:
        line, hint = _line_of(text, text.index("{%")), f"Name what to fill in, as {_EXAMPLES}."
        flaw = TemplateError("Blocks ({% … %}) are not read here", hint, "T403", line=line)
    filled = FilledText(text.rstrip())
    if not flaw and ("{{" in text or "{#" in text):
        try:
            filled = _Template(re.sub("\r\n?", "\n", text), names).fill()
        except TemplateError as error:
            flaw = replace(error)  # without a traceback, which would keep the text in memory
    if not flaw and filled.rendered is not None and has_stacked_marks(filled.rendered):
        message = f"More than {MAX_COMBINING_MARKS} combining marks follow each other"
        flaw = TemplateError(message, "Type that place again.", "T405")
    return FilledText(None, [flaw]) if flaw else filled


def _line_of(text: str, index: int) -> int:
    return text.count("\n", 0, index) + 1


# --- Reading --------------------------------------------------------------------------------------

_OPENING = re.compile(r"\{\{[-+]?|\{\#-?")
_COMMENT_END = re.compile(r"-\#\}\s*|\#\}")
_TOKEN = re.compile(
    r"""\s*(?:(?P<end>-\}\}\s*|\}\})|(?P<name>[^\W\d]\w*)|(?P<number>\d[\w.]*)"""
    r"""|(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<sign>[^\s'"]))""",
    re.DOTALL,
)
_NOT_NAMES = {"true", "false", "none", "True", "False", "None", "not"}


class _Template:
    """A text as it is read from left to right; typed and fetched pieces alternate."""

    def __init__(self, text: str, names: TemplateNames) -> None:
        self._text = text
        self._names = names
        self._at = 0
        self._pieces: list[str] = []
        self._literal: list[str] = []
        self._flaws: list[TemplateError] = []
        self._references: list[tuple[str, str]] = []
        self._is_whole = True
        # The expression being read, with its current token, its start, and the place of a flaw.
        self._kind = self._current = ""
        self._start = self._where = self._tokens = self._depth = 0

    def fill(self) -> FilledText:
        """Return the filled-in text. Raises TemplateError if it is unusable as a whole."""
        while len(self._flaws) < MAX_FLAWS and (opening := _OPENING.search(self._text, self._at)):
            self._add_typed(self._at, opening.start(), strip=opening[0].endswith("-"))
            self._at = opening.end()
            if opening[0].startswith("{#"):
                end = _COMMENT_END.search(self._text, self._at)
                if not end:
                    raise self._syntax_flaw("a comment is never closed", opening.start())
                self._at = end.end()
            else:
                self._read_expression()
        self._add_typed(self._at, len(self._text))
        if not self._is_whole:
            return FilledText(None, self._flaws)
        if sum(map(len, self._pieces)) > MAX_TEXT_LENGTH:
            message = f"Filled in, the text is longer than {MAX_TEXT_LENGTH} characters"
            raise TemplateError(message, "Shorten it.", "T404")
        text = "".join(self._pieces).rstrip()
        if not text or UNSENDABLE.search(text) or SURROGATE.search(text):
            message = "Filled in, the text " + ("has a control character" if text else "is empty")
            raise TemplateError(message, "Correct the values that its names stand for.", "T404")
        literal = "".join(self._literal) if self._references else None
        return FilledText(text, [], literal, self._references)

    def _add_typed(self, start: int, end: int, *, strip: bool = False) -> None:
        typed = self._text[start:end]
        self._pieces.append(typed.rstrip() if strip else typed)
        self._literal.append(self._pieces[-1])

    def _read_expression(self) -> None:
        self._start, self._tokens, self._depth = self._at, 0, 0
        self._next()
        try:
            value, literal = self._concatenation()
            self._expect(self._kind == "end")
            self._pieces.append(value)
            self._literal.append(literal)
        except TemplateError as flaw:
            if flaw.code == "T401":
                raise
            self._is_whole = False
            if flaw.message:  # counting lines for every name would take too long
                self._flaws.append(replace(flaw, line=_line_of(self._text, self._where)))
            while self._kind != "end":
                self._next()

    def _syntax_flaw(self, why: str, index: int) -> TemplateError:
        message, line = f"The template cannot be read: {why}", _line_of(self._text, index)
        return TemplateError(message, f"Write {_EXAMPLES}.", "T401", line=line)

    def _next(self) -> None:
        """Step to the next name, text, number, sign, or the end of the expression."""
        token = _TOKEN.match(self._text, self._at)
        if not token:
            raise self._syntax_flaw("it is never closed with }}", self._start)
        self._kind, self._at = token.lastgroup or "", token.end()
        self._where = token.start(self._kind)
        self._current = token[self._kind]
        self._tokens += 1
        too_long = self._kind == "number" and len(self._current) > MAX_TOKENS
        if self._tokens > MAX_TOKENS or self._depth > MAX_BRACKETS or too_long:
            why = "it is nested too deep, or a number in it is too long"
            raise self._syntax_flaw(why, self._start)

    def _concatenation(self) -> tuple[str, str]:
        """Return names, texts or brackets joined by ``~``, filters applied.

        The second text has marks for the values that have a source of their own.
        """
        value = all_literal = ""
        while True:
            piece, literal = self._primary()
            while self._current == "|":
                self._next()
                name = self._current
                self._next()
                if name not in FILTERS or self._current == "(":
                    hint = f"Use {', '.join(FILTERS)}, without brackets."
                    message = f"There is no filter {quote_value(name)}"
                    raise TemplateError(message, hint, "T403", name)
                piece, literal = FILTERS[name](piece), FILTERS[name](literal)
            value, all_literal = value + piece, all_literal + literal
            if self._current != "~":
                return value, all_literal
            self._next()

    def _primary(self) -> tuple[str, str]:
        if self._kind == "end":
            why = "there is nothing between the braces, or after a sign"
            raise self._syntax_flaw(why, self._where)
        if self._kind == "text":
            value = ""
            while self._kind == "text":
                value += self._unescape(self._current)
                self._next()
            self._expect(self._current not in (".", "["))
            return value, value
        if self._current == "(":
            self._depth += 1
            self._next()
            both = self._concatenation()
            self._expect(self._current == ")")
            self._depth -= 1
            self._next()
            return both
        self._expect(self._kind == "name" and self._current not in _NOT_NAMES)
        return self._name()

    def _name(self) -> tuple[str, str]:
        """Return the value of ``a.b.c`` or ``a['b'].c``, and its mark or else the value again."""
        path, start = [self._current], self._where
        self._next()
        while self._current in (".", "["):
            bracket = self._current == "["
            self._next()
            self._expect(self._kind in ("text" if bracket else "name", "number"))
            path.append(self._unescape(self._current) if self._kind == "text" else self._current)
            self._next()
            if bracket:
                self._expect(self._current == "]")
                self._next()
        self._expect(self._current in ("~", "|", ")") or self._kind == "end")
        self._where = start
        is_sourced = path[0] in _SOURCED_KINDS and path[1:]
        if is_sourced:
            self._references.append((path[0], path[1]))
        value = _resolve_name(path, self._names)
        mark = FIGURE_MARK if path[0] == "fact" else REFERENCE_MARK
        return value, mark if is_sourced else value

    def _unescape(self, quoted: str) -> str:
        try:
            return quoted[1:-1].encode("ascii", "backslashreplace").decode("unicode-escape")
        except UnicodeDecodeError:
            why = "an escape after a backslash is unknown"
            raise self._syntax_flaw(why, self._start) from None

    def _expect(self, expected: bool) -> None:  # noqa: FBT001 - like an assertion
        if expected:
            return
        message, hint = "This is not a name", f"Only names are filled in, such as {_EXAMPLES}."
        if self._current == "-" and self._tokens > 1:
            message = "A hyphen cannot stand here"
            hint = "In ids, write underscores for hyphens: fact.prison_calls.claim."
        raise TemplateError(message, hint, "T403")


def _resolve_name(path: list[str], names: TemplateNames) -> str:
    """Return the text that a path of names stands for. Raises TemplateError."""
    value: str | TemplateError | TemplateNames = names
    known: list[str] = []
    for step in path:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
            known.append(step)
        elif isinstance(value, TemplateError):
            break
        else:
            within = f" in {'.'.join(known)}" if known else ""
            message = f"The name {quote_value(step)} is unknown{within}"
            hint = did_you_mean(step, () if isinstance(value, str) else value, "No name fits here.")
            raise TemplateError(message, hint, word=step)
    if isinstance(value, str):
        return value
    if isinstance(value, TemplateError):
        raise replace(value, word=known[-1])
    name = ".".join(known)
    choices = ", ".join(f"{name}.{inner}" for inner in list(value)[:6])
    raise TemplateError(f"{name} has several values", f"Name one: {choices}.", word=known[-1])
