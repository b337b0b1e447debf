"""YAML as a tree of strings that know their line and column.

Size, encoding and characters are checked before anything is parsed. The tree is read from PyYAML's
events, before any type is guessed, so that ``no``, ``12:30`` and ``07:30`` stay as they were typed.
Constructs that can hide or multiply a meaning are refused. These are duplicate keys, anchors,
aliases, merge keys, tags, several documents and deep nesting. Any bytes lead to a tree or to
problems, never to an exception.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from bot.text import SURROGATE, UNSENDABLE, quote_value
from bot.yamlsource.problems import LINE_BREAK, FormError, ProblemList, place_after, place_of_mark
from bot.yamlsource.syntax import (
    LOADER,
    find_misreading,
    lines_near_comments,
    note_syntax_error,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.yamlsource.problems import Place

MAX_DEPTH = 20
MAX_BYTES = 1024 * 1024
_START = (1, 1)
_SAVE_AS = "Save it as UTF-8 (without BOM)."
_BOMS = {
    b"\xef\xbb\xbf": ("Y103", "The file starts with a byte-order mark"),
    b"\xff\xfe\x00\x00": ("Y102", "The file is UTF-32, not UTF-8"),
    b"\x00\x00\xfe\xff": ("Y102", "The file is UTF-32, not UTF-8"),
    b"\xff\xfe": ("Y102", "The file is UTF-16, not UTF-8"),
    b"\xfe\xff": ("Y102", "The file is UTF-16, not UTF-8"),
}
_ALLOWED_ASCII = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])


class ScalarNode(str):
    """A scalar as it was typed."""

    __slots__ = ("misreading", "place", "style")
    place: Place
    style: str
    """Its quote, or ``|`` or ``>``; "" for a plain one."""
    misreading: FormError | None
    """The problem with it, if it is a text that YAML reads in another way than its author."""


class MappingNode(dict[ScalarNode, "Node"]):
    """A mapping, in the order of the file; its keys know their places."""

    __slots__ = ("place",)
    place: Place

    def key_place(self, name: str) -> Place:
        """Return the place of a key, or that of the mapping if it has no such key."""
        return next((key.place for key in self if key == name), self.place)


class SequenceNode(list["Node"]):
    """A list."""

    __slots__ = ("place",)
    place: Place


Node: TypeAlias = ScalarNode | MappingNode | SequenceNode


def place_of(node: Node, *path: int | str, of_key: bool = False) -> Place:
    """Return the place of the value at a path of keys and indices, or that of its key.

    It leaves out steps that the tree does not have.
    """
    key_place = node.place
    for step in path:
        if isinstance(node, MappingNode) and isinstance(step, str) and step in node:
            key_place = node.key_place(step) if of_key else key_place
            node = node[ScalarNode(step)]
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node):
            node = node[step]
            key_place = node.place
    return key_place if of_key else node.place


def read_bytes(path: Path, problems: ProblemList) -> bytes | None:
    """Read at most 1 MiB and a byte of a file. Refuse a pipe or device, without waiting for it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            problems.add("Y112", _START, "This is not a plain file", "Move it elsewhere.")
            return None
        with os.fdopen(handle, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        folder = path.absolute().parent
        nor = "" if folder.is_dir() else ", which does not exist either"
        problems.add("Y112", _START, "The file does not exist", f"Looked for in {folder}{nor}.")
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        message = f"The file cannot be read ({reason})"
        problems.add("Y112", _START, message, "Check its permissions.")
        return None


def _decode(data: bytes, problems: ProblemList) -> str | None:
    """Decode a file's bytes, or note the problem and return None."""
    if len(data) > MAX_BYTES:
        message = "The file is larger than 1 MiB"
        problems.add("Y101", _START, message, "Split it into several files.")
        return None
    if not data.strip():
        problems.add("Y113", _START, "The file is empty", "Write [] into it, or delete it.")
        return None
    marks = (explained for mark, explained in _BOMS.items() if data.startswith(mark))
    other_encoding = next(marks, None)
    head = data[:64]
    nuls = max(head[::2].count(0), head[1::2].count(0))
    if not other_encoding and len(head) > 3 and nuls * 4 >= len(head):  # noqa: PLR2004 - less is no evidence
        # Every other byte is NUL, as in UTF-16 of Western text.
        other_encoding = "Y102", "The file is UTF-16, not UTF-8"
    if other_encoding:
        problems.add(other_encoding[0], _START, other_encoding[1], _SAVE_AS)
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = place_after(data[: error.start].decode("utf-8", "replace"))
        first, *second = data[error.start : error.start + 2]
        if first == 0xED and second and second[0] >= 0xA0:  # noqa: PLR2004 - U+D800 to U+DFFF as UTF-8
            message = "Half of a surrogate pair stands here"
            problems.add("Y115", place, message, "Type the character (an emoji?) again.")
        else:
            problems.add("Y102", place, f"The byte 0x{first:02x} here is not UTF-8", _SAVE_AS)
        return None
    unusual = not text.isascii() or data.translate(None, _ALLOWED_ASCII)
    if unusual and (control := UNSENDABLE.search(text)):
        message = f"The control character U+{ord(control[0]):04X} stands here"
        problems.add("Y104", place_after(text[: control.start()]), message, "Take it out.")
        return None
    return text


def parse(data: bytes, problems: ProblemList) -> tuple[Node | None, str] | None:
    """Return the tree of a file's bytes (None for comments only) and its text.

    Return None alone if problems leave no tree.
    """
    source = _decode(data, problems)
    if source is None:
        return None
    try:
        return _Builder(data, source, problems).root(), source
    except FormError as error:  # reading stopped there
        if error.message:
            problems.note(error, _START)
        return None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        note_syntax_error(error, source, problems)
        return None


class _Builder:
    """Turns YAML's events into nodes, recursively, at most ``MAX_DEPTH`` deep."""

    def __init__(self, data: bytes, source: str, problems: ProblemList) -> None:
        self._next_event: Callable[[], Any] = LOADER(data).get_event
        self._rows = LINE_BREAK.split(source)
        self._near_comments = lines_near_comments(self._rows) if "#" in source else frozenset()
        self._parent_column = 0
        self._problems = problems
        self._anchored = False

    def root(self) -> Node | None:
        """Return the root of the only document, None if there is none."""
        self._next_event()  # the stream's start
        if type(self._next_event()) is yaml.StreamEndEvent:
            return None
        root = self._node(self._next_event(), 1)
        self._next_event()  # the document's end
        event = self._next_event()
        if type(event) is not yaml.StreamEndEvent:
            message = "A second document starts here"
            raise _error_at(event, "Y110", message, "Put it in its own file.")
        return root

    def _node(self, event: Any, depth: int) -> Node:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            text = self._plain_scalar(event)
            start, end, literal = event.start_mark.line, event.end_mark.line, event.style == "|"
            if (start if literal else end) in self._near_comments or (end > start and not literal):
                text.misreading = find_misreading(event, self._rows, self._parent_column)
            return text
        if kind is yaml.MappingStartEvent:
            return self._mapping_node(event, depth)
        if kind is yaml.AliasEvent:
            raise self._alias_error(event)
        items = SequenceNode()
        outer = self._start_node(items, event, depth)
        while type(event := self._next_event()) is not yaml.SequenceEndEvent:
            self._parent_column = outer
            items.append(self._node(event, depth + 1))
        return items

    def _plain_scalar(self, event: Any) -> ScalarNode:
        text = ScalarNode(event.value)
        text.place = place_of_mark(event.start_mark)
        text.style = event.style or ""
        text.misreading = None
        if event.anchor is not None or event.tag is not None:
            self._refuse_extras(event)
        if event.style == '"':
            if SURROGATE.search(text):
                message = "An escape here stands for half of a surrogate pair"
                self._problems.add("Y115", text.place, message, "Write the character itself.")
            elif control := UNSENDABLE.search(text):
                message = f"An escape here stands for the control character U+{ord(control[0]):04X}"
                self._problems.add("Y104", text.place, message, "Take it out.")
        return text

    def _mapping_node(self, event: Any, depth: int) -> MappingNode:
        fields = MappingNode()
        outer = self._start_node(fields, event, depth)
        while type(event := self._next_event()) is not yaml.MappingEndEvent:
            if type(event) is yaml.AliasEvent:
                raise self._alias_error(event)
            if type(event) is not yaml.ScalarEvent:
                message = "A key must be a word, not a list or a mapping"
                hint = 'A text with {{ … }} must stand in quotes or after "|".'
                raise _error_at(event, "Y105", message, hint)
            key = self._plain_scalar(event)
            if key == "<<" and not key.style:
                message, hint = "Merge keys (<<) are not read", "Write the values out."
                raise _error_at(event, "Y108", message, hint)
            self._parent_column = outer
            value = self._node(self._next_event(), depth + 1)
            if key not in fields:
                fields[key] = value
            elif not self._problems.is_full:
                line = fields.key_place(key)[0]
                message = f"The key {quote_value(key)} stands here twice, first in line {line}"
                self._problems.add("Y107", key.place, message, "Keep one of them.")
        return fields

    def _start_node(self, node: MappingNode | SequenceNode, event: Any, depth: int) -> int:
        """Place a node, and return its column from 0, or -1 within brackets."""
        node.place = place_of_mark(event.start_mark)
        if depth > MAX_DEPTH:
            message = f"This is nested more than {MAX_DEPTH} deep"
            hint = "Close the brackets, or fix the indentation."
            raise _error_at(event, "Y111", message, hint)
        if event.anchor is not None or event.tag is not None:
            self._refuse_extras(event)
        return -1 if event.flow_style else event.start_mark.column

    def _alias_error(self, event: Any) -> FormError:
        """Return the error that stops reading here, without a message after a noted anchor."""
        message = "" if self._anchored else f"The alias *{event.anchor} is not followed"
        hint = "Write the value out; a text that starts with * must stand in quotes."
        return _error_at(event, "Y108", message, hint)

    def _refuse_extras(self, event: Any) -> None:
        if event.tag is not None:
            message = f"The tag {quote_value(event.tag)} is not read"
            hint = "Take it out; a text that starts with ! must stand in quotes."
            self._problems.add("Y109", place_of_mark(event.start_mark), message, hint)
        if event.anchor is not None and not self._anchored:
            self._anchored = True
            message = f"The anchor &{event.anchor} is not read"
            hint = "Write the value out; a text that starts with & must stand in quotes."
            self._problems.add("Y108", place_of_mark(event.start_mark), message, hint)


def _error_at(event: Any, code: str, message: str, hint: str) -> FormError:
    return FormError(code, message, hint, place_of_mark(event.start_mark))
