"""Adds posts to bare lists such as ``queue.yaml``, and replaces several files, all or none.

Everything else in a file stays as it is, byte for byte, including comments. The new text is checked
first, and then replaces the old file in one step.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bot.campaigns.schema.post import QueuedPostForm
from bot.campaigns.validation import validate
from bot.errors import Problem, UserError
from bot.files import write_atomically
from bot.yamlsource.nodes import MAX_BYTES, ScalarNode, SequenceNode, parse
from bot.yamlsource.problems import ProblemList
from bot.yamlsource.syntax import LOADER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bot.yamlsource.nodes import Node


_EMPTY_LIST = re.compile(r"\[\s*\]")
_NEW_FILE_MODE = 0o644


def change_files(
    files: Mapping[Path, Callable[[bytes | None], bytes]],
    check: Callable[[Mapping[Path, bytes]], Iterable[Problem]],
    *,
    dry_run: bool = False,
) -> None:
    """Replace several files, all or none.

    The function of a file gets its bytes, or None if there is no such file, and returns the new
    bytes. ``check`` gets all new files before anything is written, and returns problems. With
    ``dry_run``, nothing is written.

    Raises UserError if there are problems, or if somebody else changed a file meanwhile. The files
    are then as they were.
    """
    targets = {path: Path(os.path.realpath(path)) for path in files}
    with ExitStack() as locks:
        for folder in sorted({target.parent for target in targets.values()}):
            locks.enter_context(_lock_folder(folder))
        old = {path: _read_bytes(target, str(path)) for path, target in targets.items()}
        new = {path: make(old[path]) for path, make in files.items()}
        if problems := tuple(check(new)):
            raise UserError(problems)
        for path, target in targets.items():
            if _read_bytes(target, str(path)) != old[path]:
                message = "Somebody else has just changed the file."
                raise refusal(str(path), message, "Try again.")
        written: list[Path] = []
        try:
            for path, target in targets.items() if not dry_run else ():
                _replace(target, new[path])
                written.append(path)
        except UserError:
            for path in written:
                before = old[path]
                _replace(targets[path], before) if before is not None else targets[path].unlink()
            raise


def with_posts_appended(old: bytes, posts: Sequence[Mapping[str, Any]], file: str) -> bytes:
    """Return the bytes of a bare list of posts, such as ``queue.yaml``, with more at its end. Pure.

    The posts are texts, lists and mappings, as in the file. ``file`` is the file's name in
    problems. An empty file becomes a list. Raises UserError for any
    other file, such as one with a header.
    """
    by_hand = "Add it by hand, or name another file."
    root, source = parse_or_raise(old, file) if old.strip() else (None, old.decode())
    kept, indent = source, 0
    tree = yaml.compose(source, Loader=LOADER)
    start = tree.start_mark.index if tree else 0
    if isinstance(root, SequenceNode) and not root:
        kept = source[:start] + _EMPTY_LIST.sub("", source[start:], count=1)
    elif isinstance(root, SequenceNode) and source[start:].startswith("-"):
        indent = root.place[1] - 1
    elif root is not None and not (isinstance(root, ScalarNode) and not root and not root.style):
        message = "A post can only be added to a list of posts, each starting with a hyphen."
        raise refusal(file, message, by_hand)
    break_ = "\r\n" if "\r\n" in source else "\n"
    if kept and not kept.endswith(("\n", "\r")):
        kept += break_
    rows = dump_posts(posts).removesuffix("\n").split("\n")
    added = "".join(" " * indent + row + break_ if row else break_ for row in rows)
    new = (kept + added).encode()
    now, _ = parse_or_raise(new, file)
    before = list(root) if isinstance(root, SequenceNode) else []
    if not isinstance(now, SequenceNode) or to_plain(now) != to_plain([*before, *posts]):
        message = "A post cannot be added without changing what the file says."
        raise refusal(file, message, by_hand)
    problems = ProblemList(file)
    for item in now[len(before) :]:
        validate(QueuedPostForm, item, problems)
    if problems.problems:
        raise UserError(problems.problems)
    return new


def parse_or_raise(data: bytes, file: str) -> tuple[Node | None, str]:
    """Return the tree of a file and its text. Raises UserError if it is not sound YAML."""
    problems = ProblemList(file)
    parsed = parse(data, problems)
    if parsed is None or problems.problems:
        raise UserError(problems.problems)
    return parsed


class _PostDumper(yaml.SafeDumper):
    """Writes a text of several lines as a block after ``|``."""


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    # Spaces before a line break are invisible, and would force quotes with escapes.
    value = "\n".join(line.rstrip() for line in value.splitlines())
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_PostDumper.add_representer(str, _represent_text)


def dump_posts(posts: Sequence[Mapping[str, Any]]) -> str:
    """Return posts as entries of a YAML list, formatted as people write them."""
    written: str = yaml.dump(
        [dict(post) for post in posts],
        Dumper=_PostDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )
    # If a text ends in empty lines, PyYAML writes the end of the document too.
    return written.removesuffix("...\n")


def to_plain(node: object) -> object:
    """Return a node as texts, lists and dicts, without the spaces at the ends of lines."""
    if isinstance(node, Mapping):
        return {str(key): to_plain(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [to_plain(item) for item in node]
    if isinstance(node, bool):
        return str(node).lower()
    return "\n".join(line.rstrip() for line in str(node).rstrip().splitlines())


def refusal(file: str, message: str, hint: str, line: int = 0) -> UserError:
    """Return the error that refuses a change."""
    return UserError([Problem(file, line, int(line > 0), "Y116", message, hint)])


# --- On disk --------------------------------------------------------------------------------------


@contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        message = f"The folder cannot be opened: {error.strerror}."
        raise refusal(str(folder), message, "Check its name.") from None
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


def _replace(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data, mode=_NEW_FILE_MODE)
    except OSError as error:
        why = error.strerror or error
        hint = "Free space on the disk, or correct the permissions of its folder; then try again."
        raise refusal(str(path), f"It cannot be written: {why}.", hint) from None


MAX_ID_LENGTH = 64
"""Characters of an id."""

_ID_WORDS = 4
_NUMBER_LENGTH = 4  # characters that are kept for a number at the end
_TAGS_AND_LINKS = re.compile(r"#\w+|https?://\S+")


def new_id(text: str, suffix: str | None, taken: set[str]) -> str:
    """Return an id that is not taken: of the first words, and a suffix such as the day.

    It is not derived from the whole text, so that it remains right when a mistake is corrected.
    """
    words = re.findall(r"[a-z0-9]+", _TAGS_AND_LINKS.sub(" ", text.lower()))[:_ID_WORDS]
    name = "-".join([*(words or ["post"]), *([suffix] if suffix else [])])
    name = name[: MAX_ID_LENGTH - _NUMBER_LENGTH].rstrip("-")
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(other for other in numbered if other not in taken)
