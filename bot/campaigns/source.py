"""Lists the YAML files of the folder, and reads a file's tree, problems and suppressions.

A comment such as ``# groundswell: allow L801 why`` suppresses a problem. PyYAML drops comments, so
they are found in the file's own lines. Only a real comment counts. A ``#`` in a text, in quotes or
after ``|``, is part of the text. The comment belongs to the post, fact or statement on whose lines
or directly above whose first line it stands, and otherwise to the campaign.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from bot.campaigns.media import find_media, relative_to_root
from bot.model import Mark, Suppression
from bot.schedules.local_time import ScheduleError, to_utc
from bot.text import quote_value
from bot.yamlsource.nodes import MAX_BYTES, MappingNode, ScalarNode, SequenceNode, parse, read_bytes
from bot.yamlsource.problems import LINE_BREAK, FormError, ProblemList, did_you_mean
from bot.yamlsource.syntax import LOADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.campaigns.schema.fields import MediaForm
    from bot.model import Media
    from bot.yamlsource.nodes import Node
    from bot.yamlsource.problems import Place

MAX_POSTS = 5000
MAX_CHARACTERS = 8 * MAX_BYTES
"""Most characters of all texts of a file together, with templates filled in."""

_UNKNOWN_CODES = {
    "campaign": "R301",
    "account": "R302",
    "fact": "R303",
    "demand": "R304",
    "event": "R305",
    "statement": "R310",
}
_LIST_START = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*-[ \t]")
"""Comments and blank lines before the hyphen of a list's first entry."""


@dataclass(slots=True)
class Source:
    """A file as it is being read."""

    path: Path
    folder: Path
    """The folder of all posts, without symbolic links. Media must be in it."""
    root: MappingNode | SequenceNode | None
    """The file's tree; None if the file is empty or cannot be read."""
    text: str
    problems: ProblemList
    campaigns_unknown: bool
    """Whether the file cannot be read, and may describe any campaign."""
    media_paths: set[str] = field(default_factory=set)
    """The media that it names, found or not, as paths below ``folder``."""
    suppressions: Mapping[Place | None, tuple[Suppression, ...]] = field(default_factory=dict)
    """The suppressions in comments by the place of their post, fact, statement, settings of
    links, share page or wording of it.

    The suppressions of the campaign are under None.
    """
    characters_written: int = 0
    """The characters of its texts so far, with templates filled in."""
    _rows: list[str] = field(default_factory=list)

    @property
    def is_given_up(self) -> bool:
        """Whether the rest of the file is not read, because too much is wrong with it."""
        return self.problems.is_full or self.characters_written > MAX_CHARACTERS

    def find_word(self, word: str, text: ScalarNode, line: int) -> Place:
        """Return the place of a word inside a scalar, searched from the scalar's ``line`` on.

        If the word is not found, return the start of that line, or the start of a quoted or folded
        scalar, whose lines differ from those of the file.
        """
        literal = text.style == "|"
        start, column = text.place
        first = start + line if literal else start
        # A large file may have very many flaws, so it is split only once.
        rows = self._rows = self._rows or LINE_BREAK.split(self.text)
        for number, row in enumerate(rows[first - 1 : first + 200], first):
            skip = column - 1 if number == start else 0
            match = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", row[skip:]) if word else None
            if match:
                return number, skip + match.start() + 1
        row = rows[first - 1]
        return (first, 1 + len(row) - len(row.lstrip(" "))) if literal else text.place

    def count_characters(self, characters: int, place: Place) -> None:
        """Add to the characters written; note a problem once there are too many."""
        before = self.characters_written
        self.characters_written += characters
        if before <= MAX_CHARACTERS < self.characters_written:
            message = f"Filled in, the texts up to here have more than {MAX_CHARACTERS} characters"
            self.problems.add("T406", place, message, "Split the file, or fill in fewer names.")

    def mark(self, place: Place) -> Mark:
        """Return the mark of a place in this file."""
        return Mark(self.problems.file, *place)

    def find_media(self, file: str, place: Place) -> Media | None:
        """Return the image or video that is named at this place, without its alt text.

        If it cannot be published, note the problem and return None.
        """
        base = self.path.parent.resolve()
        self.media_paths.add(relative_to_root(self.folder, base, file))
        try:
            found = find_media(self.folder, base, file)
        except FormError as error:
            self.problems.note(error, place)
            return None
        return replace(found, mark=self.mark(place))

    def find_shown(self, form: MediaForm, place: Place) -> Media | None:
        """Return the image or video of a form as it is shown, if it can be published."""
        found = self.find_media(form.file, place)
        focus = (form.focus[0], form.focus[1]) if form.focus else None
        return found and replace(found, alt=form.alt, focus=focus)

    def to_instant(self, local: datetime, timezone: str, place: Place) -> datetime | None:
        """Return the instant of a local time. If the zone skips that time, note it."""
        if local.tzinfo is not None:
            return local
        try:
            return to_utc(local, timezone, one_off=True)
        except ScheduleError as error:
            self.problems.add(error.code, place, error.message.rstrip("."), error.hint)
            return None

    def note_unknown(
        self, place: Place, kind: str, name: str, known: Iterable[str], otherwise: str = ""
    ) -> None:
        """Note an unknown name; ``otherwise`` is the hint if no name is known."""
        if not self.problems.is_full:  # looking for the closest name is slow
            hint = did_you_mean(name, known, otherwise)
            code = _UNKNOWN_CODES[kind]
            self.problems.add(code, place, f"The {kind} {quote_value(name)} is unknown", hint)


def read_source(path: Path, folder: Path, overrides: Mapping[Path, bytes]) -> Source:
    """Read a file of the folder, or the bytes that ``overrides`` has for it."""
    problems = ProblemList(str(path))
    data = overrides[path] if path in overrides else read_bytes(path, problems)
    parsed = parse(data, problems) if data is not None else None
    root, text = parsed or (None, "")
    suppressions = find_suppressions(root, text, problems.file)
    posts = posts_of(root)
    if isinstance(root, ScalarNode):
        if root or root.style:
            message = "The file is neither a campaign nor a list of posts"
            hint = "Start it with campaign: … or with - when: …."
            problems.add("C201", root.place, message, hint)
        root = None
    elif len(posts) > MAX_POSTS:
        message = f"The file has {len(posts)} posts, more than {MAX_POSTS}"
        problems.add("Y114", posts[MAX_POSTS].place, message, "Split it into several files.")
        root = None
    unknown = parsed is None or (root is None and bool(problems.problems))
    if not isinstance(root, MappingNode):
        for suppression in suppressions.get(None, ()):
            place = suppression.mark.line, suppression.mark.column
            hint = "Put it on a line of its post, or right above the post."
            problems.add("C207", place, "This comment stands beside no post", hint)
    return Source(path, folder, root, text, problems, unknown, suppressions=suppressions)


def starts_as_list(path: Path, overrides: Mapping[Path, bytes]) -> bool:
    """Return whether the first line of a file shows that it is a bare list of posts."""
    data = overrides[path] if path in overrides else read_bytes(path, ProblemList(str(path)))
    return data is not None and _LIST_START.match(data) is not None


def posts_of(root: Node | None) -> SequenceNode:
    """Return the posts of a campaign file or of a bare list."""
    posts = root.get(ScalarNode("posts")) if isinstance(root, MappingNode) else root
    return posts if isinstance(posts, SequenceNode) else SequenceNode()


# --- Suppressions ---------------------------------------------------------------------------------

_COMMENT = re.compile(r"(?<!#)#+[ \t]*groundswell:[ \t]*allow\b(.*)", re.IGNORECASE)
_CODE = re.compile(r"[\s:]*([A-Za-z]\d+)\b[\s:,-]*(.*)")


def find_suppressions(
    root: Node | None, text: str, file: str
) -> Mapping[Place | None, tuple[Suppression, ...]]:
    """Return a file's suppressions by the place of their element; see ``Source.suppressions``."""
    if not _COMMENT.search(text):
        return {}
    targets, rows = sorted(_comment_targets(root), key=itemgetter(0)), LINE_BREAK.split(text)
    # The element that starts right below each line, with nothing but comments between.
    starts = {target[0]: target for target in reversed(targets)}
    below: list[_CommentTarget | None] = [None] * (len(rows) + 1)
    for line in range(len(rows) - 1, 0, -1):
        row = rows[line].strip()
        between = row.startswith("#") or row == "-"
        below[line] = below[line + 1] if between else starts.get(line + 1)
    by_owner: dict[Place | None, list[Suppression]] = {}
    for line, column, words in _comments(text, rows):
        alone = not rows[line - 1][: column - 1].strip()
        target = below[line]
        if not alone or not target or column >= target[1]:
            index = bisect_right(targets, line, key=itemgetter(0)) - 1
            above = targets[index] if index >= 0 else None
            target = above if above and (not alone or column >= above[1]) else None
        if match := _CODE.match(words):
            code, reason = match[1].upper(), match[2]
        else:  # the first word is taken for the code
            code, _, reason = words.strip().partition(" ")
        suppression = Suppression(code, reason.strip(), Mark(file, line, column))
        by_owner.setdefault(target and target[2], []).append(suppression)
    return {owner: tuple(suppressions) for owner, suppressions in by_owner.items()}


def _comments(text: str, rows: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the line, the column (both from 1) and the text after ``allow`` of each comment."""
    spans: list[tuple[Place, Place]] | None = None
    for number, row in enumerate(rows):
        for match in _COMMENT.finditer(row):
            if match.start() and not row[match.start() - 1].isspace():
                continue
            if spans is None:  # the start and end of each scalar, counted from 0, in order
                events = yaml.parse(text, Loader=LOADER)
                scalars: Iterator[Any]
                scalars = (event for event in events if isinstance(event, yaml.ScalarEvent))
                marks = [(event.start_mark, event.end_mark) for event in scalars]
                spans = [((a.line, a.column), (b.line, b.column)) for a, b in marks]
            place = number, match.start()
            index = bisect_right(spans, place, key=lambda span: span[0]) - 1
            if index < 0 or place >= spans[index][1]:  # the # is not part of a text
                yield number + 1, match.start() + 1, match[1]
                break


_CommentTarget: TypeAlias = "tuple[int, int, Place | None]"
"""An element that a comment can stand beside: its first line, the indentation of its lines, and its
place. The place is None for other parts of the header, whose comments belong to the campaign."""


def _comment_targets(root: Node | None) -> Iterator[_CommentTarget]:
    for key, value in root.items() if isinstance(root, MappingNode) else ():
        owner = key.place if key in ("links", "share") else None
        yield key.place[0], key.place[1] + 1, owner
        for name, inner in value.items() if isinstance(value, MappingNode) else ():
            own = name.place if key in ("facts", "statements") else owner
            yield *_start_of(name, inner), own
        if key == "share":
            yield from _share_targets(value, key.place)
    for post in posts_of(root):
        yield *post.place, post.place


def _start_of(name: ScalarNode, inner: Node) -> Place:
    """Return the first line of an entry, and the indentation of its lines."""
    line, column = name.place
    return line, inner.place[1] if inner.place[0] > line else column + 1


def _share_targets(share: Node, owner: Place) -> Iterator[_CommentTarget]:
    """Yield the wordings of a share page. Its other parts belong to the page as a whole."""
    for key, value in share.items() if isinstance(share, MappingNode) else ():
        if key == "wordings":
            for wording in value if isinstance(value, SequenceNode) else ():
                yield *wording.place, wording.place
        elif key in ("partners", "languages") and isinstance(value, MappingNode):
            for name, inner in value.items():
                yield *_start_of(name, inner), owner
                for step, its in inner.items() if isinstance(inner, MappingNode) else ():
                    yield *_start_of(step, its), owner
                yield from _share_targets(inner, owner)
