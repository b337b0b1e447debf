"""Loading the folder of campaign files: everything in it, and everything that is wrong with it."""

from __future__ import annotations

import gc
import hashlib
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.campaigns import form
from bot.campaigns.encoding import MOST_BYTES
from bot.campaigns.form_errors import fill_in, place_of
from bot.campaigns.header import read_header
from bot.campaigns.marks import Fields, Items, Text
from bot.campaigns.posting import Poster
from bot.campaigns.problems import did_you_mean, shown
from bot.campaigns.source import open_all, yaml_files
from bot.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.campaigns.header import Header
    from bot.campaigns.marks import Node
    from bot.campaigns.source import Source
    from bot.model import Account, Campaign, Post


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder says: its campaigns, every problem in order of place, and the files read.

    Where there are problems, ``campaigns`` holds what is sound beside them. That is good enough to
    look at, but not to queue from: what is missing would be taken for withdrawn.
    """

    campaigns: tuple[Campaign, ...]
    problems: tuple[Problem, ...]
    files: tuple[Path, ...]

    @property
    def ok(self) -> bool:
        """Whether it may be planned from: nothing is wrong but what is only a warning."""
        return not any(problem.level == "error" for problem in self.problems)


def load(
    folder: Path,
    accounts: Mapping[str, Account],
    replaced: Mapping[Path, bytes] | None = None,
) -> Loaded:
    """Read every YAML file in the folder; never raises for what is in it.

    ``accounts`` are those of the configuration, by name. ``replaced`` gives other bytes for some of
    the files (paths as in ``folder / name``): what would be if they were written.
    """
    if not folder.is_dir():
        message = "There is no such folder."
        problem = Problem(str(folder), 0, 0, "Y112", message, "groundswell init makes one.")
        return Loaded((), (problem,), ())
    unread: list[OSError] = []
    with _without_collector():
        files = tuple(sorted({*yaml_files(folder, unread.append), *(replaced or {})}))
        sources = list(open_all(files, replaced or {}))
        return _Loader(folder, accounts, sources).loaded(files, map(_unlisted, unread))


def _unlisted(error: OSError) -> Problem:
    message = f"The folder cannot be read: {error.strerror}."
    return Problem(str(error.filename), 0, 0, "Y112", message, "Check its permissions.")


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the garbage collector from walking, again and again, what is all still needed.

    It takes more than half of the time of loading 100,000 posts.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(slots=True)
class _Loader:
    folder: Path
    accounts: Mapping[str, Account]
    sources: Sequence[Source]
    headers: dict[str, Header] = field(default_factory=dict)
    posts: dict[str, dict[str, list[Post]]] = field(default_factory=dict)
    unclear: bool = False

    def __post_init__(self) -> None:
        """Find the folder itself once: media must stay inside of it."""
        self.folder = self.folder.resolve()

    def loaded(self, files: tuple[Path, ...], others: Iterable[Problem]) -> Loaded:
        """Read the campaigns first, then every post, as posts may stand in other files."""
        own = {source.path: self._header(source) for source in self.sources}
        self.unclear = any(source.lost for source in self.sources) or any(
            header is not None and header.id is None for header in own.values()
        )
        for source in self.sources:
            self._posts_of(source, own[source.path])
        made = [header.campaign(self._posts(name)) for name, header in self.headers.items()]
        problems = [problem for source in self.sources for problem in source.problems.found]
        campaigns = tuple(one for one in made if one)
        return Loaded(campaigns, tuple(sorted([*problems, *others])), files)

    def _posts(self, campaign: str) -> tuple[Post, ...]:
        return tuple(post for made in self.posts.get(campaign, {}).values() for post in made)

    def _header(self, source: Source) -> Header | None:
        if not isinstance(source.root, Fields):
            return None
        header = read_header(source, source.root, self.accounts)
        first = self.headers.setdefault(header.id, header) if header.id else header
        if first is not header:
            place = place_of(source.root, "campaign")
            message = f"The campaign {shown(header.id or '')} is described in {first.mark.file} too"
            source.problems.add("R307", place, message, "Keep one, or give them different ids.")
        return header

    def _posts_of(self, source: Source, header: Header | None) -> None:
        if source.root is None:
            return
        poster = Poster(source, header, self.accounts, self.folder) if header else None
        for node in _post_nodes(source):
            if source.problems.full:
                return
            if header and poster:
                filled = fill_in(form.CampaignPostForm, node, source.problems)
                self._keep(poster.posts(filled, node) if filled else [], source, node)
            else:
                self._queued(source, node)

    def _queued(self, source: Source, node: Node) -> None:
        filled = fill_in(form.QueuedPostForm, node, source.problems)
        header = self._campaign_of(filled, source, node) if filled else None
        if filled and header:
            poster = Poster(source, header, self.accounts, self.folder)
            self._keep(poster.posts(filled, node), source, node)

    def _campaign_of(
        self,
        filled: form.QueuedPostForm,
        source: Source,
        node: Node,
    ) -> Header | None:
        """Find the campaign of a post in a bare list; silent where a lost file may describe it."""
        if filled.campaign in self.headers:
            return self.headers[filled.campaign]
        if self.unclear:
            return None
        if filled.campaign is not None:
            hint = did_you_mean(filled.campaign, self.headers, "No file describes a campaign.")
            message = f"The campaign {shown(filled.campaign)} is unknown"
            source.problems.add("R301", place_of(node, "campaign"), message, hint)
        elif len(self.headers) == 1:
            return next(iter(self.headers.values()))
        else:
            self._note_no_campaign(source, node)
        return None

    def _note_no_campaign(self, source: Source, node: Node) -> None:
        message = "It is not clear which campaign this post belongs to"
        known = ", ".join(sorted(self.headers)[:8])
        hint = f"Add campaign: with one of {known}." if known else "No file describes a campaign."
        source.problems.add("R308", node.place, message, hint)

    def _keep(self, made: list[Post], source: Source, node: Node) -> None:
        """Keep what a node made: one post, or one for each of its events."""
        if not made:
            return
        post = made[0]
        first = self.posts.setdefault(post.campaign, {}).setdefault(post.id, made)
        if first is made:
            return
        place = f"{first[0].mark.file}:{first[0].mark.line}"
        if isinstance(node, Fields) and "id" in node:
            message, where = (
                f"The post {shown(post.id)} stands in {place} too",
                place_of(node, "id"),
            )
        else:
            message, where = f"The post in {place} is for the same time", node.place
        source.problems.add("R306", where, message, "Give each its own id.")


def _post_nodes(source: Source) -> Iterable[Node]:
    root = source.root
    posts = root.get(Text("posts"), Items()) if isinstance(root, Fields) else root
    if isinstance(posts, Items):
        return posts
    if posts is not None:
        hint = "Write each post as indented lines that start with a hyphen."
        source.problems.add("C201", posts.place, '"posts": a list of posts goes here', hint)
    return ()


def digest(folder: Path) -> str:
    """Give a fingerprint of everything in the folder, in hex: it changes when a file does.

    Contents count of YAML files; of others, such as videos, only size and times, to stay cheap.
    """
    print_ = hashlib.sha256()
    yaml = set(yaml_files(folder))
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            path = Path(top, name)
            print_.update(_state(path, content=path in yaml))
    return print_.hexdigest()


def _state(path: Path, *, content: bool) -> bytes:
    try:
        state = path.stat()
        small = stat.S_ISREG(state.st_mode) and state.st_size <= MOST_BYTES
        body = hashlib.sha256(path.read_bytes()).hexdigest() if content and small else ""
    except OSError as error:
        return f"{path}\0{error.errno}\0".encode(errors="surrogateescape")
    line = f"{path}\0{state.st_size}\0{state.st_mtime_ns}\0{state.st_ctime_ns}\0{body}\0"
    return line.encode(errors="surrogateescape")
