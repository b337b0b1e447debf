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
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from bot.campaigns import schema
from bot.campaigns.building import PostBuilder
from bot.campaigns.header import read_header
from bot.campaigns.source import posts_of, yaml_files
from bot.campaigns.validation import validate
from bot.files import walk
from bot.yamlsource.nodes import MAX_BYTES, MappingNode, ScalarNode, SequenceNode, place_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from bot.campaigns.header import Header
    from bot.campaigns.source import Source
    from bot.campaigns.voices import Speakers
    from bot.errors import Problem
    from bot.model import Mark, Post
    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import Place


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


def folder_fingerprint(folder: Path, seen: dict[Path, tuple[Stamp | None, str, int]]) -> str:
    """Return a fingerprint of everything in a folder, in hex: it changes when a file does.

    ``seen`` keeps each YAML file's stamp and fingerprint, and how often it was read with that
    stamp, from one call to the next.
    """
    yaml_paths = yaml_files(folder)
    for gone in seen.keys() - {*yaml_paths}:
        del seen[gone]
    lines = []
    for path in yaml_paths:
        try:
            stamp = _stamp(path.stat())  # of the target of a link
        except (OSError, ValueError):
            stamp = None
        before, fingerprint, times = seen.get(path, (None, "", 0))
        if stamp is None or stamp != before:
            times = 0
        if times < MAX_REREADS:
            fingerprint = content_fingerprint(path)
            seen[path] = stamp, fingerprint, times + 1
        lines.append(f"{path}\0{fingerprint}\0")
    known = frozenset(map(str, yaml_paths))
    for top, _, names in walk(folder):
        for name in sorted(names):
            other = os.path.join(top, name)  # noqa: PTH118 - ten times as fast, for thousands
            if other not in known:
                lines.append(f"{other}\0{stamp_of(other)}\0")
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


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


# --- Reading a file -------------------------------------------------------------------------------


@dataclass(slots=True)
class LoadedFile:
    """What was read from a file, and what that depended on; ``fingerprint`` is of its bytes.

    ``id_places`` are those of each post's id, in case another post has the same one; None where it
    has none of its own. ``campaigns_unknown`` is True where it may describe any campaign.
    """

    path: Path
    fingerprint: str
    campaigns_unknown: bool
    header: Header | None = None
    header_place: Place = (1, 1)
    posts: tuple[Post, ...] = ()
    id_places: list[Place | None] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()
    lint_problems: tuple[Problem, ...] | None = None
    """What is wrong with its posts by the rules of other packages; None if not checked yet."""
    suppressed: Sequence[tuple[Problem, str]] = ()
    """What would be wrong as well without the suppressions in comments, and their reasons."""
    used_suppressions: Collection[Mark] = ()
    """The comments that suppressed any of that, by their places."""
    headers: Mapping[str, Header] | None = None
    """Those of all campaigns, of which the posts of a bare list found theirs."""
    is_incomplete: bool | None = None
    """Whether one of these may have been missing; None if no post depends on that."""
    media_stamps: Mapping[str, tuple[Stamp | None, ...]] = field(default_factory=dict)

    def is_current(self, headers: Mapping[str, Header], *, is_incomplete: bool) -> bool:
        """Return whether the headers of all campaigns are the same, but for their places."""
        if self.headers is None:
            return True
        return self.headers == headers and self.is_incomplete in (None, is_incomplete)

    def is_unchanged(
        self, fingerprint: str, root: Path, seen: dict[str, tuple[Stamp | None, ...]]
    ) -> bool:
        """Return whether the file and its media are unchanged; ``seen`` caches stamps of media."""
        # What could not be read may be readable now.
        if fingerprint != self.fingerprint or any(item.level == "error" for item in self.problems):
            return False
        for relative, stamps in self.media_stamps.items():
            if relative not in seen:
                seen[relative] = path_stamps(root, relative)
            if seen[relative] != stamps:
                return False
        return True


def read_file(
    source: Source,
    fingerprint: str,
    headers: Mapping[str, Header] | None,
    speakers: Speakers,
    *,
    is_incomplete: bool = False,
) -> LoadedFile:
    """Read what a file says about its campaign, and its posts.

    ``headers`` are those of all campaigns; ``is_incomplete`` says that one may be missing. Without
    headers, the posts of a bare list, whose campaigns are in other files, are not read.
    """
    read = LoadedFile(source.path, fingerprint, source.campaigns_unknown)
    if isinstance(source.root, MappingNode):
        _read_campaign(read, source, source.root, speakers)
    else:
        read.headers = headers
    model: type[schema.CampaignPostForm | schema.QueuedPostForm]
    model = schema.CampaignPostForm if read.header else schema.QueuedPostForm
    posts: list[Post] = []
    for node in posts_of(source.root) if read.header or headers is not None else ():
        if source.is_given_up:
            break
        form = validate(model, node, source.problems)
        header = read.header or _find_header(read, source, form, node, is_incomplete=is_incomplete)
        if not form or not header:
            continue
        has_id = isinstance(node, MappingNode) and "id" in node
        builder = PostBuilder(source, header, speakers, form, node)
        for post in builder.build():
            posts.append(post)
            read.id_places.append(place_of(node, "id") if has_id else None)
    read.posts = tuple(posts)
    read.problems = tuple(source.problems.problems)
    read.media_stamps = {name: path_stamps(source.folder, name) for name in source.media_paths}
    return read


def _read_campaign(read: LoadedFile, source: Source, root: MappingNode, speakers: Speakers) -> None:
    """Read what a file says about its campaign, without the posts."""
    read.header = read_header(source, root, speakers)
    read.header_place = place_of(root, "campaign")
    read.campaigns_unknown = read.campaigns_unknown or read.header.id is None
    posts = root.get(ScalarNode("posts"))
    if posts is not None and not isinstance(posts, SequenceNode):
        hint = "Write each post as indented lines that start with a hyphen."
        source.problems.add("C201", posts.place, '"posts": a list of posts goes here', hint)


def _find_header(
    read: LoadedFile,
    source: Source,
    form: schema.PostForm | None,
    node: Node,
    *,
    is_incomplete: bool,
) -> Header | None:
    """Find the campaign of a post in a bare list; an unreadable file may describe it."""
    if not isinstance(form, schema.QueuedPostForm):
        return None
    name, headers = form.campaign, read.headers or {}
    if name is not None and name in headers:
        return headers[name]
    read.is_incomplete = is_incomplete
    if is_incomplete:
        return None
    otherwise = "No file describes a campaign."
    if name is not None:
        place = place_of(node, "campaign")
        source.note_unknown(place, "campaign", name, headers, otherwise)
    elif len(headers) == 1:
        return next(iter(headers.values()))
    else:
        message = "It is not clear which campaign this post belongs to"
        known = ", ".join(sorted(headers)[:8])
        hint = f"Add campaign: with one of {known}." if known else otherwise
        source.problems.add("R308", node.place, message, hint)
    return None
