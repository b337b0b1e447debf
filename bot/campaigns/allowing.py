"""The comments by which a person allows a rule to be broken: ``# groundswell: allow L801 why``.

YAML's events leave comments out, so they are found in the file's own lines. Only a real comment
counts: a ``#`` in a text, quoted or after ``|``, is part of the text. It belongs to the post, fact
or statement on whose lines it stands, or directly above whose first line; else to the campaign.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from bot.campaigns.marks import Fields, Items, Text
from bot.model import Allowance, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.campaigns.marks import Document, Node

Place: TypeAlias = tuple[int, int]

_COMMENT = re.compile(r"(?<!#)#+[ \t]*groundswell:[ \t]*allow\b(.*)", re.IGNORECASE)
_CODE = re.compile(r"[\s:]*([A-Za-z]\d+)\b[\s:,-]*(.*)")
_OWNERS = ("facts", "statements")
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where something starts that a comment can stand beside, and how far in its own lines are.

    ``owner`` is None for parts of the header: what is beside them is for the campaign.
    """

    line: int
    inner: int
    owner: Place | None


def allowances(document: Document, file: str) -> Mapping[Place | None, tuple[Allowance, ...]]:
    """Give what is allowed in a file, by the place of what it stands beside; None: the campaign."""
    if not _COMMENT.search(document.source):
        return {}
    entries = sorted(_entries(document.root), key=lambda entry: entry.line)
    below = _below(document.rows, entries)
    found: dict[Place | None, list[Allowance]] = {}
    for line, column, said in _comments(document):
        owner = _beside(document.rows, entries, below, line, column)
        code, reason = _read(said)
        found.setdefault(owner, []).append(Allowance(code, reason, Mark(file, line, column)))
    return {owner: tuple(allowed) for owner, allowed in found.items()}


def _read(said: str) -> tuple[str, str]:
    """Give code and reason; without a code, the first word stands for it."""
    if match := _CODE.match(said):
        return match[1].upper(), match[2].strip()
    first, _, rest = said.strip().partition(" ")
    return first, rest.strip()


def _comments(document: Document) -> Iterator[tuple[int, int, str]]:
    """Yield line and column, from 1, and what follows ``allow``, of each real comment."""
    spans: list[tuple[Place, Place]] | None = None
    for number, row in enumerate(document.rows):
        for match in _COMMENT.finditer(row):
            if match.start() and not row[match.start() - 1].isspace():
                continue
            spans = _texts(document.source) if spans is None else spans
            if not _within((number, match.start()), spans):
                yield number + 1, match.start() + 1, match[1]
                break


def _texts(source: str) -> list[tuple[Place, Place]]:
    """Give where each scalar starts and ends, from 0, in order. The file is known to be sound."""
    events: Iterator[Any] = yaml.parse(source, Loader=_Loader)
    marks: list[tuple[Any, Any]] = [
        (event.start_mark, event.end_mark)
        for event in events
        if isinstance(event, yaml.ScalarEvent)
    ]
    return [((start.line, start.column), (end.line, end.column)) for start, end in marks]


def _within(place: Place, spans: list[tuple[Place, Place]]) -> bool:
    index = bisect_right(spans, place, key=lambda span: span[0]) - 1
    return index >= 0 and place < spans[index][1]


def _entries(root: Node | None) -> Iterator[_Entry]:
    if isinstance(root, Items):
        yield from _posts(root)
    if not isinstance(root, Fields):
        return
    for key, value in root.items():
        yield _Entry(key.line, key.column + 1, None)
        if key == "posts" and isinstance(value, Items):
            yield from _posts(value)
        elif isinstance(value, Fields):
            for name, inner in value.items():
                owner = name.place if key in _OWNERS else None
                yield _Entry(name.line, _inner(name, inner), owner)


def _posts(nodes: Items) -> Iterator[_Entry]:
    return (_Entry(node.line, node.column, node.place) for node in nodes)


def _inner(name: Text, value: Node) -> int:
    return value.column if value.line > name.line else name.column + 1


def _beside(
    rows: list[str], entries: list[_Entry], below: list[_Entry | None], line: int, column: int
) -> Place | None:
    alone = not rows[line - 1][: column - 1].strip()
    if alone and (entry := below[line]) and column < entry.inner:
        return entry.owner
    index = bisect_right(entries, line, key=lambda entry: entry.line) - 1
    above = entries[index] if index >= 0 else None
    return above.owner if above and (not alone or column >= above.inner) else None


def _below(rows: list[str], entries: list[_Entry]) -> list[_Entry | None]:
    """Return by line what starts right below it, with nothing but comments between."""
    starts = {entry.line: entry for entry in reversed(entries)}
    below: list[_Entry | None] = [None] * (len(rows) + 1)
    for line in range(len(rows) - 1, 0, -1):
        row = rows[line].strip()
        between = row.startswith("#") or row == "-"
        below[line] = below[line + 1] if between else starts.get(line + 1)
    return below
