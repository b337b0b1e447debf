"""YAML as text with places: strings that remember where they stood, and nothing cleverer.

Read from PyYAML's event stream, before any type is guessed: so ``no``, ``12:30`` and ``07:30`` stay
what was typed. What can hide or blow up a meaning (duplicate keys, anchors, aliases, merge keys,
tags, several documents, deep nesting) is refused where it stands. Whatever the bytes are, the
answer is a tree or problems, never an exception.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import yaml

from bot.campaigns.encoding import LINE_BREAK, SURROGATE, UNSENDABLE, text_of
from bot.campaigns.problems import ProblemList, shown
from bot.campaigns.slips import near_comments, slip_of
from bot.campaigns.syntax import explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.campaigns.slips import Slip

MOST_DEPTH = 20
TOP = (1, 1)

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Text(str):
    """A scalar as it was typed; ``line`` and ``column`` count from 1, ``style`` is its quote.

    ``slip`` is what YAML made of it that nobody meant, if it is a text.
    """

    __slots__ = ("column", "line", "slip", "style")
    line: int
    column: int
    style: str
    slip: Slip | None

    @property
    def place(self) -> tuple[int, int]:
        """Where it starts."""
        return self.line, self.column


class Fields(dict[Text, "Node"]):
    """A mapping, in the order of the file; its keys know their places."""

    __slots__ = ("column", "line")
    line: int
    column: int

    @property
    def place(self) -> tuple[int, int]:
        """Where it starts."""
        return self.line, self.column

    def key_place(self, name: str) -> tuple[int, int]:
        """Where the key of this name stands, or where the mapping starts if it is not there."""
        return next((key.place for key in self if key == name), self.place)


class Items(list["Node"]):
    """A list; knows its place."""

    __slots__ = ("column", "line")
    line: int
    column: int

    @property
    def place(self) -> tuple[int, int]:
        """Where it starts."""
        return self.line, self.column


Node: TypeAlias = Text | Fields | Items


@dataclass(frozen=True)
class Document:
    """A file that could be read: its tree (None when it holds only comments), and its text."""

    root: Node | None
    source: str

    @cached_property
    def rows(self) -> list[str]:
        """The lines of the text, as YAML counts them."""
        return LINE_BREAK.split(self.source)

    def place_of(self, word: str, text: Text, line: int = 1) -> tuple[int, int]:
        """Find where a word stands inside a scalar, from the scalar's own ``line`` on.

        Falls back on the start of that line, or of the scalar: quoted and folded texts break their
        lines elsewhere than the file does.
        """
        literal = text.style == "|"
        first = text.line + line if literal else text.line
        rows = self.rows
        for number, row in enumerate(rows[first - 1 : first + 200], first):
            skip = text.column - 1 if number == text.line else 0
            found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", row[skip:]) if word else None
            if found:
                return number, skip + found.start() + 1
        return (first, 1 + _indent(rows[first - 1])) if literal else text.place


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" "))


def parse(data: bytes, problems: ProblemList) -> Document | None:
    """Build the tree of one file's bytes; None where problems leave nothing to go on with."""
    source = text_of(data, problems)
    if source is None:
        return None
    try:
        return Document(_Builder(data, source, problems).document(), source)
    except _StoppedError:
        return None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        explain(error, source, problems)
        return None


class _StoppedError(Exception):
    """The problem just noted leaves nothing sensible to read after it."""


class _Builder:
    """Turns events into nodes, recursively, at most ``MOST_DEPTH`` deep."""

    def __init__(self, data: bytes, source: str, problems: ProblemList) -> None:
        self._next: Callable[[], Any] = _Loader(data).get_event
        self._escapes = "\\" in source
        self._rows = LINE_BREAK.split(source)
        self._near_comments = near_comments(self._rows) if "#" in source else frozenset()
        self._outer = 0
        self._problems = problems
        self._anchored = False

    def document(self) -> Node | None:
        """Read the only document, or none."""
        self._next()  # the stream's start
        if type(self._next()) is yaml.StreamEndEvent:
            return None
        root = self._node(self._next(), 1)
        self._next()  # the document's end
        event = self._next()
        if type(event) is not yaml.StreamEndEvent:
            self._stop("Y110", event, "A second document starts here", "Put it in its own file.")
        return root

    def _node(self, event: Any, depth: int) -> Node:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return self._text(event)
        if kind is yaml.MappingStartEvent:
            return self._fields(event, depth)
        if kind is yaml.AliasEvent:
            self._refuse_alias(event)
        return self._items(event, depth)

    def _text(self, event: Any) -> Text:
        text = self._scalar(event)
        start, end, literal = event.start_mark.line, event.end_mark.line, event.style == "|"
        if (start if literal else end) in self._near_comments or (end > start and not literal):
            text.slip = slip_of(event, self._rows, self._outer)
        return text

    def _scalar(self, event: Any) -> Text:
        text = Text(event.value)
        mark = event.start_mark
        text.line = mark.line + 1
        text.column = mark.column + 1
        text.style = event.style or ""
        text.slip = None
        if event.anchor is not None or event.tag is not None:
            self._refuse_extras(event)
        if self._escapes and event.style == '"':
            self._refuse_unsendable(text)
        return text

    def _fields(self, event: Any, depth: int) -> Fields:
        fields = Fields()
        outer = self._open(fields, event, depth)
        while type(event := self._next()) is not yaml.MappingEndEvent:
            key = self._key(event)
            self._outer = outer
            value = self._node(self._next(), depth + 1)
            if key not in fields:
                fields[key] = value
            elif not self._problems.full:
                line = fields.key_place(key)[0]
                message = f"The key {shown(key)} stands here twice, first in line {line}"
                self._problems.add("Y107", key.place, message, "Keep one of them.")
        return fields

    def _key(self, event: Any) -> Text:
        if type(event) is not yaml.ScalarEvent:
            if type(event) is yaml.AliasEvent:
                self._refuse_alias(event)
            message = "A key must be a word, not a list or a mapping"
            hint = 'A text with {{ … }} must stand in quotes or after "|".'
            self._stop("Y105", event, message, hint)
        key = self._scalar(event)
        if key == "<<" and not key.style:
            message, hint = "Merge keys (<<) are not read", "Write the values out."
            self._stop("Y108", event, message, hint)
        return key

    def _items(self, event: Any, depth: int) -> Items:
        items = Items()
        outer = self._open(items, event, depth)
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            self._outer = outer
            items.append(self._node(event, depth + 1))
        return items

    def _open(self, node: Fields | Items, event: Any, depth: int) -> int:
        """Place a node, and return how far in it starts: its column from 0, -1 within brackets."""
        mark = event.start_mark
        node.line = mark.line + 1
        node.column = mark.column + 1
        if depth > MOST_DEPTH:
            message = f"This is nested more than {MOST_DEPTH} deep"
            self._stop("Y111", event, message, "Close the brackets, or mend the indentation.")
        if event.anchor is not None or event.tag is not None:
            self._refuse_extras(event)
        return -1 if event.flow_style else int(mark.column)

    def _refuse_alias(self, event: Any) -> NoReturn:
        if not self._anchored:
            message = f"The alias *{event.anchor} is not followed"
            hint = "Write the value out; a text that starts with * must stand in quotes."
            self._problems.add("Y108", _place(event), message, hint)
        raise _StoppedError

    def _refuse_extras(self, event: Any) -> None:
        if event.tag is not None:
            hint = "Take it out; a text that starts with ! must stand in quotes."
            self._problems.add(
                "Y109", _place(event), f"The tag {shown(event.tag)} is not read", hint
            )
        if event.anchor is not None and not self._anchored:
            self._anchored = True
            message = f"The anchor &{event.anchor} is not read"
            hint = "Write the value out; a text that starts with & must stand in quotes."
            self._problems.add("Y108", _place(event), message, hint)

    def _refuse_unsendable(self, text: Text) -> None:
        if SURROGATE.search(text):
            message = "An escape here gives half of a surrogate pair"
            self._problems.add("Y115", text.place, message, "Write the character itself.")
        elif found := UNSENDABLE.search(text):
            message = f"An escape here gives the control character U+{ord(found.group()):04X}"
            self._problems.add("Y104", text.place, message, "Take it out.")

    def _stop(self, code: str, event: Any, message: str, hint: str) -> None:
        self._problems.add(code, _place(event), message, hint)
        raise _StoppedError


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
