"""Changes posts in the text of a campaign file, and nothing else in it. Pure.

Only the values that differ are replaced, at their places. A change that would lose a comment, or
change anything else in the file, is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from bot.campaigns.editing import dump_posts, parse_or_raise, refusal, to_plain
from bot.campaigns.source import posts_of
from bot.errors import UserError
from bot.yamlsource.nodes import MappingNode
from bot.yamlsource.syntax import LOADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import Place

PostFields = Mapping[str, Any]
TextEdit = tuple[int, int, str]
"""Start and end in the text, and the new text between them."""


def rewrite_posts(old: bytes, changes: Mapping[Place, PostFields | None], file: str) -> bytes:
    """Return the bytes of a file with some posts changed or removed. Pure.

    ``changes`` has, by the place at which a post starts, all fields of the post as plain texts,
    lists and mappings, or None to remove it. Raises UserError if the rest of the file would change.
    """
    root, source = parse_or_raise(old, file)
    tree = yaml.compose(source, Loader=LOADER)  # this tree has the ends of nodes too
    if isinstance(tree, yaml.MappingNode):
        tree = next((value for key, value in tree.value if key.value == "posts"), None)
    entries = tree.value if isinstance(tree, yaml.SequenceNode) else []
    editor = _PostEditor(source, file)
    edits: list[TextEdit] = []
    for entry, node in zip(entries, posts_of(root), strict=True):
        fields = changes.get(node.place)
        if fields is not None and isinstance(node, MappingNode):
            edits += editor.update(entry, node, fields)
        elif node.place in changes:
            edits.append(editor.remove(entry))
    for start, end, new in sorted(edits, reverse=True):
        source = source[:start] + new + source[end:]
    posts = [changes.get(node.place, to_plain(node)) for node in posts_of(root)]
    wanted = [to_plain(post) for post in posts if post is not None]
    try:
        now, _ = parse_or_raise(source.encode(), file)
    except UserError:
        now = None
    if to_plain(list(posts_of(now))) != wanted or _header_values(now) != _header_values(root):
        message = "A post cannot be changed without a change to the rest of the file."
        raise refusal(file, message, _BY_HAND)
    return source.encode()


_BY_HAND = "Change it by hand."


def _header_values(root: Node | None) -> object:
    if not isinstance(root, MappingNode):
        return None
    return {str(key): to_plain(value) for key, value in root.items() if key != "posts"}


class _PostEditor:
    """Returns the edits that change posts in a text."""

    def __init__(self, source: str, file: str) -> None:
        self._source = source
        self._file = file
        self._break = "\r\n" if "\r\n" in source else "\n"

    def remove(self, entry: yaml.MappingNode) -> TextEdit:
        """Return the edit that removes a post."""
        start = self._source.rfind("\n", 0, entry.start_mark.index) + 1
        before = self._source[start : entry.start_mark.index]
        if before.strip() != "-":
            message = "The post does not start with a hyphen on a line of its own."
            raise refusal(self._file, message, _BY_HAND, entry.start_mark.line + 1)
        return start, self._line_end(_content_end(entry, self._source)), ""

    def update(
        self, entry: yaml.MappingNode, before: MappingNode, fields: PostFields
    ) -> list[TextEdit]:
        """Return the edits that change the fields of a post from ``before`` to ``fields``."""
        edits: list[TextEdit] = []
        pairs = {key.value: (key, value) for key, value in entry.value}
        last = entry.value[0]
        for name, (key, value) in pairs.items():
            if name not in fields:
                edits.append(self._remove_field(entry, last[1], key, value))
                continue
            if to_plain(before[name]) != to_plain(fields[name]):
                end = _content_end(value, self._source)
                self._refuse_comments(value, end)
                block = self._dump_block({name: fields[name]}, key.start_mark.column)
                comment = self._source[end : self._line_end(end)].strip()
                if entry.flow_style or (comment and "\n" in block):
                    edits.append((value.start_mark.index, end, _dump_inline(fields[name])))
                else:
                    edits.append((key.start_mark.index, end, block))
            last = key, value
        added = {name: value for name, value in fields.items() if name not in pairs}
        if added:
            edits.append(self._add_fields(entry, last[1], added))
        return edits

    def _remove_field(
        self, entry: yaml.MappingNode, before: yaml.Node, key: yaml.Node, value: yaml.Node
    ) -> TextEdit:
        end = _content_end(value, self._source)
        self._refuse_comments(value, end)
        if entry.flow_style:
            return _content_end(before, self._source), end, ""
        start = self._source.rfind("\n", 0, key.start_mark.index) + 1
        line_end = self._line_end(end)
        if self._source[start : key.start_mark.index].strip() or self._source[end:line_end].strip():
            raise self._comment_refusal(key)
        return start, line_end, ""

    def _add_fields(self, entry: yaml.MappingNode, last: yaml.Node, new: PostFields) -> TextEdit:
        end = _content_end(last, self._source)
        if entry.flow_style:
            added = "".join(f", {name}: {_dump_inline(value)}" for name, value in new.items())
            return end, end, added
        indent = entry.value[0][0].start_mark.column
        line_end = self._line_end(end)
        whole = self._source[:line_end].endswith("\n")
        text = " " * indent + self._dump_block(new, indent)
        return line_end, line_end, text + self._break if whole else self._break + text

    def _dump_block(self, fields: PostFields, indent: int) -> str:
        """Return keys and values as people write them; all lines but the first are indented."""
        first, *rest = dump_posts([fields]).splitlines()
        lines = [first[2:], *(" " * indent + line[2:] if line.strip() else "" for line in rest)]
        return self._break.join(lines)

    def _line_end(self, index: int) -> int:
        """Return the beginning of the next line."""
        return self._source.find("\n", index) + 1 or len(self._source)

    def _refuse_comments(self, value: yaml.Node, end: int) -> None:
        start = value.start_mark.index
        for leaf in _scalar_nodes(value):
            if "#" in self._source[start : leaf.start_mark.index]:
                raise self._comment_refusal(value)
            start = leaf.end_mark.index
            head = self._source[leaf.start_mark.index :].partition("\n")[0]
            if leaf.style in ("|", ">") and "#" in head:
                raise self._comment_refusal(value)
        if "#" in self._source[min(start, end) : end]:
            raise self._comment_refusal(value)

    def _comment_refusal(self, node: yaml.Node) -> UserError:
        message = "The change would lose a comment in this line or after it."
        return refusal(self._file, message, _BY_HAND, node.start_mark.line + 1)


def _scalar_nodes(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
        return
    for item in node.value:
        for inner in item if isinstance(item, tuple) else (item,):
            yield from _scalar_nodes(inner)


def _content_end(node: yaml.Node, source: str) -> int:
    """Return the end of a node's content; the node's own end may include comments and blanks."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _content_end(last[1] if isinstance(last, tuple) else last, source)
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return start + len(source[start:end].rstrip())
    return end


def _dump_inline(value: Any) -> str:
    written = yaml.safe_dump(
        [to_plain(value)], default_flow_style=True, allow_unicode=True, width=float("inf")
    )
    written = written.strip()[1:-1]
    return written if "\n" not in written else json.dumps(to_plain(value), ensure_ascii=False)
