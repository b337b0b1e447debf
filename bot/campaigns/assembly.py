"""From the files that were read to campaigns, and what is wrong between the files."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from bot.campaigns.problems import MOST_PROBLEMS, ProblemList, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.campaigns.header import Header
    from bot.campaigns.reading import FileRead
    from bot.errors import Problem
    from bot.model import Campaign, Post

_OWN_ID = "Give each its own id."
_KEEP_ONE = "Keep one, or give them different ids."


@dataclass(frozen=True, slots=True)
class Note:
    """A problem that two files have with each other, told of the later one."""

    read: FileRead
    code: str
    place: tuple[int, int]
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Made:
    """A campaign, where its header is sound, and what is wrong between its files."""

    campaign: Campaign | None
    notes: tuple[Note, ...]


def assemble(reads: Iterable[FileRead], headers: Mapping[str, Header]) -> list[Made]:
    """Make each campaign of its posts in all files."""
    parts: dict[str, list[FileRead]] = {name: [] for name in headers}
    for read in reads:
        for name in read.by_campaign:
            parts.setdefault(name, []).append(read)
    return [_made(name, header, parts[name]) for name, header in headers.items()]


def _made(name: str, header: Header, reads: Sequence[FileRead]) -> Made:
    notes: list[Note] = []
    parts = [read.by_campaign[name] for read in reads]
    posts = tuple(chain.from_iterable(_without_doubles(reads, parts, notes)))
    return Made(header.campaign(posts), tuple(notes))


def _without_doubles(
    reads: Sequence[FileRead], parts: Sequence[tuple[Post, ...]], notes: list[Note]
) -> Iterator[Sequence[Post]]:
    """Give the posts of each file but those whose id another one has had before."""
    first: dict[str, Post] = {}
    for read, part in zip(reads, parts, strict=True):
        doubles: list[Post] = []
        for post in part:
            other = first.setdefault(post.id, post)
            if other is not post and other.mark != post.mark:  # else it is one on several events
                doubles.append(post)
        notes += _told(read, doubles, first)
        out = {id(post) for post in doubles}
        yield [post for post in part if id(post) not in out] if doubles else part


def _told(read: FileRead, doubles: Sequence[Post], first: Mapping[str, Post]) -> Iterator[Note]:
    once = {post.mark: post for post in reversed(doubles)}
    for post in [*once.values()][::-1][: MOST_PROBLEMS + 1]:
        index = next(number for number, one in enumerate(read.posts) if one is post)
        line, column = read.places[2 * index : 2 * index + 2]
        mark = first[post.id].mark
        where = f"{mark.file}:{mark.line}"
        if line:
            message = f"The post {shown(post.id)} stands in {where} too"
            yield Note(read, "R306", (line, column), message, _OWN_ID)
        else:
            message = f"The post in {where} is for the same time"
            yield Note(read, "R306", (post.mark.line, post.mark.column), message, _OWN_ID)


def doubled(reads: Iterable[FileRead], headers: Mapping[str, Header]) -> Iterator[Note]:
    """Note every file that describes a campaign which an earlier one describes too."""
    for read in reads:
        name = read.header.id if read.header else None
        first = headers[name] if name is not None else None
        if first and first is not read.header:
            message = f"The campaign {shown(name or '')} is described in {first.mark.file} too"
            yield Note(read, "R307", read.header_place, message, _KEEP_ONE)


def problems(reads: Iterable[FileRead], notes: Iterable[Note]) -> Iterator[Problem]:
    """Give the problems of each file, and among them those that it has with others."""
    theirs: dict[int, list[Note]] = {}
    for note in notes:
        theirs.setdefault(id(note.read), []).append(note)
    for read in reads:
        mine = theirs.get(id(read))
        yield from _with_notes(read, mine) if mine else read.problems


def _with_notes(read: FileRead, notes: Iterable[Note]) -> list[Problem]:
    listed = ProblemList(str(read.path))
    listed.found += read.problems
    for note in notes:
        listed.add(note.code, note.place, note.message, note.hint)
    return listed.found
