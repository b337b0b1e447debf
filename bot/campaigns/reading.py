"""Reading one file of the folder: its campaign and its posts, and what else they stood on.

A file's posts are kept for as long as nothing changes that they were made of: its bytes, the header
of their campaign, where that is in another file, and the media they show. ``FileRead`` notes all of
it, so that ``loading`` can tell.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.campaigns import form
from bot.campaigns.form_errors import fill_in, place_of
from bot.campaigns.header import read_header
from bot.campaigns.marks import Fields, Items, Text
from bot.campaigns.posting import Poster
from bot.campaigns.prints import Stamp, way_to
from bot.campaigns.problems import did_you_mean, shown
from bot.model import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bot.campaigns.header import Header
    from bot.campaigns.marks import Node
    from bot.campaigns.source import Source
    from bot.errors import Allowed, Problem
    from bot.model import Account, Mark, Post


@dataclass(frozen=True, slots=True)
class Around:
    """What the other files say: the header of each campaign, and whether one may be missing."""

    headers: Mapping[str, Header]
    unclear: bool

    @property
    def whole(self) -> tuple[bool, tuple[str, ...]]:
        """All that a post can depend on which names no campaign, or one that there is not."""
        return self.unclear, tuple(self.headers)


@dataclass(slots=True)
class FileRead:
    """What was read from a file, and what it depended on; ``print_`` is of its bytes.

    ``places`` are line and column of each post's id, for the case that another one has the same; 0
    where it has none of its own. ``lost`` is True where nobody knows which campaigns it describes.
    """

    path: Path
    print_: str
    lost: bool
    header: Header | None = None
    header_place: tuple[int, int] = (1, 1)
    posts: tuple[Post, ...] = ()
    places: array[int] = field(default_factory=lambda: array("L"))
    problems: tuple[Problem, ...] = ()
    found: tuple[Problem, ...] | None = None
    """What is wrong with its posts by rules of other rooms; None where nobody has asked yet."""
    allowed: tuple[Allowed, ...] = ()
    """What would be wrong as well, if a comment did not allow it."""
    used: frozenset[Mark] = frozenset()
    """The comments that allowed something of that, by their places."""
    by_campaign: Mapping[str, tuple[Post, ...]] = field(default_factory=dict)
    _named: Mapping[str | None, Header | None] = field(default_factory=dict)
    _whole: tuple[bool, tuple[str, ...]] | None = None
    _media: Mapping[str, tuple[Stamp | None, ...]] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether no error is in it: what could not be read may be readable now."""
        return not any(problem.level == "error" for problem in self.problems)

    def holds(self, around: Around) -> bool:
        """Tell whether the other files still say what its posts were made of."""
        if self._whole is not None and self._whole != around.whole:
            return False
        return all(
            name is None or alike(header, around.headers.get(name))
            for name, header in self._named.items()
        )

    def shows_the_same(self, root: Path, seen: dict[str, tuple[Stamp | None, ...]]) -> bool:
        """Tell whether the media of its posts are as they were; ``seen`` keeps what was asked."""
        for relative, way in self._media.items():
            if relative not in seen:
                seen[relative] = way_to(root, relative)
            if seen[relative] != way:
                return False
        return True


def alike(one: Header | None, other: Header | None) -> bool:
    """Tell whether two headers say the same, wherever they stand."""
    if one is other:
        return True
    if one is None or other is None:
        return False
    return replace(one, mark=NOWHERE) == replace(other, mark=NOWHERE)


def begin(source: Source, print_: str, accounts: Mapping[str, Account]) -> FileRead:
    """Read what a file says of a campaign."""
    read = FileRead(source.path, print_, source.lost)
    if isinstance(source.root, Fields):
        read.header = read_header(source, source.root, accounts)
        read.header_place = place_of(source.root, "campaign")
        read.lost = read.lost or read.header.id is None
    read.problems = tuple(source.problems.found)
    return read


def finish(
    read: FileRead,
    source: Source,
    around: Around,
    accounts: Mapping[str, Account],
    root: Path,
) -> None:
    """Read a file's posts; those of a bare list by the headers of other files."""
    posts = _Posts(source, around)
    for node in post_nodes(source):
        if source.is_given_up:
            break
        model: type[form.CampaignPostForm | form.QueuedPostForm]
        model = form.CampaignPostForm if read.header else form.QueuedPostForm
        filled = fill_in(model, node, source.problems)
        header = read.header or posts.campaign_of(filled, node)
        if filled and header:
            posts.keep(Poster(source, header, accounts, root).posts(filled, node), node)
    read.posts, read.places = tuple(posts.made), posts.places
    read.by_campaign = _by_campaign(read.posts)
    read.problems = tuple(source.problems.found)
    read.found = None
    read._named, read._whole = posts.named, around.whole if posts.asked_all else None  # noqa: SLF001 - one room
    read._media = {relative: way_to(root, relative) for relative in source.shown}  # noqa: SLF001 - the same


def _by_campaign(posts: Iterable[Post]) -> dict[str, tuple[Post, ...]]:
    found: dict[str, list[Post]] = {}
    for post in posts:
        found.setdefault(post.campaign, []).append(post)
    return {campaign: tuple(made) for campaign, made in found.items()}


@dataclass(slots=True)
class _Posts:
    """The posts of a file as they are made, and the headers that they were made of."""

    source: Source
    around: Around
    made: list[Post] = field(default_factory=list)
    places: array[int] = field(default_factory=lambda: array("L"))
    named: dict[str | None, Header | None] = field(default_factory=dict)
    asked_all: bool = False

    def keep(self, made: list[Post], node: Node) -> None:
        """Keep what a node made: one post, or one for each of its events."""
        has_id = isinstance(node, Fields) and "id" in node
        place = place_of(node, "id") if has_id else (0, 0)
        for post in made:
            self.made.append(post)
            self.places.extend(place)

    def campaign_of(self, filled: form.PostForm | None, node: Node) -> Header | None:
        """Find the campaign of a post in a bare list; silent where a lost file may describe it."""
        if not isinstance(filled, form.QueuedPostForm):
            return None
        name, headers = filled.campaign, self.around.headers
        found = headers.get(name) if name is not None else None
        self.named[name] = found
        if found:
            return found
        self.asked_all = True
        if self.around.unclear:
            return None
        if name is not None:
            hint = did_you_mean(name, headers, "No file describes a campaign.")
            message = f"The campaign {shown(name)} is unknown"
            self.source.problems.add("R301", place_of(node, "campaign"), message, hint)
        elif len(headers) == 1:
            (name, found) = next(iter(headers.items()))
            self.named[name] = found
            return found
        else:
            self._note_no_campaign(node)
        return None

    def _note_no_campaign(self, node: Node) -> None:
        message = "It is not clear which campaign this post belongs to"
        known = ", ".join(sorted(self.around.headers)[:8])
        hint = f"Add campaign: with one of {known}." if known else "No file describes a campaign."
        self.source.problems.add("R308", node.place, message, hint)


def post_nodes(source: Source) -> Iterable[Node]:
    """Give the nodes of a file's posts; note a problem where they are no list."""
    root = source.root
    posts = root.get(Text("posts"), Items()) if isinstance(root, Fields) else root
    if isinstance(posts, Items):
        return posts
    if posts is not None:
        hint = "Write each post as indented lines that start with a hyphen."
        source.problems.add("C201", posts.place, '"posts": a list of posts goes here', hint)
    return ()
