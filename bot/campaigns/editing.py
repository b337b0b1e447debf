"""Changing campaign files in place: posts added to a list, and posts changed; comments stay.

Everything in the file stays as it is, byte for byte, comments included. The new text is checked
before it replaces the old one, in one step: readers see the old file or the new one.

The values that differ are cut out of the text by their places and replaced. A change that would
lose a comment is refused, and so is one that would change anything else in the file.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bot.campaigns.schema import QueuedPostForm
from bot.campaigns.source import posts_of
from bot.campaigns.validation import validate
from bot.errors import Problem, UserError
from bot.files import write_atomically
from bot.yamlsource.nodes import MAX_BYTES, MappingNode, ScalarNode, SequenceNode, parse
from bot.yamlsource.problems import ProblemList, place_of_mark
from bot.yamlsource.syntax import LOADER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import Place


_EMPTY_LIST = re.compile(rb"\[\s*\]")
_NEW_FILE_MODE = 0o644


def append_posts(
    path: Path,
    *posts: Mapping[str, Any],
    check: Callable[[bytes], Iterable[Problem]] | None = None,
    title: str = "",
) -> None:
    """Add posts, given as in the file (texts, lists, mappings), at the end of a list of posts.

    The file is created if it does not exist, and begins with ``title`` then. ``check`` may look at
    the whole new file, for instance by loading the folder with it, and return problems. Raises
    UserError, and leaves the file as it was, if there are any, if the file is not a plain list of
    posts, or if somebody else changed it meanwhile.
    """

    def make(old: bytes | None) -> bytes:
        return with_posts_appended(title.encode() if old is None else old, posts, str(path))

    change_files({path: make}, lambda new: check(new[path]) if check else ())


def change_files(
    files: Mapping[Path, Callable[[bytes | None], bytes]],
    check: Callable[[Mapping[Path, bytes]], Iterable[Problem]],
    *,
    dry_run: bool = False,
) -> None:
    """Replace files by what a function makes of their bytes (None: no such file), all or none.

    ``check`` looks at all new files before anything is written, and returns problems. With
    ``dry_run``, nothing is written. Raises UserError.
    """
    targets = {path: Path(os.path.realpath(path)) for path in files}
    with ExitStack() as locks:
        for folder in sorted({target.parent for target in targets.values()}):
            locks.enter_context(_lock_folder(folder, str(folder)))
        old = {path: _read_bytes(target, str(path)) for path, target in targets.items()}
        new = {path: make(old[path]) for path, make in files.items()}
        if problems := tuple(check(new)):
            raise UserError(problems)
        for path, target in targets.items():
            if _read_bytes(target, str(path)) != old[path]:
                message = "The file has just been changed by somebody else."
                raise refusal(str(path), message, "Try again.")
        if not dry_run:
            _replace_all({targets[path]: (old[path], new[path]) for path in files})


def with_posts_appended(old: bytes, posts: Sequence[Mapping[str, Any]], file: str) -> bytes:
    """Return the bytes of the file with the posts added; raises UserError. Pure.

    ``file`` is the file's name in problems.
    """
    root, source = parse_or_raise(old, file) if old.strip() else (None, "")
    kept, indent = _insertion_point(old, root, source, file)
    break_ = b"\r\n" if b"\r\n" in old else b"\n"
    if kept and not kept.endswith((b"\n", b"\r")):
        kept += break_
    items = dump_posts(posts).encode().splitlines()
    new = kept + b"".join(b" " * indent + line + break_ if line else break_ for line in items)
    _verify_appended(root, posts, new, file)
    return new


def parse_or_raise(data: bytes, file: str) -> tuple[Node | None, str]:
    """Return the tree of a file and its text. Raises UserError for what is not YAML."""
    problems = ProblemList(file)
    document = parse(data, problems)
    if document is None or problems.problems:
        raise UserError(problems.problems)
    return document.root, document.source


def _insertion_point(old: bytes, root: Node | None, source: str, file: str) -> tuple[bytes, int]:
    """Return the old bytes to which a list entry can be added, and its indentation."""
    if root is None or (isinstance(root, ScalarNode) and not root and not root.style):
        return old, 0
    if isinstance(root, SequenceNode) and not root:
        start = _byte_offset(source, root.place)
        return old[:start] + _EMPTY_LIST.sub(b"", old[start:], count=1), 0
    if isinstance(root, SequenceNode) and old[_byte_offset(source, root.place) :].startswith(b"-"):
        return old, root.column - 1
    message = "A post can only be added to a list of posts, each starting with a hyphen."
    raise refusal(file, message, "Add it by hand, or name another file.")


def _byte_offset(source: str, place: Place) -> int:
    """Return the number of bytes before a place."""
    rows = re.split("(?<=\n)|(?<=\r)(?!\n)|(?<=[\x85\u2028\u2029])", source)
    line, column = place
    return len(("".join(rows[: line - 1]) + rows[line - 1][: column - 1]).encode())


def dump_posts(posts: Sequence[Mapping[str, Any]]) -> str:
    """Return posts as entries of a YAML list, written as a person would."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes texts of several lines line by line, after a ``|``."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        # Spaces before a line break cannot be seen, and would force quotes with escapes.
        value = "\n".join(line.rstrip() for line in value.splitlines())
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    written: str = yaml.dump(
        [dict(post) for post in posts],
        Dumper=Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )
    # Where a text ends in empty lines, the end of the document is written too.
    return written.removesuffix("...\n")


def _verify_appended(
    root: Node | None, posts: Sequence[Mapping[str, Any]], new: bytes, file: str
) -> None:
    """Raise UserError unless the new file means what the old one did plus the posts."""
    now, _ = parse_or_raise(new, file)
    before = list(root) if isinstance(root, SequenceNode) else []
    if not isinstance(now, SequenceNode) or to_plain(now) != to_plain([*before, *posts]):
        message = "A post cannot be added without changing what the file says."
        raise refusal(file, message, "Add it by hand, or name another file.")
    problems = ProblemList(file)
    for item in now[len(before) :]:
        validate(QueuedPostForm, item, problems)
    if problems.problems:
        raise UserError(problems.problems)


def to_plain(node: object) -> object:
    """Return plain values, without the invisible spaces at the ends of lines."""
    if isinstance(node, Mapping):
        return {str(key): to_plain(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [to_plain(item) for item in node]
    if isinstance(node, bool):
        return str(node).lower()
    return "\n".join(line.rstrip() for line in str(node).rstrip().splitlines())


def refusal(file: str, message: str, hint: str, line: int = 0) -> UserError:
    """Return the error for a change that cannot be made."""
    return UserError([Problem(file, line, int(line > 0), "Y116", message, hint)])


# --- On disk --------------------------------------------------------------------------------------


@contextmanager
def _lock_folder(folder: Path, file: str) -> Iterator[None]:
    """Hold a lock on the folder, so that two writers take turns."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise refusal(file, f"Its folder: {error.strerror}.", "Check its name.") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_bytes(path: Path, file: str) -> bytes | None:
    try:
        if path.exists() and not path.is_file():
            raise refusal(file, "This is not a plain file.", "Name another.")
        with path.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"The file cannot be read: {error.strerror}."
        raise refusal(file, message, "Check its permissions.") from None


def _replace_all(files: Mapping[Path, tuple[bytes | None, bytes]]) -> None:
    """Write all files; restore those already written if one cannot be."""
    done: list[Path] = []
    try:
        for path, (_, new) in files.items():
            _replace(path, new)
            done.append(path)
    except UserError:
        for path in done:
            old, _ = files[path]
            path.unlink() if old is None else _replace(path, old)
        raise


def _replace(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data, mode=_NEW_FILE_MODE)
    except OSError as error:
        why = error.strerror or error
        hint = "Make room on the disk, or see to the permissions of its folder; then try again."
        raise refusal(str(path), f"It cannot be written: {why}.", hint) from None


PostFields = Mapping[str, Any]
TextEdit = tuple[int, int, str]
"""Start and end in the text, and what replaces it."""


def rewrite_posts(old: bytes, changes: Mapping[Place, PostFields | None], file: str) -> bytes:
    """Return the bytes of a file with some posts changed or, for None, removed. Pure.

    ``changes`` has all fields of a post, as plain texts, lists and mappings, by the place at which
    it starts. Raises UserError.
    """
    root, source = parse_or_raise(old, file)
    editor = _PostEditor(source, file)
    nodes = {place_of_mark(node.start_mark): node for node in editor.post_nodes()}
    edits: list[TextEdit] = []
    for place, fields in changes.items():
        node = nodes[place]
        edits += editor.remove_post(node) if fields is None else editor.update_post(node, fields)
    for start, end, new in sorted(edits, reverse=True):
        source = source[:start] + new + source[end:]
    data = source.encode()
    _verify_rewritten(root, changes, data, file)
    return data


def _verify_rewritten(
    root: Node | None, changes: Mapping[Place, PostFields | None], new: bytes, file: str
) -> None:
    """Raise UserError unless the new file means what was wanted, and otherwise what it did."""
    posts = [changes.get(node.place, to_plain(node)) for node in posts_of(root)]
    wanted = [to_plain(post) for post in posts if post is not None]
    try:
        now, _ = parse_or_raise(new, file)
    except UserError:
        now = None
    if to_plain(list(posts_of(now))) != wanted or _header_values(now) != _header_values(root):
        message = "A post cannot be changed without changing what else the file says."
        raise refusal(file, message, _BY_HAND)


_BY_HAND = "Change it by hand."


def _header_values(root: Node | None) -> object:
    if not isinstance(root, MappingNode):
        return None
    return {str(key): to_plain(value) for key, value in root.items() if key != "posts"}


class _PostEditor:
    """Finds the edits that change posts in a text."""

    def __init__(self, source: str, file: str) -> None:
        self._source = source
        self._file = file
        self._break = "\r\n" if "\r\n" in source else "\n"

    def post_nodes(self) -> Iterator[yaml.MappingNode]:
        """Yield the posts of the file."""
        root = yaml.compose(self._source, Loader=LOADER)
        if isinstance(root, yaml.MappingNode):
            root = next((value for key, value in root.value if key.value == "posts"), None)
        if isinstance(root, yaml.SequenceNode):
            yield from (node for node in root.value if isinstance(node, yaml.MappingNode))

    def remove_post(self, entry: yaml.MappingNode) -> list[TextEdit]:
        """Return the edits that remove a post."""
        start = self._source.rfind("\n", 0, entry.start_mark.index) + 1
        before = self._source[start : entry.start_mark.index]
        if before.strip() != "-":
            message = "The post cannot be taken out as it is written."
            raise refusal(self._file, message, _BY_HAND, entry.start_mark.line + 1)
        return [(start, self._line_end(_content_end(entry, self._source)), "")]

    def update_post(self, entry: yaml.MappingNode, fields: PostFields) -> list[TextEdit]:
        """Return the edits that give a post these fields."""
        edits: list[TextEdit] = []
        pairs = {key.value: (key, value) for key, value in entry.value}
        last = entry.value[0]
        for name, (key, value) in pairs.items():
            if name not in fields:
                edits.append(self._remove_field(entry, last[1], key, value))
                continue
            if to_plain(_node_value(value)) != to_plain(fields[name]):
                edits.append(self._replace_field(entry, key, value, fields[name]))
            last = key, value
        added = {name: value for name, value in fields.items() if name not in pairs}
        if added:
            edits.append(self._add_fields(entry, last[1], added))
        return edits

    def _replace_field(
        self, entry: yaml.MappingNode, key: yaml.Node, value: yaml.Node, new: Any
    ) -> TextEdit:
        end = _content_end(value, self._source)
        self._refuse_comments(value, end)
        block = self._dump_block({key.value: new}, key.start_mark.column)
        comment = self._source[end : self._line_end(end)].strip()
        if entry.flow_style or (comment and "\n" in block):
            return value.start_mark.index, end, _dump_inline(new)
        return key.start_mark.index, end, block

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
        """Return keys and values as a person would write them, all but the first line indented."""
        first, *rest = dump_posts([fields]).splitlines()
        lines = [first[2:], *(" " * indent + line[2:] if line.strip() else "" for line in rest)]
        return self._break.join(lines)

    def _line_end(self, index: int) -> int:
        """Return the beginning of the next line."""
        return self._source.find("\n", index) + 1 or len(self._source)

    def _refuse_comments(self, value: yaml.Node, end: int) -> None:
        """Raise UserError where a comment stands within a value."""
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
        message = "A comment stands within what would be replaced, in this line or after it."
        return refusal(self._file, message, _BY_HAND, node.start_mark.line + 1)


def _scalar_nodes(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
        return
    for item in node.value:
        for inner in item if isinstance(item, tuple) else (item,):
            yield from _scalar_nodes(inner)


def _content_end(node: yaml.Node, source: str) -> int:
    """Return the end of a node's content: YAML's own end may be behind comments and blanks."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _content_end(last[1] if isinstance(last, tuple) else last, source)
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return start + len(source[start:end].rstrip())
    return end


def _node_value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: _node_value(value) for key, value in node.value}
    return (
        [_node_value(item) for item in node.value] if isinstance(node.value, list) else node.value
    )


def _dump_inline(value: Any) -> str:
    """Return a value on one line, with brackets and quotes."""
    written = yaml.safe_dump(
        [to_plain(value)], default_flow_style=True, allow_unicode=True, width=float("inf")
    )
    written = written.strip()[1:-1]
    return written if "\n" not in written else json.dumps(to_plain(value), ensure_ascii=False)
