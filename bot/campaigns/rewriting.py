"""Changing posts where they stand in their file: comments and layout around them stay.

The values that differ are cut out of the text by their places and written anew; what cannot be done
without losing a comment is refused, and so is whatever would change what else the file says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from bot.campaigns.marks import Fields, Items, Text
from bot.campaigns.queue_file import as_yaml, parsed, plain
from bot.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.campaigns.marks import Node

Place = tuple[int, int]
Said = Mapping[str, Any]
Cut = tuple[int, int, str]
"""From where to where in the text, and what comes in its place."""

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def rewritten(old: bytes, changes: Mapping[Place, Said | None], file: str) -> bytes:
    """Return the bytes of a file with some posts changed or, for None, taken out. Pure.

    ``changes`` has the whole of what a post is to say, as plain texts, lists and mappings, by the
    place at which it starts. Raises UserError.
    """
    root, source = parsed(old, file)
    text = _Cutting(source, file)
    nodes = {
        (node.start_mark.line + 1, node.start_mark.column + 1): node for node in text.entries()
    }
    cuts = [
        cut
        for place, said in changes.items()
        for cut in (text.without(nodes[place]) if said is None else text.with_(nodes[place], said))
    ]
    for start, end, new in sorted(cuts, reverse=True):
        source = source[:start] + new + source[end:]
    data = source.encode()
    _prove(root, changes, data, file)
    return data


def posts_of(root: Node | None) -> Items:
    """Return the posts of a campaign file or of a bare list."""
    posts = root.get(Text("posts")) if isinstance(root, Fields) else root
    return posts if isinstance(posts, Items) else Items()


def _prove(root: Node | None, changes: Mapping[Place, Said | None], new: bytes, file: str) -> None:
    """Make sure that the new text says what was wanted, and of the rest all that the old one said.

    Raises UserError.
    """
    wanted = []
    for node in posts_of(root):
        said = changes.get(node.place, plain(node))
        if said is not None:
            wanted.append(plain(said))
    try:
        now, _ = parsed(new, file)
    except UserError:
        now = None
    if plain(list(posts_of(now))) != wanted or _header(now) != _header(root):
        message = "A post cannot be changed without changing what else the file says."
        raise _refused(file, message)


def _refused(file: str, message: str, line: int = 0) -> UserError:
    return UserError([Problem(file, line, int(line > 0), "Y116", message, "Change it by hand.")])


def _header(root: Node | None) -> object:
    if not isinstance(root, Fields):
        return None
    return {str(key): plain(value) for key, value in root.items() if key != "posts"}


class _Cutting:
    """Finds in a text what has to be cut out of it."""

    def __init__(self, source: str, file: str) -> None:
        self._source = source
        self._file = file
        self._break = "\r\n" if "\r\n" in source else "\n"

    def entries(self) -> Iterator[yaml.MappingNode]:
        """Yield the posts of the file."""
        root = yaml.compose(self._source, Loader=_Loader)
        if isinstance(root, yaml.MappingNode):
            root = next((value for key, value in root.value if key.value == "posts"), None)
        if isinstance(root, yaml.SequenceNode):
            yield from (node for node in root.value if isinstance(node, yaml.MappingNode))

    def without(self, entry: yaml.MappingNode) -> list[Cut]:
        """Return what to cut out so that a post is gone."""
        start = self._source.rfind("\n", 0, entry.start_mark.index) + 1
        before = self._source[start : entry.start_mark.index]
        if before.strip() != "-":
            message = "The post cannot be taken out as it is written."
            raise _refused(self._file, message, entry.start_mark.line + 1)
        return [(start, self._line_end(_end(entry, self._source)), "")]

    def with_(self, entry: yaml.MappingNode, said: Said) -> list[Cut]:
        """Return what to cut out, and what to put in, so that a post says what it is to say."""
        cuts: list[Cut] = []
        pairs = {key.value: (key, value) for key, value in entry.value}
        last = entry.value[0]
        for name, (key, value) in pairs.items():
            if name not in said:
                cuts.append(self._taken_out(entry, last[1], key, value))
                continue
            if plain(_value(value)) != plain(said[name]):
                cuts.append(self._replaced(entry, key, value, said[name]))
            last = key, value
        added = [name for name in said if name not in pairs]
        if added:
            cuts.append(self._added(entry, last[1], {name: said[name] for name in added}))
        return cuts

    def _replaced(self, entry: yaml.MappingNode, key: yaml.Node, value: yaml.Node, new: Any) -> Cut:
        end = _end(value, self._source)
        self._keep_comments(value, end)
        block = self._block({key.value: new}, key.start_mark.column)
        comment = self._source[end : self._line_end(end)].strip()
        if entry.flow_style or (comment and "\n" in block):
            return value.start_mark.index, end, _inline(new)
        return key.start_mark.index, end, block

    def _taken_out(
        self, entry: yaml.MappingNode, before: yaml.Node, key: yaml.Node, value: yaml.Node
    ) -> Cut:
        end = _end(value, self._source)
        self._keep_comments(value, end)
        if entry.flow_style:
            return _end(before, self._source), end, ""
        start = self._source.rfind("\n", 0, key.start_mark.index) + 1
        line_end = self._line_end(end)
        if self._source[start : key.start_mark.index].strip() or self._source[end:line_end].strip():
            raise self._commented(key)
        return start, line_end, ""

    def _added(self, entry: yaml.MappingNode, last: yaml.Node, new: Said) -> Cut:
        end = _end(last, self._source)
        if entry.flow_style:
            return end, end, "".join(f", {name}: {_inline(value)}" for name, value in new.items())
        indent = entry.value[0][0].start_mark.column
        line_end = self._line_end(end)
        whole = self._source[:line_end].endswith("\n")
        text = " " * indent + self._block(new, indent)
        return line_end, line_end, text + self._break if whole else self._break + text

    def _block(self, fields: Said, indent: int) -> str:
        """Write keys and values as a person would, all but the first line indented."""
        first, *rest = as_yaml([fields]).splitlines()
        lines = [first[2:], *(" " * indent + line[2:] if line.strip() else "" for line in rest)]
        return self._break.join(lines)

    def _line_end(self, index: int) -> int:
        """Return where the next line begins."""
        return self._source.find("\n", index) + 1 or len(self._source)

    def _keep_comments(self, value: yaml.Node, end: int) -> None:
        """Raise UserError where a comment stands within a value."""
        start = value.start_mark.index
        for leaf in _leaves(value):
            if "#" in self._source[start : leaf.start_mark.index]:
                raise self._commented(value)
            start = leaf.end_mark.index
            head = self._source[leaf.start_mark.index :].partition("\n")[0]
            if leaf.style in ("|", ">") and "#" in head:
                raise self._commented(value)
        if "#" in self._source[min(start, end) : end]:
            raise self._commented(value)

    def _commented(self, node: yaml.Node) -> Exception:
        message = "A comment stands within what would be replaced, in this line or after it."
        return _refused(self._file, message, node.start_mark.line + 1)


def _leaves(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
        return
    for item in node.value:
        for inner in item if isinstance(item, tuple) else (item,):
            yield from _leaves(inner)


def _end(node: yaml.Node, source: str) -> int:
    """Return where what a node says ends: YAML's own end may lie behind comments and blanks."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, source)
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return start + len(source[start:end].rstrip())
    return end


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: _value(value) for key, value in node.value}
    return [_value(item) for item in node.value] if isinstance(node.value, list) else node.value


def _inline(value: Any) -> str:
    """Write a value on one line, with brackets and quotes."""
    written = yaml.safe_dump(
        [plain(value)], default_flow_style=True, allow_unicode=True, width=float("inf")
    )
    written = written.strip()[1:-1]
    return written if "\n" not in written else json.dumps(plain(value), ensure_ascii=False)
