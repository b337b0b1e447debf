"""Reading one file: the campaign that it describes, its posts, and whether it has changed since.

YAML is compared by its bytes, other files by their stamps: what the file system notes at every
change. A stamp is enough for pictures and videos, which are too large to be read every second, and
for YAML that has not changed for a while: some file systems note the time of a change to two
seconds only, so a second change may go unnoticed.
"""

from __future__ import annotations

import hashlib
import os
import stat
from array import array
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.campaigns import schema
from bot.campaigns.building import PostBuilder
from bot.campaigns.header import read_header
from bot.campaigns.source import posts_of, yaml_files
from bot.campaigns.validation import validate
from bot.model import NOWHERE
from bot.yamlsource.nodes import MAX_BYTES, MappingNode, ScalarNode, SequenceNode, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from bot.campaigns.header import Header
    from bot.campaigns.source import Source
    from bot.errors import Problem, SuppressedProblem
    from bot.model import Account, Mark, Post
    from bot.yamlsource.nodes import Node


# --- Whether files have changed -------------------------------------------------------------------

Stamp = tuple[int, ...]
"""Size, times of the last change of content and of status in ns, inode, device and mode."""


def content_fingerprint(path: Path) -> str:
    """Return the sha256 of a YAML file's bytes, in hex, or why it cannot be read."""
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > MAX_BYTES:
            return f"unread {_stamp(state)}"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError) as error:
        return f"unreadable {error}"


MAX_REREADS = 4
"""Looks in a row that read a file although its stamp is the same: they take over two seconds."""


class FolderWatcher:
    """The campaigns folder as it is watched for changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: dict[Path, tuple[Stamp | None, str, int]] = {}
        """Each YAML file's stamp and fingerprint, and how often it was read with that stamp."""

    def fingerprint(self) -> str:
        """Return a fingerprint of everything in it, in hex: it changes when a file does."""
        paths = yaml_files(self._path)
        self._read = {path: self._look(path) for path in paths}
        digest = hashlib.sha256()
        for path, (_, fingerprint, _) in self._read.items():
            digest.update(f"{path}\0{fingerprint}\0".encode(errors="surrogateescape"))
        for other in _other_files(self._path, frozenset(map(str, paths))):
            digest.update(f"{other}\0{stamp_of(other)}\0".encode(errors="surrogateescape"))
        return digest.hexdigest()

    def _look(self, path: Path) -> tuple[Stamp | None, str, int]:
        try:
            stamp = _stamp(path.stat())  # of the target of a link
        except (OSError, ValueError):
            stamp = None
        before, known, times = self._read.get(path, (None, "", 0))
        if stamp is None or stamp != before:
            return stamp, content_fingerprint(path), 1
        if times < MAX_REREADS:
            return stamp, content_fingerprint(path), times + 1
        return stamp, known, times


def stamp_of(path: Path | str) -> Stamp | None:
    """Return a file's stamp, or a symbolic link's own; None where there is no such file."""
    try:
        return _stamp(os.lstat(path))
    except (OSError, ValueError):
        return None


def path_stamps(root: Path, relative: str) -> tuple[Stamp | None, ...]:
    """Return what each folder on the way to a file is, and the stamp of the file."""
    *folders, _ = relative.split(os.sep)  # noqa: PTH206 - lexical
    paths = list(accumulate(folders, "{}/{}".format, initial=str(root)))[1:]
    identities = [stamp and stamp[3:] for stamp in map(stamp_of, paths)]
    return (*identities, stamp_of(f"{root}/{relative}"))


def _stamp(state: os.stat_result) -> Stamp:
    times = state.st_mtime_ns, state.st_ctime_ns
    return (state.st_size, *times, state.st_ino, state.st_dev, state.st_mode)


def _other_files(folder: Path, yaml: frozenset[str]) -> Iterator[str]:
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(top, name)  # noqa: PTH118 - ten times as fast, for thousands
            if not name.startswith(".") and path not in yaml:
                yield path


# --- Reading a file -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FolderContext:
    """The headers of all campaigns, from all files, and whether one may be missing."""

    headers: Mapping[str, Header]
    is_incomplete: bool

    @property
    def signature(self) -> tuple[bool, tuple[str, ...]]:
        """All that a post depends on that names no campaign, or one that does not exist."""
        return self.is_incomplete, tuple(self.headers)


@dataclass(slots=True)
class LoadedFile:
    """What was read from a file, and what that depended on; ``fingerprint`` is of its bytes.

    ``places`` are line and column of each post's id, in case another post has the same one; 0 where
    it has none of its own. ``campaigns_unknown`` is True where it may describe any campaign.
    """

    path: Path
    fingerprint: str
    campaigns_unknown: bool
    header: Header | None = None
    header_place: tuple[int, int] = (1, 1)
    posts: tuple[Post, ...] = ()
    places: array[int] = field(default_factory=lambda: array("L"))
    problems: tuple[Problem, ...] = ()
    lint_problems: tuple[Problem, ...] | None = None
    """What is wrong with its posts by the rules of other packages; None if not checked yet."""
    suppressed: tuple[SuppressedProblem, ...] = ()
    """What would be wrong as well without the suppressions in comments."""
    used_suppressions: frozenset[Mark] = frozenset()
    """The comments that suppressed any of that, by their places."""
    by_campaign: Mapping[str, tuple[Post, ...]] = field(default_factory=dict)
    _headers_used: Mapping[str | None, Header | None] = field(default_factory=dict)
    _context_signature: tuple[bool, tuple[str, ...]] | None = None
    _media_stamps: Mapping[str, tuple[Stamp | None, ...]] = field(default_factory=dict)

    @property
    def has_no_errors(self) -> bool:
        """Whether it has no error: what could not be read may be readable now."""
        return not any(problem.level == "error" for problem in self.problems)

    def is_current(self, context: FolderContext) -> bool:
        """Return whether the headers that its posts were built with are still the same."""
        if self._context_signature is not None and self._context_signature != context.signature:
            return False
        return all(
            name is None or same_header(header, context.headers.get(name))
            for name, header in self._headers_used.items()
        )

    def media_unchanged(self, root: Path, seen: dict[str, tuple[Stamp | None, ...]]) -> bool:
        """Return whether the media of its posts are unchanged; ``seen`` caches their stamps."""
        for relative, stamps in self._media_stamps.items():
            if relative not in seen:
                seen[relative] = path_stamps(root, relative)
            if seen[relative] != stamps:
                return False
        return True


def same_header(one: Header | None, other: Header | None) -> bool:
    """Return whether two headers are the same but for their places."""
    if one is other:
        return True
    if one is None or other is None:
        return False
    return replace(one, mark=NOWHERE) == replace(other, mark=NOWHERE)


def read_campaign_part(
    source: Source, fingerprint: str, accounts: Mapping[str, Account]
) -> LoadedFile:
    """Read what a file says about its campaign, without the posts."""
    read = LoadedFile(source.path, fingerprint, source.campaigns_unknown)
    if isinstance(source.root, MappingNode):
        read.header = read_header(source, source.root, accounts)
        read.header_place = place_of(source.root, "campaign")
        read.campaigns_unknown = read.campaigns_unknown or read.header.id is None
    read.problems = tuple(source.problems.problems)
    return read


def read_posts_part(
    read: LoadedFile,
    source: Source,
    context: FolderContext,
    accounts: Mapping[str, Account],
    root: Path,
) -> None:
    """Read a file's posts; those of a bare list belong to the campaigns of other files."""
    posts = _PostCollector(source, context)
    for node in _post_nodes(source):
        if source.is_given_up:
            break
        model: type[schema.CampaignPostForm | schema.QueuedPostForm]
        model = schema.CampaignPostForm if read.header else schema.QueuedPostForm
        form = validate(model, node, source.problems)
        header = read.header or posts.find_header(form, node)
        if form and header:
            posts.add(PostBuilder(source, header, accounts, root).build(form, node), node)
    read.posts, read.places = tuple(posts.posts), posts.places
    read.by_campaign = _group_by_campaign(read.posts)
    read.problems = tuple(source.problems.problems)
    read.lint_problems = None
    read._headers_used = posts.headers_used  # noqa: SLF001 - the same module
    read._context_signature = context.signature if posts.used_all_headers else None  # noqa: SLF001 - the same
    read._media_stamps = {relative: path_stamps(root, relative) for relative in source.media_paths}  # noqa: SLF001 - the same


def _group_by_campaign(posts: Iterable[Post]) -> dict[str, tuple[Post, ...]]:
    by_campaign: dict[str, list[Post]] = {}
    for post in posts:
        by_campaign.setdefault(post.campaign, []).append(post)
    return {campaign: tuple(theirs) for campaign, theirs in by_campaign.items()}


@dataclass(slots=True)
class _PostCollector:
    """The posts of a file as they are built, and the headers that were used."""

    source: Source
    context: FolderContext
    posts: list[Post] = field(default_factory=list)
    places: array[int] = field(default_factory=lambda: array("L"))
    headers_used: dict[str | None, Header | None] = field(default_factory=dict)
    used_all_headers: bool = False

    def add(self, posts: list[Post], node: Node) -> None:
        """Add the posts of a node: one, or one for each of its events."""
        has_id = isinstance(node, MappingNode) and "id" in node
        place = place_of(node, "id") if has_id else (0, 0)
        for post in posts:
            self.posts.append(post)
            self.places.extend(place)

    def find_header(self, form: schema.PostForm | None, node: Node) -> Header | None:
        """Find the campaign of a post in a bare list; an unreadable file may describe it."""
        if not isinstance(form, schema.QueuedPostForm):
            return None
        name, headers = form.campaign, self.context.headers
        header = headers.get(name) if name is not None else None
        self.headers_used[name] = header
        if header:
            return header
        self.used_all_headers = True
        if self.context.is_incomplete:
            return None
        otherwise = "No file describes a campaign."
        if name is not None:
            place = place_of(node, "campaign")
            self.source.note_unknown("R301", place, "campaign", name, headers, otherwise)
        elif len(headers) == 1:
            name, header = next(iter(headers.items()))
            self.headers_used[name] = header
            return header
        else:
            message = "It is not clear which campaign this post belongs to"
            known = ", ".join(sorted(headers)[:8])
            hint = f"Add campaign: with one of {known}." if known else otherwise
            self.source.problems.add("R308", node.place, message, hint)
        return None


def _post_nodes(source: Source) -> SequenceNode:
    """Return the nodes of a file's posts; note a problem where they are not a list."""
    posts = source.root.get(ScalarNode("posts")) if isinstance(source.root, MappingNode) else None
    if posts is not None and not isinstance(posts, SequenceNode):
        hint = "Write each post as indented lines that start with a hyphen."
        source.problems.add("C201", posts.place, '"posts": a list of posts goes here', hint)
    return posts_of(source.root)
