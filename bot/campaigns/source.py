"""One YAML file of the folder: its tree, its problems, and the places in it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.campaigns.allowing import allowances
from bot.campaigns.encoding import MOST_BYTES, read
from bot.campaigns.marks import Document, Fields, Items, Text, parse
from bot.campaigns.problems import ProblemList
from bot.model import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bot.campaigns.marks import Node
    from bot.model import Allowance

MOST_POSTS = 5000
MOST_WRITTEN = 8 * MOST_BYTES
"""Characters of all texts of a file together, filled in."""

MEDIA_FOLDER = "media"
_ENDINGS = (".yaml", ".yml")
_LIST = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*-[ \t]")
"""Comments and blank lines, and then the hyphen of a list's first entry."""


@dataclass(slots=True)
class Source:
    """A file and what was read from it; ``root`` is None where it says nothing or cannot be read.

    ``lost`` is True where it could not be read: then nobody knows which campaigns it describes.
    """

    path: Path
    root: Fields | Items | None
    document: Document | None
    problems: ProblemList
    lost: bool
    shown: set[str] = field(default_factory=set)
    """The media that its posts name, found or not, as paths from the folder of the posts."""
    allowed: Mapping[tuple[int, int] | None, tuple[Allowance, ...]] = field(default_factory=dict)
    """What comments allow, by the place of what they stand beside; None: the whole campaign."""
    written: int = 0
    """Characters of its texts so far, filled in."""

    @property
    def is_given_up(self) -> bool:
        """Whether so much is wrong that no more of it is read."""
        return self.problems.full or self.written > MOST_WRITTEN

    def wrote(self, characters: int, place: tuple[int, int]) -> None:
        """Count what was filled in; note a problem once it is too much."""
        before, self.written = self.written, self.written + characters
        if before <= MOST_WRITTEN < self.written:
            message = f"Up to here the texts have more than {MOST_WRITTEN} characters, filled in"
            self.problems.add("T406", place, message, "Split the file, or fetch less into them.")

    def mark(self, place: tuple[int, int]) -> Mark:
        """Give a place in this file."""
        return Mark(self.problems.file, *place)


def yaml_files(
    folder: Path,
    unreadable: Callable[[OSError], object] | None = None,
) -> tuple[Path, ...]:
    """Give the YAML files of the folder and its sub-folders, sorted, without hidden and media.

    ``unreadable`` is told of folders that cannot be listed: what is in them is not withdrawn.
    """
    found = []
    for top, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if name != MEDIA_FOLDER and name[0] != "."]
        found += [
            _path(top, name)
            for name in names
            if name.endswith(_ENDINGS) and not name.startswith(".")
        ]
    return tuple(sorted(found, key=_parts))


@lru_cache(maxsize=4096)  # the loop asks for the same ones every second
def _path(folder: str, name: str) -> Path:
    return Path(folder, name)


def _parts(path: Path) -> tuple[str, ...]:
    return path.parts


def open_all(files: tuple[Path, ...], replaced: Mapping[Path, bytes]) -> Iterator[Source]:
    """Read every file; ``replaced`` gives other bytes for some of them."""
    for path in files:
        yield open_one(path, replaced)


def open_one(path: Path, replaced: Mapping[Path, bytes]) -> Source:
    """Read one file, or what is given in its place."""
    problems = ProblemList(str(path))
    data = replaced[path] if path in replaced else read(path, problems)
    return source(path, data, problems)


def starts_as_list(path: Path, replaced: Mapping[Path, bytes]) -> bool:
    """Tell by its first line that a file can be nothing but a bare list; False where in doubt."""
    data = replaced[path] if path in replaced else read(path, ProblemList(str(path)))
    return data is not None and _LIST.match(data) is not None


def source(path: Path, data: bytes | None, problems: ProblemList) -> Source:
    """Read the tree of one file from its bytes."""
    document = parse(data, problems) if data is not None else None
    root = _root(document.root, problems) if document else None
    lost = document is None or (root is None and bool(problems.found))
    allowed = allowances(document, problems.file) if document else {}
    if not isinstance(root, Fields):
        _refuse(allowed.get(None, ()), problems)
    return Source(path, root, document, problems, lost, allowed=allowed)


def _refuse(allowed: tuple[Allowance, ...], problems: ProblemList) -> None:
    """Note the comments of a bare list that stand beside no post."""
    for one in allowed:
        place = one.mark.line, one.mark.column
        hint = "Put it on a line of the post that is meant, or right above it."
        problems.add("C207", place, "This comment stands beside no post", hint)


def _root(root: Node | None, problems: ProblemList) -> Fields | Items | None:
    if isinstance(root, Text):
        if root or root.style:
            message = "The file is neither a campaign nor a list of posts"
            hint = "Start it with campaign: … or with a line - when: …."
            problems.add("C201", root.place, message, hint)
        return None
    posts = root.get(Text("posts")) if isinstance(root, Fields) else root
    if isinstance(posts, Items) and len(posts) > MOST_POSTS:
        message = f"The file has {len(posts)} posts, more than {MOST_POSTS}"
        problems.add("Y114", posts[MOST_POSTS].place, message, "Split it into several files.")
        return None
    return root
