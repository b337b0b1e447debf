"""Filling names into a text: a small part of Jinja's grammar, and nothing that computes.

Only names of the campaign, texts in quotes, ``~``, brackets and a few filters have a meaning. So no
code is made, no attribute of a Python object is reached, and reading takes time in proportion to
the text's length. Blocks (``{% … %}``) are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, Union

from bot.campaigns.fields import MAX_TEXT_LENGTH
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
"""What would be published with its braces, as it was typed."""

FILTERS: Mapping[str, Callable[[str], str]] = {
    "capitalize": str.capitalize,
    "lower": str.lower,
    "title": str.title,
    "trim": str.strip,
    "upper": str.upper,
}
"""What may follow a ``|``: none makes a text much longer."""

MAX_FLAWS = 20
"""Flaws reported per text: a file of nothing but unknown names has thousands."""

MAX_TOKENS, MAX_BRACKETS = 1000, 50
"""Names, texts and signs between two pairs of braces, and brackets within brackets there."""

REFERENCE_MARK = "\x1a"
"""Stands in ``literal_text`` for what was fetched: the control character "substitute", which no
text may have. With it, a text in Latin letters stays at one byte a character; U+FFFC would make
that two."""

_SOURCED_KINDS = {"fact", "statement", "event"}
"""What has a source or a form of its own, and is not checked against facts again."""


@dataclass(frozen=True, slots=True)
class MissingValue:
    """A known name without a value, and why; no message if the reason is reported elsewhere."""

    message: str = ""
    hint: str = ""


TemplateNames: TypeAlias = Mapping[str, Union[str, MissingValue, "TemplateNames"]]
"""What a text can name: mappings inside of mappings, texts at their ends."""


@dataclass(frozen=True, slots=True)
class TemplateFlaw:
    """Something wrong in a text, at a line of it (from 1), near a word."""

    code: str
    line: int
    word: str
    message: str
    hint: str


@dataclass(eq=False)
class _FlawError(Exception):
    """A name cannot be filled in; without a flaw if that is reported elsewhere."""

    flaw: TemplateFlaw | None


@dataclass(eq=False)
class _SyntaxFlawError(Exception):
    """The text cannot be read from ``index`` on."""

    why: str
    index: int


@dataclass(frozen=True, slots=True)
class FilledText:
    """A text with its names filled in: None where that cannot be done, with every flaw found.

    None without a flaw means that a name stands for something whose own problem is reported.
    ``literal_text`` is the text without what has a source of its own; None where nothing has.
    ``references`` are the facts, statements and events that it names, as ``("fact", "hart")``.
    """

    rendered: str | None
    flaws: list[TemplateFlaw] = field(default_factory=list)
    literal_text: str | None = None
    references: list[tuple[str, str]] = field(default_factory=list)


def with_underscores(names: TemplateNames) -> TemplateNames:
    """Return the names, and each with underscores too: in a template, a hyphen is a minus."""
    return {**{name.replace("-", "_"): value for name, value in names.items()}, **names}


def fill_template(text: str, names: TemplateNames) -> FilledText:
    """Fill the names into a text."""
    if slip := _MISSING_BRACE.search(text):
        line, hint = _line_of(text, slip.start()), f"Write two on both sides, as {_EXAMPLES}."
        return _refused("T401", line, "A brace is missing here", hint, slip["word"] or "")
    if "{%" in text:
        line, hint = _line_of(text, text.index("{%")), f"Name what to fill in, as {_EXAMPLES}."
        return _refused("T403", line, "Blocks ({% … %}) are not read here", hint)
    filled = FilledText(text.rstrip())
    if "{{" in text or "{#" in text:
        text = re.sub("\r\n?", "\n", text)
        try:
            filled = _Template(text, names).fill()
        except _SyntaxFlawError as error:
            line, hint = _line_of(text, error.index), f"Write {_EXAMPLES}."
            return _refused("T401", line, f"The template cannot be read: {error.why}", hint)
    if filled.rendered is not None and has_stacked_marks(filled.rendered):
        message = f"More than {MAX_COMBINING_MARKS} combining marks follow each other"
        return _refused("T405", 1, message, "Type that place again.")
    return filled


def _refused(code: str, line: int, message: str, hint: str, word: str = "") -> FilledText:
    return FilledText(None, [TemplateFlaw(code, line, word, message, hint)])


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
    """A text as it is read from left to right; its pieces alternate between typed and filled in."""

    def __init__(self, text: str, names: TemplateNames) -> None:
        self._text = text
        self._names = names
        self._at = 0
        self._pieces: list[str] = []
        self._literal: list[str] = []
        self._flaws: list[TemplateFlaw] = []
        self._references: list[tuple[str, str]] = []
        self._is_whole = True
        # The expression that is being read: its current token, where it starts, where a flaw is.
        self._kind = self._current = ""
        self._start = self._where = self._tokens = self._depth = 0

    def fill(self) -> FilledText:
        """Read all of the text, fill it in, and check it as a whole. Raises _SyntaxFlawError."""
        while len(self._flaws) < MAX_FLAWS and (opening := _OPENING.search(self._text, self._at)):
            self._add_typed(self._at, opening.start(), strip=opening[0].endswith("-"))
            self._at = opening.end()
            if opening[0].startswith("{#"):
                end = _COMMENT_END.search(self._text, self._at)
                if not end:
                    raise _SyntaxFlawError("a comment is never closed", opening.start())
                self._at = end.end()
            else:
                self._read_expression()
        self._add_typed(self._at, len(self._text))
        if not self._is_whole:
            return FilledText(None, self._flaws)
        if sum(map(len, self._pieces)) > MAX_TEXT_LENGTH:
            message = f"Filled in, the text is longer than {MAX_TEXT_LENGTH} characters"
            return _refused("T404", 1, message, "Shorten it.")
        text = "".join(self._pieces).rstrip()
        if not text or UNSENDABLE.search(text) or SURROGATE.search(text):
            message = "Filled in, the text " + ("has a control character" if text else "is empty")
            return _refused("T404", 1, message, "Correct what is filled in.")
        literal = "".join(self._literal) if REFERENCE_MARK in self._literal else None
        return FilledText(text, [], literal, self._references)

    def _add_typed(self, start: int, end: int, *, strip: bool = False) -> None:
        typed = self._text[start:end]
        self._pieces.append(typed.rstrip() if strip else typed)
        self._literal.append(self._pieces[-1])

    def _read_expression(self) -> None:
        self._start, self._tokens, self._depth = self._at, 0, 0
        before = len(self._references)
        self._next()
        try:
            value = self._concatenation()
            self._expect(self._kind == "end")
            self._pieces.append(value)
            self._literal.append(REFERENCE_MARK if len(self._references) > before else value)
        except _FlawError as error:
            self._is_whole = False
            if error.flaw:  # lines are only counted here: for every name, it would take too long
                line = _line_of(self._text, self._where)
                self._flaws.append(replace(error.flaw, line=line))
            while self._kind != "end":
                self._next()

    def _next(self) -> None:
        """Step to the next name, text, number, sign, or the end of the expression."""
        token = _TOKEN.match(self._text, self._at)
        if not token:
            raise _SyntaxFlawError("it is never closed with }}", self._start)
        self._kind, self._at = token.lastgroup or "", token.end()
        self._where = token.start(self._kind)
        self._current = token[self._kind]
        self._tokens += 1
        too_long = self._kind == "number" and len(self._current) > MAX_TOKENS
        if self._tokens > MAX_TOKENS or self._depth > MAX_BRACKETS or too_long:
            why = "it is nested too deep, or a number in it is too long"
            raise _SyntaxFlawError(why, self._start)

    def _concatenation(self) -> str:
        """Read pieces joined by ``~``: names, texts or brackets, each with filters behind it."""
        value = ""
        while True:
            piece = self._primary()
            while self._current == "|":
                self._next()
                name = self._current
                self._next()
                if name not in FILTERS or self._current == "(":
                    hint = f"These are: {', '.join(FILTERS)}, without brackets."
                    message = f"The filter {quote_value(name)} is not one of ours"
                    raise _FlawError(TemplateFlaw("T403", 0, name, message, hint))
                piece = FILTERS[name](piece)
            value += piece
            if self._current != "~":
                return value
            self._next()

    def _primary(self) -> str:
        if self._kind == "end":
            why = "there is nothing between the braces, or after a sign"
            raise _SyntaxFlawError(why, self._where)
        if self._kind == "text":
            value = ""
            while self._kind == "text":
                value += self._unescape(self._current)
                self._next()
            self._expect(self._current not in (".", "["))
            return value
        if self._current == "(":
            self._depth += 1
            self._next()
            value = self._concatenation()
            self._expect(self._current == ")")
            self._depth -= 1
            self._next()
            return value
        self._expect(self._kind == "name" and self._current not in _NOT_NAMES)
        return self._name()

    def _name(self) -> str:
        """Read ``a.b.c`` or ``a['b'].c``, and return what it stands for."""
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
        if path[0] in _SOURCED_KINDS and path[1:]:
            self._references.append((path[0], path[1]))
        self._where = start
        return _resolve_name(path, self._names)

    def _unescape(self, quoted: str) -> str:
        """Return the text that stands in quotes, with Python's escapes."""
        try:
            return quoted[1:-1].encode("ascii", "backslashreplace").decode("unicode-escape")
        except UnicodeDecodeError:
            why = "an escape after a backslash is unknown"
            raise _SyntaxFlawError(why, self._start) from None

    def _expect(self, expected: bool) -> None:  # noqa: FBT001 - like an assertion
        """Raise _FlawError unless what is read is as expected."""
        if expected:
            return
        message, hint = "This is not a name", f"Only names are filled in, as {_EXAMPLES}."
        if self._current == "-" and self._tokens > 1:
            message = "A minus is not read here"
            hint = "Write ids that have hyphens with underscores: fact.prison_calls.claim."
        raise _FlawError(TemplateFlaw("T403", 0, "", message, hint))


def _resolve_name(path: list[str], names: TemplateNames) -> str:
    """Return the text that a path of names stands for. Raises _FlawError."""
    value: str | MissingValue | TemplateNames = names
    known: list[str] = []
    for step in path:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
            known.append(step)
        elif isinstance(value, MissingValue):
            break
        else:
            within = f" in {'.'.join(known)}" if known else ""
            message = f"The name {quote_value(step)} is unknown{within}"
            hint = did_you_mean(step, () if isinstance(value, str) else value, "There is none.")
            raise _FlawError(TemplateFlaw("T402", 0, step, message, hint))
    if isinstance(value, str):
        return value
    if isinstance(value, MissingValue):
        flaw = TemplateFlaw("T402", 0, known[-1], value.message, value.hint)
        raise _FlawError(flaw if value.message else None)
    name = ".".join(known)
    choices = ", ".join(f"{name}.{inner}" for inner in list(value)[:6])
    message = f"{name} has several values"
    raise _FlawError(TemplateFlaw("T402", 0, known[-1], message, f"Name one: {choices}."))
