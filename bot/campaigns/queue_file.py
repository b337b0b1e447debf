"""Adding posts to a list such as ``posts/queue.yaml`` without touching what stands there.

Everything that was in the file stays as it is, byte for byte, comments and all. The new text is
checked before it replaces the old one, in one step: a reader sees the old file or the new one.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.campaigns.encoding import MOST_BYTES
from bot.campaigns.form import QueuedPostForm
from bot.campaigns.form_errors import fill_in
from bot.campaigns.marks import Items, Text, parse
from bot.campaigns.problems import ProblemList
from bot.errors import Problem, UserError
from bot.files import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bot.campaigns.marks import Node

_EMPTY_LIST = re.compile(rb"\[\s*\]")
_NEW_MODE = 0o644


def append(
    path: Path,
    *posts: Mapping[str, Any],
    check: Callable[[bytes], Iterable[Problem]] | None = None,
    title: str = "",
) -> None:
    """Add posts, given as in the file (texts, lists, mappings), at the end of a list of posts.

    The file is made if it is not there, and begins with ``title`` then. ``check`` may look at the
    whole new file, for instance by loading the folder with it, and give problems. Raises UserError,
    and leaves the file as it was, if there are any, if the file holds no plain list of posts, or if
    somebody else changed it meanwhile.
    """

    def make(old: bytes | None) -> bytes:
        return appended(title.encode() if old is None else old, posts, str(path))

    change({path: make}, lambda new: check(new[path]) if check else ())


def change(
    files: Mapping[Path, Callable[[bytes | None], bytes]],
    check: Callable[[Mapping[Path, bytes]], Iterable[Problem]],
    *,
    dry: bool = False,
) -> None:
    """Bring files to what is made of their bytes, all of them or none; None is no such file.

    ``check`` looks at all of it before anything is written, and gives problems. With ``dry``,
    nothing is written. Raises UserError.
    """
    targets = {path: Path(os.path.realpath(path)) for path in files}
    with ExitStack() as locks:
        for folder in sorted({target.parent for target in targets.values()}):
            locks.enter_context(_alone_in(folder, str(folder)))
        old = {path: _bytes_of(target, str(path)) for path, target in targets.items()}
        new = {path: make(old[path]) for path, make in files.items()}
        if found := tuple(check(new)):
            raise UserError(found)
        for path, target in targets.items():
            if _bytes_of(target, str(path)) != old[path]:
                message = "The file has just been changed by somebody else."
                raise _refused(str(path), message, "Try again.")
        if not dry:
            _replace_all({targets[path]: (old[path], new[path]) for path in files})


def appended(old: bytes, posts: Sequence[Mapping[str, Any]], file: str) -> bytes:
    """Give the bytes of the file with the posts added; raises UserError. Pure.

    ``file`` is the name that problems are told by.
    """
    root, source = parsed(old, file) if old.strip() else (None, "")
    kept, indent = _room_at_end(old, root, source, file)
    break_ = b"\r\n" if b"\r\n" in old else b"\n"
    if kept and not kept.endswith((b"\n", b"\r")):
        kept += break_
    items = as_yaml(posts).encode().splitlines()
    new = kept + b"".join(b" " * indent + line + break_ if line else break_ for line in items)
    _prove(root, posts, new, file)
    return new


def parsed(data: bytes, file: str) -> tuple[Node | None, str]:
    """Return the tree of a file and its text. Raises UserError for what is no YAML."""
    problems = ProblemList(file)
    document = parse(data, problems)
    if document is None or problems.found:
        raise UserError(problems.found)
    return document.root, document.source


def _room_at_end(old: bytes, root: Node | None, source: str, file: str) -> tuple[bytes, int]:
    """Give the old bytes to which a list entry can be added, and its indentation."""
    if root is None or (isinstance(root, Text) and not root and not root.style):
        return old, 0
    if isinstance(root, Items) and not root:
        start = _offset(source, root.place)
        return old[:start] + _EMPTY_LIST.sub(b"", old[start:], count=1), 0
    if isinstance(root, Items) and old[_offset(source, root.place) :].startswith(b"-"):
        return old, root.column - 1
    message = "A post can only be added to a list of posts, each starting with a hyphen."
    raise _refused(file, message, "Add it by hand, or name another file.")


def _offset(source: str, place: tuple[int, int]) -> int:
    """Give how many bytes stand before a place."""
    rows = re.split("(?<=\n)|(?<=\r)(?!\n)|(?<=[\x85\u2028\u2029])", source)
    line, column = place
    return len(("".join(rows[: line - 1]) + rows[line - 1][: column - 1]).encode())


def as_yaml(posts: Sequence[Mapping[str, Any]]) -> str:
    """Write posts as entries of a list, the way a person would."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes texts of several lines as they are read, after a ``|``."""

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


def _prove(root: Node | None, posts: Sequence[Mapping[str, Any]], new: bytes, file: str) -> None:
    """Make sure that the new text says all that the old one said, and the posts, and no more."""
    now, _ = parsed(new, file)
    before = list(root) if isinstance(root, Items) else []
    if not isinstance(now, Items) or plain(now) != plain([*before, *posts]):
        message = "A post cannot be added without changing what the file says."
        raise _refused(file, message, "Add it by hand, or name another file.")
    problems = ProblemList(file)
    for item in now[len(before) :]:
        fill_in(QueuedPostForm, item, problems)
    if problems.found:
        raise UserError(problems.found)


def plain(node: object) -> object:
    """Return plain values, without the spaces at the ends of lines, which nobody will see."""
    if isinstance(node, Mapping):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [plain(item) for item in node]
    if isinstance(node, bool):
        return str(node).lower()
    return "\n".join(line.rstrip() for line in str(node).rstrip().splitlines())


def _refused(file: str, message: str, hint: str) -> UserError:
    return UserError([Problem(file, 0, 0, "Y116", message, hint)])


# --- on disk --------------------------------------------------------------------------------------


@contextmanager
def _alone_in(folder: Path, file: str) -> Iterator[None]:
    """Hold a lock on the folder, so that two who add at once do it one after the other."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _refused(file, f"Its folder: {error.strerror}.", "Check its name.") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)
    finally:
        os.close(handle)


def _bytes_of(path: Path, file: str) -> bytes | None:
    try:
        if path.exists() and not path.is_file():
            raise _refused(file, "This is not a plain file.", "Name another.")
        with path.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"The file cannot be read: {error.strerror}."
        raise _refused(file, message, "Check its permissions.") from None


def _replace_all(files: Mapping[Path, tuple[bytes | None, bytes]]) -> None:
    """Write all of them; put back what was written where one cannot be."""
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
        write(path, data, mode=_NEW_MODE)
    except OSError as error:
        why = error.strerror or error
        hint = "Make room on the disk, or see to the permissions of its folder; then try again."
        raise _refused(str(path), f"It cannot be written: {why}.", hint) from None
