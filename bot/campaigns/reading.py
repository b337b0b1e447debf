"""Reads one file with its campaign and posts, and knows whether its media have changed since."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.campaigns.building import PostBuilder
from bot.campaigns.header import read_header
from bot.campaigns.schema.post import CampaignPostForm, PostForm, QueuedPostForm
from bot.campaigns.source import posts_of
from bot.campaigns.validation import validate
from bot.yamlsource.folder import path_stamps
from bot.yamlsource.nodes import MappingNode, ScalarNode, SequenceNode, place_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from bot.campaigns.header import Header
    from bot.campaigns.source import Source
    from bot.campaigns.voices import Speakers
    from bot.errors import Problem
    from bot.model import Mark, Post
    from bot.yamlsource.folder import Stamp
    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import Place


# --- Reading a file -------------------------------------------------------------------------------


@dataclass(slots=True)
class LoadedFile:
    """The content of a file, and everything that it depended on."""

    path: Path
    fingerprint: str
    """The fingerprint of its bytes."""
    campaigns_unknown: bool
    """Whether it cannot be read, and may describe any campaign."""
    header: Header | None = None
    """The campaign that it describes; None if it is a bare list of posts."""
    header_place: Place = (1, 1)
    posts: tuple[Post, ...] = ()
    id_places: list[Place | None] = field(default_factory=list)
    """The place of each post's id, or None if the entry has no id."""
    problems: tuple[Problem, ...] = ()
    lint_problems: tuple[Problem, ...] | None = None
    """The problems that the rules of other packages find in its posts; None before the check."""
    suppressed: Sequence[tuple[Problem, str]] = ()
    """The problems that comments suppress, and the reasons given there."""
    used_suppressions: Collection[Mark] = ()
    """The places of those comments."""
    headers: Mapping[str, Header] | None = None
    """The headers of all campaigns, in which the posts of a bare list found theirs."""
    is_incomplete: bool | None = None
    """Whether a header may have been missing from these; None if no post depends on it."""
    media_stamps: Mapping[str, tuple[Stamp | None, ...]] = field(default_factory=dict)
    """The stamps on the way to each picture and video, by its path below the folder of posts."""

    def is_current(self, headers: Mapping[str, Header], *, is_incomplete: bool) -> bool:
        """Return whether its posts would find the same headers now."""
        if self.headers is None:
            return True
        return self.headers == headers and self.is_incomplete in (None, is_incomplete)

    def is_unchanged(
        self, fingerprint: str, root: Path, seen: dict[str, tuple[Stamp | None, ...]]
    ) -> bool:
        """Return whether the file and its media are unchanged; ``seen`` caches stamps of media.

        A file with errors counts as changed, because it may be readable now.
        """
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
    """Return a file's campaign and posts.

    ``headers`` are the headers of all campaigns, and ``is_incomplete`` says that one may be
    missing. Without headers, the posts of a bare list are not read, because their campaigns are in
    other files.
    """
    read = LoadedFile(source.path, fingerprint, source.campaigns_unknown)
    if isinstance(source.root, MappingNode):
        _read_campaign(read, source, source.root, speakers)
    else:
        read.headers = headers
    model: type[CampaignPostForm | QueuedPostForm]
    model = CampaignPostForm if read.header else QueuedPostForm
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
    read.header = read_header(source, root, speakers)
    read.header_place = place_of(root, "campaign")
    read.campaigns_unknown = read.campaigns_unknown or read.header.id is None
    posts = root.get(ScalarNode("posts"))
    if posts is not None and not isinstance(posts, SequenceNode):
        hint = "Write each post as indented lines that start with a hyphen."
        source.problems.add("C201", posts.place, '"posts" is not a list of posts', hint)


def _find_header(
    read: LoadedFile,
    source: Source,
    form: PostForm | None,
    node: Node,
    *,
    is_incomplete: bool,
) -> Header | None:
    """Return the header of the campaign that a post of a bare list names, or the only one.

    If there is none, note it, unless an unreadable file may describe that campaign.
    """
    if not isinstance(form, QueuedPostForm):
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
